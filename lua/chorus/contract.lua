--- The Lua half of the RPC contract, as data: requests, replies, events and error codes. The other half is
--- `rust/contract.rs`; a test loads both and fails when they differ. Nothing here touches `vim`.
---
--- A field's type is a word: `string`, `integer`, `boolean`, `any`, `map` (text to text), the name of a shape below,
--- with `[]` for a list and `?` where it may be absent.

local M = {}

--- Grows when an older peer could misread a newer one.
M.protocol = 1

--- The version of plugin and program.
M.version = '0.1.0'

--- Words with a closed set of values.
M.words = {}

---@alias chorus.Status 'pending'|'running'|'waiting'|'completed'|'failed'
M.words.Status = { 'pending', 'running', 'waiting', 'completed', 'failed' }

---@alias chorus.AgentStatus 'stopped'|'starting'|'busy'|'idle'|'waiting'|'login_required'|'error'|'exited'|'unknown'
M.words.AgentStatus =
  { 'stopped', 'starting', 'busy', 'idle', 'waiting', 'login_required', 'error', 'exited', 'unknown' }

---@alias chorus.Kind 'permission'|'question'|'plan'|'trust'|'dialog'|'rate_limit'|'server'|'request'|'code'|'signal'|'suspended'|'lost'
M.words.Kind = {
  'permission',
  'question',
  'plan',
  'trust',
  'dialog',
  'rate_limit',
  'server',
  'request',
  'code',
  'signal',
  'suspended',
  'lost',
}

---@alias chorus.Answerable 'hook'|'keys'|'terminal'
M.words.Answerable = { 'hook', 'keys', 'terminal' }

---@alias chorus.Isolation 'auto'|'stack'|'worktree'|'none'
M.words.Isolation = { 'auto', 'stack', 'worktree', 'none' }

--- Why a request was refused.
---@alias chorus.Code 'unknown_verb'|'bad_input'|'no_such_task'|'wrong_state'|'task_busy'|'request_open'|'no_request'|'several_requests'|'request_changed'|'not_answerable'|'tmux_missing'|'tmux_old'|'tmux_failed'|'agent_missing'|'agent_failed'|'store_unusable'|'daemon_unreachable'|'older_client'|'replaced'|'from_agent'|'tool_missing'|'not_a_repository'|'git_failed'|'but_missing'|'but_failed'|'vcs_refused'|'unsupported'|'internal'
M.words.Code = {
  'unknown_verb',
  'bad_input',
  'no_such_task',
  'wrong_state',
  'task_busy',
  'request_open',
  'no_request',
  'several_requests',
  'request_changed',
  'not_answerable',
  'tmux_missing',
  'tmux_old',
  'tmux_failed',
  'agent_missing',
  'agent_failed',
  'store_unusable',
  'daemon_unreachable',
  'older_client',
  'replaced',
  'from_agent',
  'tool_missing',
  'not_a_repository',
  'git_failed',
  'but_missing',
  'but_failed',
  'vcs_refused',
  'unsupported',
  'internal',
}

--- Things with fields.
M.shapes = {}

--- Facts beside an agent's status. Every text is untrusted.
---@class chorus.Detail
---@field tool? string
---@field summary? string
---@field message? string
---@field retry? string
---@field code? integer
---@field signal? integer
---@field background? string
M.shapes.Detail = {
  tool = 'string?',
  summary = 'string?',
  message = 'string?',
  retry = 'string?',
  code = 'integer?',
  signal = 'integer?',
  background = 'string?',
}

---@class chorus.AgentState
---@field status chorus.AgentStatus
---@field kind? chorus.Kind
---@field detail chorus.Detail
---@field since integer
M.shapes.AgentState = { status = 'AgentStatus', kind = 'Kind?', detail = 'Detail', since = 'integer' }

