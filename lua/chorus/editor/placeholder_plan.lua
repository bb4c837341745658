--- Placeholders in a text such as `{file}`, and the text with something in their place. Pure.
local fence_plan = require('chorus.editor.fence_plan')
local trim_end = require('chorus.text').trim_end

local M = {}

--- What stands for something, with what it stands for.
---@type { [1]: string, [2]: string }[]
M.NAMES = {
  { 'selection', 'the lines of the range, else the last Visual selection' },
  { 'file', 'the path of the file' },
  { 'line', 'the number of the cursor’s line' },
  { 'diagnostics', 'the diagnostics of the file, or of the range' },
  { 'quickfix', 'the quickfix list' },
  { 'symbol', 'the function or class around the cursor' },
  { 'hunk', 'the uncommitted change under the cursor' },
  { 'doc:NAME', 'a document of the project' },
}

---@type table<string, boolean>
local known = {}
for _, each in ipairs(M.NAMES) do
  known[each[1]:match('^%l+')] = true
end

---@class chorus.Placeholder
---@field name string
---@field argument? string
---@field source string as written

--- Where code begins and ends in a line, by backquotes: those ranges are not the person's words.
---@param line string
---@return { [1]: integer, [2]: integer }[]
local function code_spans(line)
  local spans, at = {}, 1
  while true do
    local first, last = line:find('`+', at)
    if not first then
      return spans
    end
    local ticks, from = last - first + 1, last + 1
    local close
    while true do
      local a, b = line:find('`+', from)
      if not a then
        break
      elseif b - a + 1 == ticks then
        close = b
        break
      end
      from = b + 1
    end
    if close then
      spans[#spans + 1] = { first, close }
    end
    at = (close or last) + 1
  end
end

---@param spans { [1]: integer, [2]: integer }[]
---@param at integer
---@return boolean
local function is_code(spans, at)
  return vim.iter(spans):any(function(span)
    return span[1] <= at and at <= span[2]
  end)
end

--- The parts of one line: words as they are, and placeholders. `\{file}` is the word `{file}`.
---@param line string
---@param parts (string|chorus.Placeholder)[]
local function split(line, parts)
  local spans, from, at = code_spans(line), 1, 1
  while true do
    local first, last, source = line:find('(%b{})', at)
    if not first then
      break
    end
    local name, argument = source:match('^{(%l+)}$'), nil
    if not name then
      name, argument = source:match('^{(doc):%s*([^{}]-)%s*}$')
    elseif name == 'doc' then
      name = nil
    end
    local is_meant = name ~= nil and known[name] and argument ~= '' and not is_code(spans, first)
    local before = line:sub(first - 1, first - 1)
    if before == '{' then
      -- A field of a template.
      at = last + 1
    elseif is_meant and before == '\\' then
      parts[#parts + 1] = line:sub(from, first - 2) .. source
      from, at = last + 1, last + 1
    elseif is_meant then
      parts[#parts + 1] = line:sub(from, first - 1)
      parts[#parts + 1] = { name = name, argument = argument, source = source }
      from, at = last + 1, last + 1
    else
      at = first + 1
    end
  end
  parts[#parts + 1] = line:sub(from)
end

--- The parts of a text. Nothing in code, in backquotes or fenced, is a placeholder.
---@param text string
---@return (string|chorus.Placeholder)[]
function M.parts(text)
  local parts, is_code_line = {}, fence_plan.reader()
  for index, line in ipairs(vim.split(text, '\n', { plain = true })) do
    if index > 1 then
      parts[#parts + 1] = '\n'
    end
    if is_code_line(line) then
      parts[#parts + 1] = line
    else
      split(line, parts)
    end
  end
  return parts
end

--- The placeholders of a text, each once.
---@param text string
---@return chorus.Placeholder[]
function M.placeholders(text)
  local found, seen = {}, {}
  for _, part in ipairs(M.parts(text)) do
    if type(part) == 'table' and not seen[part.source] then
      seen[part.source] = true
      found[#found + 1] = part
    end
  end
  return found
end

--- What stands in the place of a placeholder: words inside a line, or lines of their own.
---@alias chorus.Value string|string[]

--- The text with values in place of its placeholders, by how they are written. One without a value stays as it is.
---@param text string
---@param values table<string, chorus.Value>
---@return string
function M.fill(text, values)
  local filled, is_after_block = '', false
  for _, part in ipairs(M.parts(text)) do
    local value = type(part) == 'table' and values[part.source] or nil
    if type(value) == 'table' then
      filled = trim_end(filled, ' \t')
      local gap = filled == '' and '' or filled:sub(-2) == '\n\n' and '' or filled:sub(-1) == '\n' and '\n' or '\n\n'
      filled, is_after_block = filled .. gap .. table.concat(value, '\n'), true
    else
      local words = value or type(part) == 'table' and part.source or part --[[@as string]]
      if is_after_block then
        local rest = words:gsub('^[ \t]+', '')
        if rest ~= '' then
          filled = filled .. (rest:sub(1, 1) == '\n' and '' or '\n\n')
          is_after_block = false
        end
        words = rest
      end
      filled = filled .. words
    end
  end
  return trim_end(filled, ' \t')
end

--- A title, which is one line, and the lines that its blocks become below it.
---@param title string
---@param values table<string, chorus.Value>
---@return string title
---@return string[] lines
function M.fill_title(title, values)
  local words, lines = {}, {}
  for _, part in ipairs(M.parts(title)) do
    local value = type(part) == 'table' and values[part.source] or nil
    if type(value) == 'table' then
      if #lines > 0 then
        lines[#lines + 1] = ''
      end
      vim.list_extend(lines, value)
    else
      words[#words + 1] = value or type(part) == 'table' and part.source or part
    end
  end
  return vim.trim((table.concat(words):gsub('%s+', ' '))), lines
end

return M
