--- Reads files for the diffs in a request.
local regular_file = require('chorus.editor.regular_file')

--- Larger files are not read, in bytes.
local MOST_BYTES = 1024 * 1024

--- All that there is to read; nil where that is more than may be, or cannot be read. The size of a file says nothing below
--- `/proc`.
---@param descriptor integer
---@return string?
local function read_some(descriptor)
  local parts, size = {}, 0
  repeat
    local part = vim.uv.fs_read(descriptor, MOST_BYTES + 1 - size)
    if not part then
      return nil
    end
    parts[#parts + 1], size = part, size + #part
  until part == '' or size > MOST_BYTES
  return size <= MOST_BYTES and table.concat(parts) or nil
end

--- The content of a plain file of a sensible size, and whether something is there at all. An agent names the path: nothing may
--- be read without end, and nothing waited for.
---@param path string
---@return string? content
---@return boolean is_there
local function read(path)
  -- Neovim's folder says nothing about the agent's.
  if not vim.startswith(path, '/') then
    return nil, true
  end
  local file, _, code = regular_file.open(path)
  if not file then
    return nil, code ~= 'ENOENT'
  end
  local content = file.about.size <= MOST_BYTES and read_some(file.descriptor) or nil
  vim.uv.fs_close(file.descriptor)
  return content, true
end

--- Returns a function that reads each file once: an edit that was allowed is still shown as it was asked for.
---@return fun(path: string): string?, boolean
return function()
  ---@type table<string, { content?: string, is_there: boolean }>
  local files = {}
  return function(path)
    if not files[path] then
      local content, is_there = read(path)
      files[path] = { content = content, is_there = is_there }
    end
    return files[path].content, files[path].is_there
  end
end
