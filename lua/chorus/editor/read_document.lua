--- The beginning of a document, as lines: of at most so many bytes, and only of a regular file with text.

--- Bytes.
local MOST = 64 * 1024

---@class chorus.DocumentText
---@field lines string[] untrusted
---@field is_cut boolean whether the file goes on
---@field fault? string why there is none

--- Whether a file lies below a folder, wherever symbolic links lead.
---@param root string
---@param path string
---@return boolean
local function is_below(root, path)
  local real, real_root = vim.uv.fs_realpath(path), vim.uv.fs_realpath(root)
  return real ~= nil and real_root ~= nil and vim.startswith(real, real_root .. '/')
end

---@param root string of the project
---@param path? string absolute
---@return chorus.DocumentText
return function(root, path)
  local function fault(words)
    return { lines = {}, is_cut = false, fault = words }
  end
  local about = path and vim.uv.fs_stat(path)
  if not path or not about then
    return fault('The file no longer exists.')
  elseif about.type ~= 'file' then
    return fault('It is no regular file.')
  elseif not is_below(root, path) then
    return fault('It leads out of the project.')
  end
  local handle, err = vim.uv.fs_open(path, 'r', 0)
  if not handle then
    return fault('It cannot be read: ' .. require('chorus.text').clean(err))
  end
  local bytes = vim.uv.fs_read(handle, MOST, 0) or ''
  vim.uv.fs_close(handle)
  if bytes:find('%z') then
    return fault('It is no text.')
  end
  local lines = vim.split(bytes:gsub('^\239\187\191', ''):gsub('\r\n', '\n'), '\n', { plain = true })
  local is_cut = about.size > #bytes
  if is_cut or lines[#lines] == '' then
    -- The last line is only the beginning of one, or nothing.
    lines[#lines] = nil
  end
  return { lines = lines, is_cut = is_cut }
end
