--- Values of a request's input as rows. No value is left out, and none can be drawn so that it looks like another. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

--- More lines than a person reads. A row says how many more there are.
local MOST_LINES = 3000

--- Stands before each line of a text with several lines, so that none of them can pass for a field of its own.
local BAR = '│ '

--- Cells that names are aligned to, at most.
local NAME = 24

---@class chorus.BodyOptions
---@field before? string put before each line
---@field first? string put before the first line
---@field group? string the highlight group of the lines
---@field marks? table<integer, {[1]: integer, [2]: integer, [3]: string}[]> more highlights, by line

--- What stands in the place of lines that are left out.
---@param count integer
---@return chorus.Row
function M.left_out(count)
  local more = ('  … %s; the terminal shows them all'):format(require('chorus.phrase').count(count, 'more line'))
  return canvas.row({ { more, 'ChorusFailed' } }, { is_cut = true })
end

--- Adds a text line by line.
---@param rows chorus.Row[]
---@param value any
---@param options? chorus.BodyOptions
function M.body(rows, value, options)
  options = options or {}
  local before = options.before or '  '
  local given = text.split(value)
  local lines = vim.tbl_map(text.reveal_line, given)
  while #lines > 1 and lines[#lines] == '' do
    table.remove(lines)
  end
  for index, line in ipairs(lines) do
    if index > MOST_LINES then
      rows[#rows + 1] = M.left_out(#lines - MOST_LINES)
      return
    end
    local start = index == 1 and options.first or before
    local row = canvas.row({ { start, 'ChorusHint' }, { line, options.group } })
    local is_as_given = options.marks and text.reveal_hidden(given[index]) == given[index]
    for _, mark in ipairs(is_as_given and options.marks[index] or {}) do
      row.marks[#row.marks + 1] = { #start + mark[1], math.min(#start + mark[2], #row.text), mark[3] }
    end
    rows[#rows + 1] = row
  end
end

--- A number with all its digits.
---@param number number
---@return string
local function digits(number)
  local short = ('%.14g'):format(number)
  return tonumber(short) == number and short or ('%.17g'):format(number)
end

---@param value any
---@return string? # nil for what needs rows of its own
local function in_one_line(value)
  if value == vim.NIL then
    return 'null'
  elseif type(value) == 'number' then
    return digits(value)
  elseif type(value) == 'string' then
    local lines = text.reveal(value)
    return #lines == 1 and lines[1] or nil
  elseif type(value) == 'table' then
    return next(value) == nil and '(empty)' or nil
  end
  return tostring(value)
end

--- The names of fields in order: numbers by size, before texts.
---@param fields table
---@return (string|number)[]
local function names_of(fields)
  local names = vim.tbl_keys(fields)
  table.sort(names, function(a, b)
    if type(a) == type(b) then
      return a < b
    end
    return type(a) == 'number'
  end)
  return names
end

--- Adds `name  value` for each field. Texts with several lines, lists and maps stand below their names.
---@param rows chorus.Row[]
---@param fields table
---@param indent? string
function M.fields(rows, fields, indent)
  indent = indent or '  '
  local names, width = names_of(fields), 0
  for _, name in ipairs(names) do
    width = math.max(width, math.min(text.width(text.reveal_line(tostring(name))), NAME))
  end
  for _, name in ipairs(names) do
    local value, label = fields[name], text.reveal_line(tostring(name))
    local line = in_one_line(value)
    if line then
      local gap = (' '):rep(math.max(width - text.width(label), 0) + 2)
      rows[#rows + 1] = canvas.row({ { indent .. label .. gap, 'ChorusHeader' }, line })
    else
      rows[#rows + 1] = canvas.row({ { indent .. label, 'ChorusHeader' } })
      if type(value) == 'table' then
        M.fields(rows, value, indent .. '  ')
      else
        M.body(rows, value, { before = indent .. '  ' .. BAR })
      end
    end
  end
end

--- The fields of a table that are not named.
---@param fields table
---@param shown string[]
---@return table
function M.without(fields, shown)
  local rest = {}
  for name, value in pairs(fields) do
    if not vim.list_contains(shown, name) then
      rest[name] = value
    end
  end
  return rest
end

M.BAR = BAR

return M