---@class chorus.Task
---@field project string
---@field number integer
---@field uuid string
---@field title string
---@field description? string
---@field priority integer
---@field tags string[]
---@field status chorus.Status
---@field agent string
---@field model? string
---@field permission_mode? string
---@field agent_status chorus.AgentState
---@field unread boolean
---@field isolation chorus.Isolation
---@field stack? string
---@field on? integer
---@field worktree? string
---@field commits integer
---@field uncommitted integer
---@field overlaps integer[]
---@field trouble? chorus.Trouble
---@field pane? string
---@field session_id? string
---@field restarts integer
---@field queued integer
---@field requests integer
---@field result? string
---@field demo boolean
---@field created_at integer
---@field started_at? integer
---@field completed_at? integer
---@field revision integer
M.shapes.Task = {
  project = 'string',
  number = 'integer',
  uuid = 'string',
  title = 'string',
  description = 'string?',
  priority = 'integer',
  tags = 'string[]',
  status = 'Status',
  agent = 'string',
  model = 'string?',
  permission_mode = 'string?',
  agent_status = 'AgentState',
  unread = 'boolean',
  isolation = 'Isolation',
  stack = 'string?',
  on = 'integer?',
  worktree = 'string?',
  commits = 'integer',
  uncommitted = 'integer',
  overlaps = 'integer[]',
  trouble = 'Trouble?',
  pane = 'string?',
  session_id = 'string?',
  restarts = 'integer',
  queued = 'integer',
  requests = 'integer',
  result = 'string?',
  demo = 'boolean',
  created_at = 'integer',
  started_at = 'integer?',
  completed_at = 'integer?',
  revision = 'integer',
}

--- Why a task's edits are not committed, or its branch is not as it should be.
---@class chorus.Trouble
---@field kind string
---@field text string
---@field remedy? string
---@field above? string
---@field files string[]
M.shapes.Trouble = { kind = 'string', text = 'string', remedy = 'string?', above = 'string?', files = 'string[]' }

--- A commit that Chorus made for a task.
---@class chorus.Commit
---@field oid string
---@field subject string
---@field at integer
---@field files integer
M.shapes.Commit = { oid = 'string', subject = 'string', at = 'integer', files = 'integer' }

--- A request: the agent needs an answer. Every text is untrusted.
---@class chorus.Opened
---@field id string
---@field project string
---@field number integer
---@field task string
---@field kind chorus.Kind
---@field tool? string
---@field summary string
---@field input? any
---@field suggestions string[]
---@field answerable chorus.Answerable
---@field opened_at integer
---@field closed_at? integer
---@field outcome? string
M.shapes.Opened = {
  id = 'string',
  project = 'string',
  number = 'integer',
  task = 'string',
  kind = 'Kind',
  tool = 'string?',
  summary = 'string',
  input = 'any?',
  suggestions = 'string[]',
  answerable = 'Answerable',
  opened_at = 'integer',
  closed_at = 'integer?',
  outcome = 'string?',
}

--- The daemon's half of the handshake.
---@class chorus.Welcome
---@field protocol integer
---@field version string
---@field pid integer
---@field project string
---@field state_dir string
M.shapes.Welcome =
  { protocol = 'integer', version = 'string', pid = 'integer', project = 'string', state_dir = 'string' }

---@class chorus.Snapshot
---@field tasks chorus.Task[]
---@field requests chorus.Opened[]
---@field elsewhere integer
M.shapes.Snapshot = { tasks = 'Task[]', requests = 'Opened[]', elsewhere = 'integer' }

---@class chorus.Tasks
---@field tasks chorus.Task[]
M.shapes.Tasks = { tasks = 'Task[]' }

---@class chorus.Requests
---@field requests chorus.Opened[]
M.shapes.Requests = { requests = 'Opened[]' }

---@class chorus.Entry
---@field at integer
---@field what string
---@field who string
---@field text string
M.shapes.Entry = { at = 'integer', what = 'string', who = 'string', text = 'string' }

---@class chorus.Page
---@field task chorus.Task
---@field requests chorus.Opened[]
---@field commits chorus.Commit[]
---@field journal chorus.Entry[]
M.shapes.Page = { task = 'Task', requests = 'Opened[]', commits = 'Commit[]', journal = 'Entry[]' }

---@class chorus.Piece
---@field source string
---@field says string
---@field at? integer
---@field expires? integer
---@field used boolean
M.shapes.Piece = { source = 'string', says = 'string', at = 'integer?', expires = 'integer?', used = 'boolean' }

---@class chorus.Explanation
---@field task chorus.Task
---@field rule string
---@field evidence chorus.Piece[]
M.shapes.Explanation = { task = 'Task', rule = 'string', evidence = 'Piece[]' }

---@class chorus.Sent
---@field queued boolean
---@field reason? string
M.shapes.Sent = { queued = 'boolean', reason = 'string?' }

