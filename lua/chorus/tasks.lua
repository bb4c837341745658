--- What is known about this project's tasks and requests. Only this module changes it. Readers listen to the `User` events
--- that it fires; it knows none of them.

local fire = require('chorus.events').fire
local message = require('chorus.message')
local order = require('chorus.tasks.order')

local M = {}

---@type table<string, chorus.Task>
local known = {}
---@type table<string, chorus.Opened>
local open = {}
--- The project that these are of.
---@type string?
local project
--- Tasks and open requests of other projects; nil while nobody asked for them.
---@type { tasks: table<string, chorus.Task>, requests: table<string, chorus.Opened> }?
local others
local elsewhere = 0
---@type string?
local configuration_fault
---@type chorus.Notice?
local notice
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

--- Every task of the project, then those of other projects as far as they are known.
---@return chorus.Task[]
function M.everywhere()
  local found = vim.list_slice(M.all())
  for _, task in pairs(others and others.tasks or {}) do
    found[#found + 1] = task
  end
  return found
end

--- The task of that uuid or number (`12`, `'12'`, `'#12'`). Only a uuid names a task of another project.
---@param ref string|integer
---@return chorus.Task?
function M.get(ref)
  local found = known[ref] or (others and others.tasks[ref])
  if found then
    return found
  end
  local number = tonumber(tostring(ref):match('^#?(%d+)$'))
  for _, task in pairs(known) do
    if task.number == number then
      return task
    end
  end
end

--- The title of the task of that uuid or number.
---@param ref string|integer
---@return string?
function M.title_of(ref)
  local task = M.get(ref)
  return task and task.title
end

---@param a chorus.Opened
---@param b chorus.Opened
---@return boolean
local function is_older(a, b)
  if a.opened_at ~= b.opened_at then
    return a.opened_at < b.opened_at
  end
  return a.id < b.id
end

--- The open requests of one task or of all of the project, oldest first.
---@param uuid? string
---@return chorus.Opened[]
function M.requests(uuid)
  local found = {}
  for _, request in pairs(open) do
    if not uuid or request.task == uuid then
      found[#found + 1] = request
    end
  end
  for _, request in pairs(uuid and others and others.requests or {}) do
    if request.task == uuid then
      found[#found + 1] = request
    end
  end
  table.sort(found, is_older)
  return found
end

--- The open requests of every project, as far as they are known, oldest first.
---@return chorus.Opened[]
function M.requests_everywhere()
  local found = vim.tbl_values(open)
  vim.list_extend(found, vim.tbl_values(others and others.requests or {}))
  table.sort(found, is_older)
  return found
end

--- The open request of that id.
---@param id string
---@return chorus.Opened?
function M.request(id)
  return open[id] or (others and others.requests[id])
end

--- The oldest open request of each task, by its uuid.
---@return table<string, chorus.Opened>
function M.oldest_requests()
  local oldest = {}
  for _, requests in ipairs({ open, others and others.requests or {} }) do
    for _, request in pairs(requests) do
      local known_oldest = oldest[request.task]
      if not known_oldest or is_older(request, known_oldest) then
        oldest[request.task] = request
      end
    end
  end
  return oldest
end

--- Whether the task's tmux session should exist.
M.is_live = require('chorus.tasks.fits').live

--- Calls `receive` with each `output` event of a task from now on; without `receive`, no more.
---@param uuid string
---@param receive? fun(output: chorus.Output)
function M.read_output(uuid, receive)
  output_readers[uuid] = receive
end

--- Which count of the badge a task belongs to; each task belongs to one at most.
M.badge = order.badge

---@class chorus.Counts
---@field waiting integer tasks with an open request, an alert, a missing login, an error or an ended agent
---@field trouble integer tasks whose edits cannot be committed
---@field busy integer
---@field unread integer
---@field unknown integer
---@field elsewhere integer tasks of other projects that need a person
---@field live integer
---@field total integer

--- Counts tasks: those of the project, or the given ones.
---@param given? chorus.Task[]
---@return chorus.Counts
function M.counts(given)
  local counts =
    { waiting = 0, trouble = 0, busy = 0, unread = 0, unknown = 0, elsewhere = elsewhere, live = 0, total = 0 }
  for _, task in pairs(given or known) do
    local badge = M.badge(task)
    if badge then
      counts[badge] = counts[badge] + 1
    end
    counts.live = counts.live + (M.is_live(task) and 1 or 0)
    counts.total = counts.total + 1
  end
  return counts
end

--- Notes news of another project.
---@param change fun(others: { tasks: table<string, chorus.Task>, requests: table<string, chorus.Opened> })
local function change_others(change)
  if others then
    change(others)
    fire('ChorusElsewhereChanged', { count = elsewhere })
  end
end

--- Whether news are of another project. Until somebody asks for those, the daemon reports none.
---@param what { project: string }
---@return boolean
local function is_foreign(what)
  return others ~= nil and what.project ~= project
end

---@param task chorus.Task
local function put(task)
  if is_foreign(task) then
    return change_others(function(them)
      local before = them.tasks[task.uuid]
      if not before or before.revision <= task.revision then
        them.tasks[task.uuid] = task
      end
    end)
  end
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
  elseif others and others.tasks[uuid] then
    change_others(function(them)
      them.tasks[uuid] = nil
    end)
  end
end

--- A window may show a request of another project: it hears of each change, and nobody of a new one.
---@param request chorus.Opened
local function opened_elsewhere(request)
  change_others(function(them)
    local before = them.requests[request.id]
    them.requests[request.id] = request
    if before and not vim.deep_equal(before, request) then
      fire('ChorusRequestOpened', { request = request })
    end
  end)
end

---@param request chorus.Opened
local function opened(request)
  if is_foreign(request) then
    return opened_elsewhere(request)
  end
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
  elseif others and others.requests[request.id] then
    change_others(function(them)
      them.requests[request.id] = nil
      fire('ChorusRequestClosed', { request = request })
    end)
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

--- The last warning of the daemon that nobody has dismissed.
---@return chorus.Notice?
function M.notice()
  return notice
end

--- Forgets the last warning of the daemon.
function M.dismiss_notice()
  notice = nil
end

--- The tasks and requests of other projects, as of now. Their events follow until the connection ends.
---@param found chorus.Others
function M.set_others(found)
  others = { tasks = {}, requests = {} }
  for _, task in ipairs(found.tasks) do
    others.tasks[task.uuid] = task
  end
  for _, request in ipairs(found.requests) do
    others.requests[request.id] = request
  end
  fire('ChorusElsewhereChanged', { count = elsewhere })
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
    fire('ChorusEditsChanged', { paths = data.paths, more = data.more, by = data.by })
  end,
  editing = function(data)
    fire('ChorusEditing', { uuid = data.uuid, number = data.number, path = data.path, on = data.on })
  end,
  document_changed = function(data)
    fire('ChorusDocumentChanged', { paths = data.paths, more = data.more })
  end,
  elsewhere = function(data)
    set_elsewhere(data.count)
  end,
  configuration_fault = function(data)
    set_configuration_fault(data.fault)
  end,
  notice = function(data)
    if data.level == 'warn' or data.level == 'error' then
      notice = data
      fire('ChorusNotice', data)
    end
    message.notice(data)
  end,
  clicked = function(data)
    fire('ChorusNotificationClicked', data)
  end,
  ring = function(data)
    fire('ChorusRing', data)
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
---@param of? string the project; without it all that is heard is the project's
function M.snapshot(snapshot, of)
  if project ~= of then
    project, others = of, nil
  end
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
