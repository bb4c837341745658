-- Generated from rust/contract by `cargo xtask generate`. Do not edit.

--- The Lua half of the contract between plugin and program, as data. The other half is `rust/contract.rs`.
---
--- A field's type is a word: `string`, `integer`, `boolean`, `any`, `map` (text to text), the name of a shape or of a
--- set of words, with `[]` for a list and `?` where it may be absent.

local M = {}

M.protocol = 1

--- The version of plugin and program.
M.version = '0.1.0'

--- Words with a closed set of values.
M.words = {}

--- The agent's own status, beside the task's life (`Status`).
---@alias chorus.AgentStatus 'stopped'|'starting'|'busy'|'idle'|'waiting'|'login_required'|'error'|'exited'|'unknown'
M.words.AgentStatus = {
  'stopped',
  'starting',
  'busy',
  'idle',
  'waiting',
  'login_required',
  'error',
  'exited',
  'unknown',
}

--- What kind of waiting, error or exit.
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

--- How a request can be answered.
---@alias chorus.Answerable 'hook'|'keys'|'terminal'
M.words.Answerable = {
  'hook',
  'keys',
  'terminal',
}

--- What a rule does with a request.
---@alias chorus.Action 'allow'|'deny'|'ask'
M.words.Action = {
  'allow',
  'deny',
  'ask',
}

--- Where a task is in its life.
---@alias chorus.Status 'pending'|'running'|'waiting'|'completed'|'failed'
M.words.Status = {
  'pending',
  'running',
  'waiting',
  'completed',
  'failed',
}

--- How a task's edits are kept apart.
---@alias chorus.Isolation 'auto'|'stack'|'worktree'|'none'
M.words.Isolation = {
  'auto',
  'stack',
  'worktree',
  'none',
}

--- What an alert is about. A task has one of a kind at most.
---@alias chorus.AlertKind 'hooks'|'conversation'|'prompt'
M.words.AlertKind = {
  'hooks',
  'conversation',
  'prompt',
}

--- What a document is for.
---@alias chorus.Category 'instructions'|'plans'|'communication'|'context'|'general'
M.words.Category = {
  'instructions',
  'plans',
  'communication',
  'context',
  'general',
}

--- How a reference stands to its document.
---@alias chorus.ReferenceState 'current'|'changed'|'stale'
M.words.ReferenceState = {
  'current',
  'changed',
  'stale',
}

--- Error codes. Each exists because a client acts on it or a script may.
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

--- Tables with fields.
M.shapes = {}

--- A status with what is known beside it.
---@class chorus.AgentState
---@field status chorus.AgentStatus The status.
---@field kind? chorus.Kind Its kind, where the status has kinds.
---@field detail chorus.Detail What more is known.
---@field since integer When this status began.
M.shapes.AgentState = {
  status = 'AgentStatus',
  kind = 'Kind?',
  detail = 'Detail',
  since = 'integer',
}

--- Facts beside a status. Every text is untrusted and bounded to 500 characters.
---@class chorus.Detail
---@field tool? string The tool a request is about.
---@field summary? string One line: the command, the file, the question.
---@field message? string The last message or error of the agent.
---@field retry? string The retry in progress, such as `attempt 4/10`.
---@field code? integer Exit code.
---@field signal? integer Signal number.
---@field background? string Work that goes on after the turn: `shell` or `subagent`.
---@field prompt? string While it is busy: the prompt it works on, at most 200 characters.
---@field heard_at? integer While it is busy: when it was last heard of, to the minute, so that a chatty agent is no news each time.
M.shapes.Detail = {
  tool = 'string?',
  summary = 'string?',
  message = 'string?',
  retry = 'string?',
  code = 'integer?',
  signal = 'integer?',
  background = 'string?',
  prompt = 'string?',
  heard_at = 'integer?',
}

--- Why a task's edits are not committed, or its branch is not as it should be.
---@class chorus.Trouble
---@field kind string `depends_on`, `moved_outside`, `not_applied`, `conflicted`, `changing`, `damaged`, `repository`, `hook`, `tool`, `left` (a worktree that was removed, switched or locked), `nested` (edits in a repository inside the worktree), `prepared` (somebody committed what Chorus put into the worktree).
---@field text string One sentence.
---@field remedy? string What `mend` would do, as a sentence; nothing where only a person can.
---@field above? string The branch above which the task's would be stacked, where that is the remedy.
---@field files string[] Files it is about.
M.shapes.Trouble = {
  kind = 'string',
  text = 'string',
  remedy = 'string?',
  above = 'string?',
  files = 'string[]',
}

--- What of a live task needs a person and is no request.
---@class chorus.Alert
---@field kind chorus.AlertKind What it is about.
---@field text string One sentence.
---@field remedy? string What a person can do about it.
M.shapes.Alert = {
  kind = 'AlertKind',
  text = 'string',
  remedy = 'string?',
}

--- A task as every client sees it.
---@class chorus.Task
---@field project string Canonical path of the project.
---@field number integer `#12`, counted per project.
---@field uuid string Identity across projects and renumbering.
---@field title string One line.
---@field description? string Markdown; absent in lists, present in a page.
---@field priority integer Higher first; 0 by default.
---@field tags string[] Free words.
---@field status chorus.Status The task's life.
---@field agent string The agent's name, `claude` by default.
---@field model? string The model passed to the agent, if any.
---@field permission_mode? string The permission mode passed to the agent, if any.
---@field agent_status chorus.AgentState What the agent does.
---@field unread boolean A turn ended that nobody has seen.
---@field muted boolean A person wants no notifications of it.
---@field isolation chorus.Isolation How edits are kept apart.
---@field isolation_reason? string Why its edits are not kept apart although that was not asked for; only with isolation `none`.
---@field stack? string The stack's branch name.
---@field on? integer The task (number) this one builds on.
---@field worktree? string The worktree's path.
---@field commits integer How many commits Chorus made for it.
---@field uncommitted integer How many files hold uncommitted edits of it.
---@field overlaps integer[] Other tasks (numbers) with uncommitted edits in the same files.
---@field unclaimed integer How many unclaimed edits may be of it.
---@field outdated integer How many documents changed since its agent read them.
---@field trouble? chorus.Trouble What keeps its edits from being committed.
---@field alerts chorus.Alert[] What else needs a person, beside requests.
---@field pane? string The tmux pane id, such as `%3`.
---@field session_id? string The agent's session id.
---@field restarts integer How often the agent was restarted.
---@field queued integer Prompts accepted and not yet delivered.
---@field requests integer Number of open requests.
---@field result? string The reason of a failure, or the result told at completion.
---@field demo boolean True for `chorus demo-agent`: shown wherever the task is shown.
---@field created_at integer When it was created.
---@field started_at? integer When it was first started.
---@field completed_at? integer When it was completed or failed.
---@field revision integer Grows with every change of this task.
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
  muted = 'boolean',
  isolation = 'Isolation',
  isolation_reason = 'string?',
  stack = 'string?',
  on = 'integer?',
  worktree = 'string?',
  commits = 'integer',
  uncommitted = 'integer',
  overlaps = 'integer[]',
  unclaimed = 'integer',
  outdated = 'integer',
  trouble = 'Trouble?',
  alerts = 'Alert[]',
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

