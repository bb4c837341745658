--- The word most like a mistyped one. Pure.

--- Edit distance: letters to add, drop, change or swap with their neighbor.
---@param a string
---@param b string
---@return integer
local function distance(a, b)
  ---@type table<integer, table<integer, integer>>
  local rows = { [0] = {} }
  for column = 0, #b do
    rows[0][column] = column
  end
  for row = 1, #a do
    rows[row] = { [0] = row }
    for column = 1, #b do
      local same = a:byte(row) == b:byte(column)
      local best =
        math.min(rows[row - 1][column] + 1, rows[row][column - 1] + 1, rows[row - 1][column - 1] + (same and 0 or 1))
      local is_swap = row > 1 and column > 1 and a:byte(row) == b:byte(column - 1) and a:byte(row - 1) == b:byte(column)
      rows[row][column] = is_swap and math.min(best, rows[row - 2][column - 2] + 1) or best
    end
  end
  return rows[#a][#b]
end

--- Returns nil when no word is near: at most a third of the letters may differ, or `given` may begin the word.
---@param given string
---@param words string[]
---@return string?
return function(given, words)
  given = given:sub(1, 40):lower()
  local found, least
  for _, word in ipairs(words) do
    local apart = distance(given, word:lower())
    if #given >= 2 and word:sub(1, #given) == given then
      apart = 1
    end
    if apart <= math.max(1, math.floor(#word / 3)) and (not least or apart < least) then
      found, least = word, apart
    end
  end
  return found
end
