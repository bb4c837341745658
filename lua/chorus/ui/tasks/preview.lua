--- The preview beside or below the dashboard: the open request of the task under the cursor, else the end of its screen,
--- else its page. It follows the cursor and the daemon's news, and never takes the focus.
local canvas = require('chorus.ui.kit.canvas')
local preview_plan = require('chorus.ui.tasks.preview_plan')
local status = require('chorus.ui.kit.status')
local tasks = require('chorus.tasks')

local M = {}

--- The cursor rests on a row for so long before its preview is drawn, in milliseconds.
local REST = 30

--- Who rests on an unread task for so long has read its preview, in milliseconds.
local READ = 2000

---@class chorus.Preview
---@field window integer
---@field buffer integer
---@field owner integer the window of the dashboard
---@field task? chorus.Task
---@field kind? 'request'|'output'|'page'
---@field drawn? string what was drawn last: the same need not be drawn again
---@field asked? string what was asked for last
---@field watched? string uuid of the task whose output streams
---@field waiting? chorus.WaitingPrompt[] of the task `waiting_of`
---@field waiting_of? string
---@field is_asking boolean
---@field is_due boolean
---@field memory chorus.ScreenMemory

---@type chorus.Preview?
local shown

--- Whether the person closed the preview.
local is_off = false

---@return boolean
local function is_open()
  return shown ~= nil and vim.api.nvim_win_is_valid(shown.window)
end

---@return boolean
local function is_owner_current()
  return is_open() and vim.api.nvim_get_current_win() == shown.owner
end

local function ask(method, params, on_reply)
  require('chorus.client').request(method, params, on_reply or function() end)
end

--- Ends the stream of a task's output.
local function unwatch()
  if shown and shown.watched then
    tasks.read_output(shown.watched, nil)
    if require('chorus.client').is_connected() then
      ask('task_watch', { task = shown.watched, on = false })
    end
    shown.watched = nil
  end
end

---@param rows chorus.Row[]
---@param wraps boolean
local function draw(rows, wraps)
  if not is_open() then
    return
  end
  canvas.draw(shown.buffer, rows)
  if vim.wo[shown.window].wrap ~= wraps then
    vim.wo[shown.window].wrap = wraps
  end
end

--- The first line is shown again when another task or another kind of text comes.
local function to_top()
  vim.api.nvim_win_call(shown.window, function()
    vim.fn.winrestview({ topline = 1, lnum = 1, col = 0, leftcol = 0 })
  end)
end

--- Names the task, and the keys of the dashboard that go with what is shown.
local function draw_title()
  local task = shown.task
  local chunks = task and status.title(task, status.now()) or { { ' ' } }
  local width = vim.api.nvim_win_get_width(shown.window)
  local actions = task and preview_plan.actions(task, tasks.requests(task.uuid)[1] ~= nil) or {}
  local hints = require('chorus.ui.kit.keys').hints('dashboard', actions, width)
  require('chorus.ui.kit.page_buffer').set_bar(shown.window, canvas.bar_of_two(chunks, hints, width))
end

--- Draws once what has not been drawn: `version` names it.
---@param kind 'request'|'output'|'page'
---@param version string
---@param make fun(width: integer): chorus.Row[]
local function draw_once(kind, version, make)
  local width = vim.api.nvim_win_get_width(shown.window)
  local name = ('%s %s %s %d'):format(kind, shown.task.uuid, version, width)
  if shown.drawn == name then
    return
  end
  local is_new = shown.kind ~= kind or not vim.startswith(shown.drawn or '', kind .. ' ' .. shown.task.uuid)
  shown.kind, shown.drawn = kind, name
  draw(make(width), kind ~= 'output')
  if is_new then
    to_top()
  end
end

--- Shows a request, and below it the prompts that wait for its answer.
---@param request chorus.Opened
---@param waiting? chorus.WaitingPrompt[]
local function draw_request(request, waiting)
  unwatch()
  local ids = vim.tbl_map(function(prompt)
    return prompt.id .. prompt.text
  end, waiting or {})
  local version = ('%s %s %s'):format(request.id, tostring(request), table.concat(ids, ' '))
  draw_once('request', version, function()
    local rows = require('chorus.ui.requests.preview').rows(request)
    if #ids > 0 then
      vim.list_extend(rows, { canvas.row({}), canvas.row({ { '  Prompts that wait', 'ChorusHeader' } }) })
      vim.list_extend(rows, require('chorus.ui.prompts.queue_rows').render(waiting or {}, status.now(), '    '))
    end
    return rows
  end)
end

