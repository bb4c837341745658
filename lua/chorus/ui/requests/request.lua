--- Shows requests with keys to answer them, in the one window there is for them.
local answer = require('chorus.answer')
local answering = require('chorus.ui.requests.answering')
local listen = require('chorus.ui.kit.listen')
local request_window = require('chorus.ui.requests.request_window')
local tasks = require('chorus.tasks')

local M = {}

---@type chorus.RequestWindow?
local shown

--- The window that shows a request, if it is open.
---@return chorus.RequestWindow?
local function current()
  return shown and shown.float:is_open() and shown or nil
end

--- What the daemon says of the requests that a window shows.
---@param window chorus.RequestWindow
local function listen_for(window)
  listen.to(window.float.buffer, { 'ChorusRequestOpened', 'ChorusRequestClosed' }, function(data, event)
    local is_meant = vim.iter(window.together or { window.request }):any(function(request)
      return data.request and data.request.id == request.id
    end)
    if not is_meant then
      return
    elseif window.together then
      window:close_request('One of these has changed. Select them again.')
    elseif event == 'ChorusRequestOpened' then
      window:show(data.request, { notice = 'This request has changed while you looked at it.', by_itself = true })
    else
      window:close_request(('Answered already: %s.'):format(data.request.outcome or 'gone'))
    end
  end)
end

--- Sets the keys of a window. `more` are those that differ where the window is a part of another.
---@param window chorus.RequestWindow
---@param more? table<string, fun()>
local function attach(window, more)
  shown = window
  local buffer = window.float.buffer
  local handlers = vim.tbl_extend('force', answering.handlers(window), {
    close = function()
      window.float:close()
    end,
  }, more or {})
  require('chorus.ui.kit.keys').set('request', buffer, handlers, function()
    return window.request and window.request.task
  end)
  for digit = 1, 9 do
    vim.keymap.set('n', tostring(digit), function()
      answering.choose(window, digit)
    end, { buffer = buffer, nowait = true, desc = 'Chorus: choose ' .. digit })
  end
  listen_for(window)
  listen.every(buffer, 10, function()
    if window.float:is_open() then
      window:draw_frame()
    end
  end)
end

---@class chorus.OpenOptions: chorus.ShowOptions
---@field goes_on? boolean after an answer the next request is shown, whose-ever it is

---@param request chorus.Opened
---@param options chorus.OpenOptions
local function open(request, options)
  local window = current()
  if not window then
    local wish = { goes_on = options.goes_on, closes_on_leave = { 'help', 'inbox', 'output', 'explain' } }
    return attach(request_window.open(request, options, wish))
  end
  window.goes_on = window.is_preview or options.goes_on or false
  local is_same = window.request and window.request.id == request.id and not options.together and not window.together
  if not is_same or window.is_closed then
    window:show(request, options)
  end
  vim.api.nvim_set_current_win(window.float.window)
end

--- Shows a whole request, in the window of another one if that is open.
---@param request chorus.Opened
---@param notice? string a line above the request
function M.open(request, notice)
  open(request, { notice = notice })
end

--- Shows a request that is one of many: after an answer the next one is shown.
---@param request chorus.Opened
function M.open_in_turn(request)
  open(request, { goes_on = true })
end

--- Shows what several requests ask for, which is the same. Allowing it allows all of them.
---@param requests chorus.Opened[]
function M.open_together(requests)
  open(requests[1], { together = requests })
end

--- After an answer that came too late: shows the request that is open instead.
---@param newer? chorus.Opened
function M.open_newer(newer)
  if newer then
    open(newer, { notice = answering.NEWER, by_itself = true })
  end
end

--- Opens the window as a part of another one, which places it and keeps the focus. One that was open is closed.
---@param request? chorus.Opened
---@param wish chorus.RequestWish
---@param more table<string, fun()> what its keys do, where that differs
---@return chorus.RequestWindow
function M.open_inside(request, wish, more)
  local window = current()
  if window then
    window.float:close()
  end
  window = request_window.open(request, {}, wish)
  attach(window, more)
  return window
end

--- Shows the oldest open request of a task.
---@param task chorus.Task
function M.open_for(task)
  local request = answer.oldest(task)
  if request then
    M.open(request)
  end
end

--- Refuses a request after asking for a reason, and shows a newer one.
---@param request chorus.Opened
function M.deny(request)
  answer.deny({ request }, nil, M.open_newer)
end

--- Refuses the oldest open request of a task.
---@param task chorus.Task
function M.deny_for(task)
  local request = answer.oldest(task)
  if request then
    M.deny(request)
  end
end

--- Shows the next open request, or the one before, by age; begins again at the end.
---@param direction 1|-1
function M.step(direction)
  local window = current()
  local requests = window and window.requests() or tasks.requests()
  local at = direction == 1 and 0 or 1
  for index, request in ipairs(requests) do
    if window and window.request and window.request.id == request.id then
      at = index
    end
  end
  local request = requests[(at - 1 + direction) % math.max(#requests, 1) + 1]
  if not request then
    return require('chorus.message').info('no request is open')
  end
  M.open_in_turn(request)
end

return M
