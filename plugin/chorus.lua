if vim.g.loaded_chorus then
  return
end
vim.g.loaded_chorus = true

-- Verbs, written by `cargo xtask generate` from rust/verbs.rs: name, summary, whether `!` and a range mean something.
local verbs = {
  { 'new', 'write a new task', true, true },
  { 'start', 'start an agent on a task, in a tmux session', true },
  { 'send', 'send a prompt exactly as written', true, true },
  { 'prompts', 'list, edit, reorder or remove waiting prompts' },
  { 'resend', 'send undelivered prompts again' },
  { 'dismiss', 'forget undelivered prompts and every other alert' },
  { 'mute', 'show no notifications of a task' },
  { 'unmute', 'show notifications of a task again' },
  { 'interrupt', 'stop the turn and keep the session' },
  { 'approve', 'allow the open request' },
  { 'deny', 'deny the open request' },
  { 'answer', 'answer the open question' },
  { 'restart', 'restart the agent and keep its conversation', true },
  { 'complete', 'complete a task and end its session', true },
  { 'fail', 'give up a task and record the reason', true },
  { 'reopen', 'make an ended task pending again', true },
  { 'delete', 'delete a task that is not running' },
  { 'undo', 'take the last command back, after confirmation', true },
  { 'edit', "edit a task's title, description, priority and tags" },
  { 'dashboard', 'open the dashboard: all tasks, with a key for each verb' },
  { 'list', 'list the tasks; in Neovim, as editable text' },
  { 'pick', 'pick a task' },
  { 'show', "show a task's page and its journal" },
  { 'inbox', 'list the open requests' },
  { 'next', 'go to the task that needs you most' },
  { 'output', "show a task's live output" },
  { 'attach', "open a task's terminal" },
  { 'diff', "show a task's edits: `stack`, `turn`, `uncommitted` or a commit" },
  { 'changes', 'show uncommitted edits and their owners; in Neovim, assign them' },
  { 'assign', 'assign the unclaimed edits that may be of a task to it', true },
  { 'blame', 'show which task wrote the current line' },
  { 'commit', "commit a task's edits to its branch now" },
  { 'mend', "apply the fix proposed for a task's branch, after confirmation", true },
  { 'preview', "show a worktree task's branch in the GitButler workspace", true },
  { 'setup', 'set up GitButler in this project, after confirmation', true },
  { 'docs', "list the project's documents; in Neovim, open one or write a new one" },
  { 'ref', 'tie lines, a section or a document to a task', true, true },
  { 'refs', 'list the references to a document' },
  { 'context', "show what the agent gets as its task's context, and choose the references" },
  { 'tell', 'send what changed in documents since the agent read them, after confirmation', true },
  { 'retie', 'move a stale reference to its nearest match, or to other lines', false, true },
  { 'unref', 'take a reference away' },
  { 'explain', "explain a task's status" },
  { 'web', "open a task's terminal in a browser, with ttyd", true },
  { 'policy', 'show the rules that answer requests, or test them on the last ones' },
  { 'trust', "trust the project's chorus.toml, after showing what it would do", true },
  { 'audit', 'list the answers to requests: by whom, and what was seen and sent' },
  { 'config', 'show the effective configuration and its sources' },
  { 'health', 'check what Chorus needs' },
  { 'install', 'install the chorus program' },
  { 'log', "show the daemon's log" },
}
-- End of verbs.

local api = vim.api

local function run(call)
  local command, verb = require('chorus.command'), call.name:sub(#'Chorus' + 1):lower()
  if verb == '' then
    command.run(call)
  else
    command.run_verb(verb, call)
  end
end

local options = {
  nargs = '*',
  bang = true,
  range = true,
  desc = 'Chorus: the list of tasks, or a verb',
  complete = function(...)
    return require('chorus.command').complete(...)
  end,
}
local command = api.nvim_create_user_command
command('Chorus', run, options)
for _, verb in ipairs(verbs) do
  local name = verb[1]
  options.desc, options.bang, options.range = 'Chorus: ' .. verb[2], verb[3], verb[4]
  command('Chorus' .. name:sub(1, 1):upper() .. name:sub(2), run, options)
end

-- A third of the work. Nobody presses a key before `VimEnter`.
local function map_keys()
  local map, how = api.nvim_set_keymap, { noremap = true, silent = true }
  for _, verb in ipairs(verbs) do
    local name = verb[1]
    local plug = '<Plug>(chorus-' .. name .. ')'
    how.desc = 'Chorus: ' .. verb[2]
    map('n', plug, '<Cmd>Chorus ' .. name .. '<CR>', how)
    if verb[4] then
      map('x', plug, ':Chorus ' .. name .. '<CR>', how)
    end
  end
end

local function map_operators()
  for _, name in ipairs({ 'ref', 'send', 'new' }) do
    local how = {
      expr = true,
      desc = 'Chorus: ' .. name .. ' for the lines of a motion',
      callback = function()
        require('chorus.attach').features()
        return require('chorus.editor.operators').start(name)
      end,
    }
    for _, mode in ipairs({ 'n', 'x' }) do
      api.nvim_set_keymap(mode, '<Plug>(chorus-' .. name .. '-operator)', '', how)
    end
  end
end

local group = api.nvim_create_augroup('chorus', {})
api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'chorus://*',
  desc = 'Chorus: a task, the dashboard or the list as a buffer',
  callback = function(args)
    require('chorus.attach').features()
    require('chorus.ui.url').read(args.buf)
  end,
})

-- The name that a session gives to a buffer is not known before.
api.nvim_create_autocmd('BufFilePre', {
  group = group,
  desc = 'Chorus: a session names its buffers without a word',
  callback = function()
    if vim.g.SessionLoad == 1 then
      require('chorus.ui.url').calm_session()
    end
  end,
})

api.nvim_create_autocmd('SessionLoadPost', {
  group = group,
  desc = 'Chorus: fill the buffers that a session restored by name',
  callback = function()
    local is_ours = function(buffer)
      return vim.startswith(api.nvim_buf_get_name(buffer), 'chorus://')
    end
    if vim.iter(api.nvim_list_bufs()):any(is_ours) then
      require('chorus.attach').features()
      require('chorus.ui.url').restore()
    end
  end,
})
api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  group = group,
  pattern = { '*/drafts/*.md', '*/prompts/*.md' },
  desc = 'Chorus: open the file of a draft or prompt as what it is',
  callback = function(args)
    require('chorus.ui.url').open_draft_file(args.buf)
  end,
})

local function enter()
  map_keys()
  map_operators()
  vim.schedule(function()
    require('chorus.attach').connect()
  end)
end
if vim.v.vim_did_enter == 1 then
  enter()
else
  api.nvim_create_autocmd('VimEnter', {
    group = group,
    once = true,
    desc = 'Chorus: map keys; connect in the background if a daemon runs',
    callback = enter,
  })
end
