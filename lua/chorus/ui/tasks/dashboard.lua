--- `chorus://dashboard`: the work list, with keys for every verb. Updates live; a row stays while the cursor is on it.
local canvas = require('chorus.ui.kit.canvas')
local dashboard_header = require('chorus.ui.tasks.dashboard_header')
local dashboard_rows = require('chorus.ui.tasks.dashboard_rows')
local listen = require('chorus.ui.kit.listen')
local page_buffer = require('chorus.ui.kit.page_buffer')
local place = require('chorus.ui.kit.place')
local preview = require('chorus.ui.tasks.preview')
local worklist_plan = require('chorus.ui.tasks.worklist_plan')

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
  'ChorusNotice',
}

--- How often the ages are updated, in seconds.
local AGES = 10

---@class chorus.Dashboard
---@field buffer integer
---@field group chorus.Grouping
---@field folds table<string, boolean>
---@field filter? string
---@field is_typing boolean the filter is being typed
---@field is_everywhere boolean tasks of every project are listed
---@field marked table<string, boolean> by uuid
---@field held? chorus.Standing of the row under the cursor
---@field keys table<string, string> first key of each action
---@field cache chorus.RowCache
---@field places chorus.WorklistCache
---@field worklist? chorus.Worklist as drawn
---@field has_cursor boolean the cursor was put on a task, and goes where the person wants since

---@type chorus.Dashboard?
local shown

---@return integer? buffer
local function buffer_of()
  return shown and vim.api.nvim_buf_is_valid(shown.buffer) and shown.buffer or nil
end

---@return boolean
local function is_current()
  return buffer_of() == vim.api.nvim_get_current_buf()
end

--- What the row in the cursor's line stands for, when the current window shows the list.
---@return any
local function under_cursor()
  return is_current() and canvas.data(shown.buffer, vim.api.nvim_win_get_cursor(0)[1]) or nil
end

--- The task in the cursor's line, when the current window shows the list.
---@return chorus.Task?
function M.task_under_cursor()
  local data = under_cursor()
  return data and data.uuid and data or nil
end

local function first_keys()
  local first = {}
  for _, each in ipairs(require('chorus.ui.kit.keys').of('dashboard')) do
    first[each.action] = each.keys[1] or ':Chorus ' .. (each.verb or each.action)
  end
  return first
end

--- The tasks that are listed without the filter.
---@return chorus.Task[]
local function listed()
  local tasks = require('chorus.tasks')
  return shown.is_everywhere and tasks.everywhere() or tasks.all()
end

---@return string? root of the project
local function project()
  local welcome = require('chorus.client').welcome()
  return welcome and welcome.project
end

local function draw_header(windows, found)
  local tasks = require('chorus.tasks')
  local left = dashboard_header.header(tasks.counts(found), {
    project = vim.fn.fnamemodify(project() or vim.fn.getcwd(), ':t'),
    total = #found,
    is_everywhere = shown.is_everywhere,
    group = shown.group,
    filter = shown.filter,
    marked = vim.tbl_count(shown.marked),
    is_connected = require('chorus.client').is_connected(),
    fault = tasks.configuration_fault(),
    notice = tasks.notice(),
  })
  local right = { { shown.keys.help, 'ChorusKey' }, { ' keys ', 'ChorusHint' } }
  for _, window in ipairs(windows) do
    page_buffer.set_bar(window, canvas.bar_of_two(left, right, vim.api.nvim_win_get_width(window)))
  end
end

--- Forgets marks of tasks that are gone.
local function prune_marks(found)
  if next(shown.marked) then
    local left = {}
    for _, task in ipairs(found) do
      left[task.uuid] = shown.marked[task.uuid]
    end
    shown.marked = left
  end
end

--- Forgets what was kept of tasks that are gone.
local function forget_gone()
  local function is_known(uuid)
    return require('chorus.tasks').get(uuid) ~= nil
  end
  worklist_plan.prune(shown.places, is_known)
  dashboard_rows.prune(shown.cache, is_known)
end

---@return chorus.WorklistOptions
local function plan_options()
  return {
    group = shown.group,
    filter = shown.filter,
    is_typing = shown.is_typing,
    folds = shown.folds,
    held = shown.held,
    project = project(),
    cache = shown.places,
  }
end

--- Tells verbs which task the cursor is on, holds its row, and shows it in the preview.
local function follow_cursor()
  local task = M.task_under_cursor()
  require('chorus.ui.kit.buffer_task').set(shown.buffer, task and task.number, task and task.uuid)
  local held = shown.held
  if not held or held.uuid ~= (task and task.uuid) then
    shown.held = task and worklist_plan.place(task, plan_options()) or nil
    if held and shown.worklist.moved[held.uuid] then
      vim.schedule(M.redraw)
    end
  end
  preview.select(task)
end

--- Puts the cursor on the first task, once there is one, and on the first that a filter leaves while it is typed.
---@param windows integer[]
---@param rows chorus.Row[]
local function put_cursor(windows, rows)
  local under = rows[vim.api.nvim_win_get_cursor(windows[1])[1]]
  if shown.is_typing and not (under and under.data and under.data.uuid) then
    shown.has_cursor = false
  end
  for line, row in ipairs(shown.has_cursor and {} or rows) do
    if row.data and row.data.uuid then
      shown.has_cursor = true
      for _, window in ipairs(windows) do
        vim.api.nvim_win_set_cursor(window, { line, 0 })
      end
      return
    end
  end
