--- Where the inbox's list and the request beside or below it lie. Pure.
local M = {}

--- Below this the request is below the list.
local WIDE = 110

---@class chorus.InboxBox
---@field row integer
---@field col integer
---@field width integer
---@field height integer

--- The places of list and request on a screen, without their borders.
---@param columns integer
---@param lines integer lines free for windows
---@param has_border boolean
---@param count integer rows of the list
---@return chorus.InboxBox list
---@return chorus.InboxBox request
function M.layout(columns, lines, has_border, count)
  local frame = has_border and 2 or 0
  local margin = columns >= WIDE and math.floor(columns * 0.03) or 0
  local width = math.max(columns - 2 * margin, 2 * frame + 2)
  if columns >= WIDE then
    local height = math.max(lines - 2 - frame, 1)
    local list = math.floor(width * 0.38) - frame
    return { row = 1, col = margin, width = list, height = height }, {
      row = 1,
      col = margin + list + frame,
      width = width - list - 2 * frame,
      height = height,
    }
  end
  local most = math.max(math.floor(lines * 0.3) - frame, 1)
  local height = math.min(math.max(count, 3), most)
  return { row = 0, col = margin, width = width - frame, height = height }, {
    row = height + frame,
    col = margin,
    width = width - frame,
    height = math.max(lines - height - 2 * frame, 1),
  }
end

return M
