--- The bar above a buffer in which a person writes: what it is, what `:w` does, and the keys that lead out of it.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

--- Sets the bar in every window that shows the buffer.
---@param buffer integer
---@param view string the name of its keys
---@param left chorus.Chunk[] what it is; cut where it would leave no room for what `:w` does
---@param does string what `:w` does, such as `saves`
---@param more? chorus.Chunk[] further ways out
function M.set(buffer, view, left, does, more)
  local keys = require('chorus.ui.kit.keys')
  local writes = { { '   :w', 'ChorusKey' }, { ' ' .. does .. ' ', 'ChorusHint' } }
  local for_writes = text.width('   :w ' .. does .. ' ')
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local width = vim.api.nvim_win_get_width(window)
    local chunks = canvas.border_text(left, math.max(width - for_writes, 8)) or {}
    local used = 0
    for _, chunk in ipairs(chunks) do
      used = used + text.width(chunk[1])
    end
    vim.list_extend(chunks, canvas.fitting_hints(vim.list_extend(vim.list_slice(writes), more or {}), width - used))
    local right = keys.hints(view, { 'close', 'help' }, width)
    require('chorus.ui.kit.page_buffer').set_bar(window, canvas.bar_of_two(chunks, right, width))
  end
end

return M
