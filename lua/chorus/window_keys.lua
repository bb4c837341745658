--- The keys of every window with their defaults, in the order of the window's help. Pure data.

---@class chorus.Key
---@field action string its name under `keys.<view>` in the configuration
---@field keys string[] by default
---@field does string for the help, a few words
---@field verb? string the verb it runs
---@field bang? boolean
---@field hint? string a word for the footer
---@field is_everywhere? boolean every window has it, and it does the same there

---@return chorus.Key
local function key(action, keys, does, more)
  return vim.tbl_extend('force', { action = action, keys = keys, does = does }, more or {}) --[[@as chorus.Key]]
end

local function verb(action, keys, does, hint, bang)
  return key(action, keys, does, { verb = (action:gsub('_.*', '')), hint = hint, bang = bang })
end

local HELP = key('help', { 'g?' }, 'show this help', { hint = 'help' })
local CLOSE = key('close', { 'q' }, 'close', { hint = 'close' })
local NEXT_TASK = key('next_task', { ']t' }, 'next task that needs you')
local PREVIOUS_TASK = key('previous_task', { '[t' }, 'previous task that needs you')
local BACK = key('close', { 'q' }, 'back to where you came from', { hint = 'back' })
local CLOSE_FLOAT = key('close', { 'q', '<Esc>' }, 'close', { hint = 'close' })

--- Keys that mean the same wherever there is one task.
local function task_keys(names)
  local all = {
    -- The verbs answer at once; a window shows the request first, by a handler of its own.
    approve = key('approve', { 'a' }, 'open the request', { hint = 'approve' }),
    deny = key('deny', { 'd' }, 'deny the request', { hint = 'deny' }),
    send = verb('send', { 'S' }, 'send a prompt', 'send'),
    start = verb('start', { 's' }, 'start', 'start'),
    interrupt = verb('interrupt', { 'i' }, 'interrupt the turn', 'interrupt'),
    attach = verb('attach', { 't' }, 'open its terminal', 'terminal'),
    restart = verb('restart', { 'r' }, 'restart with its conversation', 'restart'),
    restart_fresh = verb('restart_fresh', { 'R' }, 'restart with a new session', nil, true),
    complete = verb('complete', { 'c' }, 'complete'),
    fail = verb('fail', { 'f' }, 'mark as failed, with a reason'),
    reopen = verb('reopen', { 'U' }, 'reopen'),
    delete = verb('delete', { 'x' }, 'delete'),
    explain = verb('explain', { 'e' }, 'explain its status', 'explain'),
    show = verb('show', { 'p' }, 'open the page', 'page'),
    output = verb('output', { 'o' }, 'open its output', 'output'),
  }
  return vim.tbl_map(function(name)
    return all[name]
  end, names)
end

