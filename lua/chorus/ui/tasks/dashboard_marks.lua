--- What the keys of the dashboard do to tasks: to the marked ones where there are any, also those that a filter or a fold
--- hides, else to the one under the cursor.
local answer_keys = require('chorus.ui.requests.answer_keys')
local ask_daemon = require('chorus.ask_daemon')
local canvas = require('chorus.ui.kit.canvas')
local dispatch = require('chorus.dispatch')
local find = require('chorus.verbs.find')
local keys = require('chorus.ui.kit.keys')
local message = require('chorus.message')
local order = require('chorus.tasks.order')
local phrase = require('chorus.phrase')
local tasks = require('chorus.tasks')
local together = require('chorus.ui.tasks.together')

local M = {}

---@param list chorus.Dashboard
---@return chorus.Task[] # in the order of the dashboard
local function marked_tasks(list)
  local found = {}
  for uuid in pairs(list.marked) do
    found[#found + 1] = tasks.get(uuid)
  end
  return order.sorted(found)
end

--- The tasks that a key acts on.
---@param list chorus.Dashboard
---@param hooks chorus.DashboardHooks
---@return chorus.Task[]
local function meant(list, hooks)
  if next(list.marked) then
    return marked_tasks(list)
  end
  local data = hooks.under_cursor()
  return data and data.uuid and { data } or {}
end

--- The tasks in the lines of a Visual selection, which ends.
---@param list chorus.Dashboard
---@return chorus.Task[]
local function selected_tasks(list)
  local first, last = keys.selected_lines()
  local found = {}
  for line = first, last do
    local data = canvas.data(list.buffer, line)
    found[#found + 1] = data and data.uuid and data or nil
  end
  return found
end

--- Shows the request of one task, what to do where its agent has no login, or the equal requests of several together.
---@param found chorus.Task[]
local function approve(found)
  if #found > 1 then
    together.approve(found)
  elseif found[1] then
    answer_keys.approve(found[1])
  end
end

--- Denies the request of one task.
---@param found chorus.Task[]
local function deny(found)
  if #found > 1 then
    local marked = ('%d tasks are marked: %s'):format(#found, phrase.numbers(found))
    message.info('cannot deny several requests at once: ' .. marked, '`<Esc>` clears the marks')
  elseif found[1] then
    answer_keys.deny(found[1])
  end
end

--- Returns a function that changes the priorities of tasks. The daemon's news of a change come later than the next key,
--- so a change counts from the priority that was asked for last.
---@return fun(found: chorus.Task[], by: integer)
local function priorities()
  ---@type table<string, { priority: integer, open: integer }> by uuid
  local asked = {}
  ---@param task chorus.Task
  local function answered(task)
    local last = asked[task.uuid]
    last.open = last.open - 1
    if last.open == 0 then
      asked[task.uuid] = nil
    end
  end
  return function(found, by)
    for _, task in ipairs(found) do
      local last = asked[task.uuid] or { priority = task.priority, open = 0 }
      asked[task.uuid] = { priority = last.priority + by, open = last.open + 1 }
    end
    ask_daemon.each('edit', found, function(task)
      return { task = task.uuid, priority = asked[task.uuid].priority }
    end, {
      on_reply = function(_, task)
        -- The reply may arrive before the event about the task.
        tasks.apply({ name = 'task_changed', data = task })
      end,
      on_end = function()
        vim.tbl_map(answered, found)
      end,
    })
  end
end

--- What keys do in Normal mode.
---@param list chorus.Dashboard
---@param hooks chorus.DashboardHooks
---@return table<string, fun()>
function M.handlers(list, hooks)
  local change_priority = priorities()
  --- Runs `act` with the tasks that are meant, if any.
  local function on_tasks(act, ...)
    local more = { ... }
    return function()
      local found = meant(list, hooks)
      if #found > 0 then
        act(found, unpack(more))
      end
    end
  end
  local handlers = {
    approve = on_tasks(approve),
    deny = on_tasks(deny),
    raise = on_tasks(change_priority, 1),
    lower = on_tasks(change_priority, -1),
    seen = on_tasks(function(found)
      ask_daemon.each('seen', found, function(task)
        return { task = task.uuid }
      end)
    end),
  }
  for _, each in ipairs(M.for_many()) do
    handlers[each.action] = on_tasks(function(found)
      if next(list.marked) then
        return M.run(list, hooks, each, found)
      end
      dispatch.run(each.verb, { task = found[1].uuid, bang = each.bang or false })
    end)
  end
  return handlers
end

--- What keys do to a Visual selection.
---@param list chorus.Dashboard
---@param hooks chorus.DashboardHooks
---@return table<string, fun()>
function M.selection_handlers(list, hooks)
  local handlers = {
    approve = function()
      approve(selected_tasks(list))
    end,
    mark = function()
      local found = selected_tasks(list)
      local are_marked = vim.iter(found):all(function(task)
        return list.marked[task.uuid] == true
      end)
      for _, task in ipairs(found) do
        list.marked[task.uuid] = not are_marked or nil
      end
      hooks.redraw()
    end,
  }
  for _, each in ipairs(M.for_many()) do
    handlers[each.action] = function()
      M.run(list, hooks, each, selected_tasks(list))
    end
  end
  return handlers
end

--- The keys whose verbs may run on several tasks at once.
---@return chorus.Key[]
function M.for_many()
  return vim.tbl_filter(function(each)
    return each.verb ~= nil and find(each.verb).takes == 'many'
  end, keys.of('dashboard'))
end

--- Runs a verb on tasks and takes their marks away.
---@param list chorus.Dashboard
---@param hooks chorus.DashboardHooks
---@param action chorus.Key
---@param found chorus.Task[]
function M.run(list, hooks, action, found)
  together.run(action, found, function()
    list.marked = {}
    hooks.redraw()
  end)
end

return M
