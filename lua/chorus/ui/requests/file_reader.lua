--- Reads files for the diffs in a request.

--- Larger files are not read, in bytes.
local MOST_BYTES = 1024 * 1024

--- The content of a plain file of a sensible size.
---@param path string
---@return string?
local function read(path)
  local about = vim.uv.fs_stat(path)
  if not about or about.type ~= 'file' or about.size > MOST_BYTES then
    return nil
  end
  local file = io.open(path, 'rb')
  if not file then
    return nil
  end
  local content = file:read('*a')
  file:close()
  return content
end

--- Returns a function that reads each file once: an edit that was allowed is still shown as it was asked for.
---@return fun(path: string): string?
return function()
  ---@type table<string, string|false>
  local contents = {}
  return function(path)
    if contents[path] == nil then
      contents[path] = read(path) or false
    end
    return contents[path] or nil
  end
end
