--- What the preview shows of a task: its open request, else the end of its screen, else its page. It is asked for and
--- drawn here, and follows the daemon's news.
local canvas = require('chorus.ui.kit.canvas')
local preview_plan = require('chorus.ui.tasks.preview_plan')
local status = require('chorus.ui.kit.status')
local stream = require('chorus.ui.pane.stream')
local tasks = require('chorus.tasks')

local M = {}

--- Where another window has the stream of screens, a screen that changes is asked for so often, in milliseconds.
local POLL = 1000

---@class chorus.Preview
---@field window chorus.PreviewWindow
---@field task? chorus.Task
---@field kind? 'request'|'output'|'page'
---@field drawn? string what was drawn last: the same need not be drawn again
---@field asked? string what was asked for last
---@field stream? chorus.Stream of the screen that is shown
---@field waiting? chorus.WaitingPrompt[] of the task `waiting_of`
---@field waiting_of? string
---@field is_asking boolean
---@field is_due boolean
---@field is_polling boolean
---@field memory chorus.ScreenMemory

---@param window chorus.PreviewWindow
---@return chorus.Preview
function M.new(window)
  return {
    window = window,
    is_asking = false,
    is_due = false,
    is_polling = false,
    memory = require('chorus.ui.pane.output_rows').memory(),
  }
end

--- Ends the stream of a task's screen.
---@param preview chorus.Preview
function M.unwatch(preview)
  if preview.stream then
    stream.finish(preview.stream)
    preview.stream = nil
  end
end

--- Draws once what has not been drawn: `version` names it.
---@param preview chorus.Preview
---@param kind 'request'|'output'|'page'
---@param version string
---@param make fun(width: integer): chorus.Row[]
local function draw_once(preview, kind, version, make)
  local width = preview.window:size()
  local name = ('%s %s %s %d'):format(kind, preview.task.uuid, version, width)
  if preview.drawn == name then
    return
  end
  local is_new = preview.kind ~= kind or not vim.startswith(preview.drawn or '', kind .. ' ' .. preview.task.uuid)
  preview.kind, preview.drawn = kind, name
  preview.window:draw(make(width), kind ~= 'output')
  if is_new then
    preview.window:to_top()
  end
end

--- Shows a request, and below it the prompts that wait for its answer.
---@param preview chorus.Preview
---@param request chorus.Opened
---@param waiting? chorus.WaitingPrompt[]
local function draw_request(preview, request, waiting)
  M.unwatch(preview)
  local ids = vim.tbl_map(function(prompt)
    return prompt.id .. prompt.text
  end, waiting or {})
  local version = ('%s %s %s'):format(request.id, tostring(request), table.concat(ids, ' '))
  draw_once(preview, 'request', version, function()
    local rows = require('chorus.ui.requests.preview').rows(request)
    if #ids > 0 then
      vim.list_extend(rows, { canvas.row({}), canvas.row({ { '  Prompts that wait', 'ChorusHeader' } }) })
      vim.list_extend(rows, require('chorus.ui.prompts.queue_rows').render(waiting or {}, status.now(), '    '))
    end
    return rows
  end)
end

