--- Reads files for the diffs in a request.

--- Larger files are not read, in bytes.
local MOST_BYTES = 1024 * 1024

--- The content of a plain file of a sensible size, and whether something is there at all.
---@param path string
---@return string? content
---@return boolean is_there
local function read(path)
  -- Neovim's folder says nothing about the agent's.
  if not vim.startswith(path, '/') then
    return nil, true
  end
  local about, _, code = vim.uv.fs_stat(path)
  if not about or about.type ~= 'file' or about.size > MOST_BYTES then
    return nil, about ~= nil or code ~= 'ENOENT'
  end
  local file = io.open(path, 'rb')
  if not file then
    return nil, true
  end
  local content = file:read('*a')
  file:close()
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
