--- A pane's content as rows. Pure, with a memory of lines seen before.
local canvas = require('chorus.ui.kit.canvas')
local sgr = require('chorus.ui.pane.sgr')
local text = require('chorus.text')

local M = {}

--- Lines that make a frame as wide as the pane begin with a character that draws boxes (U+2500 to U+257F).
local FRAME = '^%s*\226[\148\149][\128-\191]'

--- What fills a frame: rules, and the blanks inside.
local FILLERS = { '─', '╌', '━', '═', ' ' }

--- Lines of history that a pane keeps at most.
M.MOST_HISTORY = 10000

--- Lines to remember; beyond this many Chorus forgets all of them. Twice as many as a pane has: fewer would be forgotten while
--- they are shown, and parsed again at each draw.
local MOST = 2 * M.MOST_HISTORY

---@class chorus.ScreenMemory
---@field rows table<string, {[1]: chorus.Row, [2]: string}>
---@field count integer
---@field width integer

---@return chorus.ScreenMemory
function M.memory()
  return { rows = {}, count = 0, width = 0 }
end

--- The longest run of one filler in a line.
---@param line string
---@return integer? from
---@return integer cells
---@return string unit
local function longest_run(line)
  local best, most, best_unit = nil, 0, ''
  for _, unit in ipairs(FILLERS) do
    local from = line:find(unit, 1, true)
    while from do
      local stop = from
      while line:sub(stop, stop + #unit - 1) == unit do
        stop = stop + #unit
      end
      local cells = (stop - from) / #unit
      if cells > most then
        best, most, best_unit = from, cells, unit
      end
      from = line:find(unit, stop, true)
    end
  end
  return best, most, best_unit
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
  local from, cells, unit = longest_run(line)
  if not from or cells <= excess then
    return line
  end
  return line:sub(1, from - 1) .. line:sub(from + excess * #unit)
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
