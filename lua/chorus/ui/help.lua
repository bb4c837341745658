--- `g?`: the keys of a window, as they are configured.
local M = {}

--- Rows of the help. Pure.
---@param keys chorus.Key[]
---@return chorus.Row[] rows
---@return integer width
function M.render(keys)
  local canvas = require('chorus.ui.canvas')
  local text = require('chorus.text')
  local lines, left, width = {}, 0, 0
  for _, each in ipairs(keys) do
    if #each.keys > 0 then
      local lhs = table.concat(each.keys, ' ')
      left = math.max(left, text.width(lhs))
      lines[#lines + 1] = { lhs, each.does, each.verb and ':Chorus ' .. each.verb .. (each.bang and '!' or '') or '' }
    end
  end
  local middle = 0
  for _, line in ipairs(lines) do
    middle = math.max(middle, text.width(line[2]))
  end
  local rows = {}
  for _, line in ipairs(lines) do
    local row = canvas.row({
      '  ',
      { text.fit(line[1], left), 'ChorusKey' },
      '   ',
      text.fit(line[2], middle),
      '   ',
      { line[3], 'ChorusHint' },
    })
    rows[#rows + 1] = row
    width = math.max(width, text.width(row.text))
  end
  return rows, width + 2
end

--- Opens the help of a view over the current window.
---@param view string
function M.open(view)
  local float = require('chorus.ui.float')
  local rows, width = M.render(require('chorus.ui.keys').of(view))
  local buffer = float.scratch('help')
  require('chorus.ui.canvas').draw(buffer, rows)
  local window = float.open(buffer, { width = width, height = #rows, title = { { (' Keys · %s '):format(view), 'ChorusTitle' } } })
  for _, lhs in ipairs({ '<Esc>', 'g?' }) do
    vim.keymap.set('n', lhs, function()
      window:close()
    end, { buffer = buffer, nowait = true, desc = 'Chorus: close' })
  end
end

return M
