--- The prompts of a task that wait for its agent: edited, reordered and removed until they are typed.
local canvas = require('chorus.ui.kit.canvas')
local float = require('chorus.ui.kit.float')
local listen = require('chorus.ui.kit.listen')
local message = require('chorus.message')
local queue_rows = require('chorus.ui.prompts.queue_rows')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

---@class chorus.Queue
---@field task chorus.Task
---@field float chorus.Float
---@field waiting chorus.WaitingPrompt[]

---@param queue chorus.Queue
local function draw(queue)
  if not queue.float:is_open() then
    return
  end
  local rows = queue_rows.render(queue.waiting, status.now(), ' ')
  if #rows == 0 then
    rows = { canvas.row({}), canvas.row({ { '  No prompt waits for this agent.', 'ChorusHint' } }) }
  end
  canvas.draw(queue.float.buffer, rows)
end

--- Asks for the prompts, after changing one where `change` says so.
---@param queue chorus.Queue
---@param change? table
---@param on_done? fun()
local function ask(queue, change, on_done)
  local params = vim.tbl_extend('force', { task = queue.task.uuid }, change or {})
  require('chorus.client').request('task_prompts', params, function(err, prompts)
    if err then
      message.failure(err)
    else
      queue.waiting = prompts.waiting
      if on_done then
        on_done()
      end
    end
    draw(queue)
  end)
end

---@param queue chorus.Queue
---@return chorus.WaitingPrompt?
---@return integer place
local function under_cursor(queue)
  local line = vim.api.nvim_win_get_cursor(queue.float.window)[1]
  local data = canvas.data(queue.float.buffer, line)
  return data and data.prompt, line
end

--- Opens a prompt in a composer, which gives it its new text.
---@param queue chorus.Queue
---@param prompt chorus.WaitingPrompt
local function edit(queue, prompt)
  local task = queue.task
  queue.float:close()
  require('chorus.ui.prompts.composer').open({
    purpose = {
      kind = 'waiting',
      subject = tostring(prompt.id),
      to = { require('chorus.ui.prompts.delivery').recipient(task) },
    },
    lines = text.editable(prompt.text),
  })
end

---@param queue chorus.Queue
---@return table<string, fun()>
local function handlers(queue)
  --- Runs `act` with the prompt under the cursor.
  local function on_prompt(act)
    return function()
      local prompt, line = under_cursor(queue)
      if prompt then
        act(prompt, line)
      end
    end
  end
  local function move(by)
    return on_prompt(function(prompt, line)
      local first = queue.waiting[1] and queue.waiting[1].sending and 1 or 0
      local place = line + by
      if place > first and place <= #queue.waiting then
        ask(queue, { prompt = prompt.id, place = place - first })
      end
    end)
  end
  return {
    close = function()
      queue.float:close()
    end,
    edit = on_prompt(function(prompt)
      edit(queue, prompt)
    end),
    remove = on_prompt(function(prompt)
      ask(queue, { prompt = prompt.id, remove = true }, function()
        vim.fn.setreg('"', prompt.text)
        message.info('the prompt is removed', '`p` puts its text elsewhere')
      end)
    end),
    down = move(1),
    up = move(-1),
  }
end

--- Shows the prompts of a task that wait.
---@param task chorus.Task
function M.open(task)
  require('chorus.highlight').setup()
  local buffer = float.scratch('prompts', task.number)
  local keys = require('chorus.ui.kit.keys')
  require('chorus.ui.kit.buffer_task').set(buffer, task.number, task.uuid)
  local queue = {
    task = task,
    waiting = {},
    float = float.open(buffer, {
      width = 0.7,
      height = 10,
      title = {
        { ' Waiting prompts ', 'ChorusTitle' },
        { ('#%d '):format(task.number), 'ChorusNumber' },
        { text.clean(task.title, 50) .. ' ', 'ChorusHint' },
      },
      footer = keys.hints('prompts', { 'edit', 'remove', 'down', 'up', 'send', 'close', 'help' }, vim.o.columns - 10),
      closes_on_leave = { 'help' },
    }),
  }
  vim.wo[queue.float.window].cursorline, vim.wo[queue.float.window].wrap = true, false
  keys.set('prompts', buffer, handlers(queue), function()
    return task.uuid
  end)
  listen.to(buffer, { 'ChorusTaskChanged' }, function(data)
    if data.uuid == task.uuid and data.task then
      ask(queue)
    end
  end)
  ask(queue)
end

return M
