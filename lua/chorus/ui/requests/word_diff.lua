--- Which parts of two lines differ, word by word. Pure.
local M = {}

local diff = vim.text and vim.text.diff or vim.diff

--- Longer lines are not compared, in bytes.
local MOST = 2000

--- The words of a line, its blanks and each other character, as pieces that follow one another.
---@param line string
---@return string[]
local function pieces_of(line)
  local pieces, at = {}, 1
  while at <= #line do
    local piece = line:match('^[%w_]+', at) or line:match('^%s+', at) or line:match('^[%z\1-\127]', at)
    piece = piece or line:match('^[\192-\255][\128-\191]*', at) or line:sub(at, at)
    pieces[#pieces + 1] = piece
    at = at + #piece
  end
  return pieces
end

--- Byte ranges of pieces from `first`, `count` of them.
local function range_of(pieces, first, count)
  local from = 0
  for index = 1, first - 1 do
    from = from + #pieces[index]
  end
  local to = from
  for index = first, first + count - 1 do
    to = to + #pieces[index]
  end
  return { from, to }
end

--- Byte ranges (from zero, the end excluded) that differ in each of two lines. None where the lines have little in common:
--- there the whole line is new.
---@param old string
---@param new string
---@return {[1]: integer, [2]: integer}[] in_old
---@return {[1]: integer, [2]: integer}[] in_new
function M.of(old, new)
  if #old > MOST or #new > MOST then
    return {}, {}
  end
  local before, after = pieces_of(old), pieces_of(new)
  local ok, hunks = pcall(
    diff,
    table.concat(before, '\n') .. '\n',
    table.concat(after, '\n') .. '\n',
    { result_type = 'indices', algorithm = 'minimal' }
  )
  if not ok or type(hunks) ~= 'table' then
    return {}, {}
  end
  local in_old, in_new, changed = {}, {}, 0
  for _, hunk in ipairs(hunks) do
    if hunk[2] > 0 then
      in_old[#in_old + 1] = range_of(before, hunk[1], hunk[2])
      changed = changed + in_old[#in_old][2] - in_old[#in_old][1]
    end
    if hunk[4] > 0 then
      in_new[#in_new + 1] = range_of(after, hunk[3], hunk[4])
      changed = changed + in_new[#in_new][2] - in_new[#in_new][1]
    end
  end
  if changed > (#old + #new) * 0.7 then
    return {}, {}
  end
  return in_old, in_new
end

return M
