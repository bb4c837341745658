--- Which tasks a verb applies to, by the word in its `fits`. Pure; `rust/verbs/fits.rs` is the other half, and a test
--- compares the two.

---@type table<chorus.Fits, fun(task: chorus.Task): boolean>
local M = {}

function M.any()
  return true
end

function M.pending(task)
  return task.status == 'pending'
end

--- Its tmux session runs.
function M.live(task)
  return task.status == 'running' or task.status == 'waiting'
end

function M.not_live(task)
  return not M.live(task)
end

function M.ended(task)
  return task.status == 'completed' or task.status == 'failed'
end

--- Its agent works on a turn.
function M.busy(task)
  return M.live(task) and task.agent_status.status == 'busy'
end

--- A request is open.
function M.asking(task)
  return task.requests > 0
end

--- It has a branch of its own.
function M.branch(task)
  return task.stack ~= nil
end

function M.uncommitted(task)
  return M.branch(task) and task.uncommitted > 0
end

--- Unclaimed edits may be of it.
function M.unclaimed(task)
  return task.unclaimed > 0
end

function M.worktree(task)
  return M.branch(task) and task.isolation == 'worktree'
end

--- Something keeps its edits from being committed.
function M.trouble(task)
  return task.trouble ~= nil
end

--- Its agent read documents that have changed since.
function M.outdated(task)
  return M.live(task) and task.outdated > 0
end

--- Something of it needs a person, beside requests.
function M.alerted(task)
  return #task.alerts > 0
end

--- No notifications of it are shown.
function M.muted(task)
  return task.muted
end

--- A prompt may not have reached its agent.
function M.undelivered(task)
  for _, alert in ipairs(task.alerts) do
    if alert.kind == 'prompt' then
      return true
    end
  end
  return false
end

return M
