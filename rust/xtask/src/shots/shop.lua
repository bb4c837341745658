--- The small shop of the pictures, at a time of its own: its tasks, its documents, and what a daemon would answer.
--- `SHOT_LOOK` names the look: words such as `light`, `habamax`, `cterm`, `ascii`.
vim.opt.runtimepath:prepend(vim.env.SHOT_CHECKOUT)
local look = vim.split(vim.env.SHOT_LOOK or '', ' ', { trimempty = true })

---@param word string
local function is(word)
  return vim.list_contains(look, word)
end

vim.o.swapfile, vim.o.laststatus, vim.o.ruler, vim.o.showcmd, vim.o.showmode = false, 2, false, false, false
vim.o.termguicolors, vim.o.background = not is('cterm'), is('light') and 'light' or 'dark'
vim.o.statusline, vim.o.shortmess = ' %f', vim.o.shortmess .. 'IF'
if is('habamax') then
  vim.cmd.colorscheme('habamax')
end
vim.g.chorus = { picker = 'select', statusline = { ascii = is('ascii') } }
local NOW, MINUTE = 1790000000000, 60000
local PROJECT = assert(vim.uv.fs_realpath(vim.env.SHOT_PROJECT))

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


---@param path string
---@param text string
local function write(path, text)
  local file = vim.fs.joinpath(PROJECT, path)
  vim.fn.mkdir(vim.fs.dirname(file), 'p')
  vim.fn.writefile(vim.split(text, '\n'), file)
end

local LOGIN = [[
# Login and sessions

Who is logged in is known by a cookie. The cookie names a row of `sessions`.

## Expiry

A session expires 30 days after its last use.
The cookie expires 7 days after the login, which is wrong:
it must follow the session.

## Redirects

- A page that needs a login redirects to `/login`.
- After the login, the person comes back to that page.
- An expired session is a session that does not exist.

## Limits

Ten failed logins in an hour lock the account for an hour.
The mail about it names the address, never the password.]]

write('PLAN.md', '# Plan for the summer\n\n## Now\n\nLogin, search, the cache.\n\n## Later\n\nA cart that survives.')
write('AGENTS.md', '# How we work here\n\nRun `npm test` before you finish a turn.')
write('docs/login.md', LOGIN)
write('docs/search.md', '# Search\n\nThe index is built at night.')

local function document(path, title, category, fields)
  return vim.tbl_extend('force', {
    path = path,
    title = title,
    category = category,
    pinned = false,
    template = false,
    size = 900,
    modified_at = NOW - 30 * MINUTE,
    tasks = {},
    changed_for = {},
  }, fields or {})
end

local documents = {
  document('docs/login.md', 'Login and sessions', 'context', {
    pinned = true,
    description = 'What a session is, how long it lives',
    tasks = { 3, 4, 8 },
    changed_for = { 3 },
  }),
  document('AGENTS.md', 'How we work here', 'instructions'),
  document('PLAN.md', 'Plan for the summer', 'plans', { tasks = { 5 } }),
  document('docs/adr/0007-cache.md', 'Use one cache for pages and carts', 'plans', { tasks = { 9 } }),
  document('docs/letters/2026-05-outage.md', 'To our customers, after the outage', 'communication'),
  document('docs/search.md', 'Search', 'context', { tasks = { 5, 6 }, changed_for = { 5 } }),
  document('docs/templates/decision.md', 'Decision', 'general', { template = true }),
  document('README.md', 'The shop', 'general'),
}

local login = vim.split(LOGIN, '\n')

local function reference(id, number, first, last, note, fields)
  return vim.tbl_extend('force', {
    id = id,
    task = 'task-' .. number,
    number = number,
    path = 'docs/login.md',
    start_line = first,
    end_line = last,
    whole = false,
    state = 'current',
    note = note,
    version = ('%040x'):format(id),
    text = table.concat(login, '\n', first, last),
    included = true,
  }, fields or {})
end

local references = {
  reference(1, 4, 7, 9, 'the cookie must follow the session'),
  reference(2, 4, 13, 15, nil, { state = 'changed' }),
  reference(3, 3, 7, 7, 'explain why 30 days'),
  reference(4, 8, 19, 20, 'who gets this mail?', {
    state = 'stale',
    text = 'Five failed logins lock the account.\nThe mail names the address.',
    nearest_start = 19,
    nearest_end = 20,
  }),
}

local of_login = vim.tbl_filter(function(each)
  return each.number == 4
end, references)

tasks[1].description = 'People are sent back to the login although their session lives.\n'
  .. 'Find out why, and make the cookie follow the session.'

local page = {
  task = tasks[1],
  requests = { requests[1] },
  references = of_login,
  commits = { { oid = 'c0ffee12' .. ('0'):rep(32), subject = 'Read the expiry of a session', at = NOW - 30 * MINUTE, files = 2 } },
  journal = {
    { at = NOW - 100 * MINUTE, what = 'created', who = 'person', text = 'Created' },
    { at = NOW - 99 * MINUTE, what = 'started', who = 'person', text = 'Started claude' },
    { at = NOW - 99 * MINUTE, what = 'prompt', who = 'person', text = 'Where does the cookie get its age?' },
    { at = NOW - 98 * MINUTE, what = 'prompt', who = 'agent', text = 'Got a prompt: Where does the cookie get its age?' },
    {
      at = NOW - 60 * MINUTE,
      what = 'turn_ended',
      who = 'agent',
      text = 'The turn ended: From `COOKIE_DAYS` in src/config.ts, which is 7.',
    },
    { at = NOW - 40 * MINUTE, what = 'prompt', who = 'person', text = 'Take the age from the session.' },
    { at = NOW - 40 * MINUTE, what = 'prompt', who = 'agent', text = 'Got a prompt: Take the age from the session.' },
    { at = NOW - 30 * MINUTE, what = 'committed', who = 'chorus', text = 'Committed 2 files' },
    { at = NOW - 4 * MINUTE, what = 'request_opened', who = 'agent', text = 'Edit: src/login.ts' },
  },
  prompts = { { id = 1, text = 'Then run the tests of the cart.', raw = false, sending = false, queued_at = NOW - 2 * MINUTE } },
}