---@type table<string, chorus.Key[]>
local views = {
  dashboard = vim.list_extend(
    vim.list_extend(
      {
        key('open', { '<CR>' }, 'open it, or fold the section'),
        verb('output', { 'o' }, 'open its live output', 'output'),
      },
      task_keys({
        'approve',
        'deny',
        'start',
        'send',
        'interrupt',
        'attach',
        'show',
        'explain',
        'restart',
        'restart_fresh',
        'complete',
        'fail',
        'reopen',
        'delete',
      })
    ),
    {
      verb('undo', { 'u' }, 'take the last command back'),
      verb('new', { 'n' }, 'write a new task', 'new'),
      verb('inbox', { 'I' }, 'open the inbox'),
      verb('diff', { 'D' }, 'open its diff', 'diff'),
      verb('changes', { 'E' }, 'show all uncommitted edits'),
      verb('commit', { 'C' }, 'commit its edits now'),
      verb('mend', { 'M' }, 'fix its branch'),
      key('seen', { 'gr' }, 'mark as read'),
      key('raise', { '+' }, 'raise its priority'),
      key('lower', { '-' }, 'lower its priority'),
      key('mark', { 'm' }, 'mark it for the next verb', { hint = 'mark' }),
      key('filter', { '/' }, 'filter while typing', { hint = 'filter' }),
      key('clear', { '<Esc>' }, 'clear filter, marks, warning'),
      key('group', { 'gs' }, 'group in another way'),
      key('everywhere', { 'gp' }, 'all projects, or this one'),
      key('fold', { '<Tab>', 'za' }, 'open or fold this section'),
      key('unfold_all', { 'zR' }, 'open all sections'),
      key('fold_all', { 'zM' }, 'fold all sections'),
      key('preview', { 'P' }, 'show or hide the preview', { hint = 'preview' }),
      key('preview_down', { '<C-j>' }, 'scroll the preview down'),
      key('preview_up', { '<C-k>' }, 'scroll the preview up'),
      CLOSE,
      HELP,
    }
  ),
  preview = vim.list_extend(
    task_keys({ 'output', 'approve', 'deny', 'send', 'attach', 'show', 'explain' }),
    { key('close', { 'q' }, 'hide the preview', { hint = 'close' }), HELP }
  ),
  output = vim.list_extend(
    task_keys({
      'approve',
      'deny',
      'send',
      'attach',
      'interrupt',
      'restart',
      'restart_fresh',
      'complete',
      'explain',
      'show',
    }),
    { key('wrap', { 'gw' }, 'wrap long lines or not'), CLOSE_FLOAT, HELP }
  ),
  request = {
    key('approve', { 'a' }, 'allow it once, or approve the plan', { hint = 'approve' }),
    key('always', { 'A' }, 'allow it by a rule, for this session', { hint = 'always' }),
    key('rule', { 'P' }, 'propose a rule for your chorus.toml', { hint = 'rule' }),
    key('deny', { 'd' }, 'deny it, with a reason', { hint = 'deny' }),
    key('choose', { '<Space>' }, 'choose the option under the cursor'),
    key('submit', { '<CR>' }, 'send the chosen answers, or choose', { hint = 'send' }),
    key('other', { 'c' }, 'answer in your own words', { hint = 'other' }),
    key('next_question', { '<Tab>' }, 'next question', { hint = 'question' }),
    key('previous_question', { '<S-Tab>' }, 'previous question'),
    key('equal', { '=' }, 'answer all that ask for the same together'),
    verb('output', { 'o' }, 'open the task’s output', 'output'),
    verb('attach', { 't' }, 'open its terminal', 'terminal'),
    CLOSE_FLOAT,
    HELP,
  },
  inbox = {
    key('open', { '<CR>' }, 'go into the request, or send the answers', { hint = 'open' }),
    key('approve', { 'a' }, 'allow it once, or approve the plan', { hint = 'approve' }),
    key('always', { 'A' }, 'allow it by a rule, for this session', { hint = 'always' }),
    key('deny', { 'd' }, 'deny it, with a reason', { hint = 'deny' }),
    key('rule', { 'P' }, 'propose a rule for your chorus.toml', { hint = 'rule' }),
    key('other', { 'c' }, 'answer in your own words'),
    key('next_question', { '<Tab>' }, 'next question'),
    key('previous_question', { '<S-Tab>' }, 'previous question'),
    key('equal', { '=' }, 'answer all that ask for the same together', { hint = 'all equal' }),
    key('everywhere', { 'gp' }, 'all projects, or this one', { hint = 'projects' }),
    key('preview_down', { '<C-d>', '<C-j>' }, 'scroll the request down'),
    key('preview_up', { '<C-u>', '<C-k>' }, 'scroll the request up'),
    verb('output', { 'o' }, 'open the task’s output', 'output'),
    verb('attach', { 't' }, 'open its terminal', 'terminal'),
    CLOSE_FLOAT,
    HELP,
  },
  picker = {
    key('split', { '<C-s>' }, 'open it in a split', { hint = 'split' }),
    key('vsplit', { '<C-v>' }, 'open it in a vertical split', { hint = 'vsplit' }),
    key('tab', { '<C-t>' }, 'open it in a tab page', { hint = 'tab' }),
    key('output', { '<M-o>' }, 'open the live output', { hint = 'output' }),
    key('attach', { '<M-t>' }, 'open the terminal', { hint = 'terminal' }),
    key('show', { '<M-p>' }, 'open the page', { hint = 'page' }),
    key('approve', { '<M-a>' }, 'open the request', { hint = 'approve' }),
    key('start', { '<M-s>' }, 'start the tasks', { hint = 'start' }),
    key('send', { '<M-S>' }, 'send a prompt to the tasks', { hint = 'send' }),
    key('interrupt', { '<M-i>' }, 'interrupt the turns', { hint = 'interrupt' }),
    key('complete', { '<M-c>' }, 'complete the tasks', { hint = 'complete' }),
    key('ref', { '<M-r>' }, 'tie the document to a task', { hint = 'ref' }),
    key('tell', { '<M-d>' }, 'send what changed to who read it', { hint = 'tell' }),
    key('delete', { '<M-x>' }, 'delete the drafts or prompts', { hint = 'delete' }),
  },
  prompt = {
    key('write', { '<C-s>' }, 'send the prompt, as `:w` does'),
    key('earlier', { '<C-p>' }, 'a prompt that was sent before', { hint = 'earlier' }),
    key('later', { '<C-n>' }, 'back to later ones, and your own text'),
    key('follow', { 'gf' }, 'open the document or task named here'),
    key('close', { 'q' }, 'leave; the prompt is kept', { hint = 'keep it for later' }),
    HELP,
  },
  prompts = {
    key('edit', { '<CR>', 'e' }, 'change the prompt', { hint = 'edit' }),
    key('remove', { 'x' }, 'remove the prompt; `p` puts its text elsewhere', { hint = 'remove' }),
    key('down', { 'J' }, 'move it down', { hint = 'down' }),
    key('up', { 'K' }, 'move it up', { hint = 'up' }),
    verb('send', { 'S' }, 'write another prompt', 'new'),
    CLOSE_FLOAT,
    HELP,
  },
  changes = {
    key('assign', { 'a' }, 'assign it to a task that you pick', { hint = 'assign' }),
    key('mine', { 'u' }, 'make it yours', { hint = 'mine' }),
    key('assign_all', { 'A' }, 'assign all that may be of its task'),
    key('open', { '<CR>', 'gf' }, 'open the file at this line', { hint = 'file' }),
    key('toggle', { '<Tab>', '=' }, 'show or hide the lines', { hint = 'lines' }),
    key('toggle_all', { '<S-Tab>' }, 'show or hide all lines'),
    verb('diff', { 'd' }, 'open the owner’s diff', 'diff'),
    verb('commit', { 'c' }, 'commit the owner’s edits', 'commit'),
    key('next_hunk', { ']c' }, 'next hunk'),
    key('previous_hunk', { '[c' }, 'previous hunk'),
    key('next_file', { ']f' }, 'next file'),
    key('previous_file', { '[f' }, 'previous file'),
    key('reload', { 'R' }, 'scan again'),
    CLOSE,
    HELP,
  },
  diff = {
    key('open', { 'gf', '<CR>' }, 'open the file at this line', { hint = 'file' }),
    key('next_hunk', { ']c' }, 'next hunk'),
    key('previous_hunk', { '[c' }, 'previous hunk'),
    key('next_file', { ']f' }, 'next file'),
    key('previous_file', { '[f' }, 'previous file'),
    key('stack', { 's' }, 'the whole branch', { hint = 'stack' }),
    key('turn', { 't' }, 'the newest turn', { hint = 'turn' }),
    key('uncommitted', { 'u' }, 'the uncommitted edits', { hint = 'uncommitted' }),
    key('part', { '<Tab>' }, 'the next of these three'),
    key('reload', { 'R' }, 'reload'),
    verb('show', { 'p' }, 'open the task’s page', 'page'),
    verb('output', { 'o' }, 'open its output', 'output'),
    CLOSE,
    HELP,
  },
  policy = { key('open', { '<CR>', 'gf' }, 'open the rule’s file', { hint = 'file' }), CLOSE_FLOAT, HELP },
  audit = {
    key('toggle', { '<CR>', '<Tab>' }, 'show or hide what was seen and sent', { hint = 'details' }),
    verb('output', { 'o' }, 'open the task’s output', 'output'),
    CLOSE_FLOAT,
    HELP,
  },
  explain = { verb('output', { 'o' }, 'open its output', 'output'), CLOSE_FLOAT, HELP },
  page = {
    key('write', { '<C-s>' }, 'save the page, as `:w` does'),
    key('open', { '<CR>' }, 'open the commit, request, lines or turn'),
    key('visit', { 'gd' }, 'go to this line’s referenced lines'),
    key('retie', { 'gR' }, 'move this stale reference to its nearest match'),
    verb('output', { 'go' }, 'open its output', 'output'),
    verb('attach', { 'gl' }, 'open its terminal'),
    verb('diff', { 'gD' }, 'open its diff', 'diff'),
    verb('send', { 'gS' }, 'send a prompt'),
    key('approve', { 'ga' }, 'open the request'),
    verb('explain', { 'gE' }, 'explain its status'),
    BACK,
    HELP,
  },
  list = { key('write', { '<C-s>' }, 'change the tasks, as `:w` does'), BACK, HELP },
  message = { key('write', { '<C-s>' }, 'commit, as `:w` does'), BACK, HELP },
  context = { key('write', { '<C-s>' }, 'save the references, as `:w` does'), BACK, HELP },
  tell = { key('write', { '<C-s>' }, 'send it, as `:w` does'), CLOSE, HELP },
  draft = {
    key('write', { '<C-s>' }, 'create the task, as `:w` does'),
    key('follow', { 'gf' }, 'open the document or task named here'),
    key('close', { 'q' }, 'leave; the draft is kept', { hint = 'keep it for later' }),
    HELP,
  },
  plain = { BACK, HELP },
  config = { key('defaults', { 'gd' }, 'show or hide the defaults', { hint = 'defaults' }), BACK, HELP },
  terminal = { key('close', { '<C-\\><C-q>' }, 'leave the terminal; the task keeps running', { hint = 'leave' }) },
}

for _, name in ipairs({ 'dashboard', 'preview', 'output', 'request', 'inbox', 'changes', 'diff', 'explain', 'page' }) do
  local keys = views[name]
  table.insert(keys, #keys - 1, NEXT_TASK)
  table.insert(keys, #keys - 1, PREVIOUS_TASK)
end

--- Keys that go through the open requests from every window.
local NEXT_REQUEST = key('next_request', { ']r' }, 'next open request', { is_everywhere = true })
local PREVIOUS_REQUEST = key('previous_request', { '[r' }, 'previous open request', { is_everywhere = true })

for name, keys in pairs(views) do
  if name ~= 'terminal' and name ~= 'picker' then
    table.insert(keys, #keys - 1, NEXT_REQUEST)
    table.insert(keys, #keys - 1, PREVIOUS_REQUEST)
  end
end

return views
