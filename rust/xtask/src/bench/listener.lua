-- Writes a line for each `User` event: when, which, the task, its agent's status, its commits. A line of input is a task to start.
vim.opt.runtimepath:prepend(vim.env.BENCH_CHECKOUT)
vim.g.chorus = { binary = vim.env.BENCH_CHORUS }

local function say(at, ...)
  io.stdout:write(('%.0f\t'):format(at), table.concat({ ... }, '\t'), '\n')
  io.stdout:flush()
end

vim.api.nvim_create_autocmd('User', {
  pattern = { 'ChorusTaskChanged', 'ChorusRequestOpened', 'ChorusRequestClosed' },
  callback = function(event)
    local now = vim.uv.hrtime()
    local data = event.data
    if data.request then
      say(now, event.match, data.request.task, '', 0)
    else
      local task = data.task
      say(now, event.match, data.uuid, task and task.agent_status.status or '', task and task.commits or 0)
    end
  end,
})

local client = require('chorus.client')
client.ready(function(err)
  say(0, err and err.message or 'ready', '', '', 0)
end)

local input = assert(vim.uv.new_pipe(false))
input:open(0)
input:read_start(vim.schedule_wrap(function(_, line)
  if not line then
    os.exit(0)
  end
  say(vim.uv.hrtime(), 'start', vim.trim(line), '', 0)
  client.request('task_start', { task = vim.trim(line), environment = vim.fn.environ() }, function(err)
    if err then
      say(0, err.message, '', '', 0)
    end
  end)
end))

vim.wait(3600000, function()
  return false
end, 60000)
