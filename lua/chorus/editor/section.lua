--- The section of the markdown heading under the cursor.
local outline = require('chorus.editor.outline')

local M = {}

--- The lines of the section that begins on a line; nil where no heading does.
---@param headings chorus.Heading[]
---@param row integer from 1
---@param count integer lines of the text
---@return integer? first
---@return integer? last
function M.at(headings, row, count)
  local level
  for _, heading in ipairs(headings) do
    if level and heading.level <= level then
      return row, heading.line - 1
    elseif heading.line == row then
      level = heading.level
    end
  end
  if level then
    return row, count
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
  if outline.level_of(lines, row) then
    return M.at(outline.of(lines), row, #lines)
  end
end

return M