---@param preview chorus.Preview
---@param output chorus.Output
local function draw_output(preview, output)
  local width, height = preview.window:size()
  local rows = require('chorus.ui.pane.output_rows').rows(output.lines, width, preview.memory)
  local is_new = preview.kind ~= 'output'
  preview.kind, preview.drawn = 'output', ('output %s'):format(output.task)
  preview.window:draw(vim.list_slice(rows, math.max(#rows - height + 2, 1)), false)
  if is_new then
    preview.window:to_top()
  end
end

---@param preview chorus.Preview
---@param page chorus.Page
local function draw_page(preview, page)
  draw_once(preview, 'page', tostring(page.task.revision), function()
    return preview_plan.page(page, status.now())
  end)
end

--- Asks for one thing at a time; what is asked for meanwhile follows.
---@param preview chorus.Preview
---@param method string
---@param params table
---@param on_reply fun(err?: chorus.Failure, result?: any)
local function ask_in_turn(preview, method, params, on_reply)
  local task = preview.task --[[@as chorus.Task]]
  preview.is_asking = true
  require('chorus.client').request(method, params, function(err, result)
    preview.is_asking = false
    if not preview.window:is_open() then
      return
    elseif preview.task and preview.task.uuid == task.uuid then
      on_reply(err, result)
    end
    if preview.is_due then
      preview.is_due = false
      M.update(preview)
    end
  end)
end

---@param preview chorus.Preview
local function ask_for_page(preview)
  ask_in_turn(preview, 'task_show', { task = preview.task.uuid }, function(err, page)
    if not err then
      draw_page(preview, page)
    end
  end)
end

---@param preview chorus.Preview
---@param request chorus.Opened
local function ask_for_prompts(preview, request)
  ask_in_turn(preview, 'task_prompts', { task = request.task }, function(err, prompts)
    preview.waiting_of, preview.waiting = request.task, not err and prompts.waiting or nil
    draw_request(preview, request, preview.waiting)
  end)
end

---@param preview chorus.Preview
local function ask_for_output(preview)
  ask_in_turn(preview, 'task_output', { task = preview.task.uuid, history = 50 }, function(err, output)
    if err then
      return ask_for_page(preview)
    elseif preview.kind ~= 'output' or not preview.stream then
      draw_output(preview, output)
    end
  end)
end

--- Streams what a busy agent draws, unless another window has the stream.
---@param preview chorus.Preview
---@return boolean
local function watch(preview)
  local uuid = preview.task.uuid
  if preview.stream and preview.stream.uuid == uuid and stream.is_running(preview.stream) then
    return true
  end
  M.unwatch(preview)
  local new = { uuid = uuid, yields = true }
  function new.receive(output)
    if preview.window:is_open() and preview.task and preview.task.uuid == uuid then
      draw_output(preview, output)
    end
  end
  preview.stream = stream.begin(new) and new or nil
  return preview.stream ~= nil
end

--- Asks for the screen again, as long as the person is in the dashboard.
---@param preview chorus.Preview
local function poll(preview)
  if preview.is_polling then
    return
  end
  preview.is_polling = true
  vim.defer_fn(function()
    preview.is_polling = false
    if preview.window:is_open() and preview.window:is_owner_current() then
      preview.asked = nil
      M.update(preview)
    end
  end, POLL)
end

--- Shows what there is of the task now.
---@param preview chorus.Preview
function M.update(preview)
  if not preview.window:is_open() then
    return
  end
  local task = preview.task
  local request = task and tasks.requests(task.uuid)[1]
  preview.window:draw_title(task, request ~= nil)
  if not task then
    M.unwatch(preview)
    preview.kind, preview.drawn = nil, nil
    return preview.window:draw({}, false)
  elseif request and task.queued > 0 then
    -- As they were last, until the daemon has answered.
    draw_request(preview, request, preview.waiting_of == task.uuid and preview.waiting or nil)
    if preview.is_asking then
      preview.is_due = true
      return
    end
    return ask_for_prompts(preview, request)
  elseif request then
    return draw_request(preview, request)
  end
  local kind = preview_plan.kind(task)
  if kind ~= 'output' or not preview_plan.is_moving(task) or not preview.window:is_owner_current() then
    M.unwatch(preview)
  elseif not watch(preview) then
    poll(preview)
  end
  local version = ('%s %s %d'):format(kind, task.uuid, task.revision)
  if preview.asked == version and preview.kind == kind then
    return
  elseif preview.is_asking then
    preview.is_due = true
    return
  end
  preview.asked = version
  if kind == 'output' then
    ask_for_output(preview)
  else
    ask_for_page(preview)
  end
end

return M
