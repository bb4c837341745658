--- The connection to the daemon, through the job `chorus rpc`. Nothing else talks to the job.
---
--- A request is `rpcnotify(channel, 'request', id, { method, params })`; answers and events arrive in `receive`.
--- `rpcrequest` would block the editor, so it is not used.

local contract = require('chorus.contract')
local folders = require('chorus.client.folder')
local fire = require('chorus.events').fire
local install = require('chorus.install')
local message = require('chorus.message')
local pending = require('chorus.client.pending')
local reconnect = require('chorus.client.reconnect')
local tasks = require('chorus.tasks')
local wire = require('chorus.client.wire')

local M = {}

--- `chorus rpc --if-running` ends with this code where no daemon runs.
local NO_DAEMON = 3
--- How long Neovim waits on exit for requests under way, such as the task that `:wq` in a draft creates, in milliseconds.
local LEAVE_LIMIT = 300

---@type 'closed'|'connecting'|'open'
local phase = 'closed'
---@type integer?
local channel
--- Events that arrived while a snapshot was under way.
---@type table[]?
local held
---@type chorus.Welcome?
local welcome
---@type string?
local folder
local has_snapshot = false
--- Whether a connection was lost without `disconnect`.
local is_lost = false
local opened_at = 0
---@type chorus.Failure?
local last_error
local has_reported_older = false
local is_leaving = false

---@param asked chorus.Waiting
local function send(asked)
  local id = pending.add(asked)
  local params = next(asked.params) == nil and vim.empty_dict() or wire.sendable(asked.params)
  local ok = pcall(vim.rpcnotify, channel, 'request', id, { method = asked.method, params = params })
  if not ok then
    pending.take(id)
    pending.later(asked.on_reply, wire.reason(''))
  end
end

local open_job, take_snapshot

function take_snapshot()
  held = {}
  has_snapshot = false
  send({
    method = 'snapshot',
    params = {},
    on_reply = function(err, snapshot)
      local events = held or {}
      held = nil
      if err then
        last_error = err
        return pending.notify_waiters(err)
      end
      tasks.snapshot(snapshot, welcome and welcome.project)
      for _, event in ipairs(events) do
        tasks.apply(event)
      end
      has_snapshot, is_lost = true, false
      fire('ChorusConnected', { project = welcome and welcome.project })
      pending.notify_waiters()
    end,
  })
end

---@param start boolean
local function try_again(start)
  if is_leaving then
    return
  end
  reconnect.later(function()
    if phase == 'closed' then
      open_job(start)
    end
  end)
end

--- Handles the daemon's refusal of `hello`.
---@param err chorus.Failure
local function refused(err)
  last_error = err
  local job = channel
  phase, channel = 'closed', nil
  pcall(vim.fn.jobstop, job)
  if err.code == 'replaced' and reconnect.attempts() < 10 then
    return try_again(true)
  end
  if is_lost and not has_reported_older and err.code == 'older_client' then
    has_reported_older = true
    message.failure(err)
  end
  pending.fail_all(err)
end

---@return string
local function working_folder()
  return folders.working(folder, M.state_dir())
end

local say_hello

--- Repeats `hello` after a change of the working folder. A plugin may change it back and forth, so this waits a moment.
local function follow_directory()
  vim.defer_fn(function()
    if phase == 'open' and working_folder() ~= folder then
      say_hello()
    end
  end, 50)
end

function say_hello()
  folder = working_folder()
  local hello = { protocol = contract.protocol, version = contract.version, folder = folder, client = 'nvim' }
  send({
    method = 'hello',
    params = hello,
    on_reply = function(err, reply)
      if err then
        return refused(err)
      end
      local before = welcome and welcome.project
      welcome = reply
      if phase == 'open' and before == reply.project then
        return
      end
      if phase ~= 'open' then
        phase, opened_at = 'open', vim.uv.now()
      end
      last_error = nil
      take_snapshot()
      -- For what the daemon runs in the project. An older one refuses it and uses its own.
      send({ method = 'environment', params = { environment = vim.fn.environ() }, on_reply = function() end })
      vim.tbl_map(send, pending.take_kept())
      follow_directory()
    end,
  })
end

---@param job integer
---@param code integer
---@param stderr string
---@param start boolean
local function job_ended(job, code, stderr, start)
  if job ~= channel then
    return
  end
  local was_open = phase == 'open'
  phase, channel, has_snapshot, held = 'closed', nil, false, nil
  if code == NO_DAEMON and not start then
    -- A request that was made meanwhile may start a daemon, and so may restoring a lost connection.
    if pending.wants_connection() then
      open_job(true)
    elseif is_lost then
      try_again(true)
    end
    return
  end
  local err = wire.reason(stderr)
  last_error = err
  pending.fail_all(err)
  if was_open then
    reconnect.note_lost(vim.uv.now() - opened_at)
    is_lost = true
    fire('ChorusDisconnected', { reason = err.message })
  end
  if is_lost then
    -- A daemon was running, so a new one may be started: the tasks go on meanwhile.
    try_again(true)
  end
end

--- Lets requests under way finish for a moment, then ends the job, so that Neovim does not wait for it.
local function leave()
  is_leaving = true
  if channel then
    vim.wait(LEAVE_LIMIT, function()
      return not channel or pending.is_empty()
    end, 5)
    pcall(vim.fn.jobstop, channel)
  end
