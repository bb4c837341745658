--- A float of rows about rules: it is drawn anew when its width changes, and a row may stand for a line of a file.
local canvas = require('chorus.ui.kit.canvas')

local M = {}

---@class chorus.RuleFloat
---@field view string
---@field title string
---@field hints string[]
---@field render fun(width: integer): chorus.Row[]
---@field wraps? boolean long rows go on in the next line
---@field handlers table<string, fun(row: any)> with the data of the row under the cursor

--- Opens it.
---@param wish chorus.RuleFloat
---@return { redraw: fun(), close: fun() }
function M.open(wish)
  require('chorus.highlight').setup()
  local float, keys = require('chorus.ui.kit.float'), require('chorus.ui.kit.keys')
  local width = math.min(120, vim.o.columns - 4)
  local buffer = float.scratch(wish.view)
  local rows = wish.render(width)
  canvas.draw(buffer, rows)
  local function height_of(drawn)
    return math.max(3, math.min(#drawn, vim.o.lines - 6))
  end
  local window
  window = float.open(buffer, {
    width = width,
    height = height_of(rows),
    closes_on_leave = { 'help' },
    title = { { (' %s '):format(wish.title), 'ChorusTitle' } },
    footer = keys.hints(wish.view, wish.hints, width - 2),
    on_resize = function(new_width)
      canvas.draw(buffer, wish.render(new_width))
    end,
  })
  vim.wo[window.window].cursorline = true
  vim.wo[window.window].wrap = wish.wraps or false
  local handlers = {
    close = function()
      window:close()
    end,
  }
  for action, handle in pairs(wish.handlers) do
    handlers[action] = function()
      local data = canvas.data(buffer, vim.api.nvim_win_get_cursor(window.window)[1])
      if data then
        handle(data)
      end
    end
  end
  keys.set(wish.view, buffer, handlers, function()
    local data = canvas.data(buffer, vim.api.nvim_win_get_cursor(window.window)[1])
    return data and data.number and tostring(data.number)
  end)
  return {
    redraw = function()
      local drawn = wish.render((window:size()))
      canvas.draw(buffer, drawn)
      window:update({ height = height_of(drawn) })
    end,
    close = function()
      window:close()
    end,
  }
end

--- Opens the file of `FILE:LINE`.
---@param place string
function M.go_to(place)
  local file, line = place:match('^(.-):(%d+)')
  if not file then
    return
  end
  vim.cmd.split({ args = { file }, magic = { file = false, bar = false } })
  pcall(vim.api.nvim_win_set_cursor, 0, { tonumber(line), 0 })
end

return M
