--- A world for the specs of lua/chorus/ui: tasks, requests, and a client that records what it is asked.
local M = { asked = {}, ran = {}, notified = {}, replies = {}, connected = true }

local now = 1790000000000
M.now = now

--- A task as the daemon sends it.
function M.task(number, fields)
  return vim.tbl_deep_extend('force', {
    project = '/home/me/shop',
    number = number,
    uuid = ('uuid-%d'):format(number),
    title = 'Task ' .. number,
    priority = 0,
    tags = {},
    status = 'running',
    agent = 'claude',
    agent_status = { status = 'busy', detail = {}, since = now - 120000 },
    unread = false,
    isolation = 'auto',
    restarts = 0,
    queued = 0,
    requests = 0,
    demo = false,
    created_at = now - 3600000,
    started_at = now - 600000,
    revision = 1,
  }, fields or {})
end

--- A request as the daemon sends it.
function M.request(id, number, fields)
  return vim.tbl_extend('force', {
    id = id,
    project = '/home/me/shop',
    number = number,
    task = ('uuid-%d'):format(number),
    kind = 'permission',
    tool = 'Bash',
    summary = 'rm -rf build',
    input = { command = 'rm -rf build', description = 'Clean the build folder' },
    suggestions = { 'allow `rm -rf build` for this session' },
    answerable = 'hook',
    opened_at = now - 120000,
  }, fields or {})
end

local function stand_ins()
  local known = { list = {}, requests = {} }
  M.known = known
  local tasks = {}
  function tasks.all()
    return known.list
  end
  function tasks.get(ref)
    for _, task in ipairs(known.list) do
      if task.uuid == ref or task.number == tonumber((tostring(ref):gsub('^#', ''))) then
        return task
      end
    end
  end
  function tasks.requests(uuid)
    return vim.tbl_filter(function(request)
      return not uuid or request.task == uuid
    end, known.requests)
  end
  function tasks.counts()
    local counts = { waiting = 0, busy = 0, unread = 0, elsewhere = 0 }
    for _, task in ipairs(known.list) do
      local state = task.agent_status.status
      if counts[state] then
        counts[state] = counts[state] + 1
      end
      counts.unread = counts.unread + (task.unread and 1 or 0)
    end
    return counts
  end
  local icons = {
    waiting = '⚑', busy = '●', idle = '◌', starting = '◔', stopped = '○', unread = '✓',
    error = '✗', exited = '⏻', login_required = '⚿', unknown = '?',
  }
  local groups = {
    waiting = 'ChorusWaiting', busy = 'ChorusBusy', idle = 'ChorusIdle', error = 'ChorusError', exited = 'ChorusExited',
    login_required = 'ChorusWaiting', unknown = 'ChorusUnknown', starting = 'ChorusStarting', stopped = 'ChorusStopped',
  }
  local links = {
    ChorusWaiting = 'DiagnosticWarn', ChorusBusy = 'DiagnosticInfo', ChorusIdle = 'Comment', ChorusError = 'DiagnosticError',
    ChorusExited = 'DiagnosticError', ChorusUnread = 'DiagnosticOk', ChorusStarting = 'DiagnosticHint', ChorusStopped = 'Comment',
    ChorusUnknown = 'DiagnosticHint', ChorusPending = 'Comment', ChorusCompleted = 'DiagnosticOk', ChorusFailed = 'DiagnosticError',
    ChorusNumber = 'Number', ChorusTitle = 'Normal', ChorusTag = 'Label', ChorusAge = 'NonText', ChorusPriority = 'Constant',
    ChorusSummary = 'Comment', ChorusRequest = 'DiagnosticWarn', ChorusEnded = 'Comment', ChorusRule = 'NonText',
    ChorusHeader = 'Title', ChorusKey = 'Special', ChorusHint = 'Comment', ChorusDemo = 'DiagnosticHint',
    ChorusBypass = 'DiagnosticError', ChorusAdded = 'Added', ChorusRemoved = 'Removed', ChorusHunk = 'Changed',
    ChorusSection = 'Comment',
  }
  local modules = {
    ['chorus.tasks'] = tasks,
    ['chorus.config'] = {
      get = function()
        return M.config or { keys = {}, statusline = {}, output = { width = 0.9, height = 0.9 } }
      end,
    },
    ['chorus.message'] = {
      info = function(text, hint)
        table.insert(M.notified, { 'info', text, hint })
      end,
      warn = function(text, hint)
        table.insert(M.notified, { 'warn', text, hint })
      end,
      fail = function(text, hint)
        table.insert(M.notified, { 'fail', text, hint })
      end,
      failure = function(err)
        table.insert(M.notified, { 'fail', err.message, err.hint })
      end,
    },
    ['chorus.verbs'] = {
      run = function(name, opts)
        table.insert(M.ran, { name, opts })
      end,
    },
    ['chorus.highlight'] = {
      setup = function()
        for name, link in pairs(links) do
          vim.api.nvim_set_hl(0, name, { link = link, default = true })
        end
      end,
      of_status = function(state)
        return groups[state.status] or 'ChorusUnknown'
      end,
    },
    ['chorus.statusline'] = {
      icon = function(state)
        return icons[type(state) == 'table' and state.status or state] or '?'
      end,
    },
  }
  for name, module in pairs(modules) do
    package.loaded[name] = module
  end
end

--- Starts afresh: every chorus module is loaded again, every buffer and window is gone.
function M.start()
  vim.cmd('silent! %bwipeout!')
  for name in pairs(package.loaded) do
    if name:match('^chorus') then
      package.loaded[name] = nil
    end
  end
  M.asked, M.ran, M.notified, M.replies, M.connected, M.config = {}, {}, {}, {}, true, nil
  stand_ins()
  package.loaded['chorus.client'] = {
    is_connected = function()
      return M.connected
    end,
    connect = function() end,
    welcome = function()
      return { state_dir = M.state_dir, project = '/home/me/shop', protocol = 1, version = '0', pid = 1 }
    end,
    request = function(method, params, on_reply)
      table.insert(M.asked, { method, params })
      local reply = M.replies[method]
      if reply and on_reply then
        vim.schedule(function()
          on_reply(reply(params))
        end)
      end
    end,
  }
  require('chorus.highlight').setup()
end

--- Makes these tasks and requests known, as a snapshot does.
function M.know(tasks, requests)
  M.known.list, M.known.requests = tasks, requests or {}
end

--- Replaces one task and tells everyone, as an event does.
function M.change(task)
  for index, known in ipairs(M.known.list) do
    if known.uuid == task.uuid then
      M.known.list[index] = task
    end
  end
  M.tell('ChorusTaskChanged', { uuid = task.uuid, number = task.number, task = task })
end

function M.tell(event, data)
  vim.api.nvim_exec_autocmds('User', { pattern = event, data = data, modeline = false })
end

--- Lets the loop run until `is_true` holds.
function M.wait(is_true, what)
  if not vim.wait(2000, is_true, 2) then
    error('waited in vain for ' .. (what or 'a condition'), 2)
  end
end

--- The lines of a buffer.
function M.lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false)
end

--- Feeds keys as typed.
function M.press(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, false, true), 'xt', false)
end

return M
