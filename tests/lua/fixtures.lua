--- Tasks and requests for specs.
local M = {}

--- A task as the daemon sends it. `agent_status` may be the status alone.
---@param over? table fields that differ
---@return chorus.Task
function M.task(over)
  over = over or {}
  local number = over.number or 1
  local task = {
    project = '/project',
    number = number,
    uuid = 'uuid-' .. number,
    title = 'Task ' .. number,
    priority = 0,
    tags = {},
    status = 'running',
    agent = 'claude',
    agent_status = { status = 'idle', detail = {}, since = 1000 },
    unread = false,
    muted = false,
    isolation = 'auto',
    commits = 0,
    uncommitted = 0,
    overlaps = {},
    alerts = {},
    unclaimed = 0,
    outdated = 0,
    restarts = 0,
    queued = 0,
    requests = 0,
    demo = false,
    created_at = 1000,
    revision = 1,
  }
  if type(over.agent_status) == 'string' then
    over.agent_status = { status = over.agent_status, detail = {}, since = 1000 }
  end
  return vim.tbl_extend('force', task, over)
end

--- A request as the daemon sends it.
---@param over? table fields that differ
---@return chorus.Opened
function M.request(over)
  over = over or {}
  local number = over.number or 1
  local id = over.id or 'request-' .. number
  return vim.tbl_extend('force', {
    id = id,
    project = '/project',
    number = number,
    task = 'uuid-' .. number,
    kind = 'permission',
    tool = 'Bash',
    summary = 'ls -la',
    input = { command = 'ls -la' },
    cut = false,
    suggestions = {},
    answerable = 'hook',
    opened_at = 1000,
  }, over)
end

return M
