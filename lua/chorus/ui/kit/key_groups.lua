--- The help's headings, and what it says beside keys. Pure data.
local M = {}

--- In the order of the help.
M.ORDER = { 'write', 'look', 'answer', 'steer', 'finish', 'edits', 'list' }

local GROUPS = {
  write = { 'write' },
  look = {
    'open',
    'output',
    'show',
    'explain',
    'attach',
    'diff',
    'preview',
    'inbox',
    'changes',
    'toggle',
    'toggle_all',
    'next_hunk',
    'previous_hunk',
    'next_file',
    'previous_file',
    'stack',
    'turn',
    'uncommitted',
    'part',
    'preview_down',
    'preview_up',
    'next_request',
    'previous_request',
    'wrap',
    'fold',
    'whole',
  },
  answer = {
    'approve',
    'always',
    'rule',
    'deny',
    'other',
    'submit',
    'choose',
    'next_question',
    'previous_question',
    'equal',
  },
  steer = { 'start', 'send', 'interrupt', 'restart', 'restart_fresh', 'resend', 'dismiss' },
  finish = { 'complete', 'fail', 'reopen', 'delete', 'undo' },
  edits = { 'assign', 'mine', 'assign_all', 'commit', 'mend' },
}

---@type table<string, string>
local group_of = {}
for group, actions in pairs(GROUPS) do
  for _, action in ipairs(actions) do
    group_of[action] = group
  end
end

--- The heading of an action.
---@param action string
---@return string
function M.of(action)
  return group_of[action] or 'list'
end

--- What works in a window besides its keys, and what its text means.
---@type table<string, { [1]: string, [2]: string }[]>
M.notes = {
  draft = {
    { ':w', 'create the task' },
    { ':q', 'leave; what you typed is kept as a draft' },
    { ':Chorus new', 'offers drafts again, and deletes them' },
    { '<C-x><C-u>', 'complete a field’s name or value (Insert mode)' },
    { 'first lines', 'the fields; all below the second `---` is for the agent' },
  },
  list = {
    { ':w', 'change the tasks; several changes are confirmed' },
    { 'a new line', 'is a new task: `[P2] title +tag`' },
    { 'a changed line', 'changes title, priority and tags' },
    { 'a deleted line', 'deletes nothing: `:Chorus delete` does' },
  },
  message = {
    { ':w', 'commit with this message' },
    { ':q!', 'leave the task as it is' },
    { '# a line', 'is left out of the message' },
  },
  prompt = {
    { ':w', 'send the prompt' },
    { ':q', 'leave; what you typed is kept' },
    { ':Chorus send', 'offers it again, and deletes it' },
  },
  page = {
    { ':w', 'save title, priority, tags and description' },
    { 'za zR zM', 'open and fold turns' },
    { 'above the rule', 'is yours to edit; below it is what happened' },
  },
}

return M
