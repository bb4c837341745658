-- A list of 500 tasks with its preview, on a real screen. For each of many changes: until it is drawn, and the longest time
-- the loop was held meanwhile, in time on the processor, so that a busy machine does not count. A change is of one row
-- (`chorus`), or makes a task need somebody, so that its row moves from below to the top (`moved`). The same for 500 plain
-- lines (`plain`). Written to BENCH_OUTPUT in milliseconds: `chorus 3.1 1.2`.
vim.opt.runtimepath:prepend(vim.env.BENCH_CHECKOUT)
vim.g.chorus = { binary = '/nonexistent' }
local COUNT, CHANGES, ON_SCREEN = 500, 150, 24
local api, uv = vim.api, vim.uv

local output = assert(io.open(vim.env.BENCH_OUTPUT, 'w'))

--- The change under way: its stamp, and what a line of the list will hold.
local began, mark
local drawn, list
local held, last = 0, 0

api.nvim_set_decoration_provider(api.nvim_create_namespace('bench'), {
  on_end = function()
    if began and not drawn then
      for _, line in ipairs(api.nvim_buf_get_lines(list, 0, ON_SCREEN, false)) do
        drawn = drawn or (line:find(mark, 1, true) and uv.hrtime() or nil)
      end
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

--- Makes change after change that is on screen; then calls `on_done`.
local function measure(name, change, on_done)
  local round = 0
  list = api.nvim_get_current_buf()
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
    mark, drawn = ('change %d.'):format(round), nil
    began = uv.hrtime()
    held, last = 0, spent()
    change(round)
    vim.defer_fn(step, 60)
  end
  step()
end

local now = os.time() * 1000

local function task(number, title, status, revision)
  local agent = status == 'busy' and { tool = 'Bash', summary = 'npm run build', heard_at = now } or { message = 'done' }
  return {
    project = '/project',
    number = number,
    uuid = 'uuid-' .. number,
    title = title,
    priority = number % 7 == 0 and 1 or 0,
    tags = { 'api' },
    status = 'running',
    agent = 'claude',
    agent_status = { status = status, detail = agent, since = now - number * 1000 },
    unread = number % 9 == 0,
    isolation = 'none',
    restarts = 0,
    queued = 0,
    requests = 0,
    commits = number % 4,
    uncommitted = number % 3,
    unclaimed = 0,
    overlaps = {},
    alerts = {},
    demo = false,
    created_at = now,
    started_at = now,
    revision = revision,
  }
end

local function usual(number)
  return number <= 8 and 'error' or number % 3 == 0 and 'busy' or 'idle'
end

local tasks, lines, screen = {}, {}, {}
for number = 1, COUNT do
  tasks[number] = task(number, 'Task ' .. number, usual(number), 1)
  lines[number] = ('%4d  idle        3m  Task %d of the bench, as plain text'):format(number, number)
end
for line = 1, 40 do
  screen[line] = ('\27[32m●\27[0m line %d of what the agent draws'):format(line)
end

local client = require('chorus.client')

--- What a daemon would answer to the preview.
client.request = function(method, params, on_reply)
  if method == 'task_output' then
    vim.schedule(function()
      on_reply(nil, { task = params.task, columns = 120, rows = 40, lines = screen, alternate = false })
    end)
  end
end

local function send(changed)
  client.receive({ kind = 'event', name = 'task_changed', data = changed })
end

local function plain()
  vim.cmd.enew()
  measure('plain', function(round)
    lines[1 + round % 20] = mark
    api.nvim_buf_set_lines(0, 0, -1, false, lines)
  end, function()
    output:close()
    vim.cmd('qall!')
  end)
end

--- A task from far below needs somebody, and the one before it does no more.
local function moved()
  measure('moved', function(round)
    local number = 100 + round
    send(task(number, mark, 'error', round + 1000))
    if round > 1 then
      send(task(number - 1, 'Task', usual(number - 1), round + 1000))
    end
  end, plain)
end

vim.schedule(function()
  require('chorus.tasks').snapshot({ tasks = tasks, requests = {}, elsewhere = 0 })
  require('chorus.ui.tasks.dashboard').open()
  vim.defer_fn(function()
    measure('chorus', function(round)
      local number = 1 + round % 8
      send(task(number, mark, usual(number), round + 1))
    end, moved)
  end, 300)
end)
