--- A pane's content as rows. Pure, with a memory of lines seen before.
local canvas = require('chorus.ui.canvas')
local sgr = require('chorus.ui.sgr')
local text = require('chorus.text')

local M = {}

--- Lines that make a frame as wide as the pane begin with one of these.
local FRAME = '^%s*[\226]\148[\128-\191]'

--- Remembered lines; beyond this many everything is forgotten at once.
local MOST = 8000

---@class chorus.ScreenMemory
---@field rows table<string, {[1]: chorus.Row, [2]: string}>
---@field count integer
---@field width integer

---@return chorus.ScreenMemory
function M.memory()
  return { rows = {}, count = 0, width = 0 }
end

--- Shortens a frame's rule, or the blanks inside it, so that it fits and need not wrap.
---@param line string with escape sequences
---@param width integer
---@return string
local function narrow(line, width)
  local plain = text.unescape(line)
  local excess = text.width(plain) - width
  if excess <= 0 or not plain:find(FRAME) then
    return line
  end
  local longest_from, longest_to, unit = nil, nil, 1
  for _, run in ipairs({ { '[\226\148\128]+', 3, '\226\148\128' }, { ' +', 1, ' ' } }) do
    local at = 1
    while true do
      local from, to = line:find(run[1], at)
      if not from then
        break
      end
      local cells = (to - from + 1) / run[2]
      local is_whole = line:sub(from, to) == run[3]:rep(cells)
      if is_whole and cells > excess and (not longest_from or cells > (longest_to - longest_from + 1) / unit) then
        longest_from, longest_to, unit = from, to, run[2]
      end
      at = to + 1
    end
  end
  if not longest_from then
    return line
  end
  return line:sub(1, longest_from - 1) .. line:sub(longest_from + excess * unit)
end

--- Rows of a pane's lines: history, then the screen without the blank lines below its last text.
---@param lines string[] with SGR escapes
---@param width integer cells to show them in
---@param memory chorus.ScreenMemory
---@return chorus.Row[]
function M.rows(lines, width, memory)
  if memory.width ~= width or memory.count > MOST then
    memory.rows, memory.count, memory.width = {}, 0, width
  end
  local last = #lines
  while last > 0 and not text.unescape(lines[last]):find('%S') do
    last = last - 1
  end
  local rows, style = {}, ''
  for index = 1, last do
    local line = lines[index]
    local key = style .. '\0' .. line
    local known = memory.rows[key]
    if not known then
      local chunks, next_style = sgr.parse(narrow(line, width), style)
      known = { canvas.row(chunks), next_style }
      memory.rows[key] = known
      memory.count = memory.count + 1
    end
    rows[index], style = known[1], known[2]
  end
  return rows
end

return M
