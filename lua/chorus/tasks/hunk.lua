--- What is read from a hunk. Pure.
local M = {}

--- The line of its first change in the file: hunks begin with unchanged lines.
---@param hunk chorus.ChangedHunk
---@return integer
function M.first_line(hunk)
  local same = 0
  for _, line in ipairs(hunk.lines) do
    if line:find('^[+-]') then
      break
    end
    same = same + 1
  end
  return math.max(hunk.line, 1) + same
end

return M
