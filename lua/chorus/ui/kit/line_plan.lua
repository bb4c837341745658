--- What of a buffer's lines has to be written again. Pure.
local M = {}

---@class chorus.Hunk
---@field from integer the first old line, one-based
---@field count integer how many old lines go
---@field first integer the first new line
---@field size integer how many new lines come

--- Where each of these stands, by its name: the last one of a name counts.
---@param rows chorus.Row[]
---@param first integer
---@param last integer
---@return table<string, integer>
local function places(rows, first, last)
  local found = {}
  for index = first, last do
    found[rows[index].key or rows[index].text] = index
  end
  return found
end

--- Adds a step to the last hunk where the two touch.
local function add(hunks, from, count, first, size)
  local last = hunks[#hunks]
  if last and last.from + last.count == from and last.first + last.size == first then
    last.count, last.size = last.count + count, last.size + size
  else
    hunks[#hunks + 1] = { from = from, count = count, first = first, size = size }
  end
end

--- The hunks that turn the old rows into the new ones, from the top. A row that moved costs two lines, not all between.
---@param old chorus.Row[]
---@param new chorus.Row[]
---@param is_same fun(a: chorus.Row, b: chorus.Row): boolean
---@return chorus.Hunk[]
function M.hunks(old, new, is_same)
  local head, shorter, tail = 0, math.min(#old, #new), 0
  while head < shorter and is_same(old[head + 1], new[head + 1]) do
    head = head + 1
  end
  while tail < shorter - head and is_same(old[#old - tail], new[#new - tail]) do
    tail = tail + 1
  end
  local hunks, i, j = {}, head + 1, head + 1
  local old_end, new_end = #old - tail, #new - tail
  local in_old, in_new = places(old, i, old_end), places(new, j, new_end)
  while i <= old_end or j <= new_end do
    local before, after = old[i], new[j]
    if i > old_end then
      add(hunks, i, 0, j, new_end - j + 1)
      break
    elseif j > new_end then
      add(hunks, i, old_end - i + 1, j, 0)
      break
    end
    local name, wanted = before.key or before.text, after.key or after.text
    local down, up = (in_new[name] or 0) - j, (in_old[wanted] or 0) - i
    if is_same(before, after) then
      i, j = i + 1, j + 1
    elseif name == wanted then
      add(hunks, i, 1, j, 1)
      i, j = i + 1, j + 1
    elseif down < 0 and up < 0 then
      add(hunks, i, 1, j, 1)
      i, j = i + 1, j + 1
    elseif down < 0 or (up >= 0 and down > up) then
      add(hunks, i, 1, j, 0)
      i = i + 1
    else
      add(hunks, i, 0, j, 1)
      j = j + 1
    end
  end
  return hunks
end

return M