---@param output chorus.Output
local function draw_output(output)
  local width, height = vim.api.nvim_win_get_width(shown.window), vim.api.nvim_win_get_height(shown.window)
  local rows = require('chorus.ui.pane.output_rows').rows(output.lines, width, shown.memory)
  local is_new = shown.kind ~= 'output'
  shown.kind, shown.drawn = 'output', ('output %s'):format(output.task)
  draw(vim.list_slice(rows, math.max(#rows - height + 2, 1)), false)
  if is_new then
    to_top()
  end
end

---@param page chorus.Page
local function draw_page(page)
  draw_once('page', tostring(page.task.revision), function()
    return preview_plan.page(page, status.now())
  end)
end

local update

--- Asks for one thing at a time; what is asked for meanwhile follows.
---@param method string
---@param params table
---@param on_reply fun(err?: chorus.Failure, result?: any)
local function ask_in_turn(method, params, on_reply)
  local task, preview = shown.task, shown
  preview.is_asking = true
  ask(method, params, function(err, result)
    preview.is_asking = false
    if shown ~= preview or not is_open() then
      return
    elseif preview.task and preview.task.uuid == task.uuid then
      on_reply(err, result)
    end
    if preview.is_due then
      preview.is_due = false
      update()
    end
  end)
end

local function ask_for_page()
  ask_in_turn('task_show', { task = shown.task.uuid }, function(err, page)
    if not err then
      draw_page(page)
    end
  end)
end

---@param request chorus.Opened
local function ask_for_prompts(request)
  ask_in_turn('task_prompts', { task = request.task }, function(err, prompts)
    shown.waiting_of, shown.waiting = request.task, not err and prompts.waiting or nil
    draw_request(request, shown.waiting)
  end)
end

local function ask_for_output()
  ask_in_turn('task_output', { task = shown.task.uuid, history = 50 }, function(err, output)
    if err then
      return ask_for_page()
    elseif shown.kind ~= 'output' or not shown.watched then
      draw_output(output)
    end
  end)
end

--- Streams what a busy agent draws, as long as the person is in the dashboard: one stream a Neovim is open at a time.
local function watch()
  local uuid = shown.task.uuid
  if shown.watched == uuid then
    return
  end
  unwatch()
  shown.watched = uuid
  tasks.read_output(uuid, function(output)
    if is_open() and shown.watched == uuid and shown.task and shown.task.uuid == uuid then
      draw_output(output)
    end
  end)
  ask('task_watch', { task = uuid, on = true })
end

--- Shows what there is of the task now.
function update()
  if not is_open() then
    return
  end
  draw_title()
  local task = shown.task
  if not task then
    unwatch()
    shown.kind, shown.drawn = nil, nil
    return draw({}, false)
  end
  local request = tasks.requests(task.uuid)[1]
  if request and task.queued > 0 then
    -- As they were last, until the daemon has answered.
    draw_request(request, shown.waiting_of == task.uuid and shown.waiting or nil)
    if shown.is_asking then
      shown.is_due = true
      return
    end
    return ask_for_prompts(request)
  elseif request then
    return draw_request(request)
  end
  local kind = preview_plan.kind(task)
  local streams = kind == 'output' and preview_plan.is_moving(task) and is_owner_current()
  if streams then
    watch()
  else
    unwatch()
  end
  local version = ('%s %s %d'):format(kind, task.uuid, task.revision)
  if shown.asked == version and shown.kind == kind then
    return
  elseif shown.is_asking then
    shown.is_due = true
    return
  end
  shown.asked = version
  if kind == 'output' then
    ask_for_output()
  else
    ask_for_page()
  end
end

---@type uv.uv_timer_t?
local timer
---@type uv.uv_timer_t?
local reading

--- A person who goes to an unread task and rests there has read its preview. One that only opened the dashboard, or looks
--- at another window, has not.
---@param task chorus.Task
local function read_soon(task)
  local report_seen = require('chorus.ui.kit.report_seen')
  report_seen.has_focus()
  reading = reading or assert(vim.uv.new_timer())
  reading:start(
    READ,
    0,
    vim.schedule_wrap(function()
      local is_read = is_owner_current()
        and shown.task ~= nil
        and shown.task.uuid == task.uuid
        and shown.task.unread
        and (shown.kind == 'output' or shown.kind == 'page')
      if is_read and report_seen.has_focus() then
        ask('task_seen', { task = task.uuid })
      end
    end)
  )
end

--- Shows a task, once the cursor rests on it; nothing without one.
---@param task? chorus.Task
function M.select(task)
  if not is_open() then
    return
  end
  local is_other = (shown.task and shown.task.uuid) ~= (task and task.uuid)
  local has_come = is_other and shown.task ~= nil
  shown.task = task
  require('chorus.ui.kit.buffer_task').set(shown.buffer, task and task.number, task and task.uuid)
  if is_other then
    unwatch()
  end
  if has_come and task and task.unread and is_owner_current() then
    read_soon(task)
  end
  timer = timer or assert(vim.uv.new_timer())
  timer:start(is_other and REST or 0, 0, vim.schedule_wrap(update))
end

--- Closes the preview.
function M.close()
  if not shown then
    return
  end
  local window = shown.window
  unwatch()
  shown = nil
  pcall(vim.api.nvim_del_augroup_by_name, 'chorus_preview')
  if vim.api.nvim_win_is_valid(window) and not pcall(vim.api.nvim_win_close, window, true) then
    -- It is the last window.
    vim.api.nvim_win_set_buf(window, vim.api.nvim_create_buf(true, false))
  end
end

--- Closes the preview with the window of the dashboard, and takes note when the person closes it.
local function listen_for(preview)
  local group = vim.api.nvim_create_augroup('chorus_preview', {})
  local dashboard = vim.api.nvim_win_get_buf(preview.owner)
  vim.api.nvim_create_autocmd('QuitPre', {
    group = group,
    callback = function()
      if vim.api.nvim_get_current_win() == preview.owner then
        M.close()
      end
    end,
  })
  vim.api.nvim_create_autocmd('WinClosed', {
    group = group,
    callback = function(event)
      local closed = tonumber(event.match)
      if closed == preview.window and shown == preview then
        is_off = true
        vim.schedule(M.close)
      elseif closed == preview.owner then
        vim.schedule(M.close)
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWinLeave', {
    group = group,
    buffer = dashboard,
    callback = vim.schedule_wrap(function()
      local is_there = vim.api.nvim_win_is_valid(preview.owner) and vim.api.nvim_win_get_buf(preview.owner) == dashboard
      if shown == preview and not is_there then
        M.close()
      end
    end),
  })
  vim.api.nvim_create_autocmd('WinLeave', {
    group = group,
    buffer = dashboard,
    callback = unwatch,
  })
  -- Another size of the screen may want another place.
  vim.api.nvim_create_autocmd('VimResized', {
    group = group,
    callback = vim.schedule_wrap(function()
      if shown == preview and is_open() and vim.api.nvim_win_is_valid(preview.owner) then
        local task = preview.task
        M.close()
        M.attach(preview.owner)
        M.select(task)
      end
    end),
  })
end

---@param owner integer
---@param place { split: string, width?: integer, height?: integer }
local function open(owner, place)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden, vim.bo[buffer].modifiable = 'wipe', false
  pcall(vim.api.nvim_buf_set_name, buffer, 'chorus://preview')
  vim.b[buffer].chorus_view = 'preview'
  local window = vim.api.nvim_open_win(buffer, false, {
    split = place.split,
    win = owner,
    width = place.width,
    height = place.height,
  })
  require('chorus.ui.kit.place').calm(window)
  local options = { cursorline = false, winfixwidth = true, winfixheight = true, linebreak = true, breakindent = true }
  for name, value in pairs(options) do
    vim.wo[window][0][name] = value
  end
  shown = {
    window = window,
    buffer = buffer,
    owner = owner,
    is_asking = false,
    is_due = false,
    memory = require('chorus.ui.pane.output_rows').memory(),
  }
  require('chorus.ui.kit.keys').set('preview', buffer, {
    close = function()
      is_off = true
      M.close()
    end,
  }, function()
    return shown and shown.task and shown.task.uuid
  end)
  listen_for(shown)
end

--- Opens the preview of a dashboard's window, unless the options, the person or a small screen leave it out.
---@param owner integer
function M.attach(owner)
  if is_open() and shown.owner == owner then
    return
  end
  M.close()
  local wanted = require('chorus.config').get().dashboard.preview
  local is_float = vim.api.nvim_win_get_config(owner).relative ~= ''
  if is_off or is_float then
    return
  end
  local place = preview_plan.place(wanted, vim.api.nvim_win_get_width(owner), vim.api.nvim_win_get_height(owner))
  if place then
    open(owner, place)
  end
end

--- Opens the preview, or closes it.
---@param owner integer
function M.toggle(owner)
  if is_open() then
    is_off = true
    return M.close()
  end
  is_off = false
  M.attach(owner)
  if not is_open() then
    local place =
      preview_plan.place('below', vim.api.nvim_win_get_width(owner), vim.api.nvim_win_get_height(owner), true)
    open(owner, place)
  end
end

--- Scrolls the preview from the dashboard.
---@param key string such as `<C-e>`, as Neovim reads it
function M.scroll(key)
  if is_open() then
    vim.api.nvim_win_call(shown.window, function()
      vim.cmd.normal({ '3' .. key, bang = true })
    end)
  end
end

return M
