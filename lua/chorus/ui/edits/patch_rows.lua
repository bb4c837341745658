--- A unified difference as rows, each of which knows its file and line. Pure.
local text = require('chorus.text')

local M = {}

---@class chorus.PatchFile
---@field path? string from the root of the working tree, as it is now; nil where the patch does not say

---@class chorus.PatchLine
---@field file chorus.PatchFile
---@field line integer # in the file as it is after the difference, from 1
---@field starts? 'file'|'hunk'

---@class chorus.Patch
---@field rows chorus.Row[] their data is a `chorus.PatchLine`
---@field files integer
---@field added integer lines
---@field removed integer lines

local ESCAPED = { a = '\a', b = '\b', f = '\f', n = '\n', r = '\r', t = '\t', v = '\v' }

--- A path as git writes it: between quotes, with escapes, where it holds odd characters.
---@param written string
---@return string
local function unquoted(written)
  local inner = written:match('^"(.*)"$')
  if not inner then
    return (written:gsub('\t.*$', ''))
  end
  return (
    inner:gsub('\\(.)(%d?%d?)', function(first, digits)
      if first:match('%d') then
        return string.char(tonumber(first .. digits, 8) % 256)
      end
      return (ESCAPED[first] or first) .. digits
    end)
  )
end

--- The path in `--- a/x` or `+++ b/x`; nil for `/dev/null`.
---@param written string
---@return string?
local function side(written)
  local path = unquoted(written)
  return path ~= '/dev/null' and (path:match('^[ab]/(.*)$') or path) or nil
end

--- The path in `diff --git a/x b/x`, where both sides are the same.
---@param rest string
---@return string?
local function named(rest)
  local half = (#rest - 1) / 2
  local a, b = rest:sub(1, math.floor(half)), rest:sub(math.floor(half) + 2)
  local path = half % 1 == 0 and side(a) or nil
  return path and path == side(b) and path or nil
end

--- Reads a line before the first hunk of a file.
---@param file chorus.PatchFile
---@param line string
local function take_header(file, line)
  local old, new = line:match('^%-%-%- (.+)$'), line:match('^%+%+%+ (.+)$')
  local renamed = line:match('^rename to (.+)$') or line:match('^copy to (.+)$')
  if old then
    file.path = side(old) or file.path
  elseif new then
    file.path = side(new) or file.path
  elseif renamed then
    file.path = unquoted(renamed)
  end
end

--- A function that reads line after line. The lines of a hunk are counted, so that a removed `-- x` is not taken for a header.
local function reader()
  local file ---@type chorus.PatchFile?
  local line_number, old_left, new_left, in_header = 1, 0, 0, false
  ---@param line string
  ---@return chorus.PatchLine?
  ---@return string? sign of a line in a hunk
  return function(line)
    if old_left > 0 or new_left > 0 then
      local sign = line:sub(1, 1)
      ---@type chorus.PatchLine
      local at = { file = file, line = math.max(line_number, 1) }
      if sign == '+' then
        new_left, line_number = new_left - 1, line_number + 1
      elseif sign == '-' then
        old_left = old_left - 1
      elseif sign ~= '\\' then
        old_left, new_left, line_number = old_left - 1, new_left - 1, line_number + 1
      end
      return at, sign
    end
    local git = line:match('^diff %-%-git (.+)$')
    if git or (line:match('^%-%-%- ') and not in_header) then
      file, in_header, line_number = { path = git and named(git) or nil }, true, 1
      take_header(file, line)
      return { file = file, line = 1, starts = 'file' }
    end
    local old_count, start, new_count = line:match('^@@ %-%d+(,?%d*) %+(%d+)(,?%d*) @@')
    if start and file then
      in_header, line_number = false, tonumber(start)
      old_left = old_count == '' and 1 or tonumber(old_count:sub(2)) or 0
      new_left = new_count == '' and 1 or tonumber(new_count:sub(2)) or 0
      return { file = file, line = math.max(line_number, 1), starts = 'hunk' } --[[@as chorus.PatchLine]]
    elseif file and in_header then
      take_header(file, line)
    end
    return file and { file = file, line = math.max(line_number, 1) } or nil
  end
end

--- Rows of a difference. A carriage return at the end of a line is shown in files where only some lines have one.
---@param patch string
---@return chorus.Patch
function M.parse(patch)
  local lines = vim.split(patch, '\n', { plain = true })
  if lines[#lines] == '' then
    lines[#lines] = nil
  end
  local found = { rows = {}, files = 0, added = 0, removed = 0 }
  local read, seen, header, endings = reader(), {}, '', {}
  for index, line in ipairs(lines) do
    local at, sign = read(line)
    if at and at.starts == 'file' then
      header, found.files = line, found.files + 1
    elseif sign == '+' then
      found.added = found.added + 1
    elseif sign == '-' then
      found.removed = found.removed + 1
    end
    if sign and sign ~= '\\' then
      local ending = endings[at.file] or {}
      endings[at.file] = ending
      ending[line:sub(-1) == '\r' and 'returns' or 'plain'] = true
    end
    local key = header .. '\n' .. line
    seen[key] = (seen[key] or 0) + 1
    found.rows[index] = { text = line, marks = {}, key = key .. '\n' .. seen[key], data = at }
  end
  for _, row in ipairs(found.rows) do
    local ending = row.data and endings[row.data.file]
    local line = ending and not ending.plain and row.text:gsub('\r$', '') or row.text
    row.text = text.reveal_hidden(line)
  end
  return found
end

--- The line from which a file or hunk starts, `count` further down (or up, when negative); nil when there is none.
---@param rows chorus.Row[]
---@param from integer
---@param starts 'file'|'hunk'
---@param count integer
---@return integer?
function M.jump(rows, from, starts, count)
  local step, found = count < 0 and -1 or 1, nil
  local index = from + step
  while count ~= 0 and rows[index] do
    if rows[index].data and rows[index].data.starts == starts then
      found, count = index, count - step
    end
    index = index + step
  end
  return found
end

return M
