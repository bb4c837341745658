--- The files that are open here, by their real paths: an event names many, and each look at one costs a system call.
local M = {}

--- Events name no more paths than this; there may be others then.
M.MOST_PATHS = 50

--- How long looking at open files may hold up Neovim at a time, in nanoseconds.
local TURN = 10 * 1000 * 1000

---@param buffer integer
---@return boolean
function M.is_file(buffer)
  return vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].buftype == '' and vim.api.nvim_buf_get_name(buffer) ~= ''
end

--- The file of a buffer as a path from a folder, without symbolic links; nil for any other buffer.
---@param root string
---@param buffer integer
---@return string?
function M.path_from(root, buffer)
  local path = M.is_file(buffer) and vim.uv.fs_realpath(vim.api.nvim_buf_get_name(buffer))
  return path and vim.startswith(path, root .. '/') and path:sub(#root + 2) or nil
end

--- The file of a buffer as events name it: from a folder, or the absolute path of a file in a task's worktree; nil for any
--- other buffer.
---@param root string
---@param buffer integer
---@return string?
function M.named(root, buffer)
  if not M.is_file(buffer) then
    return nil
  end
  local name = vim.api.nvim_buf_get_name(buffer)
  local path = vim.uv.fs_realpath(name)
  if not path then
    -- It was deleted, or is not written yet.
    local folder = vim.uv.fs_realpath(vim.fs.dirname(name))
    path = folder and folder .. '/' .. vim.fs.basename(name)
  end
  if not path or vim.b[buffer].chorus_uuid then
    return path
  end
  return vim.startswith(path, root .. '/') and path:sub(#root + 2) or nil
end

--- Whether an event is about a path.
---@param paths? string[] that it names; all without a list
---@param path string
---@return boolean
function M.are_of(paths, path)
  return not paths or #paths >= M.MOST_PATHS or vim.list_contains(paths, path)
end

--- Adds the paths of an event to those that are due.
---@param due? table<string, true>|true true for all
---@param paths string[]
---@param more? boolean whether there are others
---@return table<string, true>|true
local function added(due, paths, more)
  if due == true or more or #paths >= M.MOST_PATHS then
    return true
  end
  due = due or {}
  for _, path in ipairs(paths) do
    due[path:sub(1, 1) == '/' and vim.uv.fs_realpath(path) or path] = true
  end
  return due
end

--- A function that looks at the open files of an event: at once where there are few, else some at a time. What another event
--- names meanwhile is looked at after that.
---@param look fun(buffer: integer, path: string) with the path as events name it
---@param on_end? fun() all of them were looked at
---@return fun(paths: string[], more?: boolean) to be called with the paths of an event, and whether it may be about others
function M.looker(look, on_end)
  local due, is_looking = nil, false
  local begin

  ---@param root string
  ---@param paths table<string, true>|true
  ---@param buffers integer[]
  ---@param index integer
  local function turn(root, paths, buffers, index)
    local until_then = vim.uv.hrtime() + TURN
    while buffers[index] do
      local path = M.named(root, buffers[index])
      if path and (paths == true or paths[path]) then
        local ok, err = pcall(look, buffers[index], path)
        if not ok then
          require('chorus.message').warn(('cannot look at %s: %s'):format(path, err))
        end
      end
      index = index + 1
      if vim.uv.hrtime() > until_then then
        return vim.defer_fn(function()
          turn(root, paths, buffers, index)
        end, 1)
      end
    end
    is_looking = false
    if on_end then
      on_end()
    end
    begin()
  end

  function begin()
    local welcome, paths = require('chorus.client').welcome(), due
    if paths and not is_looking then
      due, is_looking = nil, welcome ~= nil
      if welcome then
        turn(welcome.project, paths, vim.api.nvim_list_bufs(), 1)
      end
    end
  end

  return function(paths, more)
    due = added(due, paths, more)
    begin()
  end
end

return M
