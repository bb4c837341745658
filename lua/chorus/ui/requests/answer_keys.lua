--- The keys that answer a task's request from a window that shows something else. The window may show another request
--- than the one that would be answered, or none, so the request is shown before it can be allowed.
local M = {}

---@param task_of fun(): chorus.Task?
---@return table<string, fun()> handlers of the keys `approve` and `deny`
function M.of(task_of)
  local function on_task(how)
    return function()
      local task = task_of()
      if task then
        require('chorus.ui.requests.request')[how](task)
      end
    end
  end
  return { approve = on_task('open_for'), deny = on_task('deny_for') }
end

return M
