--- Every open request of the project, oldest first.
local canvas = require('chorus.ui.kit.canvas')
local float = require('chorus.ui.kit.float')
local listen = require('chorus.ui.kit.listen')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

---@type chorus.Float?
local shown

--- Rows of the inbox. Pure.
---@param requests chorus.Opened[]
---@param tasks table<string, chorus.Task> by uuid
---@param width integer
---@param now integer
---@return chorus.Row[]
function M.render(requests, tasks, width, now)
  if #requests == 0 then
    return { canvas.row({}), canvas.row({ { '  No requests are open.', 'ChorusHint' } }) }
  end
  local rows = {}
  local title = math.max(math.min(math.floor((width - 30) * 0.35), 40), 12)
  for _, request in ipairs(requests) do
    local tool = request.kind == 'permission' and request.tool and text.clean(request.tool, 16) .. ': ' or ''
    local task = tasks[request.task]
    local labels, left = {}, title
    for _, label in ipairs(task and status.labels(task) or {}) do
      labels[#labels + 1] = label
      left = left - text.width(label[1])
    end
    local chunks = {
      ' ',
      { text.fit('#' .. request.number, 4, true), 'ChorusNumber' },
      '  ',
      { text.fit(request.kind, 11), 'ChorusRequest' },
      { text.fit(text.age(now - request.opened_at), 4, true), 'ChorusAge' },
      '  ',
    }
    vim.list_extend(chunks, labels)
    vim.list_extend(chunks, {
      text.fit(text.clean(task and task.title or ''), math.max(left, 1)),
      '  ',
      { text.cut(tool .. text.clean(request.summary), math.max(width - title - 28, 10)), 'ChorusSummary' },
    })
    rows[#rows + 1] = canvas.row(chunks, request, request.id)
  end
  return rows
end

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
  canvas.draw(shown.buffer, M.render(requests, by_uuid, (shown:size()), status.now()))
  shown:update({ title = { { ' Inbox ', 'ChorusTitle' }, { ('· %d open '):format(#requests), 'ChorusRequest' } } })
end

---@return chorus.Opened?
local function under_cursor()
  return canvas.data(shown.buffer, vim.api.nvim_win_get_cursor(shown.window)[1])
end

local function remember_task()
  local request = under_cursor()
  vim.b.chorus_task = request and request.number or nil
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
  })
  vim.wo[shown.window].cursorline = true
  vim.wo[shown.window].wrap = false
  keys.set('inbox', buffer, HANDLERS, function()
    local request = under_cursor()
    return request and tostring(request.number)
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