---@class chorus.Output
---@field task string
---@field columns integer
---@field rows integer
---@field lines string[]
---@field alternate boolean
M.shapes.Output = { task = 'string', columns = 'integer', rows = 'integer', lines = 'string[]', alternate = 'boolean' }

---@class chorus.Terminal
---@field argv string[]
M.shapes.Terminal = { argv = 'string[]' }

---@class chorus.Web
---@field url string
M.shapes.Web = { url = 'string' }

---@class chorus.Check
---@field name string
---@field level string
---@field text string
---@field advice? string
M.shapes.Check = { name = 'string', level = 'string', text = 'string', advice = 'string?' }

---@class chorus.Health
---@field checks chorus.Check[]
M.shapes.Health = { checks = 'Check[]' }

---@class chorus.Setting
---@field key string
---@field value string
---@field origin string
M.shapes.Setting = { key = 'string', value = 'string', origin = 'string' }

---@class chorus.Config
---@field values chorus.Setting[]
---@field notices string[]
M.shapes.Config = { values = 'Setting[]', notices = 'string[]' }

---@class chorus.Diff
---@field number integer
---@field title string
---@field root string
---@field text string
---@field cut boolean
M.shapes.Diff = { number = 'integer', title = 'string', root = 'string', text = 'string', cut = 'boolean' }

---@class chorus.CommitMessage
---@field text string
---@field files string[]
M.shapes.CommitMessage = { text = 'string', files = 'string[]' }

---@class chorus.Offer
---@field text string
---@field done boolean
M.shapes.Offer = { text = 'string', done = 'boolean' }

---@class chorus.ChangedHunk
---@field id string
---@field line integer
---@field lines string[]
---@field owner string
---@field tasks integer[]
M.shapes.ChangedHunk = { id = 'string', line = 'integer', lines = 'string[]', owner = 'string', tasks = 'integer[]' }

---@class chorus.ChangedFile
---@field path string
---@field change string
---@field hunks chorus.ChangedHunk[]
M.shapes.ChangedFile = { path = 'string', change = 'string', hunks = 'ChangedHunk[]' }

---@class chorus.Changes
---@field root string
---@field files chorus.ChangedFile[]
---@field notices string[]
M.shapes.Changes = { root = 'string', files = 'ChangedFile[]', notices = 'string[]' }

---@class chorus.Line
---@field owner string
---@field tasks integer[]
---@field text string
---@field commit? string
M.shapes.Line = { owner = 'string', tasks = 'integer[]', text = 'string', commit = 'string?' }

---@class chorus.EditsChanged
---@field paths string[]
M.shapes.EditsChanged = { paths = 'string[]' }

---@class chorus.TaskDeleted
---@field uuid string
---@field number integer
M.shapes.TaskDeleted = { uuid = 'string', number = 'integer' }

---@class chorus.TurnEnded
---@field uuid string
---@field number integer
---@field title string
---@field message? string
M.shapes.TurnEnded = { uuid = 'string', number = 'integer', title = 'string', message = 'string?' }

---@class chorus.Elsewhere
---@field count integer
M.shapes.Elsewhere = { count = 'integer' }

---@class chorus.Notice
---@field level string
---@field text string
---@field hint? string
M.shapes.Notice = { level = 'string', text = 'string', hint = 'string?' }

--- Why a request was refused: what could not be done and why, and what to do next.
---@class chorus.Failure
---@field code chorus.Code
---@field message string
---@field hint? string
M.shapes.Failure = { code = 'Code', message = 'string', hint = 'string?' }

M.shapes.Nothing = {}

---@class chorus.Hello
---@field protocol integer
---@field version string
---@field folder string
---@field client string
M.shapes.Hello = { protocol = 'integer', version = 'string', folder = 'string', client = 'string' }

---@class chorus.TaskNew
---@field title string
---@field description? string
---@field priority? integer
---@field tags? string[]
---@field agent? string
---@field model? string
---@field permission_mode? string
---@field isolation? chorus.Isolation
---@field on? integer
M.shapes.TaskNew = {
  title = 'string',
  description = 'string?',
  priority = 'integer?',
  tags = 'string[]?',
  agent = 'string?',
  model = 'string?',
  permission_mode = 'string?',
  isolation = 'Isolation?',
  on = 'integer?',
}

---@class chorus.TaskEdit
---@field task string
---@field title? string
---@field description? string
---@field priority? integer
---@field tags? string[]
M.shapes.TaskEdit =
  { task = 'string', title = 'string?', description = 'string?', priority = 'integer?', tags = 'string[]?' }

