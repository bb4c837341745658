--- The headings of a markdown text: by the tree of the markdown parser where there is one, else by its lines.
local fence_plan = require('chorus.editor.fence_plan')
local text = require('chorus.text')

local M = {}

---@class chorus.Heading
---@field line integer from 1
---@field level integer
---@field title string as written; untrusted

--- The level of the heading that begins on a line; nil on any other line.
---@param lines string[]
---@param index integer
---@return integer?
function M.level_of(lines, index)
  local hashes = lines[index]:match('^ ? ? ?(#+)%s') or lines[index]:match('^ ? ? ?(#+)$')
  if hashes and #hashes <= 6 then
    return #hashes
  end
  local below = lines[index + 1]
  if below and lines[index]:match('^ ? ? ?[^%s%->*+|<#]') then
    return below:match('^ ? ? ?=+%s*$') and 1 or below:match('^ ? ? ?%-%-+%s*$') and 2 or nil
  end
end

--- The words of a heading's line.
---@param line string
---@return string
function M.title_of(line)
  local words = text.trim_end(line:gsub('^%s*#+', ''), '%s')
  local before = text.trim_end(words, '#')
  return text.trim(before:find('%s$') and before or words)
end

--- Bytes that are parsed; a longer text is read by its lines.
local MOST = 512 * 1024

---@param lines string[]
---@return chorus.Heading[]?
local function by_tree(lines)
  local source = table.concat(lines, '\n') .. '\n'
  if #source > MOST then
    return nil
  end
  local ok, parser = pcall(vim.treesitter.get_string_parser, source, 'markdown')
  if not ok or not parser then
    return nil
  end
  local is_read, query = pcall(vim.treesitter.query.parse, 'markdown', '[(atx_heading) (setext_heading)] @heading')
  local tree = parser:parse()[1]
  if not is_read or not tree then
    return nil
  end
  local found = {}
  for _, node in query:iter_captures(tree:root(), source) do
    local row = node:range()
    local level = M.level_of(lines, row + 1)
    if level then
      found[#found + 1] = { line = row + 1, level = level, title = M.title_of(lines[row + 1]) }
    end
  end
  return found
end

--- Lines of a front matter, at most.
local MOST_MATTER = 200

--- The last line of the front matter; 0 without one.
---@param lines string[]
---@return integer
local function end_of_matter(lines)
  for index = 2, lines[1] == '---' and math.min(#lines, MOST_MATTER) or 0 do
    if lines[index] == '---' or lines[index] == '...' then
      return index
    end
  end
  return 0
end

---@param lines string[]
---@return chorus.Heading[]
function M.by_lines(lines)
  local found, is_code, is_comment = {}, fence_plan.reader(), false
  for index = end_of_matter(lines) + 1, #lines do
    local line = lines[index]
    if is_comment then
      is_comment = not line:find('-->', 1, true)
    elseif not is_code(line) then
      local level = M.level_of(lines, index)
      if level then
        found[#found + 1] = { line = index, level = level, title = M.title_of(line) }
      end
      is_comment = line:find('^ ? ? ?<!%-%-') ~= nil and not line:find('-->', 1, true)
    end
  end
  return found
end

---@param lines string[]
---@return chorus.Heading[]
function M.of(lines)
  return by_tree(lines) or M.by_lines(lines)
end

return M