end

local is_listening = false

local function listen()
  if is_listening then
    return
  end
  is_listening = true
  local group = vim.api.nvim_create_augroup('chorus_client', {})
  vim.api.nvim_create_autocmd('VimLeave', { group = group, desc = 'Chorus: leave quickly', callback = leave })
  vim.api.nvim_create_autocmd('DirChanged', {
    group = group,
    pattern = { 'global', 'tabpage' },
    desc = 'Chorus: follow the project',
    callback = follow_directory,
  })
end

---@param start boolean
function open_job(start)
  listen()
  local binary = install.find()
  if not binary then
    last_error = install.missing()
    return pending.fail_all(last_error)
  end
  local argv = { binary, 'rpc', not start and '--if-running' or nil }
  local stderr, job = '', nil
  local ok, started = pcall(vim.fn.jobstart, argv, {
    rpc = true,
    on_stderr = function(_, data)
      stderr = (stderr .. table.concat(data, '\n')):sub(-4000)
    end,
    on_exit = function(_, code)
      job_ended(job, code, stderr, start)
    end,
  })
  if not ok or started <= 0 then
    last_error = {
      code = 'tool_missing',
      message = ('cannot run %s'):format(binary),
      hint = 'run `:Chorus install`',
    }
    return pending.fail_all(last_error)
  end
  job, channel, phase = started, started, 'connecting'
  say_hello()
end

--- Connects unless connected. With `start = false` only to a running daemon, and failing silently.
---@param opts { start: boolean }
function M.connect(opts)
  if phase ~= 'closed' or is_leaving then
    return
  end
  reconnect.cancel()
  open_job(opts.start)
end

--- Ends the connection without reconnecting.
function M.disconnect()
  local job = channel
  is_lost, phase, channel, has_snapshot, held = false, 'closed', nil, false, nil
  reconnect.cancel()
  if job then
    pcall(vim.fn.jobstop, job)
  end
  pending.fail_all({ code = 'daemon_unreachable', message = 'Neovim ended the connection to the daemon' })
end

--- Sends a request. `on_reply(err, result)` is called once, in a later turn of the main loop; `err` has code, message and
--- hint. Inside a coroutine and without `on_reply`, waits for both values and returns them.
---@param method string
---@param params table
---@param on_reply? fun(err?: chorus.Failure, result?: any)
---@return chorus.Failure? err
---@return any result
function M.request(method, params, on_reply)
  -- LuaJIT with 5.2 compatibility returns the main thread too.
  local thread, is_main = coroutine.running()
  local waits = not on_reply and thread and not is_main
  if waits then
    on_reply = function(...)
      local ok, err = coroutine.resume(thread, ...)
      if not ok then
        error(debug.traceback(thread, err), 0)
      end
    end
  end
  local asked = { method = method, params = params or {}, on_reply = on_reply or function() end }
  if phase == 'open' then
    send(asked)
  else
    pending.keep(asked)
    M.connect({ start = true })
  end
  if waits then
    ---@diagnostic disable-next-line: await-in-sync only where a coroutine asked
    return coroutine.yield()
  end
end

--- Calls `on_ready()` once the project's tasks are known, connecting first where needed; `on_ready(err)` on failure.
---@param on_ready fun(err?: chorus.Failure)
function M.ready(on_ready)
  if phase == 'open' and has_snapshot then
    return on_ready()
  end
  pending.wait_for_snapshot(on_ready)
  if phase == 'open' and not held then
    take_snapshot()
  else
    M.connect({ start = true })
  end
end

--- Runs `body` as a coroutine, in which `request` may be called without `on_reply`.
---@param body fun()
function M.run(body)
  local thread = coroutine.create(body)
  local ok, err = coroutine.resume(thread)
  if not ok then
    error(debug.traceback(thread, err), 0)
  end
end

---@param received table
local function take(received)
  if received.kind == 'event' then
    if held then
      held[#held + 1] = received
    else
      tasks.apply(received)
    end
    return
  end
  local asked = pending.take(received.id)
  if asked then
    asked.on_reply(received.error, received.result)
  end
end

--- The daemon calls this with one message and waits for it to return. A callback may ask the person something, so the
--- message is handled later.
---@param received table
function M.receive(received)
  pending.later(take, wire.without_nil(received))
end

---@return boolean
function M.is_connected()
  return phase == 'open'
end

--- Whether no attempt to connect is under way.
---@return boolean
function M.is_settled()
  return phase ~= 'connecting'
end

--- Whether a connection was lost and is being restored.
---@return boolean
function M.is_lost()
  return is_lost
end

--- What the daemon reported about itself; nil before the first handshake.
---@return chorus.Welcome?
function M.welcome()
  return welcome
end

--- The folder whose project the connection is for, or would be for.
---@return string
function M.folder()
  return phase ~= 'closed' and folder or working_folder()
end

--- What names a folder in a request: nil when the connection is for it anyway.
---@param wanted? string
---@return string?
function M.elsewhere(wanted)
  return wanted ~= M.folder() and wanted or nil
end

--- The daemon's state folder; before the first handshake, where a daemon would have it.
---@return string
function M.state_dir()
  return folders.state_dir(welcome)
end

--- The last failure; nil after a successful attempt.
---@return chorus.Failure?
function M.last_error()
  return last_error
end

return M
