--- Keeps what a person types in a buffer: a moment after each keystroke, when the buffer is left, and when Neovim ends.
local M = {}

--- How long after a keystroke the text is kept, in milliseconds.
local PAUSE = 250

--- Calls `keep` whenever there may be something new to keep, for as long as the buffer exists.
---@param on fun(events: string|string[], handle: fun()) adds an autocommand of the buffer
---@param keep fun()
function M.watch(on, keep)
  local timer = assert(vim.uv.new_timer())
  on({ 'TextChanged', 'TextChangedI', 'TextChangedP' }, function()
    timer:start(PAUSE, 0, vim.schedule_wrap(keep))
  end)
  on({ 'InsertLeave', 'BufLeave', 'BufUnload' }, keep)
  local leaving = vim.api.nvim_create_autocmd('VimLeavePre', { callback = keep })
  on('BufWipeout', function()
    if not timer:is_closing() then
      timer:close()
    end
    pcall(vim.api.nvim_del_autocmd, leaving)
  end)
end

--- Makes `:e!` begin again with what is kept: Neovim has emptied the buffer by then.
---@param on fun(events: string|string[], handle: fun())
---@param buffer integer
---@param kept fun(): string[]? the lines that are kept; nil for none
---@param template fun(): string[] the lines to begin with otherwise
function M.begin_again(on, buffer, kept, template)
  on('BufReadCmd', function()
    local lines = kept()
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines or template())
    vim.bo[buffer].modified = lines ~= nil and not vim.deep_equal(lines, template())
  end)
end

return M
