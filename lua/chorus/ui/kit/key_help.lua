--- `g?`: the keys of a window, as they are configured.
local M = {}

local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

---@param keys chorus.Key[]
---@return string[][] lines of key, meaning, command
---@return integer[] widths
local function lines_of(keys)
  local lines, widths = {}, { 0, 0, 0 }
  for _, each in ipairs(keys) do
    if #each.keys > 0 then
      local command = each.verb and ':Chorus ' .. each.verb .. (each.bang and '!' or '') or ''
      local line = { table.concat(each.keys, ' '), each.does, command }
      lines[#lines + 1] = line
      for column, words in ipairs(line) do
        widths[column] = math.max(widths[column], text.width(words))
      end
    end
  end
  return lines, widths
end

--- Rows of the help: one column with the commands, or two without them where the screen is too low. Pure.
---@param keys chorus.Key[]
---@param height integer lines there are
---@return chorus.Row[] rows
---@return integer width
function M.render(keys, height)
  local lines, widths = lines_of(keys)
  local half = #lines <= height and #lines or math.ceil(#lines / 2)
  local rows, width = {}, 0
  for index = 1, half do
    local chunks = {}
    for at = index, #lines, half do
      local line = lines[at]
      vim.list_extend(
        chunks,
        { '  ', { text.fit(line[1], widths[1]), 'ChorusKey' }, '  ', text.fit(line[2], widths[2]) }
      )
      if half == #lines then
        vim.list_extend(chunks, { '   ', { line[3], 'ChorusHint' } })
      end
    end
    rows[index] = canvas.row(chunks)
    width = math.max(width, text.width(rows[index].text))
  end
  return rows, width + 2
end

--- Opens the help of a view over the current window.
---@param view string
---@param keys chorus.Key[]
function M.open(view, keys)
  local float = require('chorus.ui.kit.float')
  local rows, width = M.render(keys, vim.o.lines - 5)
  local buffer = float.scratch('help')
  canvas.draw(buffer, rows)
  local window = float.open(buffer, {
    width = width,
    height = #rows,
    closes_on_leave = true,
    title = { { (' Keys · %s '):format(view), 'ChorusTitle' } },
  })
  for _, lhs in ipairs({ '<Esc>', 'g?' }) do
    vim.keymap.set('n', lhs, function()
      window:close()
    end, { buffer = buffer, nowait = true, desc = 'Chorus: close' })
  end
end

return M
