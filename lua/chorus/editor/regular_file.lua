--- Opens files that an agent may have put there: nothing is waited for, and what is known of a file is of the one that was
--- opened, whatever takes its place meanwhile.
local M = {}

local READS = bit.bor(vim.uv.constants.O_RDONLY, vim.uv.constants.O_NONBLOCK)

---@class chorus.OpenFile
---@field descriptor integer to be closed
---@field about table as `fs_fstat` has it

--- Opens a regular file.
---@param path string absolute
---@return chorus.OpenFile?
---@return string? fault
---@return string? code of the fault, such as `ENOENT`; none of what is no regular file
function M.open(path)
  local descriptor, fault, code = vim.uv.fs_open(path, READS, 0)
  if not descriptor then
    return nil, fault, code
  end
  local about = vim.uv.fs_fstat(descriptor)
  if not about or about.type ~= 'file' then
    vim.uv.fs_close(descriptor)
    return nil, 'it is no regular file'
  end
  return { descriptor = descriptor, about = about }
end

--- Whether an open file lies below a folder, wherever symbolic links lead.
---@param file chorus.OpenFile
---@param path string by which it was opened
---@param root string
---@return boolean
function M.is_below(file, path, root)
  local real, real_root = vim.uv.fs_realpath(path), vim.uv.fs_realpath(root)
  local there = real and real_root and vim.startswith(real, real_root .. '/') and vim.uv.fs_lstat(real) or nil
  return there ~= nil and there.dev == file.about.dev and there.ino == file.about.ino
end

return M