--- The daemon's half of the handshake.
---@class chorus.Welcome
---@field protocol integer The daemon's `PROTOCOL`.
---@field version string The daemon's version.
---@field pid integer Process id of the daemon.
---@field project string Canonical path of the client's project.
---@field state_dir string The state folder (drafts live in its `drafts/`).
M.shapes.Welcome = {
  protocol = 'integer',
  version = 'string',
  pid = 'integer',
  project = 'string',
  state_dir = 'string',
}

--- Reply: a prompt was accepted.
---@class chorus.Sent
---@field queued boolean True when it waits for the agent to be free.
---@field reason? string Why it waits.
M.shapes.Sent = {
  queued = 'boolean',
  reason = 'string?',
}

--- Everything a fresh client shows.
---@class chorus.Snapshot
---@field tasks chorus.Task[] This project's tasks.
---@field requests chorus.Opened[] This project's open requests.
---@field elsewhere integer Tasks of other projects that need a person.
---@field configuration_fault? string The first fault in the project's configuration, as `FILE:LINE:COLUMN: what is wrong`.
M.shapes.Snapshot = {
  tasks = 'Task[]',
  requests = 'Opened[]',
  elsewhere = 'integer',
  configuration_fault = 'string?',
}

--- What a list of all projects shows beside the client's own.
---@class chorus.Others
---@field tasks chorus.Task[] Tasks of other projects.
---@field requests chorus.Opened[] Their open requests.
M.shapes.Others = {
  tasks = 'Task[]',
  requests = 'Opened[]',
}

--- Reply: tasks.
---@class chorus.Tasks
---@field tasks chorus.Task[] In order: priority, then number.
M.shapes.Tasks = {
  tasks = 'Task[]',
}

--- Reply: open requests.
---@class chorus.Requests
---@field requests chorus.Opened[] Oldest first.
M.shapes.Requests = {
  requests = 'Opened[]',
}

--- A request: the agent needs an answer. Texts are untrusted.
---@class chorus.Opened
---@field id string Identity; an answer names it.
---@field project string Project of the task.
---@field number integer Number of the task.
---@field task string The task's uuid.
---@field kind chorus.Kind `permission`, `question`, `plan`, `trust` or `dialog`.
---@field tool? string The tool asked for.
---@field summary string One line for lists.
---@field input? any The whole input: command, file and diff, questions, plan; at most 256 kB.
---@field cut boolean Whether the input is not whole: Chorus cut it, or keeps nothing of it.
---@field suggestions string[] The agent's own rules for "allow always", each as a sentence.
---@field folder? string The agent's working folder when it asked, where the agent tells.
---@field answerable chorus.Answerable How it can be answered: `hook`, `keys`, or `terminal` (only by attaching).
---@field opened_at integer When it opened.
---@field closed_at? integer When it closed.
---@field outcome? string `allowed`, `denied`, `answered`, `elsewhere` or `gone`.
M.shapes.Opened = {
  id = 'string',
  project = 'string',
  number = 'integer',
  task = 'string',
  kind = 'Kind',
  tool = 'string?',
  summary = 'string',
  input = 'any?',
  cut = 'boolean',
  suggestions = 'string[]',
  folder = 'string?',
  answerable = 'Answerable',
  opened_at = 'integer',
  closed_at = 'integer?',
  outcome = 'string?',
}

--- The task's page.
---@class chorus.Page
---@field task chorus.Task The task, with its description.
---@field requests chorus.Opened[] Open requests.
---@field references chorus.Reference[] In the order in which its agent gets them.
---@field commits chorus.Commit[] Newest first, at most 200.
---@field journal chorus.Entry[] Newest last, at most 200.
---@field prompts chorus.WaitingPrompt[] Prompts that wait, in the order in which they will be typed.
M.shapes.Page = {
  task = 'Task',
  requests = 'Opened[]',
  references = 'Reference[]',
  commits = 'Commit[]',
  journal = 'Entry[]',
  prompts = 'WaitingPrompt[]',
}

--- A prompt that the agent does not have yet.
---@class chorus.WaitingPrompt
---@field id integer Identity among all prompts.
---@field text string Exactly what the person wrote.
---@field raw boolean Typed as it is, so that `/compact` works.
---@field sending boolean Whether it is being typed now: then it can no longer be changed.
---@field queued_at integer When it was accepted.
M.shapes.WaitingPrompt = {
  id = 'integer',
  text = 'string',
  raw = 'boolean',
  sending = 'boolean',
  queued_at = 'integer',
}

--- Reply: a task's prompts.
---@class chorus.Prompts
---@field waiting chorus.WaitingPrompt[] In the order in which they will be typed.
---@field sent string[] Texts that were sent in this project, newest first, each once; at most 100. Only where they were asked for.
M.shapes.Prompts = {
  waiting = 'WaitingPrompt[]',
  sent = 'string[]',
}

