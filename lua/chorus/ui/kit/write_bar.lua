--- The bar above a buffer in which a person writes: what it is, what `:w` does, and the keys that lead out of it.
local canvas = require('chorus.ui.kit.canvas')

local M = {}

--- Sets the bar in every window that shows the buffer.
---@param buffer integer
---@param view string the name of its keys
---@param left chorus.Chunk[] what it is
---@param does string what `:w` does, such as `saves`
---@param more? chorus.Chunk[] further ways out
function M.set(buffer, view, left, does, more)
  local keys = require('chorus.ui.kit.keys')
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local width = vim.api.nvim_win_get_width(window)
    local chunks = vim.list_slice(left)
    vim.list_extend(chunks, { { '   :w', 'ChorusKey' }, { ' ' .. does .. ' ', 'ChorusHint' } })
    vim.list_extend(chunks, more or {})
    local right = keys.hints(view, { 'close', 'help' }, width)
    require('chorus.ui.kit.page_buffer').set_bar(window, canvas.bar_of_two(chunks, right, width))
  end
end

return M