local context_text = table.concat({
  '# Your task: #4 `Fix the login flow`',
  '',
  'A person gave you this task through Chorus and may watch, answer and steer.',
  '',
  '# Committing',
  '',
  'You work in a git worktree of your own. Chorus commits your changes when a turn ends: do not commit, switch branches or stash.',
  '',
  '# Description',
  '',
  '```markdown',
  tasks[1].description,
  '```',
  '',
  '# Referenced: `docs/login.md:7-9`',
  '',
  'the cookie must follow the session',
  '',
  '```',
  of_login[1].text,
  '```',
}, '\n')

local context = {
  task = 'task-4',
  number = 4,
  title = tasks[1].title,
  text = context_text,
  units = 846,
  limit = 10000,
  parts = {
    { heading = 'Your task: #4 Fix the login flow', units = 115 },
    { heading = 'Committing', units = 143 },
    { heading = 'Description', units = 148 },
    { heading = 'Referenced: docs/login.md:7-9', units = 210 },
    { heading = 'Referenced: docs/login.md:13-15', units = 230 },
  },
  given_at = NOW - 99 * MINUTE,
  references = of_login,
}

local told = {
  text = table.concat({
    'These documents changed since you read them.',
    '',
    '# `docs/login.md`',
    '',
    '```diff',
    '@@ -5,5 +5,5 @@',
    ' ## Expiry',
    ' ',
    '-A session expires 14 days after the login.',
    '+A session expires 30 days after its last use.',
    ' The cookie expires 7 days after the login, which is wrong:',
    ' it must follow the session.',
    '```',
  }, '\n'),
  versions = { { path = 'docs/login.md', version = references[1].version } },
  done = false,
  queued = false,
}

local function hunk(id, line, lines, owner, numbers)
  return { id = id, line = line, lines = lines, owner = owner, tasks = numbers or {} }
end

local tree = '/home/me/.local/state/chorus/worktrees/shop/'
local changes = {
  root = PROJECT,
  files = {
    {
      path = 'docs/login.md',
      change = 'modified',
      hunks = {
        hunk('a', 5, {
          ' ',
          '-A session expires 14 days after the login.',
          '+A session expires 30 days after its last use.',
        }, 'user'),
      },
    },
    {
      path = 'src/search/index.ts',
      tree = tree .. '5-cache-the-search-index',
      change = 'modified',
      hunks = {
        hunk('b', 12, { '+const cache = new Map<string, Page[]>();' }, 'task', { 5 }),
        hunk('c', 40, {
          ' export function search(words: string) {',
          '-  return read(words);',
          '+  const known = cache.get(words);',
          '+  return known ?? read(words);',
          ' }',
        }, 'task', { 5 }),
      },
    },
    {
      path = 'src/search/index.test.ts',
      tree = tree .. '5-cache-the-search-index',
      change = 'added',
      hunks = { hunk('d', 1, { "+test('a page is read once', () => {", '+});' }, 'task', { 5 }) },
    },
    {
      path = 'perf/pages.json',
      tree = tree .. '7-measure-page-load',
      change = 'modified',
      hunks = { hunk('e', 3, { '-  "home": 840,', '+  "home": 610,' }, 'task', { 7 }) },
    },
  },
  notices = {},
}

local replies = {
  docs = { documents = documents, cut = false },
  refs = { references = references },
  task_show = page,
  task_context = context,
  task_tell = told,
  changes = changes,
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
  state_dir = function()
    return vim.fs.joinpath(vim.fs.dirname(PROJECT), 'state')
  end,
  ready = function(on_ready)
    on_ready()
  end,
  elsewhere = function() end,
  welcome = function()
    return { project = PROJECT, state_dir = '/home/me/.local/state/chorus' }
  end,
  request = function(method, _, on_reply)
    if on_reply and replies[method] then
      vim.schedule(function()
        on_reply(nil, vim.deepcopy(replies[method]))
      end)
    end
  end,
}
require('chorus.ui.kit.status').now = function()
  return NOW
end
vim.cmd.cd(PROJECT)
require('chorus.attach').features()
require('chorus.tasks').snapshot({ tasks = tasks, requests = requests, elsewhere = 2 }, PROJECT)

local M = { tasks = tasks }

--- Whether a buffer of that name holds a text.
---@param name string
---@param text string
---@return boolean
function M.shows(name, text)
  local buffer = vim.fn.bufnr(name)
  local lines = buffer ~= -1 and vim.api.nvim_buf_get_lines(buffer, 0, -1, false) or {}
  return table.concat(lines, '\n'):find(text, 1, true) ~= nil
end

--- Writes the file that says so once the scene is drawn.
---@param is_drawn fun(): boolean
function M.ready(is_drawn)
  local function report()
    if is_drawn() then
      vim.cmd.redraw()
      vim.fn.writefile({}, vim.env.SHOT_READY)
    else
      vim.defer_fn(report, 20)
    end
  end
  vim.defer_fn(report, 200)
end

return M
