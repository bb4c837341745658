-- Stands in for `chorus rpc` and the daemon behind it, on a real pipe: `nvim --clean -l fake_daemon.lua FOLDER rpc`.
--
-- FOLDER holds what it is told beforehand: `down` (no daemon runs), `fault.json` (told on standard error, then it ends),
-- `snapshot.json`, `script.json` (method to `{ result }` or `{ error }`; a list is used up one by one, `"hold"` is never
-- answered, the events in `before` are told first). The method `fake`, which no real daemon knows, tells it to emit events, to end, or to say what it was asked.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
package.path = here .. '/?.lua;' .. here .. '/../../lua/?.lua;' .. package.path
local contract, shapes = require('chorus.contract'), require('shapes')
local folder, if_running = arg[1], arg[3] == '--if-running'

local function read(name)
  local file = io.open(folder .. '/' .. name)
  local text = file and file:read('*a')
  if file then
    file:close()
  end
  return text
end

local function note(name, text)
  local file = assert(io.open(folder .. '/' .. name, 'a'))
  file:write(text, '\n')
  file:close()
end

note('starts', if_running and 'if running' or 'start')
if read('fault.json') then
  io.stderr:write('a line of something else\n', read('fault.json'), '\n')
  os.exit(1)
end
if if_running and read('down') then
  os.exit(3)
end
os.remove(folder .. '/down')

local function json(name, otherwise)
  local text = read(name)
  return text and vim.json.decode(text) or otherwise
end

local stdin, stdout = vim.uv.new_pipe(), vim.uv.new_pipe()
stdin:open(0)
stdout:open(1)

local calls = 0
local function tell(message)
  calls = calls + 1
  local code = "require('chorus.client').receive(...)"
  stdout:write(vim.mpack.encode({ 0, calls, 'nvim_exec_lua', { code, { message } } }))
end

local asked = {}
local script = json('script.json', {})

local function scripted(method)
  local answer = script[method]
  if type(answer) == 'table' and vim.islist(answer) then
    return table.remove(answer, 1)
  end
  return answer
end

local function snapshot()
  return json('snapshot.json', { tasks = {}, requests = {}, elsewhere = 0 })
end

--- What a daemon that does as it is told would answer.
local usual = {
  Welcome = function(params)
    local project = params.folder:match('^(.-/project[^/]*)') or params.folder
    return {
      protocol = contract.protocol,
      version = contract.version,
      pid = vim.uv.os_getpid(),
      project = project,
      state_dir = folder,
    }
  end,
  Snapshot = snapshot,
  Sent = function()
    return { queued = false, reason = vim.NIL }
  end,
  Changes = function()
    return { root = '/project', notices = {}, files = {} }
  end,
  References = function()
    return { references = {} }
  end,
  Task = function(params)
    for _, task in ipairs(snapshot().tasks) do
      if task.uuid == params.task then
        return task
      end
    end
  end,
  Opened = function(params)
    for _, request in ipairs(snapshot().requests) do
      if request.id == params.request then
        return request
      end
    end
  end,
}

local function emit(events)
  for _, event in ipairs(events or {}) do
    event.kind = 'event'
    tell(event)
  end
end

local function fake(id, params)
  emit(params.emit)
  if params.exit then
    os.exit(params.exit)
  end
  tell({ kind = 'response', id = id, result = { asked = asked, mode = if_running and 'if running' or 'start' } })
end

local function answer(id, request)
  local method, params = request.method, request.params
  if method == 'fake' then
    return fake(id, params)
  end
  -- Sent beside each snapshot: not what a test is about, and too much to note.
  if method ~= 'environment' then
    asked[#asked + 1] = request
    note('asked', vim.json.encode(request))
  end
  local known = contract.requests[method]
  local fault = not known and 'there is no request ' .. method or shapes.fault(known[1], params)
  if fault then
    return tell({
      kind = 'response',
      id = id,
      result = vim.NIL,
      error = { code = 'bad_input', message = fault, hint = vim.NIL },
    })
  end
  local given = scripted(method)
  if given == 'hold' then
    return
  end
  given = given or {}
  emit(given.before)
  local result = given.result
  if not given.error and not result then
    local make = usual[known[2]]
    result = make and make(params) or vim.empty_dict()
  end
  tell({ kind = 'response', id = id, result = result or vim.NIL, error = given.error or vim.NIL })
end

local unpacker, rest = vim.mpack.Unpacker(), ''
local is_over = false
stdin:read_start(function(_, data)
  if not data then
    is_over = true
    return
  end
  rest = rest .. data
  local at = 1
  while at <= #rest do
    local message, following = unpacker(rest, at)
    at = following
    if message and message[1] == 2 and message[2] == 'request' then
      local id, request = message[3][1], message[3][2]
      vim.schedule(function()
        answer(id, request)
      end)
    end
  end
  rest = ''
end)

vim.wait(600000, function()
  return is_over
end, 5)
os.exit(0)
