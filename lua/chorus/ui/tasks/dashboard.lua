--- `chorus://dashboard`: the list of tasks, with keys for every verb. Updates live and keeps its order.
local canvas = require('chorus.ui.kit.canvas')
local listen = require('chorus.ui.kit.listen')
local page_buffer = require('chorus.ui.kit.page_buffer')
local place = require('chorus.ui.kit.place')
local task_rows = require('chorus.ui.tasks.dashboard_rows')

local M = {}

local NAME = 'chorus://dashboard'

local EVENTS = {
  'ChorusTaskChanged',
  'ChorusRequestOpened',
  'ChorusRequestClosed',
  'ChorusElsewhereChanged',
  'ChorusConnected',
  'ChorusDisconnected',
  'ChorusConfigurationFault',
}

--- How often the ages are updated, in seconds.
local AGES = 10

---@type {buffer: integer, shows_ended: boolean, filter: string?, cache: table, header: string?}?
local open_list

---@return integer? buffer
local function buffer_of()
  return open_list and vim.api.nvim_buf_is_valid(open_list.buffer) and open_list.buffer or nil
end

--- The task in the cursor's line, when the current window shows the list.
---@return chorus.Task?
function M.task_under_cursor()
  local buffer = buffer_of()
  if buffer ~= vim.api.nvim_get_current_buf() then
    return nil
  end
  return canvas.data(buffer, vim.api.nvim_win_get_cursor(0)[1])
end

local function remember_task()
  local task = M.task_under_cursor()
  require('chorus.ui.kit.buffer_task').set(0, task and task.number, task and task.uuid)
end

local function first_keys()
  local first = {}
  for _, each in ipairs(require('chorus.ui.kit.keys').of('dashboard')) do
    first[each.action] = each.keys[1] or ':Chorus ' .. each.action
  end
  return first
end

--- The oldest open request of each task.
local function oldest_requests()
  local oldest = {}
  for _, request in ipairs(require('chorus.tasks').requests()) do
    oldest[request.task] = oldest[request.task] or request
  end
  return oldest
end

local function draw_header(windows)
  local tasks = require('chorus.tasks')
  local client = require('chorus.client')
  local welcome = client.welcome()
  local bar = canvas.bar(task_rows.header(tasks.counts(), {
    project = vim.fn.fnamemodify(welcome and welcome.project or vim.fn.getcwd(), ':t'),
    filter = open_list.filter,
    is_connected = client.is_connected(),
    fault = tasks.configuration_fault(),
  })) .. '%<%=' .. canvas.bar({ { open_list.keys.help, 'ChorusKey' }, { ' keys ', 'ChorusHint' } })
  for _, window in ipairs(windows) do
    page_buffer.set_bar(window, bar)
  end
end

--- Draws the list where it is on screen; does nothing where it is not.
function M.redraw()
  local buffer = buffer_of()
  local windows = buffer and vim.fn.win_findbuf(buffer) or {}
  if #windows == 0 then
    return
  end
  local width = vim.api.nvim_win_get_width(windows[1])
  local rows = task_rows.render(require('chorus.tasks').all(), {
    width = width - vim.fn.getwininfo(windows[1])[1].textoff,
    now = require('chorus.ui.kit.status').now(),
    requests = oldest_requests(),
    shows_ended = open_list.shows_ended,
    filter = open_list.filter,
    keys = open_list.keys,
    cache = open_list.cache,
  })
  canvas.draw(buffer, rows)
  draw_header(windows)
  if vim.api.nvim_get_current_buf() == buffer then
    remember_task()
  end
end

local function change_priority(by)
  local task = M.task_under_cursor()
  if task then
    require('chorus.ask_daemon').once('task_edit', { task = task.uuid, priority = task.priority + by })
  end
end

--- Answers the oldest request of the task under the cursor, after showing it.
local function answer(how)
  return function()
    local task = M.task_under_cursor()
    if task then
      require('chorus.ui.requests.request')[how](task)
    end
  end
end

local HANDLERS = {
  approve = answer('open_for'),
  deny = answer('deny_for'),
  close = place.leave,
  raise = function()
    change_priority(1)
  end,
  lower = function()
    change_priority(-1)
  end,
  ended = function()
    open_list.shows_ended = not open_list.shows_ended
    M.redraw()
  end,
  filter = function()
    vim.ui.input({ prompt = 'Show tasks with: ', default = open_list.filter or '' }, function(filter)
      if filter then
        open_list.filter = filter ~= '' and filter or nil
        M.redraw()
      end
    end)
  end,
}

--- Verbs that a Visual selection may name several tasks for.
local FOR_MANY =
  { 'start', 'send', 'interrupt', 'restart', 'restart_fresh', 'complete', 'fail', 'reopen', 'delete', 'commit' }

local function selected_numbers()
  local first, last = require('chorus.ui.kit.keys').selected_lines()
  local numbers = {}
  for line = first, last do
    local task = canvas.data(open_list.buffer, line)
    numbers[#numbers + 1] = task and task.number
  end
  return numbers
end

--- Makes the buffer the list.
---@param buffer integer
local function set_up(buffer)
  open_list = { buffer = buffer, shows_ended = false, cache = {}, keys = first_keys() }
  local on = page_buffer.set_up(buffer, {
    view = 'dashboard',
    on_shown = function()
      place.calm(vim.api.nvim_get_current_win())
      M.redraw()
    end,
    on_resized = M.redraw,
  })
  on('CursorMoved', remember_task)
  require('chorus.ui.kit.keys').set('dashboard', buffer, HANDLERS, function()
    local task = M.task_under_cursor()
    return task and task.uuid
  end)
  require('chorus.ui.kit.keys').set_for_many('dashboard', buffer, FOR_MANY, selected_numbers)
  listen.to(buffer, EVENTS, listen.once_per_turn(M.redraw))
  listen.every(buffer, AGES, M.redraw)
  vim.bo[buffer].filetype = 'chorus'
end

--- The list's buffer, made when there is none. One with its name may have come from a session.
local function find_or_create()
  local buffer = vim.fn.bufnr('^' .. NAME .. '$')
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, NAME)
  end
  set_up(buffer)
  return buffer
end

--- Makes a buffer named `chorus://dashboard` the list. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  if buffer_of() ~= buffer then
    set_up(buffer)
  end
  canvas.forget(buffer)
  require('chorus.client').connect({ start = false })
  place.calm(vim.api.nvim_get_current_win())
  M.redraw()
end

--- Shows the list: where `where` says, else where it is on screen already, else in the current window.
---@param where? table as `chorus.ui.kit.place` takes it
function M.open(where)
  place.show(buffer_of() or find_or_create(), where)
  M.redraw()
end

return M
