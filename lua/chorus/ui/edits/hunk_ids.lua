--- Recognizes hunks after a change of their file, which gives them new ids. Pure.
local M = {}

---@class chorus.KnownHunk
---@field key string the same for as long as the hunk is recognised
---@field id string
---@field line integer
---@field text string
---@field is_open boolean whether its lines are shown

---@alias chorus.KnownHunks table<string, chorus.KnownHunk[]> by the name of the file, in the order of the file

--- A hunk with new lines is still recognized when it begins this near to where it was, in lines.
local NEAR = 12

---@param before chorus.KnownHunk[] not taken yet
---@param is_it fun(known: chorus.KnownHunk): boolean
---@return chorus.KnownHunk?
local function take(before, is_it)
  for index, known in ipairs(before) do
    if is_it(known) then
      return table.remove(before, index)
    end
  end
end

---@param before chorus.KnownHunk[]
---@param line integer
---@return chorus.KnownHunk?
local function take_nearest(before, line)
  local nearest, distance = nil, NEAR + 1
  for _, known in ipairs(before) do
    if math.abs(known.line - line) < distance then
      nearest, distance = known, math.abs(known.line - line)
    end
  end
  return nearest and take(before, function(known)
    return known == nearest
  end)
end

local made = 0

---@param before chorus.KnownHunk[]
---@param hunks chorus.ChangedHunk[]
---@return chorus.KnownHunk[]
local function follow_file(before, hunks)
  local left, found = { unpack(before) }, {}
  local texts = {}
  for index, hunk in ipairs(hunks) do
    texts[index] = table.concat(hunk.lines, '\n')
    found[index] = take(left, function(known)
      return known.id == hunk.id and known.text == texts[index]
    end)
  end
  for index in ipairs(hunks) do
    found[index] = found[index]
      or take(left, function(known)
        return known.text == texts[index] and texts[index] ~= ''
      end)
  end
  for index, hunk in ipairs(hunks) do
    found[index] = found[index] or take_nearest(left, hunk.line)
  end
  for index, hunk in ipairs(hunks) do
    local known = found[index]
    if not known then
      made = made + 1
      known = { key = 'hunk ' .. made, is_open = false }
    end
    found[index] = { key = known.key, is_open = known.is_open, id = hunk.id, line = hunk.line, text = texts[index] }
  end
  return found
end

--- What names a file: two worktrees may have one of that path.
---@param file chorus.ChangedFile
---@return string
function M.name(file)
  return file.tree and file.tree .. '\0' .. file.path or file.path
end

--- Recognizes the hunks of `files` among the known ones: by id, else by their lines, else by position.
---@param known chorus.KnownHunks
---@param files chorus.ChangedFile[]
---@return chorus.KnownHunks
function M.follow(known, files)
  local now = {}
  for _, file in ipairs(files) do
    now[M.name(file)] = follow_file(known[M.name(file)] or {}, file.hunks)
  end
  return now
end

return M
