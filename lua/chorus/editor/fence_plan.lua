--- Fenced code blocks of a markdown text. Pure.
local M = {}

--- A function that is given each line in turn, and tells whether it belongs to a block, as the fences themselves do.
---@return fun(line: string): boolean
function M.reader()
  local fence
  return function(line)
    local mark = line:match('^ ? ? ?(```+)') or line:match('^ ? ? ?(~~~+)')
    if mark and (not fence or (mark:sub(1, 1) == fence:sub(1, 1) and #mark >= #fence)) then
      fence = not fence and mark or nil
      return true
    end
    return fence ~= nil
  end
end

return M
