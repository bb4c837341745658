--- What an editing tool would do to a file, as a unified diff. Pure: the file's content is given.
local M = {}

local diff = vim.text and vim.text.diff or vim.diff

--- Ignores a missing newline at the end, which belongs to the file and not to the edit.
local function with_newline(content)
  return (content == '' or content:sub(-1) == '\n') and content or content .. '\n'
end

--- Replaces `old` by `new` in `content`, once or everywhere, without patterns; nil when `content` does not hold it.
local function replaced(content, old, new, everywhere)
  local parts, at, found = {}, 1, false
  while old ~= '' do
    local from, to = content:find(old, at, true)
    if not from then
      break
    end
    found = true
    parts[#parts + 1] = content:sub(at, from - 1) .. new
    at = to + 1
    if not everywhere then
      break
    end
  end
  return found and table.concat(parts) .. content:sub(at) or nil
end

--- The file before and after the edit; the bare pieces where the file does not hold them.
local function sides(input, content)
  if type(input.content) == 'string' then
    return content or '', input.content
  end
  local edits = type(input.edits) == 'table' and input.edits or { input }
  local after = content
  local old, new = {}, {}
  for _, edit in ipairs(edits) do
    local from, to = tostring(edit.old_string or ''), tostring(edit.new_string or '')
    old[#old + 1], new[#new + 1] = from, to
    after = after and replaced(after, from, to, edit.replace_all == true)
  end
  if after and content then
    return content, after
  end
  return table.concat(old, '\n'), table.concat(new, '\n')
end

--- Lines of a unified diff of what `input` (of Edit, MultiEdit or Write) does to a file with this content.
---@param input table
---@param content? string the file as it is, when it can be read
---@return string unified
---@return string before # the content or a piece of it
---@return string after # the same after the edit
function M.of(input, content)
  local before, after = sides(input, content)
  local ok, result = pcall(diff, with_newline(before), with_newline(after), { ctxlen = 3 })
  local unified = ok and type(result) == 'string' and result or after --[[@as string]]
  return unified, before, after
end

--- Whether the input is that of a tool that edits one file, and which.
---@param input any
---@return string? path
function M.path(input)
  if type(input) ~= 'table' or type(input.file_path) ~= 'string' then
    return nil
  end
  local edits = type(input.content) == 'string' or type(input.old_string) == 'string' or type(input.edits) == 'table'
  return edits and input.file_path or nil
end

return M
