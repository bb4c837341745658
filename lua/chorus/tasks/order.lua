--- The order in which tasks need a person: the sections of the dashboard, and the order inside each. Pure;
--- `rust/task/order.rs` is the other half, and a test compares the two.

local fits = require('chorus.tasks.fits')

local M = {}

---@alias chorus.SectionName 'needs_you'|'unread'|'working'|'idle'|'not_started'|'ended'

--- The sections from the top.
---@type chorus.SectionName[]
M.SECTIONS = { 'needs_you', 'unread', 'working', 'idle', 'not_started', 'ended' }

---@type table<chorus.SectionName, integer>
local RANKS = {}
for rank, name in ipairs(M.SECTIONS) do
  RANKS[name] = rank
end

local needs_person = { waiting = true, login_required = true, error = true, exited = true }

--- Which count of the badge a task belongs to; each task belongs to one at most.
---@param task chorus.Task
---@return 'waiting'|'trouble'|'busy'|'unread'|'unknown'|nil
function M.badge(task)
  local status, is_live = task.agent_status.status, fits.live(task)
  if is_live and (task.requests > 0 or #task.alerts > 0 or needs_person[status]) then
    return 'waiting'
  elseif task.trouble then
    return 'trouble'
  elseif is_live and (status == 'busy' or status == 'starting') then
    return 'busy'
  elseif task.unread then
    return 'unread'
  end
  return is_live and status == 'unknown' and 'unknown' or nil
end

---@type table<string, chorus.SectionName>
local OF_BADGE = { waiting = 'needs_you', trouble = 'needs_you', busy = 'working', unread = 'unread' }

--- The section that a task stands in.
---@param task chorus.Task
---@return chorus.SectionName
function M.section(task)
  local section = OF_BADGE[M.badge(task)]
  if section then
    return section
  elseif fits.live(task) then
    return 'idle'
  end
  return task.status == 'pending' and 'not_started' or 'ended'
end

--- When the task's state began, in milliseconds since the epoch.
---@param task chorus.Task
---@return integer
function M.since(task)
  if fits.ended(task) then
    return task.completed_at or task.created_at
  elseif task.status == 'pending' then
    return task.created_at
  end
  local since = task.agent_status.since
  return since and since > 0 and since or task.started_at or task.created_at
end

---@class chorus.Rank
---@field section integer
---@field priority integer
---@field since integer
---@field number integer
---@field project string

--- Where a task stands among the others. In a section the higher priority comes first, then what has lasted longest; of
--- the tasks that ended, the newest.
---@param task chorus.Task
---@return chorus.Rank
function M.rank(task)
  local section = M.section(task)
  local has_ended = section == 'ended'
  return {
    section = RANKS[section],
    priority = has_ended and 0 or -task.priority,
    since = has_ended and -M.since(task) or M.since(task),
    number = task.number,
    project = task.project,
  }
end

--- Whether the task of one rank stands before that of the other.
---@param a chorus.Rank
---@param b chorus.Rank
---@return boolean
function M.is_before(a, b)
  if a.section ~= b.section then
    return a.section < b.section
  elseif a.priority ~= b.priority then
    return a.priority < b.priority
  elseif a.since ~= b.since then
    return a.since < b.since
  elseif a.number ~= b.number then
    return a.number < b.number
  end
  return a.project < b.project
end

--- The tasks in order, as a new list.
---@param tasks chorus.Task[]
---@return chorus.Task[]
function M.sorted(tasks)
  local ranks, list = {}, {}
  for index, task in ipairs(tasks) do
    ranks[task], list[index] = M.rank(task), task
  end
  table.sort(list, function(a, b)
    return M.is_before(ranks[a], ranks[b])
  end)
  return list
end

return M
