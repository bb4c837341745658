--- The beginning of a document, as lines: of at most so many bytes, and only of a regular file with text.
local regular_file = require('chorus.editor.regular_file')

--- Bytes.
local MOST = 64 * 1024

---@class chorus.DocumentText
---@field lines string[] untrusted
---@field is_cut boolean whether the file goes on
---@field fault? string why there is none

--- Why a document cannot be opened.
---@param path? string
---@param fault? string
---@param code? string nil of what is no regular file
---@return string
local function why(path, fault, code)
  local about = path and vim.uv.fs_stat(path)
  if not about then
    return 'The file no longer exists.'
  elseif not code or about.type ~= 'file' then
    return 'It is no regular file.'
  end
  return 'It cannot be read: ' .. require('chorus.text').clean(fault)
end

---@param root string of the project
---@param path? string absolute
---@return chorus.DocumentText
return function(root, path)
  local function fault(words)
    return { lines = {}, is_cut = false, fault = words }
  end
  local file, err, code
  if path then
    file, err, code = regular_file.open(path)
  end
  if not path or not file then
    return fault(why(path, err, code))
  end
  local bytes = regular_file.is_below(file, path, root) and (vim.uv.fs_read(file.descriptor, MOST, 0) or '')
  vim.uv.fs_close(file.descriptor)
  if not bytes then
    return fault('It leads out of the project.')
  end
  if bytes:find('%z') then
    return fault('It is no text.')
  end
  local lines = vim.split(bytes:gsub('^\239\187\191', ''):gsub('\r\n', '\n'), '\n', { plain = true })
  local is_cut = file.about.size > #bytes
  if is_cut or lines[#lines] == '' then
    -- The last line is only the beginning of one, or nothing.
    lines[#lines] = nil
  end
  return { lines = lines, is_cut = is_cut }
end
