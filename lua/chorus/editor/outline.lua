--- The headings of a markdown text: by the tree of the markdown parser where there is one, else by its lines.
local fence_plan = require('chorus.editor.fence_plan')
local section = require('chorus.editor.section')

local M = {}

---@class chorus.Heading
---@field line integer from 1
---@field level integer
---@field title string as written; untrusted

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
    local level = section.level_of(lines, row + 1)
    if level then
      found[#found + 1] = { line = row + 1, level = level, title = section.title_of(lines[row + 1]) }
    end
  end
  return found
end

---@param lines string[]
---@return chorus.Heading[]
function M.by_lines(lines)
  local found, is_code = {}, fence_plan.reader()
  local is_matter = lines[1] == '---'
  for index, line in ipairs(lines) do
    if is_matter then
      is_matter = index == 1 or line ~= '---'
    elseif not is_code(line) then
      local level = section.level_of(lines, index)
      if level then
        found[#found + 1] = { line = index, level = level, title = section.title_of(line) }
      end
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
