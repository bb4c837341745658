--- Every open request of the project, oldest first.
local canvas = require('chorus.ui.kit.canvas')
local float = require('chorus.ui.kit.float')
local listen = require('chorus.ui.kit.listen')
local rows = require('chorus.ui.requests.inbox_rows')
local status = require('chorus.ui.kit.status')

local M = {}

---@type chorus.Float?
local shown

local function redraw()
  if not shown or not shown:is_open() then
    return
  end
  local tasks = require('chorus.tasks')
  local by_uuid = {}
  for _, task in ipairs(tasks.all()) do
    by_uuid[task.uuid] = task
  end
  local requests = tasks.requests()
  canvas.draw(shown.buffer, rows.render(requests, by_uuid, (shown:size()), status.now()))
  shown:update({ title = { { ' Inbox ', 'ChorusTitle' }, { ('· %d open '):format(#requests), 'ChorusRequest' } } })
end

---@return chorus.Opened?
local function under_cursor()
  return canvas.data(shown.buffer, vim.api.nvim_win_get_cursor(shown.window)[1])
end

local function remember_task()
  local request = under_cursor()
  require('chorus.ui.kit.buffer_task').set(0, request and request.number, request and request.task)
end

local HANDLERS = {
  close = function()
    shown:close()
  end,
  open = function()
    local request = under_cursor()
    if request then
      require('chorus.ui.requests.request').open(request)
    end
  end,
  rule = function()
    local request = under_cursor()
    if request then
      require('chorus.ui.requests.propose_rule').propose(request)
    end
  end,
  deny = function()
    local request = under_cursor()
    if request then
      require('chorus.ui.requests.request').deny(request)
    end
  end,
}

--- Allows the requests of a Visual selection together.
local function approve_selected()
  local first, last = require('chorus.ui.kit.keys').selected_lines()
  local requests = {}
  for line = first, last do
    requests[#requests + 1] = canvas.data(shown.buffer, line)
  end
  if #requests > 0 then
    require('chorus.ui.requests.approve_together').run(requests)
  end
end

--- Shows the inbox.
function M.open()
  require('chorus.highlight').setup()
  if shown and shown:is_open() then
    return vim.api.nvim_set_current_win(shown.window)
  end
  local keys = require('chorus.ui.kit.keys')
  local buffer = float.scratch('inbox')
  shown = float.open(buffer, {
    width = 0.9,
    height = math.max(8, math.min(#require('chorus.tasks').requests() + 2, 20)),
    title = { { ' Inbox ', 'ChorusTitle' } },
    footer = keys.hints('inbox', { 'open', 'deny', 'output', 'close', 'help' }, 60),
    on_resize = redraw,
    closes_on_leave = { 'help', 'request' },
  })
  vim.wo[shown.window].cursorline = true
  vim.wo[shown.window].wrap = false
  keys.set('inbox', buffer, HANDLERS, function()
    local request = under_cursor()
    return request and request.task
  end)
  for _, each in ipairs(keys.of('inbox')) do
    for _, lhs in ipairs(each.action == 'open' and each.keys or {}) do
      vim.keymap.set(
        'x',
        lhs,
        approve_selected,
        { buffer = buffer, nowait = true, desc = 'Chorus: allow equal requests' }
      )
    end
  end
  listen.to(buffer, { 'ChorusRequestOpened', 'ChorusRequestClosed', 'ChorusTaskChanged' }, listen.once_per_turn(redraw))
  listen.every(buffer, 10, redraw)
  vim.api.nvim_create_autocmd('CursorMoved', { buffer = buffer, callback = remember_task })
  redraw()
  remember_task()
end

return M