--- One line of "what happened".
---@class chorus.Entry
---@field at integer When.
---@field what string What: `created`, `started`, `prompt`, `turn_ended`, `request_opened`, …
---@field who string Who: `person`, `notification` (a person, by a button of one), `agent`, `chorus`.
---@field text string One sentence.
---@field work? chorus.TurnWork Of a prompt that the agent got: what it did until the next one, where its hooks told.
M.shapes.Entry = {
  at = 'integer',
  what = 'string',
  who = 'string',
  text = 'string',
  work = 'TurnWork?',
}

--- What an agent and its subagents did in a turn, as their hooks told.
---@class chorus.TurnWork
---@field tools chorus.ToolUse[] The tools, in the order of their first calls; at most 12.
---@field other_calls integer Calls of other tools.
---@field files string[] The files that tools edited, in the order of the first edits, from the task's folder on where they are in it; at most 8.
---@field other_files integer How many more files.
M.shapes.TurnWork = {
  tools = 'ToolUse[]',
  other_calls = 'integer',
  files = 'string[]',
  other_files = 'integer',
}

--- The calls of one tool.
---@class chorus.ToolUse
---@field tool string Its name, as the agent has it.
---@field calls integer How many calls have ended.
---@field failed integer How many of them failed.
M.shapes.ToolUse = {
  tool = 'string',
  calls = 'integer',
  failed = 'integer',
}

--- Why a status is what it is.
---@class chorus.Explanation
---@field task chorus.Task The task.
---@field rule string The rule that won.
---@field evidence chorus.Piece[] Every piece of evidence.
M.shapes.Explanation = {
  task = 'Task',
  rule = 'string',
  evidence = 'Piece[]',
}

--- One piece of evidence.
---@class chorus.Piece
---@field source string `alert`, `process`, `session file`, `hook`, `transcript`, `screen`, `chorus`.
---@field says string What it says, as a sentence.
---@field at? integer When it was observed.
---@field expires? integer Until when it counts.
---@field used boolean Whether the winning rule used it.
M.shapes.Piece = {
  source = 'string',
  says = 'string',
  at = 'integer?',
  expires = 'integer?',
  used = 'boolean',
}

--- A pane's content.
---@class chorus.Output
---@field task string The task's uuid.
---@field columns integer Width in cells.
---@field rows integer Height of the screen in cells.
---@field lines string[] History, then the screen: text with SGR escapes and no other control sequences.
---@field alternate boolean True on the alternate screen, where tmux keeps no history.
M.shapes.Output = {
  task = 'string',
  columns = 'integer',
  rows = 'integer',
  lines = 'string[]',
  alternate = 'boolean',
}

--- How to open a terminal on a task.
---@class chorus.Terminal
---@field argv string[] Program and arguments; run with TMUX unset.
M.shapes.Terminal = {
  argv = 'string[]',
}

--- Reply: a web terminal.
---@class chorus.Web
---@field url string A loopback address that leads in once.
M.shapes.Web = {
  url = 'string',
}

--- What Chorus needs and whether it is there.
---@class chorus.Health
---@field checks chorus.Check[] In order of importance.
M.shapes.Health = {
  checks = 'Check[]',
}

--- One line of health.
---@class chorus.Check
---@field name string What was looked at.
---@field level string `ok`, `warn` or `error`.
---@field text string What was found.
---@field advice? string What to do, with the exact command.
M.shapes.Check = {
  name = 'string',
  level = 'string',
  text = 'string',
  advice = 'string?',
}

--- Effective configuration.
---@class chorus.Config
---@field values chorus.Setting[] One row a key.
---@field notices string[] Faults and notices, as sentences.
M.shapes.Config = {
  values = 'Setting[]',
  notices = 'string[]',
}

--- One configured value.
---@class chorus.Setting
---@field key string Dotted key.
---@field value string As TOML.
---@field origin string `default`, a file's path, or the environment variable's name.
M.shapes.Setting = {
  key = 'string',
  value = 'string',
  origin = 'string',
}

--- A commit that Chorus made for a task.
---@class chorus.Commit
---@field oid string The commit's id, as it is now.
---@field subject string First line of its message.
---@field at integer When it was made.
---@field files integer How many files it changes.
M.shapes.Commit = {
  oid = 'string',
  subject = 'string',
  at = 'integer',
  files = 'integer',
}

--- Parameters of `task_diff`.
---@class chorus.TaskDiff
---@field task string The task.
---@field part? string `stack` (everything on its branch, and what is uncommitted), `turn` (its newest commit), `uncommitted`, or a commit id.
M.shapes.TaskDiff = {
  task = 'string',
  part = 'string?',
}

--- Reply: a difference.
---@class chorus.Diff
---@field number integer The task's number.
---@field title string One line for a window's title.
---@field root string The folder that paths in `text` start from.
---@field text string Unified, with `a/` and `b/`; at most 2 MB. Untrusted.
---@field cut boolean Whether something was left out for its size.
M.shapes.Diff = {
  number = 'integer',
  title = 'string',
  root = 'string',
  text = 'string',
  cut = 'boolean',
}

--- Parameters of `task_commit`.
---@class chorus.TaskCommit
---@field task string The task.
---@field message? string The message; one made from title, prompt and answer otherwise.
M.shapes.TaskCommit = {
  task = 'string',
  message = 'string?',
}

--- Reply of `task_message`: what a commit now would be.
---@class chorus.CommitMessage
---@field text string The generated message.
---@field files string[] Files that would be committed; empty when there is nothing.
M.shapes.CommitMessage = {
  text = 'string',
  files = 'string[]',
}

--- A step that is only taken when a person said yes.
---@class chorus.Confirm
---@field task? string The task; empty where the step is the project's.
---@field confirmed? boolean Take it, instead of only saying what it would do.
M.shapes.Confirm = {
  task = 'string?',
  confirmed = 'boolean?',
}

--- What a step would do, or did.
---@class chorus.Offer
---@field text string In sentences, with the files it would touch.
---@field done boolean Whether it was done.
M.shapes.Offer = {
  text = 'string',
  done = 'boolean',
}