end

--- Draws the list where it is on screen; does nothing where it is not.
function M.redraw()
  local buffer = buffer_of()
  local windows = buffer and vim.fn.win_findbuf(buffer) or {}
  if #windows == 0 then
    return
  end
  local found = listed()
  prune_marks(found)
  forget_gone()
  shown.worklist = worklist_plan.plan(found, plan_options())
  local rows = dashboard_rows.render(shown.worklist, {
    width = vim.api.nvim_win_get_width(windows[1]) - vim.fn.getwininfo(windows[1])[1].textoff,
    now = require('chorus.ui.kit.status').now(),
    requests = require('chorus.tasks').oldest_requests(),
    filter = shown.filter,
    marked = shown.marked,
    keys = shown.keys,
    elsewhere = not shown.is_everywhere and require('chorus.tasks').counts().elsewhere or 0,
    shows_project = shown.is_everywhere and shown.group ~= 'project',
    cache = shown.cache,
  })
  canvas.draw(buffer, rows)
  put_cursor(windows, rows)
  draw_header(windows, found)
  if is_current() then
    follow_cursor()
  else
    local data = canvas.data(buffer, vim.api.nvim_win_get_cursor(windows[1])[1])
    preview.select(data and data.uuid and data or nil)
  end
end

--- A row is held as long as the cursor is in the list or in a float above it.
local function release_row()
  if not shown.held then
    return
  end
  vim.schedule(function()
    local is_float = vim.api.nvim_win_get_config(0).relative ~= ''
    if buffer_of() and shown.held and not is_current() and not is_float then
      shown.held = nil
      M.redraw()
    end
  end)
end

--- Hears of the tasks of other projects from now on.
local function hear_everywhere()
  require('chorus.elsewhere').hear(function(err)
    if err then
      require('chorus.message').failure(err)
    end
  end)
end

--- Lists the tasks of every project, or those of this one again.
---@param is_everywhere boolean
local function list_everywhere(is_everywhere)
  shown.is_everywhere = is_everywhere
  if is_everywhere then
    hear_everywhere()
  elseif shown.group == 'project' then
    shown.group = 'need'
  end
  M.redraw()
end

---@param window integer
local function calm(window)
  place.calm(window)
  -- The heading above the first task stays on screen.
  vim.wo[window][0].scrolloff = 1
end

--- Makes the buffer the list.
---@param buffer integer
local function set_up(buffer)
  local options = require('chorus.config').get().dashboard
  shown = {
    buffer = buffer,
    group = options.group,
    folds = {},
    is_typing = false,
    is_everywhere = options.group == 'project',
    has_cursor = false,
    marked = {},
    cache = dashboard_rows.new_cache(),
    places = worklist_plan.new_cache(),
    keys = first_keys(),
  }
  local list = shown
  local on, on_any = page_buffer.set_up(buffer, {
    view = 'dashboard',
    on_shown = function()
      calm(vim.api.nvim_get_current_win())
      preview.attach(vim.api.nvim_get_current_win())
      M.redraw()
    end,
    on_resized = M.redraw,
    on_wiped = preview.close,
  })
  on({ 'CursorMoved', 'BufEnter', 'WinEnter' }, function()
    if list.worklist then
      follow_cursor()
    end
  end)
  on({ 'WinLeave', 'BufLeave' }, release_row)
  -- The person may go on from a float to another window.
  on_any('WinEnter', function()
    if shown == list then
      release_row()
    end
  end)
  require('chorus.ui.tasks.dashboard_keys').set(list, {
    under_cursor = under_cursor,
    redraw = M.redraw,
    list_everywhere = list_everywhere,
  })
  listen.to(buffer, EVENTS, listen.once_per_turn(M.redraw))
  listen.to(buffer, { 'ChorusConnected' }, function()
    if list.is_everywhere then
      hear_everywhere()
    end
  end)
  listen.every(buffer, AGES, M.redraw)
  require('chorus.ui.kit.filetype').set(buffer, 'chorus')
  -- A session's list connects to a daemon that runs, and starts none.
  if list.is_everywhere and require('chorus.client').is_connected() then
    hear_everywhere()
  end
end

--- Whether a buffer is set up as the list. `:bdelete` takes its options, variables and keys away.
---@param buffer integer
---@return boolean
local function is_set_up(buffer)
  return buffer_of() == buffer and vim.b[buffer].chorus_view == 'dashboard'
end

--- The list's buffer, made when there is none. One with its name may have come from a session.
local function find_or_create()
  local buffer = vim.fn.bufnr('^' .. NAME .. '$')
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, NAME)
  end
  if not is_set_up(buffer) then
    set_up(buffer)
  end
  return buffer
end

--- Makes a buffer named `chorus://dashboard` the list. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  if not is_set_up(buffer) then
    set_up(buffer)
  end
  canvas.forget(buffer)
  require('chorus.client').connect({ start = false })
  calm(vim.api.nvim_get_current_win())
  preview.attach(vim.api.nvim_get_current_win())
  M.redraw()
end

--- Shows the list: where `where` says, else where it is on screen already, else in the current window.
---@param where? table as `chorus.ui.kit.place` takes it
function M.open(where)
  place.show(find_or_create(), where)
  M.redraw()
end

return M
