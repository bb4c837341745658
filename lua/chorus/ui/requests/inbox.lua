--- The inbox: every open request of every project, oldest first, and beside or below them the whole of the one under the
--- cursor. Keys answer it from the list.
local answering = require('chorus.ui.requests.answering')
local canvas = require('chorus.ui.kit.canvas')
local elsewhere = require('chorus.elsewhere')
local float = require('chorus.ui.kit.float')
local inbox_plan = require('chorus.ui.requests.inbox_plan')
local listen = require('chorus.ui.kit.listen')
local rows = require('chorus.ui.requests.inbox_rows')
local status = require('chorus.ui.kit.status')
local tasks = require('chorus.tasks')

local M = {}

---@class chorus.Inbox
---@field float chorus.Float
---@field window chorus.RequestWindow

---@type chorus.Inbox?
local shown

--- Whether requests of every project are listed, as the person chose last.
local is_everywhere = true

--- The open requests that are listed, oldest first.
---@return chorus.Opened[]
local function listed()
  return is_everywhere and tasks.requests_everywhere() or tasks.requests()
end

---@return chorus.Inbox?
local function current()
  return shown and shown.float:is_open() and shown.window.float:is_open() and shown or nil
end

--- What the list is, above it.
---@param requests chorus.Opened[]
---@return chorus.Chunk[]
local function title_of(requests)
  local projects = {}
  for _, request in ipairs(requests) do
    projects[request.project] = true
  end
  local count = vim.tbl_count(projects)
  local place = not is_everywhere and 'in this project ' or count > 1 and ('in %d projects '):format(count) or ''
  return {
    { ' Inbox ', 'ChorusTitle' },
    { ('· %d open '):format(#requests), 'ChorusRequest' },
    { place, 'ChorusHint' },
  }
end

--- Draws the list.
---@param inbox chorus.Inbox
local function draw(inbox)
  local by_uuid = {}
  for _, task in ipairs(tasks.everywhere()) do
    by_uuid[task.uuid] = task
  end
  local requests, width = listed(), inbox.float:size()
  canvas.draw(
    inbox.float.buffer,
    rows.render(requests, {
      tasks = by_uuid,
      width = width,
      now = status.now(),
      place_of = elsewhere.name_of,
      is_everywhere = is_everywhere,
    })
  )
  local actions = { 'open', 'equal', 'everywhere', 'close', 'help' }
  inbox.float:update({
    title = title_of(requests),
    footer = require('chorus.ui.kit.keys').hints('inbox', actions, width - 2),
  })
end

---@param inbox chorus.Inbox
---@return chorus.Opened?
local function under_cursor(inbox)
  return canvas.data(inbox.float.buffer, vim.api.nvim_win_get_cursor(inbox.float.window)[1])
end

--- Shows the request under the cursor of the list.
---@param inbox chorus.Inbox
---@param by_itself boolean the row came to the cursor, not the cursor to the row
local function follow(inbox, by_itself)
  local request, window = under_cursor(inbox), inbox.window
  require('chorus.ui.kit.buffer_task').set(inbox.float.buffer, request and request.number, request and request.task)
  local is_same = (window.request and window.request.id) == (request and request.id)
  local is_read = vim.api.nvim_get_current_win() == window.float.window
  if is_same and not window.is_closed or is_read or (window.together and by_itself) then
    return
  end
  window:show(request, { by_itself = by_itself and request ~= nil })
end

--- Moves the cursor of the list to a request, if it is listed.
---@param inbox chorus.Inbox
---@param request? chorus.Opened
local function point_at(inbox, request)
  for line = 1, vim.api.nvim_buf_line_count(inbox.float.buffer) do
    local data = canvas.data(inbox.float.buffer, line)
    if request and data and data.id == request.id then
      pcall(vim.api.nvim_win_set_cursor, inbox.float.window, { line, 0 })
    end
  end
end

local function redraw()
  local inbox = current()
  if inbox then
    draw(inbox)
    follow(inbox, true)
  end
end

--- Hears of the requests of other projects where they are listed.
local function hear_everywhere()
  if is_everywhere and current() then
    elsewhere.hear(function(err)
      if err and current() then
        require('chorus.message').failure(err)
      end
    end)
  end
end

local function close()
  local inbox = shown
  shown = nil
  if inbox then
    inbox.float:close()
    inbox.window.float:close()
  end
end

--- The requests in the lines of a Visual selection, which ends.
---@param inbox chorus.Inbox
---@return chorus.Opened[]
local function selected(inbox)
  local first, last = require('chorus.ui.kit.keys').selected_lines()
  local requests = {}
  for line = first, last do
    requests[#requests + 1] = canvas.data(inbox.float.buffer, line)
  end
  return requests
end

--- Scrolls the request from the list.
---@param inbox chorus.Inbox
---@param key string as Neovim reads it
local function scroll(inbox, key)
  return function()
    vim.api.nvim_win_call(inbox.window.float.window, function()
      vim.cmd.normal({ key, bang = true })
    end)
  end
end

--- Runs `act` if the request that is shown is the one under the cursor: keys that were typed ahead of the drawing answer
--- neither.
---@param inbox chorus.Inbox
---@param act fun()
---@return fun()
local function on_shown(inbox, act)
  return function()
    local request, window = under_cursor(inbox), inbox.window
    local is_meant = window.together or (window.request and window.request.id) == (request and request.id)
    if not is_meant then
      follow(inbox, false)
      return require('chorus.message').info(
        'the cursor is on another request by now',
        'press the key again to answer it'
      )
    end
    act()
  end
end

--- What the keys of the list do.
---@param inbox chorus.Inbox
---@return table<string, fun()>
local function handlers(inbox)
  local window = inbox.window
  local answers = vim.tbl_map(function(act)
    return on_shown(inbox, act)
  end, answering.handlers(window))
  local function focus()
    vim.api.nvim_set_current_win(window.float.window)
  end
  return vim.tbl_extend('force', answers, {
    close = close,
    everywhere = function()
      is_everywhere = not is_everywhere
      hear_everywhere()
      redraw()
    end,
    open = function()
      -- The cursor of the list says nothing about the option that is meant.
      if answering.has_all_answers(window) then
        answers.submit()
      else
        focus()
      end
    end,
    preview_down = scroll(inbox, '\4'),
    preview_up = scroll(inbox, '\21'),
  })
end

---@param inbox chorus.Inbox
local function set_keys(inbox)
  local keys, buffer = require('chorus.ui.kit.keys'), inbox.float.buffer
  keys.set('inbox', buffer, handlers(inbox), function()
    local request = under_cursor(inbox)
    return request and request.task
  end)
  for digit = 1, 9 do
    local choose = on_shown(inbox, function()
      answering.choose(inbox.window, digit)
    end)
    vim.keymap.set('n', tostring(digit), choose, { buffer = buffer, nowait = true, desc = 'Chorus: choose ' .. digit })
  end
  keys.set_handlers('inbox', buffer, {
    approve = function()
      local requests = selected(inbox)
      if #requests > 0 then
        require('chorus.ui.requests.approve_together').run(requests)
      end
    end,
    deny = function()
      local requests = selected(inbox)
      if #requests > 0 then
        require('chorus.answer').deny(requests, nil, function() end)
      end
    end,
  }, 'x')
end

---@param inbox chorus.Inbox
local function listen_for(inbox)
  local buffer = inbox.float.buffer
  listen.to(
    buffer,
    { 'ChorusRequestOpened', 'ChorusRequestClosed', 'ChorusTaskChanged', 'ChorusElsewhereChanged' },
    listen.once_per_turn(redraw)
  )
  listen.to(buffer, { 'ChorusConnected' }, hear_everywhere)
  listen.every(buffer, 10, redraw)
  vim.api.nvim_create_autocmd({ 'CursorMoved', 'WinEnter' }, {
    buffer = buffer,
    callback = function()
      if current() == inbox and vim.api.nvim_get_current_win() == inbox.float.window then
        follow(inbox, false)
      end
    end,
  })
end

--- Where one of the two windows lies.
---@param index 1|2
local function placed(index)
  return function(columns, lines, has_border)
    return (select(index, inbox_plan.layout(columns, lines, has_border, #listed())))
  end
end

--- Shows the inbox.
---@param at? chorus.Opened the request to begin with, else the oldest one
function M.open(at)
  local inbox = current()
  if inbox then
    return vim.api.nvim_set_current_win(inbox.float.window)
  end
  close()
  local opened ---@type chorus.Inbox
  -- By then another inbox may be open.
  local close_this = vim.schedule_wrap(function()
    if shown == opened then
      close()
    end
  end)
  require('chorus.highlight').setup()
  local buffer = float.scratch('inbox')
  local list = float.open(buffer, {
    width = 0.9,
    height = 0.9,
    at = placed(1),
    title = { { ' Inbox ', 'ChorusTitle' } },
    on_resize = redraw,
    on_close = close_this,
    closes_on_leave = { 'help', 'request', 'output', 'explain' },
  })
  vim.wo[list.window].cursorline, vim.wo[list.window].wrap = true, false
  local window = require('chorus.ui.requests.request').open_inside(listed()[1], {
    goes_on = true,
    requests = listed,
    at = placed(2),
    enter = false,
    closes_on_leave = { 'help', 'inbox', 'output', 'explain' },
    on_close = close_this,
    on_show = function()
      if current() then
        point_at(opened, opened.window.request)
      end
    end,
  }, {
    close = function()
      vim.api.nvim_set_current_win(list.window)
    end,
  })
  opened = { float = list, window = window }
  shown = opened
  set_keys(shown)
  listen_for(shown)
  draw(shown)
  point_at(shown, at)
  follow(shown, false)
  hear_everywhere()
end

return M
