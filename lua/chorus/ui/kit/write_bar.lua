--- The bar above a buffer in which a person writes: what it is, what `:w` does, and the keys that lead out of it.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

---@class chorus.WriteBar
---@field view string the name of its keys
---@field left chorus.Chunk[] what it is; cut where it would leave no room for what `:w` does
---@field does string what `:w` does, such as `saves`
---@field more? chorus.Chunk[] further ways out

--- The bars, by buffer.
---@type table<integer, chorus.WriteBar>
local bars = {}

---@param bar chorus.WriteBar
---@param width integer
---@return string
local function render(bar, width)
  local writes = { { '   :w', 'ChorusKey' }, { ' ' .. bar.does .. ' ', 'ChorusHint' } }
  local for_writes = text.width('   :w ' .. bar.does .. ' ')
  local chunks = canvas.border_text(bar.left, math.max(width - for_writes, 8)) or {}
  local used = 0
  for _, chunk in ipairs(chunks) do
    used = used + text.width(chunk[1])
  end
  vim.list_extend(chunks, canvas.fitting_hints(vim.list_extend(writes, bar.more or {}), width - used))
  local right = require('chorus.ui.kit.keys').hints(bar.view, { 'close', 'help' }, width)
  return canvas.bar_of_two(chunks, right, width)
end

---@param buffer integer
local function draw(buffer)
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local bar = render(bars[buffer], vim.api.nvim_win_get_width(window))
    require('chorus.ui.kit.page_buffer').set_bar(window, bar)
  end
end

local function draw_all()
  for buffer, bar in pairs(bars) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.b[buffer].chorus_view == bar.view then
      draw(buffer)
    else
      bars[buffer] = nil
    end
  end
end

--- Sets the bar in every window that shows the buffer, and again where a window gets another width.
---@param buffer integer
---@param view string
---@param left chorus.Chunk[]
---@param does string
---@param more? chorus.Chunk[]
function M.set(buffer, view, left, does, more)
  bars[buffer] = { view = view, left = left, does = does, more = more }
  draw(buffer)
  vim.api.nvim_create_autocmd({ 'VimResized', 'WinResized' }, {
    group = vim.api.nvim_create_augroup('chorus_write_bar', {}),
    callback = vim.schedule_wrap(draw_all),
  })
end

return M
