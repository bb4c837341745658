--- Where Chorus's own list and its preview stand on a screen. Pure.
local M = {}

---@class chorus.OwnPlace
---@field row integer
---@field col integer
---@field width integer
---@field height integer

--- From so many columns on, list and preview stand side by side; from so many lines on, one above the other.
local WIDE, HIGH = 110, 22

--- Places of the text, without borders.
---@param columns integer
---@param lines integer free for windows
---@param count integer items
---@param has_preview boolean
---@return chorus.OwnPlace list
---@return chorus.OwnPlace? preview
function M.layout(columns, lines, count, has_preview)
  local width = math.max(columns < 100 and columns - 2 or math.floor(columns * 0.86) - 2, 1)
  local col = math.max(math.floor((columns - width - 2) / 2), 0)
  if has_preview and columns >= WIDE then
    local height = math.max(math.floor(lines * 0.75) - 2, 1)
    local row = math.max(math.floor((lines - height - 2) / 2), 0)
    local half = math.floor((width - 2) / 2)
    return { row = row, col = col, width = half, height = height }, {
      row = row,
      col = col + half + 2,
      width = width - half - 2,
      height = height,
    }
  elseif has_preview and lines >= HIGH then
    local list = math.min(math.max(count + 1, 4), math.floor((lines - 4) * 0.45))
    local below = lines - 4 - list
    return { row = 0, col = col, width = width, height = list }, {
      row = list + 2,
      col = col,
      width = width,
      height = below,
    }
  end
  local height = math.max(math.min(count + 1, math.max(math.floor(lines * 0.6), 5), lines - 2), 1)
  return { row = math.max(math.floor((lines - height - 2) / 2), 0), col = col, width = width, height = height }, nil
end

--- The items whose lines hold every word, whatever its case.
---@param items chorus.PickItem[]
---@param text string
---@return chorus.PickItem[]
function M.fitting(items, text)
  local words = vim.split(text:lower(), '%s+', { trimempty = true })
  return vim.tbl_filter(function(item)
    local line = item.text:lower()
    for _, word in ipairs(words) do
      if not line:find(word, 1, true) then
        return false
      end
    end
    return true
  end, items)
end

return M
