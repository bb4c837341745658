--- The highlight groups. Each is a link by default, so that a color scheme or a person can set it.
local contrast = require('chorus.contrast')

local M = {}

--- Name, what it links to, what it is for.
M.groups = {
  { 'ChorusTitle', 'Title', "a task's title in a heading" },
  { 'ChorusHeader', 'Comment', 'counts above a list' },
  { 'ChorusSummary', 'Comment', 'the summary of a request, the last message' },
  { 'ChorusNumber', 'Number', "a task's number" },
  { 'ChorusPriority', 'Special', 'a priority other than 0' },
  { 'ChorusTag', 'Tag', "a task's tags" },
  { 'ChorusAge', 'Comment', 'ages and times' },
  { 'ChorusKey', 'Special', 'keys in a footer or the help' },
  { 'ChorusHint', 'Comment', 'what a key does; what to do next' },
  { 'ChorusRule', 'Identifier', 'the rule that decided a status' },
  { 'ChorusRequest', 'DiagnosticWarn', 'an open request' },
  { 'ChorusMarked', 'Special', 'a marked row of the dashboard' },
  { 'ChorusMoved', 'DiagnosticHint', 'the mark of a row that moves when the cursor leaves it' },
  { 'ChorusQuiet', 'DiagnosticWarn', 'a busy agent of which nothing was heard for minutes' },
  { 'ChorusUnread', 'DiagnosticOk', 'a finished turn that nobody has seen' },
  { 'ChorusTrouble', 'DiagnosticError', 'what prevents a commit, or is wrong with a branch' },
  { 'ChorusOverlap', 'DiagnosticWarn', 'other tasks with edits in the same files' },
  { 'ChorusEdits', 'Comment', 'the number of commits and uncommitted files of a task' },
  { 'ChorusPath', 'Directory', 'a file with uncommitted edits' },
  { 'ChorusOwner', 'Identifier', 'the task that owns an edit' },
  { 'ChorusYours', 'Comment', 'an edit of your own' },
  { 'ChorusUnclaimed', 'DiagnosticWarn', 'an edit with no owner, or with several' },
  { 'ChorusAdded', 'Added', 'lines added' },
  { 'ChorusRemoved', 'Removed', 'lines removed' },
  { 'ChorusAddedWord', 'DiffAdd', 'the words of an added line that differ' },
  { 'ChorusRemovedWord', 'DiffDelete', 'the words of a removed line that differ' },
  { 'ChorusBlame', 'Comment', 'which task wrote the line' },
  { 'ChorusReference', 'DiagnosticHint', 'lines that a task refers to' },
  { 'ChorusReferenceStale', 'DiagnosticWarn', 'a reference whose text is gone' },
  { 'ChorusDemo', 'Todo', 'the label of the demo agent' },
  { 'ChorusBypass', 'DiagnosticError', 'a task that runs without permission checks' },
  { 'ChorusPending', 'Comment', 'a task that has not been started' },
  { 'ChorusCompleted', 'DiagnosticOk', 'a completed task' },
  { 'ChorusFailed', 'DiagnosticError', 'a failed task' },
  { 'ChorusEnded', 'Comment', 'the rest of the line of an ended task' },
  { 'ChorusStopped', 'Comment', 'agent status stopped' },
  { 'ChorusStarting', 'DiagnosticHint', 'agent status starting' },
  { 'ChorusBusy', 'DiagnosticInfo', 'agent status busy' },
  { 'ChorusIdle', '@none', 'agent status idle' },
  { 'ChorusWaiting', 'DiagnosticWarn', 'agent status waiting' },
  { 'ChorusLoginRequired', 'DiagnosticWarn', 'agent status login_required' },
  { 'ChorusError', 'DiagnosticError', 'agent status error' },
  { 'ChorusExited', 'DiagnosticError', 'agent status exited' },
  { 'ChorusUnknown', 'DiagnosticHint', 'agent status unknown' },
}

local of_status = {
  stopped = 'ChorusStopped',
  starting = 'ChorusStarting',
  busy = 'ChorusBusy',
  idle = 'ChorusIdle',
  waiting = 'ChorusWaiting',
  login_required = 'ChorusLoginRequired',
  error = 'ChorusError',
  exited = 'ChorusExited',
  unknown = 'ChorusUnknown',
}

--- Groups of the same meaning, for color schemes in which the first can hardly be read: those that were made for Vim leave
--- most groups of diagnostics as they are for a dark background. The last has the color of all text.
local OTHERS = {
  DiagnosticOk = { 'Added', 'String', '@none' },
  DiagnosticWarn = { 'WarningMsg', 'PreProc', '@none' },
  DiagnosticInfo = { 'Directory', 'Function', '@none' },
  DiagnosticHint = { 'Identifier', 'Type', '@none' },
  DiagnosticError = { 'Removed', '@none' },
  Added = { 'String', '@none' },
  Removed = { 'DiagnosticError', '@none' },
}

--- What each group was linked to first, which is what a color scheme leaves behind when it begins anew, and last.
---@type table<string, { first: string, last: string }>
local linked = {}

--- The group of that meaning that can be read, else the one that reads best.
---@param link string
---@return string
local function readable(link)
  local best, most = link, contrast.of(link, 'Normal')
  for _, other in ipairs(most and most < contrast.ENOUGH and OTHERS[link] or {}) do
    local found = contrast.of(other, 'Normal')
    if found and found > most then
      best, most = other, found
    end
    if most >= contrast.ENOUGH then
      break
    end
  end
  return best
end

--- Links the groups that neither a person nor the color scheme has set.
local function link_all()
  for _, group in ipairs(M.groups) do
    local name, link = group[1], readable(group[2])
    local before, now = linked[name], vim.api.nvim_get_hl(0, { name = name }).link
    local is_ours = before ~= nil and (now == before.first or now == before.last)
    if not is_ours or now ~= link then
      vim.api.nvim_set_hl(0, name, { default = not is_ours, link = link })
    end
    linked[name] = { first = before and before.first or link, last = link }
  end
end

local is_set = false

--- Links the groups that are not set yet, and again for each color scheme.
function M.setup()
  if is_set then
    return
  end
  is_set = true
  link_all()
  local group = vim.api.nvim_create_augroup('chorus_highlight', {})
  vim.api.nvim_create_autocmd('ColorScheme', { group = group, callback = link_all })
  vim.api.nvim_create_autocmd('OptionSet', {
    group = group,
    pattern = { 'background', 'termguicolors' },
    callback = link_all,
  })
end

--- The group for an agent's status.
---@param state chorus.AgentState
---@return string
function M.of_status(state)
  return of_status[state.status] or 'ChorusUnknown'
end

return M