--- Reply of `undo`.
---@class chorus.UndoOffer
---@field step integer The newest step that is taken back.
---@field text string In sentences: what is taken back, what follows, and what cannot be taken back.
---@field done boolean Whether it was done.
M.shapes.UndoOffer = {
  step = 'integer',
  text = 'string',
  done = 'boolean',
}

--- Reply of `changes`: uncommitted edits in the project's working tree and, without GitButler, in those of its tasks.
---@class chorus.Changes
---@field root string The working tree.
---@field files chorus.ChangedFile[] By path.
---@field notices string[] Sentences about what could not be told.
M.shapes.Changes = {
  root = 'string',
  files = 'ChangedFile[]',
  notices = 'string[]',
}

--- A file with uncommitted edits.
---@class chorus.ChangedFile
---@field path string From the root of its working tree. Untrusted.
---@field tree? string The working tree of the task that owns its edits, where that is not the project's.
---@field change string `added`, `removed`, `modified` or `renamed`.
---@field hunks chorus.ChangedHunk[] One for a binary or very large file.
M.shapes.ChangedFile = {
  path = 'string',
  tree = 'string?',
  change = 'string',
  hunks = 'ChangedHunk[]',
}

--- Neighbouring lines that differ.
---@class chorus.ChangedHunk
---@field id string Names it in `changes_assign`, for as long as it stays as it is, where it is.
---@field line integer First line in the working tree, from 1.
---@field lines string[] Lines with ` `, `+` or `-` before them; empty for a binary file. Untrusted.
---@field owner string `task`, `user`, `unclaimed`, or `mixed` (several owners in lines too close to separate).
---@field tasks integer[] The owning task, or the tasks it may be of.
M.shapes.ChangedHunk = {
  id = 'string',
  line = 'integer',
  lines = 'string[]',
  owner = 'string',
  tasks = 'integer[]',
}

--- Parameters of `changes_assign`: a person says whose edits are. All are assigned, or none.
---@class chorus.ChangesAssign
---@field edits chorus.ChosenEdits[] The edits.
---@field task? string A task; the user's own when absent.
M.shapes.ChangesAssign = {
  edits = 'ChosenEdits[]',
  task = 'string?',
}

--- Edits of one file.
---@class chorus.ChosenEdits
---@field path string The file.
---@field hunks string[] Ids of its hunks; all that it has by then where none is named.
M.shapes.ChosenEdits = {
  path = 'string',
  hunks = 'string[]',
}

--- Parameters of `task_assign`: a person says that all unclaimed edits that may be of the task are its own.
---@class chorus.TaskAssign
---@field task string The task.
---@field shared? boolean Also those that may be of other tasks.
M.shapes.TaskAssign = {
  task = 'string',
  shared = 'boolean?',
}

--- Parameters of `line`.
---@class chorus.LineAsk
---@field path string An absolute path.
---@field line integer From 1.
M.shapes.LineAsk = {
  path = 'string',
  line = 'integer',
}

--- Reply of `line`: whose a line is.
---@class chorus.Line
---@field owner string `task`, `user`, `unclaimed` or `before` (older than any task).
---@field tasks integer[] The task, or the tasks it may be of.
---@field text string One sentence: who, when, in which commit.
---@field commit? string The commit that has it; nothing while it is uncommitted.
M.shapes.Line = {
  owner = 'string',
  tasks = 'integer[]',
  text = 'string',
  commit = 'string?',
}

--- Parameters of `file_saved`: a person wrote a buffer.
---@class chorus.FileSaved
---@field path? string An absolute path, in any project.
---@field seconds? integer When the file was modified, just after it was written: seconds since 1970. A file that was modified since then is not claimed for the person.
---@field nanoseconds? integer And nanoseconds.
---@field reloaded? boolean The buffer took over what somebody else wrote: that is not the person's.
M.shapes.FileSaved = {
  path = 'string?',
  seconds = 'integer?',
  nanoseconds = 'integer?',
  reloaded = 'boolean?',
}

--- Parameters of `docs`.
---@class chorus.DocsAsk
---@field category? string Only this category.
---@field known? string The revision of the list that the client has: where that is still the list, it is not sent again.
M.shapes.DocsAsk = {
  category = 'string?',
  known = 'string?',
}

--- Reply: documents.
---@class chorus.Documents
---@field documents chorus.Document[] Pinned first, then by category, then by path.
---@field cut boolean Whether there are more than Chorus lists.
---@field revision string Another word for each other list.
---@field same boolean Whether it is the list that the client has, which is then left out.
M.shapes.Documents = {
  documents = 'Document[]',
  cut = 'boolean',
  revision = 'string',
  same = 'boolean',
}

--- A markdown file of the project. Its texts are untrusted.
---@class chorus.Document
---@field path string From the project's root.
---@field title string From its front matter or its first heading; else the name of the file.
---@field description? string From its front matter.
---@field category chorus.Category By the rules of the configuration.
---@field pinned boolean Whether it comes first.
---@field template boolean Whether new documents are made from it.
---@field size integer Bytes.
---@field modified_at integer When it was written.
---@field tasks integer[] Numbers of the tasks that refer to it.
---@field changed_for integer[] Numbers of the live tasks whose agents read an earlier version.
M.shapes.Document = {
  path = 'string',
  title = 'string',
  description = 'string?',
  category = 'Category',
  pinned = 'boolean',
  template = 'boolean',
  size = 'integer',
  modified_at = 'integer',
  tasks = 'integer[]',
  changed_for = 'integer[]',
}

--- Parameters of `task_ref`.
---@class chorus.TaskRef
---@field task string The task.
---@field path string A path from the client's folder, or an absolute one. `:10-24` and `#heading` may follow where `first` is absent.
---@field first? integer First line, from 1; the whole document where absent.
---@field last? integer Last line.
---@field text? string The lines as the person saw them, which find the place in a file that has changed meanwhile.
---@field note? string Why.
---@field reference? integer A reference of the task that is moved there; a new one is made otherwise.
M.shapes.TaskRef = {
  task = 'string',
  path = 'string',
  first = 'integer?',
  last = 'integer?',
  text = 'string?',
  note = 'string?',
  reference = 'integer?',
}

