--- Tasks to pick from.
local dispatch = require('chorus.dispatch')
local filter = require('chorus.tasks.filter')
local item_rows = require('chorus.ui.pick.item_rows')
local order = require('chorus.tasks.order')
local preview_plan = require('chorus.ui.tasks.preview_plan')
local sessions = require('chorus.ui.pick.session')
local status = require('chorus.ui.kit.status')
local tasks = require('chorus.tasks')

local M = {}

---@class chorus.TaskPick
---@field title string such as `Task to start`
---@field tasks? chorus.Task[] those to pick from, in order; by default all, and new ones as they come
---@field is_wanted? fun(task: chorus.Task): boolean which of all
---@field many? boolean
---@field on_choice? fun(found: chorus.Task[]) by default the task is opened, and keys run verbs
---@field on_leave? fun()

---@param task chorus.Task
---@param request? chorus.Opened its oldest one
---@return chorus.PickItem
local function item(task, request)
  return sessions.item(task.uuid, item_rows.task(task, request, true), task)
end

--- Those that fit what is typed, in the language of the dashboard's filter. A number goes before titles that hold its
--- digits.
---@param items chorus.PickItem[]
---@param text string
---@return chorus.PickItem[]
local function fitting(items, text)
  local tests = filter.parse(text, true)
  local found = vim.tbl_filter(function(each)
    return filter.matches(tests, each.data)
  end, items)
  local number = tonumber(text:match('^#?(%d+)$'))
  for index, each in ipairs(number and found or {}) do
    if each.data.number == number then
      table.insert(found, 1, table.remove(found, index))
      break
    end
  end
  return found
end

--- The open request, else the end of the screen, else the page: as in the dashboard.
---@param task chorus.Task
---@param size chorus.PickSize
---@param show fun(rows: chorus.Row[])
local function preview(task, size, show)
  task = tasks.get(task.uuid) or task
  local request = tasks.requests(task.uuid)[1]
  if request then
    return show(require('chorus.ui.requests.preview').rows(request))
  end
  local client = require('chorus.client')
  local function show_page()
    client.request('task_show', { task = task.uuid }, function(err, page)
      if not err then
        show(preview_plan.page(page, status.now()))
      end
    end)
  end
  if preview_plan.kind(task) == 'page' then
    return show_page()
  end
  client.request('task_output', { task = task.uuid, history = 50 }, function(err, output)
    if err then
      return show_page()
    end
    local output_rows = require('chorus.ui.pane.output_rows')
    local rows = output_rows.rows(output.lines, size.width, output_rows.memory())
    show(vim.list_slice(rows, math.max(#rows - size.height + 2, 1)))
  end)
end

---@param on_change fun()
---@return fun() stop
local function watch(on_change)
  local id = vim.api.nvim_create_autocmd('User', {
    pattern = {
      'ChorusTaskChanged',
      'ChorusRequestOpened',
      'ChorusRequestClosed',
      'ChorusElsewhereChanged',
      'ChorusConnected',
    },
    callback = on_change,
  })
  return function()
    pcall(vim.api.nvim_del_autocmd, id)
  end
end

--- Opens what a task has to show: its output while it lives, else its page.
---@param task chorus.Task
---@param place? table
local function open_best(task, place)
  dispatch.run(tasks.is_live(task) and 'output' or 'show', { task = task.uuid, place = place })
end

---@param verb string
---@param is_for_many? boolean
---@return fun(found: chorus.Task[])
local function runs(verb, is_for_many)
  return function(found)
    local uuids = vim.tbl_map(function(task)
      return task.uuid
    end, is_for_many and found or { found[1] })
    dispatch.run(verb, { task = #uuids == 1 and uuids[1] or uuids, confirmed = #uuids > 1 })
  end
end

---@return chorus.PickAction[]
local function actions()
  local handlers = {
    output = runs('output'),
    attach = runs('attach'),
    show = runs('show'),
    -- The verb allows at once, also what the preview does not show.
    approve = function(found)
      require('chorus.ui.requests.answer_keys').approve(found[1])
    end,
    start = runs('start', true),
    send = runs('send', true),
    interrupt = runs('interrupt', true),
    complete = runs('complete', true),
  }
  for name, place in pairs(require('chorus.ui.pick.actions').places()) do
    handlers[name] = function(found)
      open_best(found[1], place)
    end
  end
  return require('chorus.ui.pick.actions').of(handlers)
end

---@param wish chorus.TaskPick
---@return chorus.PickList
function M.list(wish)
  local function items()
    local now, oldest = {}, tasks.oldest_requests()
    for _, task in ipairs(wish.tasks or order.sorted(tasks.all())) do
      local known = tasks.get(task.uuid)
      if known and (not wish.is_wanted or wish.is_wanted(known)) then
        now[#now + 1] = item(known, oldest[known.uuid])
      end
    end
    return now
  end
  return {
    name = 'tasks',
    kind = 'chorus_task',
    title = wish.title,
    many = wish.many or not wish.on_choice,
    items = items,
    watch = watch,
    preview = preview,
    fitting = fitting,
    hint = 'status:busy  +tag  #12',
    actions = wish.on_choice and {} or actions(),
    choose = wish.on_choice or function(found)
      for _, task in ipairs(found) do
        open_best(task)
      end
    end,
    leave = wish.on_leave,
  }
end

return M
