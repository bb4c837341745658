-- The dashboard of a small shop, at a time of its own. What a daemon would answer stands below.
vim.opt.runtimepath:prepend(vim.env.SHOT_CHECKOUT)
vim.o.termguicolors, vim.o.swapfile, vim.o.laststatus, vim.o.ruler, vim.o.showcmd = true, false, 2, false, false
vim.o.background = 'dark'
vim.o.statusline = ' %f'
local NOW, PROJECT = 1790000000000, '/home/me/shop'
local MINUTE = 60000

local function agent(status, minutes, kind, detail)
  return { status = status, kind = kind, detail = detail or {}, since = NOW - minutes * MINUTE }
end

local function task(number, title, fields)
  return vim.tbl_extend('force', {
    project = PROJECT,
    number = number,
    uuid = 'task-' .. number,
    title = title,
    priority = 0,
    tags = {},
    status = 'running',
    agent = 'claude',
    unread = false,
    isolation = 'worktree',
    commits = 0,
    uncommitted = 0,
    overlaps = {},
    unclaimed = 0,
    alerts = {},
    restarts = 0,
    queued = 0,
    requests = 0,
    demo = false,
    created_at = NOW - 200 * MINUTE,
    started_at = NOW - 100 * MINUTE,
    revision = 1,
  }, fields)
end

local function call(tool, summary, quiet)
  return { tool = tool, summary = summary, heard_at = NOW - (quiet or 0) * MINUTE }
end

local tasks = {
  task(4, 'Fix the login flow', {
    agent_status = agent('waiting', 4, 'permission'),
    status = 'waiting',
    requests = 1,
    priority = 2,
    commits = 1,
    tags = { 'auth' },
    worktree = '/home/me/.local/state/chorus/worktrees/shop/4-fix-the-login-flow',
  }),
  task(9, 'Pick a cache', { agent_status = agent('waiting', 1, 'question'), status = 'waiting', requests = 1 }),
  task(7, 'Measure page load', { agent_status = agent('exited', 64, 'lost'), uncommitted = 1 }),
  task(3, 'Explain how sessions expire', {
    agent_status = agent('idle', 5, nil, { message = 'They expire after 30 days; the cookie says 7.' }),
    unread = true,
  }),
  task(6, 'Upgrade the database driver', {
    agent_status = agent('busy', 12, nil, call('Bash', 'npm run build', 9)),
    commits = 1,
  }),
  task(5, 'Cache the search index', {
    agent_status = agent('busy', 3, nil, call('Edit', 'src/search/index.ts')),
    commits = 2,
    uncommitted = 2,
    tags = { 'search' },
  }),
  task(8, 'Rename the cart helper', {
    agent_status = agent('idle', 20, nil, { message = 'Renamed in 14 files; all tests pass.' }),
    commits = 3,
  }),
  task(10, 'Write the release notes', { agent_status = agent('stopped', 0), status = 'pending', tags = { 'docs' } }),
  task(1, 'Set up the tests', {
    agent_status = agent('stopped', 0),
    status = 'completed',
    completed_at = NOW - 90 * MINUTE,
  }),
}

local function request(id, number, kind, tool, summary, input, suggestions)
  return {
    id = id,
    project = PROJECT,
    number = number,
    task = 'task-' .. number,
    kind = kind,
    tool = tool,
    summary = summary,
    input = input,
    cut = false,
    suggestions = suggestions or {},
    answerable = 'hook',
    opened_at = NOW - 4 * MINUTE,
  }
end

local requests = {
  request('a', 4, 'permission', 'Edit', 'src/login.ts', {
    file_path = tasks[1].worktree .. '/src/login.ts',
    old_string = '  if (!session) return redirect("/login");\n  return next();',
    new_string = '  if (!session || session.isExpired()) return redirect("/login");\n  session.touch();\n  return next();',
  }, { 'switch this session to accept edits (files are changed without asking)' }),
  request('b', 9, 'question', 'AskUserQuestion', 'Which cache?', {
    questions = { { question = 'Which cache?', options = { { label = 'Redis' }, { label = 'Memcached' } } } },
  }),
}

package.loaded['chorus.client'] = {
  is_connected = function()
    return true
  end,
  is_lost = function()
    return false
  end,
  connect = function() end,
  folder = function()
    return PROJECT
  end,
  elsewhere = function() end,
  welcome = function()
    return { project = PROJECT, state_dir = '/home/me/.local/state/chorus' }
  end,
  request = function() end,
}
require('chorus.ui.kit.status').now = function()
  return NOW
end
require('chorus.tasks').snapshot({ tasks = tasks, requests = requests, elsewhere = 2 }, PROJECT)
require('chorus.ui.tasks.dashboard').open()

--- Writes the file that says so once the preview is drawn.
local function report()
  local preview = vim.fn.bufnr('chorus://preview')
  if preview ~= -1 and table.concat(vim.api.nvim_buf_get_lines(preview, 0, -1, false)):find('touch', 1, true) then
    vim.cmd.redraw()
    vim.fn.writefile({}, vim.env.SHOT_READY)
  else
    vim.defer_fn(report, 20)
  end
end

vim.defer_fn(report, 200)