--- Parameters of `refs`.
---@class chorus.RefsAsk
---@field path? string Only references to this file: a path from the client's folder, or an absolute one.
M.shapes.RefsAsk = {
  path = 'string?',
}

--- Reply: references.
---@class chorus.References
---@field references chorus.Reference[] By path, then by line; of one task in the order in which its agent gets them.
M.shapes.References = {
  references = 'Reference[]',
}

--- Lines of a document tied to a task. Its texts are untrusted.
---@class chorus.Reference
---@field id integer Identity, in every project.
---@field task string The task's uuid.
---@field number integer The task's number.
---@field path string From the project's root; it follows a file that is renamed.
---@field start_line integer First line, from 1; of a stale one the line where the text was last.
---@field end_line integer Last line.
---@field whole boolean Whether it is the whole document, whatever is in it.
---@field state chorus.ReferenceState Whether the text is there.
---@field note? string Why the person tied it.
---@field version string The version in which the lines are: git's id of a blob with the document's bytes.
---@field text string The lines as they are now, at most 4,000 characters; of a stale one as they were.
---@field nearest_start? integer Where the text of a stale reference may have gone: first line.
---@field nearest_end? integer Last line of that.
---@field included boolean Whether the agent gets it with its context.
M.shapes.Reference = {
  id = 'integer',
  task = 'string',
  number = 'integer',
  path = 'string',
  start_line = 'integer',
  end_line = 'integer',
  whole = 'boolean',
  state = 'ReferenceState',
  note = 'string?',
  version = 'string',
  text = 'string',
  nearest_start = 'integer?',
  nearest_end = 'integer?',
  included = 'boolean',
}

--- Parameters of `unref`.
---@class chorus.Unref
---@field reference integer The reference.
M.shapes.Unref = {
  reference = 'integer',
}

--- Parameters of `retie`.
---@class chorus.Retie
---@field reference integer The reference.
---@field first? integer First of the lines that the person was offered, from 1; whatever resembles its text most now where absent.
---@field last? integer Last of them.
M.shapes.Retie = {
  reference = 'integer',
  first = 'integer?',
  last = 'integer?',
}

--- A version of a document.
---@class chorus.DocumentVersion
---@field path string From the project's root.
---@field version string Git's id of a blob with the document's bytes.
M.shapes.DocumentVersion = {
  path = 'string',
  version = 'string',
}

--- Parameters of `task_tell`.
---@class chorus.TaskTell
---@field task string The task.
---@field confirmed? boolean False asks only what would be sent.
---@field text? string The prompt as the person saw and edited it; made anew otherwise.
---@field versions? chorus.DocumentVersion[] The versions that this prompt is about.
M.shapes.TaskTell = {
  task = 'string',
  confirmed = 'boolean?',
  text = 'string?',
  versions = 'DocumentVersion[]?',
}

--- Reply: how documents changed since an agent read them.
---@class chorus.Told
---@field text string The prompt.
---@field versions chorus.DocumentVersion[] The versions that it leads to.
---@field done boolean Whether it was sent.
---@field queued boolean Whether it waits for the agent to be free.
M.shapes.Told = {
  text = 'string',
  versions = 'DocumentVersion[]',
  done = 'boolean',
  queued = 'boolean',
}

--- Reply: a task's context. Its texts are untrusted.
---@class chorus.ContextPage
---@field task string The task's uuid.
---@field number integer The task's number.
---@field title string The task's title.
---@field text string What the agent gets with its next new conversation.
---@field units integer UTF-16 units of it.
---@field limit integer UTF-16 units that an agent takes; the rest is in a file that it may read.
---@field parts chorus.ContextPart[] The parts in their order, before anything is cut.
---@field given_at? integer When it got the context last, where that is known.
---@field given? string What it got then.
---@field references chorus.Reference[] In the order in which the agent gets them.
M.shapes.ContextPage = {
  task = 'string',
  number = 'integer',
  title = 'string',
  text = 'string',
  units = 'integer',
  limit = 'integer',
  parts = 'ContextPart[]',
  given_at = 'integer?',
  given = 'string?',
  references = 'Reference[]',
}

--- A part of a task's context.
---@class chorus.ContextPart
---@field heading string Its heading.
---@field units integer UTF-16 units.
M.shapes.ContextPart = {
  heading = 'string',
  units = 'integer',
}

--- Parameters of `task_context_edit`.
---@class chorus.ContextEdit
---@field task string The task.
---@field references? chorus.ContextChoice[] References in the order in which the agent is to get them; others follow.
M.shapes.ContextEdit = {
  task = 'string',
  references = 'ContextChoice[]?',
}

--- Whether a reference is part of the context.
---@class chorus.ContextChoice
---@field id integer The reference.
---@field included boolean Whether the agent gets it.
M.shapes.ContextChoice = {
  id = 'integer',
  included = 'boolean',
}

--- Data of `document_changed`.
---@class chorus.DocumentChanged
---@field paths string[] Paths from the project's root, at most 50: documents that changed, or whose references did.
---@field more boolean Whether there are more, which may be any.
M.shapes.DocumentChanged = {
  paths = 'string[]',
  more = 'boolean',
}

--- Data of `clicked`.
---@class chorus.Clicked
---@field task? string The task's uuid; nothing where the notification was about several.
---@field request? string The request that it was about.
M.shapes.Clicked = {
  task = 'string?',
  request = 'string?',
}

--- Data of `ring`.
---@class chorus.Ring
---@field title string One line.
---@field body string A few lines.
---@field by string By which sequence the terminal is told: `osc9`, `osc777` or `bell`.
M.shapes.Ring = {
  title = 'string',
  body = 'string',
  by = 'string',
}

--- Data of `editing`.
---@class chorus.Editing
---@field uuid string The task's uuid.
---@field number integer Its number.
---@field path string From the project's root.
---@field on boolean Whether it edits from now on, or does no more.
M.shapes.Editing = {
  uuid = 'string',
  number = 'integer',
  path = 'string',
  on = 'boolean',
}