---@class chorus.TaskStart
---@field task string
---@field prompt? string
---@field environment? table<string, string>
M.shapes.TaskStart = { task = 'string', prompt = 'string?', environment = 'map?' }

---@class chorus.TaskSend
---@field task string
---@field text string
---@field raw? boolean
M.shapes.TaskSend = { task = 'string', text = 'string', raw = 'boolean?' }

---@class chorus.One
---@field task string
M.shapes.One = { task = 'string' }

--- `always` counts suggestions from 0.
---@class chorus.TaskApprove
---@field task string
---@field request? string
---@field always? integer
M.shapes.TaskApprove = { task = 'string', request = 'string?', always = 'integer?' }

---@class chorus.TaskDeny
---@field task string
---@field request? string
---@field reason? string
M.shapes.TaskDeny = { task = 'string', request = 'string?', reason = 'string?' }

---@class chorus.TaskAnswer
---@field task string
---@field request? string
---@field answers table<string, string>
M.shapes.TaskAnswer = { task = 'string', request = 'string?', answers = 'map' }

---@class chorus.TaskRestart
---@field task string
---@field fresh? boolean
---@field environment? table<string, string>
M.shapes.TaskRestart = { task = 'string', fresh = 'boolean?', environment = 'map?' }

---@class chorus.TaskComplete
---@field task string
---@field force? boolean
---@field message? string
M.shapes.TaskComplete = { task = 'string', force = 'boolean?', message = 'string?' }

---@class chorus.TaskFail
---@field task string
---@field reason? string
---@field discard? boolean
M.shapes.TaskFail = { task = 'string', reason = 'string?', discard = 'boolean?' }

---@class chorus.TaskReopen
---@field task string
---@field restore? boolean
M.shapes.TaskReopen = { task = 'string', restore = 'boolean?' }

--- `part` is `stack`, `turn`, `uncommitted` or a commit id.
---@class chorus.TaskDiff
---@field task string
---@field part? string
M.shapes.TaskDiff = { task = 'string', part = 'string?' }

---@class chorus.TaskCommit
---@field task string
---@field message? string
M.shapes.TaskCommit = { task = 'string', message = 'string?' }

--- Without `confirmed` the reply only says what the step would do.
---@class chorus.Confirm
---@field task? string
---@field confirmed? boolean
M.shapes.Confirm = { task = 'string?', confirmed = 'boolean?' }

---@class chorus.ChangesAssign
---@field path string
---@field hunk? string
---@field task? string
M.shapes.ChangesAssign = { path = 'string', hunk = 'string?', task = 'string?' }

---@class chorus.LineAsk
---@field path string
---@field line integer
M.shapes.LineAsk = { path = 'string', line = 'integer' }

---@class chorus.FileSaved
---@field path string
M.shapes.FileSaved = { path = 'string' }

---@class chorus.TaskList
---@field filter? string
---@field everywhere? boolean
M.shapes.TaskList = { filter = 'string?', everywhere = 'boolean?' }

---@class chorus.TaskOutput
---@field task string
---@field history? integer
M.shapes.TaskOutput = { task = 'string', history = 'integer?' }

---@class chorus.TaskWatch
---@field task string
---@field on? boolean
M.shapes.TaskWatch = { task = 'string', on = 'boolean?' }

---@class chorus.TaskWeb
---@field task string
---@field write? boolean
M.shapes.TaskWeb = { task = 'string', write = 'boolean?' }

