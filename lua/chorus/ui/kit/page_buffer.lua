--- Buffers with a name of their own, such as `chorus://dashboard`, whose lines Chorus draws.
local listen = require('chorus.ui.kit.listen')

local M = {}

---@class chorus.PageBufferWish
---@field view string the name of its keys
---@field on_shown fun() the buffer has come on screen, in the current window
---@field on_resized fun() a window may have another width
---@field on_wiped? fun()

--- Makes a buffer such a page. The filetype is left to be set last.
---@param buffer integer
---@param wish chorus.PageBufferWish
---@return fun(events: string|string[], handle: fun()) on adds an autocommand of the buffer
---@return fun(events: string|string[], handle: fun()) on_any adds one that fires in every buffer, as long as this one lives
function M.set_up(buffer, wish)
  require('chorus.highlight').setup()
  listen.end_all(buffer)
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'hide', false
  vim.bo[buffer].undolevels, vim.bo[buffer].modifiable = -1, false
  vim.b[buffer].chorus_view = wish.view
  local group = vim.api.nvim_create_augroup(('chorus_%s_%d'):format(wish.view, buffer), {})
  local function on(events, handle)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = buffer, callback = handle })
  end
  on('BufWinEnter', wish.on_shown)
  on('BufWipeout', function()
    pcall(vim.api.nvim_del_augroup_by_id, group)
    if wish.on_wiped then
      wish.on_wiped()
    end
  end)
  local function on_any(events, handle)
    vim.api.nvim_create_autocmd(events, { group = group, callback = handle })
  end
  on_any({ 'VimResized', 'WinResized' }, listen.once_per_turn(wish.on_resized))
  return on, on_any
end

--- Sets the bar above a page in one of its windows.
---@param window integer
---@param bar string
function M.set_bar(window, bar)
  if vim.wo[window].winbar ~= bar then
    -- Where the screen is full of windows of one line there is no room for it, which is an error.
    local set = "silent! call nvim_set_option_value('winbar', %s, {'scope': 'local', 'win': %d})"
    vim.cmd(set:format(vim.fn.string(bar), window))
  end
end

return M
