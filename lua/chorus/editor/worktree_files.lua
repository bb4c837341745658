--- Files in a task's worktree: their buffers are about the task, so that commands without a number act on it.

local M = {}

--- Sets the task that a buffer is about; without a number, none.
---@type fun(buffer: integer, number?: integer, uuid?: string)
local set_task

--- Buffers that were made about a task here, and not by a window of Chorus.
---@type table<integer, true>
local marked = {}

--- The task in whose worktree a path lies.
---@param path string
---@return chorus.Task?
local function owner_of(path)
  for _, task in ipairs(require('chorus.tasks').all()) do
    if task.worktree and vim.startswith(path, task.worktree .. '/') then
      return task
    end
  end
end

---@param buffer integer
local function mark(buffer)
  if not vim.api.nvim_buf_is_valid(buffer) or vim.bo[buffer].buftype ~= '' then
    return
  end
  local name = vim.api.nvim_buf_get_name(buffer)
  local path = name ~= '' and (vim.uv.fs_realpath(name) or name) or ''
  local task = path ~= '' and owner_of(path) or nil
  if task then
    marked[buffer] = true
    set_task(buffer, task.number, task.uuid)
  elseif marked[buffer] then
    marked[buffer] = nil
    set_task(buffer)
  end
end

local function mark_all()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      mark(buffer)
    end
  end
end

--- Listens from now on.
---@param set fun(buffer: integer, number?: integer, uuid?: string) sets the task that a buffer is about
function M.attach(set)
  set_task = set
  local group = vim.api.nvim_create_augroup('chorus_worktree_files', {})
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile', 'BufFilePost' }, {
    group = group,
    desc = 'Chorus: know the task of a file in its worktree',
    callback = function(event)
      mark(event.buf)
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    callback = function(event)
      marked[event.buf] = nil
    end,
  })
  local known = {}
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = { 'ChorusTaskChanged', 'ChorusConnected' },
    desc = 'Chorus: know the task of a file in its worktree',
    callback = function(event)
      local data = event.data or {}
      local worktree = data.task and data.task.worktree or false
      if event.match == 'ChorusConnected' or known[data.uuid] ~= worktree then
        known[data.uuid or ''] = worktree
        mark_all()
      end
    end,
  })
  mark_all()
end

return M
