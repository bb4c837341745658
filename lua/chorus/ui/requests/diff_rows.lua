--- A unified difference of one file as rows: signs, the words that differ, and the file's syntax. Pure.
local canvas = require('chorus.ui.kit.canvas')
local field_rows = require('chorus.ui.requests.field_rows')
local text = require('chorus.text')
local word_diff = require('chorus.ui.requests.word_diff')

local M = {}

--- More lines than a person reads. A row says how many more there are.
local MOST_LINES = 3000

local SIGNS = {
  ['+'] = { sign = 'ChorusAdded', word = 'ChorusAddedWord' },
  ['-'] = { sign = 'ChorusRemoved', word = 'ChorusRemovedWord' },
}

---@class chorus.DiffLine
---@field sign string `+`, `-`, a blank, or `@` for the head of a hunk
---@field line string without its sign
---@field new? integer its number in the file after
---@field words? {[1]: integer, [2]: integer}[] what differs from the line it replaces

--- More than this is not compared word by word in one difference, in bytes.
local MOST_COMPARED = 64 * 1024

--- Syntax of a text: marks by line, for the lines from `first` to `last`.
---@alias chorus.Syntax fun(path: string, content: string, first?: integer, last?: integer): table<integer, chorus.Mark[]>

--- Lines of a unified difference with their numbers.
---@param unified string
---@return chorus.DiffLine[]
local function parse(unified)
  local lines, new = {}, 1
  local given = vim.split(unified, '\n', { plain = true })
  if given[#given] == '' then
    given[#given] = nil
  end
  for _, line in ipairs(given) do
    local to = line:match('^@@ %-%d+,?%d* %+(%d+),?%d* @@')
    local sign = line:sub(1, 1)
    if to then
      new = tonumber(to)
      lines[#lines + 1] = { sign = '@', line = line }
    elseif sign == '+' or sign == '-' or sign == ' ' then
      lines[#lines + 1] = { sign = sign, line = line:sub(2), new = sign ~= '-' and new or nil }
      new = new + (sign ~= '-' and 1 or 0)
    else
      lines[#lines + 1] = { sign = '\\', line = line }
    end
  end
  return lines
end

--- A carriage return at the end of a line is left out where every line has one.
---@param lines chorus.DiffLine[]
local function without_returns(lines)
  local have_all = vim.iter(lines):all(function(each)
    return each.sign == '@' or each.sign == '\\' or each.line:sub(-1) == '\r'
  end)
  for _, each in ipairs(have_all and lines or {}) do
    each.line = each.line:gsub('\r$', '')
  end
  return lines
end

--- Marks the words that differ where added lines follow removed ones: the first of both, the second of both, and so on.
---@param lines chorus.DiffLine[]
---@param last integer the last of them that is shown
local function compare_words(lines, last)
  local index, left = 1, MOST_COMPARED
  while index <= last do
    local removed, added = index, index
    while lines[added] and lines[added].sign == '-' do
      added = added + 1
    end
    local stop = added
    while lines[stop] and lines[stop].sign == '+' do
      stop = stop + 1
    end
    if added > removed then
      for offset = 0, math.min(added - removed, stop - added) - 1 do
        local before, after = lines[removed + offset], lines[added + offset]
        left = left - #before.line - #after.line
        if left < 0 or removed + offset > last then
          return
        end
        before.words, after.words = word_diff.of(before.line, after.line)
      end
    end
    index = math.max(stop, index + 1)
  end
end

--- Adds marks of a line whose text begins at byte `at` of the row. Marks on a line with revealed characters would be off.
local function add_marks(row, line, marks, at)
  if text.reveal_hidden(line) ~= line then
    return
  end
  for _, mark in ipairs(marks or {}) do
    row.marks[#row.marks + 1] = { at + mark[1], math.min(at + mark[2], #row.text), mark[3] }
  end
end

--- The lines of the file after the edit that are shown.
---@param lines chorus.DiffLine[]
---@param last integer
---@return integer? first
---@return integer? last
local function shown_lines(lines, last)
  local from, to
  for index = 1, last do
    from, to = from or lines[index].new, lines[index].new or to
  end
  return from, to
end

---@class chorus.DiffFile
---@field path string
---@field after string its content after the edit, in which the syntax is found

--- Adds the rows of a difference.
---@param rows chorus.Row[]
---@param unified string
---@param file? chorus.DiffFile
---@param syntax? chorus.Syntax
function M.add(rows, unified, file, syntax)
  local lines = without_returns(parse(unified))
  local last = math.min(#lines, MOST_LINES)
  compare_words(lines, last)
  local from, to = shown_lines(lines, last)
  local marks = file and syntax and from and syntax(file.path, file.after, from, to) or {}
  for index, each in ipairs(lines) do
    if index > MOST_LINES then
      rows[#rows + 1] = field_rows.left_out(#lines - MOST_LINES)
      return
    end
    local group = SIGNS[each.sign]
    if each.sign == '@' or each.sign == '\\' then
      rows[#rows + 1] = canvas.row({ { '  ' .. text.reveal_line(each.line), 'ChorusHint' } })
    else
      local row = canvas.row({ { '  ' .. each.sign, group and group.sign }, text.reveal_line(each.line) })
      row.text = text.trim_end('  ' .. each.sign .. text.reveal_line(each.line), ' ')
      if group then
        row.marks[1] = { 0, #row.text, group.sign }
      end
      -- What goes away is of one color, so that it is told apart at a glance.
      add_marks(row, each.line, each.sign ~= '-' and marks[each.new] or nil, 3)
      add_marks(
        row,
        each.line,
        vim.tbl_map(function(range)
          return { range[1], range[2], group.word }
        end, group and each.words or {}),
        3
      )
      rows[#rows + 1] = row
    end
  end
end

return M
