-- A list of 500 tasks on a real screen. For each of many changes: until it is drawn, and the longest time the loop was held
-- meanwhile, in time on the processor, so that a busy machine does not count. The same for 500 plain lines. Written to
-- BENCH_OUTPUT in milliseconds: `chorus 3.1 1.2`.
vim.opt.runtimepath:prepend(vim.env.BENCH_CHECKOUT)
vim.g.chorus = { binary = '/nonexistent' }
local COUNT, CHANGES = 500, 150
local api, uv = vim.api, vim.uv

local output = assert(io.open(vim.env.BENCH_OUTPUT, 'w'))

--- The change under way: its stamp, the line that will show it, and what the line will hold.
local began, line, mark
local drawn
local held, last = 0, 0

api.nvim_set_decoration_provider(api.nvim_create_namespace('bench'), {
  on_end = function()
    if began and not drawn and api.nvim_buf_get_lines(0, line - 1, line, false)[1]:find(mark, 1, true) then
      drawn = uv.hrtime()
    end
  end,
})

--- Milliseconds on the processor.
local function spent()
  local usage = uv.getrusage()
  return (usage.utime.sec + usage.stime.sec) * 1e3 + (usage.utime.usec + usage.stime.usec) / 1e3
end

-- A timer that fires as often as the loop lets it: what was spent between two times, somebody held.
local timer = assert(uv.new_timer())
timer:start(0, 1, function()
  local now = spent()
  held, last = math.max(held, now - last), now
end)

--- Makes change after change, each on another line that is on screen; then calls `on_done`.
local function measure(name, change, on_done)
  local round = 0
  local function step()
    if began then
      assert(drawn, name .. ': a change was not drawn')
      output:write(('%s %f %f\n'):format(name, (drawn - began) / 1e6, held))
      began = nil
    end
    round = round + 1
    if round > CHANGES then
      return on_done()
    end
    line, mark, drawn = 1 + round % 30, ('change %d.'):format(round), nil
    began = uv.hrtime()
    held, last = 0, spent()
    change(round)
    vim.defer_fn(step, 40)
  end
  step()
end

local function task(number, title, revision)
  local now = os.time() * 1000
  return {
    project = '/project',
    number = number,
    uuid = 'uuid-' .. number,
    title = title,
    priority = 0,
    tags = { 'api' },
    status = 'running',
    agent = 'claude',
    agent_status = { status = number % 3 == 0 and 'busy' or 'idle', detail = { message = 'all is done' }, since = now },
    unread = number % 5 == 0,
    isolation = 'none',
    restarts = 0,
    queued = 0,
    requests = 0,
    commits = 0,
    uncommitted = 0,
    overlaps = {},
    demo = false,
    created_at = now,
    started_at = now,
    revision = revision,
  }
end

local tasks, lines = {}, {}
for number = 1, COUNT do
  tasks[number] = task(number, 'Task ' .. number, 1)
  lines[number] = ('%4d  idle        3m  Task %d of the bench, as plain text'):format(number, number)
end

local function plain()
  vim.cmd.enew()
  measure('plain', function()
    lines[line] = mark
    api.nvim_buf_set_lines(0, 0, -1, false, lines)
  end, function()
    output:close()
    vim.cmd('qall!')
  end)
end

vim.schedule(function()
  require('chorus.tasks').snapshot({ tasks = tasks, requests = {}, elsewhere = 0 })
  require('chorus.ui.tasks.dashboard').open()
  local client = require('chorus.client')
  vim.defer_fn(function()
    measure('chorus', function(round)
      local changed = task(line, mark, round + 1)
      client.receive({ kind = 'event', name = 'task_changed', data = changed })
    end, plain)
  end, 300)
end)