--- What Neovim may ask for, and the shape of parameters and reply.
M.requests = {
  hello = { 'Hello', 'Welcome' },
  snapshot = { 'Nothing', 'Snapshot' },
  task_new = { 'TaskNew', 'Task' },
  task_edit = { 'TaskEdit', 'Task' },
  task_start = { 'TaskStart', 'Task' },
  task_send = { 'TaskSend', 'Sent' },
  task_interrupt = { 'One', 'Task' },
  task_approve = { 'TaskApprove', 'Opened' },
  task_deny = { 'TaskDeny', 'Opened' },
  task_answer = { 'TaskAnswer', 'Opened' },
  task_restart = { 'TaskRestart', 'Task' },
  task_complete = { 'TaskComplete', 'Task' },
  task_fail = { 'TaskFail', 'Task' },
  task_reopen = { 'TaskReopen', 'Task' },
  task_delete = { 'One', 'Nothing' },
  task_show = { 'One', 'Page' },
  task_list = { 'TaskList', 'Tasks' },
  task_inbox = { 'TaskList', 'Requests' },
  task_explain = { 'One', 'Explanation' },
  task_output = { 'TaskOutput', 'Output' },
  task_watch = { 'TaskWatch', 'Nothing' },
  task_attach = { 'One', 'Terminal' },
  task_seen = { 'One', 'Nothing' },
  task_web = { 'TaskWeb', 'Web' },
  task_diff = { 'TaskDiff', 'Diff' },
  task_commit = { 'TaskCommit', 'Task' },
  task_message = { 'One', 'CommitMessage' },
  task_mend = { 'Confirm', 'Offer' },
  task_preview = { 'Confirm', 'Offer' },
  changes = { 'Nothing', 'Changes' },
  changes_assign = { 'ChangesAssign', 'Changes' },
  line = { 'LineAsk', 'Line' },
  file_saved = { 'FileSaved', 'Nothing' },
  setup = { 'Confirm', 'Offer' },
  health = { 'Nothing', 'Health' },
  config = { 'Nothing', 'Config' },
}

--- Requests of other faces of the program, which no Lua sends.
M.not_ours = { 'hook', 'pane_died', 'exec' }

--- What the daemon tells unasked, and the shape of its data.
M.events = {
  task_changed = 'Task',
  task_deleted = 'TaskDeleted',
  request_opened = 'Opened',
  request_closed = 'Opened',
  turn_ended = 'TurnEnded',
  output = 'Output',
  elsewhere = 'Elsewhere',
  edits_changed = 'EditsChanged',
  notice = 'Notice',
}

local plain = {
  string = function(value)
    return type(value) == 'string'
  end,
  integer = function(value)
    return type(value) == 'number' and value % 1 == 0
  end,
  boolean = function(value)
    return type(value) == 'boolean'
  end,
  map = function(value)
    if type(value) ~= 'table' then
      return false
    end
    for key, item in pairs(value) do
      if type(key) ~= 'string' or type(item) ~= 'string' then
        return false
      end
    end
    return true
  end,
  any = function()
    return true
  end,
}

local fault_of

---@param name string
---@param value any
---@param where string
---@return string?
local function fault_of_shape(name, value, where)
  local shape = M.shapes[name]
  if type(value) ~= 'table' then
    return where .. ' must be a ' .. name .. ', not a ' .. type(value)
  end
  for field in pairs(value) do
    if shape[field] == nil then
      return where .. ' has no field `' .. tostring(field) .. '`'
    end
  end
  for field, kind in pairs(shape) do
    local fault = fault_of(kind, value[field], where .. '.' .. field)
    if fault then
      return fault
    end
  end
end

---@param kind string
---@param value any
---@param where string
---@return string?
function fault_of(kind, value, where)
  if kind:sub(-1) == '?' then
    if value == nil then
      return nil
    end
    kind = kind:sub(1, -2)
  end
  if value == nil and kind ~= 'any' then
    return where .. ' is missing'
  end
  if kind:sub(-2) == '[]' then
    if type(value) ~= 'table' then
      return where .. ' must be a list, not a ' .. type(value)
    end
    local count = 0
    for _ in pairs(value) do
      count = count + 1
    end
    for index = 1, count do
      local fault = fault_of(kind:sub(1, -3), value[index], where .. '[' .. index .. ']')
      if fault then
        return fault
      end
    end
    return nil
  end
  if M.words[kind] then
    for _, word in ipairs(M.words[kind]) do
      if word == value then
        return nil
      end
    end
    return where .. ' must be one of ' .. table.concat(M.words[kind], ', ') .. ', not ' .. tostring(value)
  end
  if M.shapes[kind] then
    return fault_of_shape(kind, value, where)
  end
  local is = plain[kind]
  if not is then
    return where .. ' has the unknown type `' .. kind .. '`'
  end
  if not is(value) then
    return where .. ' must be a ' .. kind .. ', not a ' .. type(value)
  end
end

--- Says how a value departs from a shape, in one sentence; nil when it does not.
---@param shape string such as `Task`, `Task[]` or `string?`
---@param value any
---@return string?
function M.fault(shape, value)
  return fault_of(shape, value, shape:match('^%w+'))
end

return M
