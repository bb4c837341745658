--- The section of the markdown heading under the cursor.
local fence_plan = require('chorus.editor.fence_plan')
local text = require('chorus.text')

local M = {}

--- By the tree of the markdown parser, where there is one.
---@param row integer from 0
---@return integer? first from 1
---@return integer? last
local function by_tree(row)
  local ok, parser = pcall(vim.treesitter.get_parser, 0, 'markdown')
  if not ok or not parser then
    return nil
  end
  local tree = parser:parse()[1]
  local column = (vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1] or ''):find('%S') or 1
  local node = tree and tree:root():named_descendant_for_range(row, column - 1, row, column - 1)
  while node and not node:type():match('^%l+_heading$') do
    node = node:parent()
  end
  local section = node and node:parent()
  if not section or section:type() ~= 'section' then
    return nil
  end
  local first, _, stop, column_of_stop = section:range()
  return first + 1, column_of_stop == 0 and stop or stop + 1
end

--- The level of the heading that begins on a line; nil on any other line.
---@param lines string[]
---@param index integer
---@return integer? level
function M.level_of(lines, index)
  local hashes = lines[index]:match('^ ? ? ?(#+)%s') or lines[index]:match('^ ? ? ?(#+)$')
  if hashes and #hashes <= 6 then
    return #hashes
  end
  local below = lines[index + 1]
  if below and lines[index]:match('^%s*[%w]') then
    return below:match('^=+%s*$') and 1 or below:match('^%-%-+%s*$') and 2 or nil
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

--- By the lines alone. Code blocks hold no headings.
---@param lines string[]
---@param row integer from 1
---@return integer? first
---@return integer? last
function M.by_lines(lines, row)
  local is_code, level = fence_plan.reader(), nil
  for index, line in ipairs(lines) do
    if not is_code(line) then
      local found = M.level_of(lines, index)
      if index == row then
        level = found
        if not level then
          return nil
        end
      elseif level and found and found <= level then
        return row, index - 1
      end
    end
  end
  if level then
    return row, #lines
  end
end

--- The lines of the section whose heading the cursor is on; nil on any other line, and in a buffer that is no markdown.
---@return integer? first
---@return integer? last
function M.at_cursor()
  if vim.bo.filetype ~= 'markdown' then
    return nil
  end
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  if not M.level_of(lines, row) then
    return nil
  end
  local first, last = by_tree(row - 1)
  if first then
    return first, last
  end
  return M.by_lines(lines, row)
end

return M
