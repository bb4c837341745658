--- The files that are open here, by their real paths: an event names many, and each look at one costs a system call.
local M = {}

--- Events name no more paths than this; there may be others then.
M.MOST_PATHS = 50

---@param buffer integer
---@return boolean
function M.is_file(buffer)
  return vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].buftype == '' and vim.api.nvim_buf_get_name(buffer) ~= ''
end

--- Loaded buffers of files, by the absolute path without symbolic links.
---@return table<string, integer[]>
function M.by_path()
  local found = {}
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local path = M.is_file(buffer) and vim.uv.fs_realpath(vim.api.nvim_buf_get_name(buffer))
    if path then
      found[path] = found[path] or {}
      table.insert(found[path], buffer)
    end
  end
  return found
end

--- Whether an event is about a path.
---@param paths? string[] that it names; all without a list
---@param path string
---@return boolean
function M.are_of(paths, path)
  return not paths or #paths >= M.MOST_PATHS or vim.list_contains(paths, path)
end

return M