--- Data of `edits_changed`.
---@class chorus.EditsChanged
---@field paths string[] Paths from the project's root, absolute ones of files in a task's worktree; at most 50.
---@field more boolean Whether others may have changed as well, in the project or in a task's worktree.
---@field by? integer The number of the task whose agent wrote the files, where no ledger says whose the edits are.
M.shapes.EditsChanged = {
  paths = 'string[]',
  more = 'boolean',
  by = 'integer?',
}

--- Data of `task_deleted`.
---@class chorus.TaskDeleted
---@field uuid string The task's uuid.
---@field number integer Its number.
M.shapes.TaskDeleted = {
  uuid = 'string',
  number = 'integer',
}

--- Data of `turn_ended`.
---@class chorus.TurnEnded
---@field uuid string The task's uuid.
---@field number integer Its number.
---@field title string Its title.
---@field message? string The agent's last message, at most 500 characters.
M.shapes.TurnEnded = {
  uuid = 'string',
  number = 'integer',
  title = 'string',
  message = 'string?',
}

--- Data of `elsewhere`.
---@class chorus.Elsewhere
---@field count integer How many tasks of other projects need a person.
M.shapes.Elsewhere = {
  count = 'integer',
}

--- Data of `configuration_fault`.
---@class chorus.ConfigurationFault
---@field fault? string `FILE:LINE:COLUMN: what is wrong`, of the first fault; nothing when the configuration is good.
M.shapes.ConfigurationFault = {
  fault = 'string?',
}

--- Data of `notice`.
---@class chorus.Notice
---@field level string `info`, `warn` or `error`.
---@field text string One sentence.
---@field hint? string What to do.
M.shapes.Notice = {
  level = 'string',
  text = 'string',
  hint = 'string?',
}

--- Why a request was refused.
---@class chorus.Failure
---@field code chorus.Code For programs.
---@field message string What could not be done and why, for people.
---@field hint? string What to do next.
M.shapes.Failure = {
  code = 'Code',
  message = 'string',
  hint = 'string?',
}

--- No fields.
---@class chorus.Nothing
M.shapes.Nothing = {}

--- Who connects.
---@class chorus.Hello
---@field protocol integer The client's `PROTOCOL`.
---@field version string The client's version.
---@field folder string The client's working folder; the daemon finds the project.
---@field client string `nvim` or `shell`.
M.shapes.Hello = {
  protocol = 'integer',
  version = 'string',
  folder = 'string',
  client = 'string',
}

