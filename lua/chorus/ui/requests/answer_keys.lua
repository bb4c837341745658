--- The keys that answer a task's request from a window that shows something else. The window may show another request
--- than the one that would be answered, or none, so the request is shown before it can be allowed.
local M = {}

--- Shows the oldest open request of a task, or what to do where its agent has no login.
---@param task chorus.Task
function M.approve(task)
  -- The window may have been opened with the task as it was then.
  task = require('chorus.tasks').get(task.uuid) or task
  local login = require('chorus.ui.requests.login')
  if login.is_missing(task) then
    return login.advise(task)
  end
  require('chorus.ui.requests.request').open_for(task)
end

--- Denies the oldest open request of a task.
---@param task chorus.Task
function M.deny(task)
  require('chorus.ui.requests.request').deny_for(task)
end

---@param task_of fun(): chorus.Task?
---@return table<string, fun()> handlers of the keys `approve` and `deny`
function M.of(task_of)
  local function on_task(act)
    return function()
      local task = task_of()
      if task then
        act(task)
      end
    end
  end
  return { approve = on_task(M.approve), deny = on_task(M.deny) }
end

return M
