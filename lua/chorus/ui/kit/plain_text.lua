--- Plain text to read in a split.

local M = {}

--- Sets the keys of a page that is only read, and the bar that names them.
---@param buffer integer
---@param title string
---@param view? string the name of its keys; `plain` without any of its own
---@param handlers? table<string, fun()>
function M.lead_out(buffer, title, view, handlers)
  require('chorus.highlight').setup()
  view = view or 'plain'
  vim.b[buffer].chorus_view = view
  local keys, canvas = require('chorus.ui.kit.keys'), require('chorus.ui.kit.canvas')
  keys.set(view, buffer, vim.tbl_extend('keep', handlers or {}, { close = require('chorus.ui.kit.place').leave }))
  local actions = vim.list_extend(vim.tbl_keys(handlers or {}), { 'close', 'help' })
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local width = vim.api.nvim_win_get_width(window)
    local bar = canvas.bar_of_two({ { ' ' .. title, 'ChorusTitle' } }, keys.hints(view, actions, width), width)
    require('chorus.ui.kit.page_buffer').set_bar(window, bar)
  end
end

--- Shows cleaned lines.
---@param buffer integer
---@param lines string[]
function M.set_lines(buffer, lines)
  local clean = require('chorus.text').unescape
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(
    buffer,
    0,
    -1,
    false,
    vim.tbl_map(function(line)
      return (clean(line):gsub('\n', ' '))
    end, lines)
  )
  vim.bo[buffer].modifiable, vim.bo[buffer].modified = false, false
end

--- Shows lines in a split.
---@param name string
---@param lines string[]
---@param filetype string
---@return integer buffer
function M.open(name, lines, filetype)
  local buffer = vim.fn.bufnr('^' .. name .. '$')
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
  end
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
  M.set_lines(buffer, lines)
  local window = vim.fn.bufwinid(buffer)
  if window ~= -1 then
    vim.api.nvim_set_current_win(window)
  else
    require('chorus.ui.kit.place').show(buffer, {})
  end
  require('chorus.ui.kit.filetype').set(buffer, filetype)
  return buffer
end

--- Makes a buffer a page that says why nothing else is there. It can neither be edited nor written; `:e` looks again.
---@param buffer integer
---@param why string
function M.explain(buffer, why)
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
  M.lead_out(buffer, 'Chorus')
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { why })
  vim.bo[buffer].modifiable, vim.bo[buffer].modified = false, false
end

return M