--- Parameters of `task_new`.
---@class chorus.TaskNew
---@field folder? string A folder of the project that the task is for; the client's own project otherwise.
---@field title string One line, at most 200 characters.
---@field description? string Markdown.
---@field priority? integer Higher first.
---@field tags? string[] Free words.
---@field agent? string A name from `[agent.NAME]`; the configured default otherwise.
---@field model? string Passed to the agent.
---@field permission_mode? string Passed to the agent.
---@field isolation? chorus.Isolation How edits are kept apart.
---@field on? integer The task (number) this one builds on.
M.shapes.TaskNew = {
  folder = 'string?',
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

--- Parameters of `task_edit`; absent fields stay as they are.
---@class chorus.TaskEdit
---@field task string The task.
---@field title? string One line.
---@field description? string Markdown.
---@field priority? integer Higher first.
---@field tags? string[] Free words.
---@field command? string What was given in one command has one word in common: `undo` takes all of it back.
M.shapes.TaskEdit = {
  task = 'string',
  title = 'string?',
  description = 'string?',
  priority = 'integer?',
  tags = 'string[]?',
  command = 'string?',
}

--- Parameters of `environment`.
---@class chorus.Brought
---@field environment? table<string,string> For what later verbs run in the project.
M.shapes.Brought = {
  environment = 'map?',
}

--- Parameters of `task_start`.
---@class chorus.TaskStart
---@field task string The task.
---@field prompt? string The first prompt; "work on this task" otherwise.
---@field fresh? boolean A fresh session, where the task has a conversation from before it ended.
---@field environment? table<string,string> For the agent.
M.shapes.TaskStart = {
  task = 'string',
  prompt = 'string?',
  fresh = 'boolean?',
  environment = 'map?',
}

--- Parameters of `task_send`.
---@class chorus.TaskSend
---@field task string The task.
---@field text string At most 1 MB.
---@field raw? boolean Type it as it is, so that `/compact` or `!ls` works.
M.shapes.TaskSend = {
  task = 'string',
  text = 'string',
  raw = 'boolean?',
}

--- Parameters of `task_prompts`: with `prompt`, one that waits is changed first. At most one change at a time.
---@class chorus.TaskPrompts
---@field task string The task.
---@field prompt? integer The prompt to change.
---@field text? string Its new text.
---@field place? integer Its new place among those that wait, from 1.
---@field remove? boolean Remove it.
---@field history? boolean Also list what was sent.
M.shapes.TaskPrompts = {
  task = 'string',
  prompt = 'integer?',
  text = 'string?',
  place = 'integer?',
  remove = 'boolean?',
  history = 'boolean?',
}

--- A verb on one task.
---@class chorus.One
---@field task string The task.
M.shapes.One = {
  task = 'string',
}

--- Parameters of `presence`.
---@class chorus.Presence
---@field focused? boolean Whether this Neovim has the focus; nothing where its terminal does not report it.
---@field visible? string[] The tasks (uuids) with a window on the screen.
M.shapes.Presence = {
  focused = 'boolean?',
  visible = 'string[]?',
}

--- Parameters of `task_approve`.
---@class chorus.TaskApprove
---@field task string The task.
---@field request? string The request the person saw; may be absent when exactly one is open.
---@field always? integer Index into the request's `suggestions`: allow and remember, for this session.
M.shapes.TaskApprove = {
  task = 'string',
  request = 'string?',
  always = 'integer?',
}

--- Parameters of `task_deny`.
---@class chorus.TaskDeny
---@field task string The task.
---@field request? string The request the person saw.
---@field reason? string Told to the agent.
M.shapes.TaskDeny = {
  task = 'string',
  request = 'string?',
  reason = 'string?',
}

--- Parameters of `task_answer`.
---@class chorus.TaskAnswer
---@field task string The task.
---@field request? string The request the person saw.
---@field answers table<string,string> Question text → chosen label, or free text. A single answer may use the empty key.
M.shapes.TaskAnswer = {
  task = 'string',
  request = 'string?',
  answers = 'map',
}

--- Parameters of `task_restart`.
---@class chorus.TaskRestart
---@field task string The task.
---@field fresh? boolean A fresh session with the task's context, instead of the resumed conversation.
---@field environment? table<string,string> For the agent.
M.shapes.TaskRestart = {
  task = 'string',
  fresh = 'boolean?',
  environment = 'map?',
}

--- Parameters of `task_complete`.
---@class chorus.TaskComplete
---@field task string The task.
---@field force? boolean Even while busy or with an open request.
---@field message? string The commit message, where something is committed.
---@field command? string As of `TaskEdit`.
M.shapes.TaskComplete = {
  task = 'string',
  force = 'boolean?',
  message = 'string?',
  command = 'string?',
}

--- Parameters of `task_delete`.
---@class chorus.TaskDelete
---@field task string The task.
---@field command? string As of `TaskEdit`.
M.shapes.TaskDelete = {
  task = 'string',
  command = 'string?',
}

--- Parameters of `undo`.
---@class chorus.Undo
---@field step? integer The step that was offered; refused where another one would be taken back by now.
---@field confirmed? boolean Take it back, instead of only saying what that would do.
M.shapes.Undo = {
  step = 'integer?',
  confirmed = 'boolean?',
}

--- Parameters of `task_fail`.
---@class chorus.TaskFail
---@field task string The task.
---@field reason? string Why.
---@field discard? boolean Take its branch and its uncommitted edits away too; both are kept under `refs/chorus/discarded/`.
---@field command? string As of `TaskEdit`.
M.shapes.TaskFail = {
  task = 'string',
  reason = 'string?',
  discard = 'boolean?',
  command = 'string?',
}

--- Parameters of `task_reopen`.
---@class chorus.TaskReopen
---@field task string The task.
---@field restore? boolean Bring back what was discarded.
M.shapes.TaskReopen = {
  task = 'string',
  restore = 'boolean?',
}

--- Parameters of `task_list` and `task_inbox`.
---@class chorus.TaskList
---@field filter? string A task status, an agent status, `live`, `unread`, `+tag`, or nothing.
---@field everywhere? boolean Tasks of every project.
M.shapes.TaskList = {
  filter = 'string?',
  everywhere = 'boolean?',
}

--- Parameters of `task_output`.
---@class chorus.TaskOutput
---@field task string The task.
---@field history? integer Lines of history above the screen.
M.shapes.TaskOutput = {
  task = 'string',
  history = 'integer?',
}

--- Parameters of `task_watch`.
---@class chorus.TaskWatch
---@field task string The task.
---@field on? boolean Begin or end.
---@field columns? integer Cells of the window that shows the output. While no terminal is attached, the pane takes this size until the stream ends.
---@field rows? integer Lines of that window.
M.shapes.TaskWatch = {
  task = 'string',
  on = 'boolean?',
  columns = 'integer?',
  rows = 'integer?',
}

--- Parameters of `task_web`.
---@class chorus.TaskWeb
---@field task string The task.
---@field write? boolean Let the browser type.
M.shapes.TaskWeb = {
  task = 'string',
  write = 'boolean?',
}

--- Parameters of `trust`.
---@class chorus.TrustAsk
---@field confirmed? boolean Trust the file, instead of only saying what that would mean.
---@field seen? string The fingerprint of the text that the person saw, or its beginning; refused if the file has another by then.
---@field withdraw? boolean Trust the file no more.
M.shapes.TrustAsk = {
  confirmed = 'boolean?',
  seen = 'string?',
  withdraw = 'boolean?',
}

--- Reply: a project's configuration file, and whether it is trusted.
---@class chorus.TrustOffer
---@field text string What would count, and the text or what changed in it.
---@field fingerprint? string Of the text that is shown.
---@field done boolean Whether there is nothing left to do.
M.shapes.TrustOffer = {
  text = 'string',
  fingerprint = 'string?',
  done = 'boolean',
}

--- Parameters of `policy`.
---@class chorus.PolicyAsk
---@field test? integer Say what today's rules would have done with so many of the last requests.
M.shapes.PolicyAsk = {
  test = 'integer?',
}

--- Reply: the rules that count.
---@class chorus.PolicyReport
---@field rules chorus.PolicyRule[] In the order of the files.
---@field notices string[] Faults, contradictions, and what does not count.
---@field tested chorus.Tested[] The last requests, oldest first, where that was asked for.
M.shapes.PolicyReport = {
  rules = 'PolicyRule[]',
  notices = 'string[]',
  tested = 'Tested[]',
}

--- A rule that counts.
---@class chorus.PolicyRule
---@field action chorus.Action What it does.
---@field text string Its conditions, as TOML.
---@field place string Where it stands: `FILE:LINE`.
M.shapes.PolicyRule = {
  action = 'Action',
  text = 'string',
  place = 'string',
}

--- A request, and what today's rules say about it.
---@class chorus.Tested
---@field request string The request's id.
---@field number integer Number of the task.
---@field at integer When it was asked.
---@field tool? string The tool asked for.
---@field summary string One line for lists.
---@field outcome? string What became of it; nothing while it is open.
---@field would chorus.Action What today's rules would do.
---@field by string The rules that decide: `FILE:LINE`, separated by commas.
---@field why? string Why a person would be asked, as the end of a sentence.
M.shapes.Tested = {
  request = 'string',
  number = 'integer',
  at = 'integer',
  tool = 'string?',
  summary = 'string',
  outcome = 'string?',
  would = 'Action',
  by = 'string',
  why = 'string?',
}

--- Parameters of `policy_propose`.
---@class chorus.PolicyPropose
---@field request string The request that a rule should have answered.
---@field everywhere? boolean For every project, not only for the request's.
M.shapes.PolicyPropose = {
  request = 'string',
  everywhere = 'boolean?',
}

--- Reply: the rule that would have allowed a request.
---@class chorus.PolicyProposal
---@field rule string As it would be written.
---@field file string The file that it would be written to.
---@field others chorus.Tested[] Other recent requests that it would have allowed, oldest first.
M.shapes.PolicyProposal = {
  rule = 'string',
  file = 'string',
  others = 'Tested[]',
}

--- Parameters of `policy_add`.
---@class chorus.PolicyAdd
---@field request string The request.
---@field everywhere? boolean As in the proposal.
---@field rule string The rule that the person saw; refused if another would be written.
M.shapes.PolicyAdd = {
  request = 'string',
  everywhere = 'boolean?',
  rule = 'string',
}

--- Reply: a rule was written.
---@class chorus.PolicyAdded
---@field place string Where it stands: `FILE:LINE`.
---@field answered boolean Whether it answered the request, which was still open.
M.shapes.PolicyAdded = {
  place = 'string',
  answered = 'boolean',
}

--- Parameters of `audit`.
---@class chorus.AuditAsk
---@field task? string Of this task only.
---@field since? integer Not before this time.
---@field limit? integer At most so many, the newest; 500 by default.
M.shapes.AuditAsk = {
  task = 'string?',
  since = 'integer?',
  limit = 'integer?',
}

--- Reply: answers to requests.
---@class chorus.Audit
---@field answers chorus.Audited[] Oldest first.
M.shapes.Audit = {
  answers = 'Audited[]',
}

--- An answer to a request. Texts are untrusted.
---@class chorus.Audited
---@field at integer When it was answered.
---@field project string Project of the task, at that time.
---@field number integer Number of the task.
---@field task string The task's uuid.
---@field request string The request's id.
---@field kind chorus.Kind What was asked.
---@field tool? string The tool asked for.
---@field summary string One line for lists.
---@field seen? any The input as it was shown; nothing where it was larger than 16 kB.
---@field cut boolean Whether `seen` is not the whole input.
---@field asked_at integer When it was asked.
---@field outcome string `allowed`, `denied`, `answered` or `elsewhere`.
---@field who string `person`, `notification`, `rule`, `agent` (answered without Chorus) or `chorus`.
---@field via? string By what: the person's Neovim or shell, the rules as `FILE:LINE`, the agent's terminal.
---@field sent? any What the agent was sent; nothing where that was a key, or nothing, or larger than 16 kB.
---@field said? string What `sent` said beyond its outcome, in one line, such as `reason: use make`.
M.shapes.Audited = {
  at = 'integer',
  project = 'string',
  number = 'integer',
  task = 'string',
  request = 'string',
  kind = 'Kind',
  tool = 'string?',
  summary = 'string',
  seen = 'any?',
  cut = 'boolean',
  asked_at = 'integer',
  outcome = 'string',
  who = 'string',
  via = 'string?',
  sent = 'any?',
  said = 'string?',
}

--- What Neovim may ask for: the shapes of the parameters and of the reply.
M.requests = {
  hello = { 'Hello', 'Welcome' },
  environment = { 'Brought', 'Nothing' },
  snapshot = { 'Nothing', 'Snapshot' },
  others = { 'Nothing', 'Others' },
  task_new = { 'TaskNew', 'Task' },
  task_edit = { 'TaskEdit', 'Task' },
  task_start = { 'TaskStart', 'Task' },
  task_send = { 'TaskSend', 'Sent' },
  task_prompts = { 'TaskPrompts', 'Prompts' },
  task_interrupt = { 'One', 'Task' },
  task_resend = { 'One', 'Task' },
  task_dismiss = { 'One', 'Task' },
  task_mute = { 'One', 'Task' },
  task_unmute = { 'One', 'Task' },
  task_approve = { 'TaskApprove', 'Opened' },
  task_deny = { 'TaskDeny', 'Opened' },
  task_answer = { 'TaskAnswer', 'Opened' },
  task_restart = { 'TaskRestart', 'Task' },
  task_complete = { 'TaskComplete', 'Task' },
  task_fail = { 'TaskFail', 'Task' },
  task_reopen = { 'TaskReopen', 'Task' },
  task_delete = { 'TaskDelete', 'Nothing' },
  undo = { 'Undo', 'UndoOffer' },
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
  task_assign = { 'TaskAssign', 'Task' },
  line = { 'LineAsk', 'Line' },
  file_saved = { 'FileSaved', 'Nothing' },
  presence = { 'Presence', 'Nothing' },
  docs = { 'DocsAsk', 'Documents' },
  refs = { 'RefsAsk', 'References' },
  task_ref = { 'TaskRef', 'Reference' },
  task_context = { 'One', 'ContextPage' },
  task_context_edit = { 'ContextEdit', 'ContextPage' },
  task_tell = { 'TaskTell', 'Told' },
  retie = { 'Retie', 'Reference' },
  unref = { 'Unref', 'Nothing' },
  setup = { 'Confirm', 'Offer' },
  health = { 'Nothing', 'Health' },
  config = { 'Nothing', 'Config' },
  trust = { 'TrustAsk', 'TrustOffer' },
  policy = { 'PolicyAsk', 'PolicyReport' },
  policy_propose = { 'PolicyPropose', 'PolicyProposal' },
  policy_add = { 'PolicyAdd', 'PolicyAdded' },
  audit = { 'AuditAsk', 'Audit' },
}

--- Requests of other faces of the program, which no Lua sends.
M.not_ours = {
  'hook',
  'pane_died',
  'exec',
}

--- What the daemon reports unasked, and the shape of its data.
M.events = {
  task_changed = 'Task',
  task_deleted = 'TaskDeleted',
  request_opened = 'Opened',
  request_closed = 'Opened',
  turn_ended = 'TurnEnded',
  output = 'Output',
  elsewhere = 'Elsewhere',
  configuration_fault = 'ConfigurationFault',
  edits_changed = 'EditsChanged',
  editing = 'Editing',
  document_changed = 'DocumentChanged',
  notice = 'Notice',
  clicked = 'Clicked',
  ring = 'Ring',
}

return M
