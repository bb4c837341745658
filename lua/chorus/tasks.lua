--- What is known about this project's tasks and requests. Only this module changes it. Readers listen to the `User` events
--- that it fires; it knows none of them.

local fire = require('chorus.events').fire
local message = require('chorus.message')

local M = {}

---@type table<string, chorus.Task>
local known = {}
---@type table<string, chorus.Opened>
local open = {}
local elsewhere = 0
---@type string?
local configuration_fault
---@type chorus.Task[]?
local ordered
--- Readers of a task's output, by its uuid.
---@type table<string, fun(output: chorus.Output)>
local output_readers = {}

--- Every task of the project: higher priority first, then by number.
---@return chorus.Task[]
function M.all()
  if not ordered then
    ordered = vim.tbl_values(known)
    table.sort(ordered, function(a, b)
      if a.priority ~= b.priority then
        return a.priority > b.priority
      end
      return a.number < b.number
    end)
  end
  return ordered
end

--- The task of that uuid or number (`12`, `'12'`, `'#12'`).
---@param ref string|integer
---@return chorus.Task?
function M.get(ref)
  if known[ref] then
    return known[ref]
  end
  local number = tonumber(tostring(ref):match('^#?(%d+)$'))
  for _, task in pairs(known) do
    if task.number == number then
      return task
    end
  end
end

--- The open requests of one task or of all, oldest first.
---@param uuid? string
---@return chorus.Opened[]
function M.requests(uuid)
  local found = {}
  for _, request in pairs(open) do
    if not uuid or request.task == uuid then
      found[#found + 1] = request
    end
  end
  table.sort(found, function(a, b)
    if a.opened_at ~= b.opened_at then
      return a.opened_at < b.opened_at
    end
    return a.id < b.id
  end)
  return found
end

--- The open request of that id.
---@param id string
---@return chorus.Opened?
function M.request(id)
  return open[id]
end

--- Whether the task's tmux session should exist.
M.is_live = require('chorus.tasks.fits').live

--- Calls `receive` with each `output` event of a task from now on; without `receive`, no more.
---@param uuid string
---@param receive? fun(output: chorus.Output)
function M.read_output(uuid, receive)
  output_readers[uuid] = receive
end

local needs_person = { waiting = true, login_required = true, error = true, exited = true }

--- Which count of the badge a task belongs to; each task belongs to one at most.
---@param task chorus.Task
---@return 'waiting'|'trouble'|'busy'|'unread'|'unknown'|nil
function M.badge(task)
  local status = task.agent_status.status
  if M.is_live(task) then
    if task.requests > 0 or #task.alerts > 0 or needs_person[status] then
      return 'waiting'
    end
  end
  if task.trouble then
    return 'trouble'
  elseif M.is_live(task) and (status == 'busy' or status == 'starting') then
    return 'busy'
  elseif task.unread then
    return 'unread'
  end
  return M.is_live(task) and status == 'unknown' and 'unknown' or nil
end

---@class chorus.Counts
---@field waiting integer tasks with an open request, an alert, a missing login, an error or an ended agent
---@field trouble integer tasks whose edits cannot be committed
---@field busy integer
---@field unread integer
---@field unknown integer
---@field elsewhere integer tasks of other projects that need a person
---@field live integer
---@field total integer

---@return chorus.Counts
function M.counts()
  local counts =
    { waiting = 0, trouble = 0, busy = 0, unread = 0, unknown = 0, elsewhere = elsewhere, live = 0, total = 0 }
  for _, task in pairs(known) do
    local badge = M.badge(task)
    if badge then
      counts[badge] = counts[badge] + 1
    end
    counts.live = counts.live + (M.is_live(task) and 1 or 0)
    counts.total = counts.total + 1
  end
  return counts
end

---@param task chorus.Task
local function put(task)
  local before = known[task.uuid]
  if before and before.revision > task.revision then
    return
  end
  known[task.uuid] = task
  if before and before.number == task.number and before.priority == task.priority and ordered then
    for index, each in ipairs(ordered) do
      if each.uuid == task.uuid then
        ordered[index] = task
      end
    end
  else
    ordered = nil
  end
  fire('ChorusTaskChanged', { uuid = task.uuid, number = task.number, task = task })
end

---@param uuid string
local function remove(uuid)
  local task = known[uuid]
  if task then
    known[uuid], ordered = nil, nil
    fire('ChorusTaskChanged', { uuid = uuid, number = task.number })
  end
end

---@param request chorus.Opened
local function opened(request)
  if not vim.deep_equal(open[request.id], request) then
    open[request.id] = request
    fire('ChorusRequestOpened', { request = request })
  end
end

---@param request chorus.Opened
local function closed(request)
  if open[request.id] then
    open[request.id] = nil
    fire('ChorusRequestClosed', { request = request })
  end
end

---@param count integer
local function set_elsewhere(count)
  if elsewhere ~= count then
    elsewhere = count
    fire('ChorusElsewhereChanged', { count = count })
  end
end

---@param fault? string
local function set_configuration_fault(fault)
  if configuration_fault ~= fault then
    configuration_fault = fault
    fire('ChorusConfigurationFault', { fault = fault })
  end
end

--- The first fault in the configuration of the project, as `FILE:LINE:COLUMN: what is wrong`.
---@return string?
function M.configuration_fault()
  return configuration_fault
end

local on = {
  task_changed = put,
  task_deleted = function(data)
    remove(data.uuid)
  end,
  request_opened = opened,
  request_closed = closed,
  turn_ended = function(data)
    fire('ChorusTurnEnded', { uuid = data.uuid, number = data.number, title = data.title, message = data.message })
  end,
  output = function(data)
    local receive = output_readers[data.task]
    if receive then
      receive(data)
    end
  end,
  edits_changed = function(data)
    fire('ChorusEditsChanged', { paths = data.paths })
  end,
  editing = function(data)
    fire('ChorusEditing', { uuid = data.uuid, number = data.number, path = data.path, on = data.on })
  end,
  elsewhere = function(data)
    set_elsewhere(data.count)
  end,
  configuration_fault = function(data)
    set_configuration_fault(data.fault)
  end,
  notice = function(data)
    message.notice(data)
  end,
}

--- Applies an event. Ignores one that only a newer daemon knows.
---@param event { name: string, data: table }
function M.apply(event)
  if on[event.name] then
    on[event.name](event.data)
  end
end

--- Replaces what is known: what the snapshot does not name is gone.
---@param snapshot chorus.Snapshot
function M.snapshot(snapshot)
  local tasks, requests = {}, {}
  for _, task in ipairs(snapshot.tasks) do
    tasks[task.uuid] = true
  end
  for _, request in ipairs(snapshot.requests) do
    requests[request.id] = true
  end
  for _, request in ipairs(M.requests()) do
    if not requests[request.id] then
      closed(request)
    end
  end
  for _, uuid in ipairs(vim.tbl_keys(known)) do
    if not tasks[uuid] then
      remove(uuid)
    end
  end
  for _, task in ipairs(snapshot.tasks) do
    if not vim.deep_equal(known[task.uuid], task) then
      put(task)
    end
  end
  vim.tbl_map(opened, snapshot.requests)
  set_elsewhere(snapshot.elsewhere)
  set_configuration_fault(snapshot.configuration_fault)
end

return M
