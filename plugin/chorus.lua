if vim.g.loaded_chorus then
  return
end
vim.g.loaded_chorus = true

-- The verbs of `rust/verbs.rs` that work in Neovim, compared with it by a test:
-- name, what it does, whether `!` means something, whether a range does.
local verbs = {
  { 'new', 'write a new task', true, true },
  { 'start', 'start a task: tmux session, agent, context' },
  { 'send', 'send a prompt, delivered exactly', true, true },
  { 'interrupt', 'stop the turn, keep the session' },
  { 'approve', 'allow the open request' },
  { 'deny', 'refuse the open request' },
  { 'answer', 'answer the open question' },
  { 'restart', 'restart the agent with its conversation', true },
  { 'complete', 'end a task well', true },
  { 'fail', 'give a task up and say why', true },
  { 'reopen', 'make an ended task pending again', true },
  { 'delete', 'remove a task that does not run' },
  { 'edit', 'change title, description, priority or tags' },
  { 'dashboard', 'the list of tasks, with keys for every verb' },
  { 'list', 'tasks as editable text; in a shell, the listing' },
  { 'pick', 'pick a task' },
  { 'show', "the task's page and its journal" },
  { 'inbox', 'the open requests' },
  { 'next', 'go to the task that needs you most' },
  { 'output', "the task's live output in a floating window" },
  { 'attach', "the task's terminal" },
  { 'diff', "a task's edits: `stack`, `turn`, `uncommitted` or a commit" },
  { 'changes', 'uncommitted edits, whose they are, and giving them to a task' },
  { 'blame', "which task wrote the cursor's line" },
  { 'commit', "commit a task's edits to its branch now" },
  { 'mend', "do what a task's trouble offers, after asking", true },
  { 'preview', "show a worktree task's branch in the GitButler workspace", true },
  { 'setup', 'make this a GitButler project, after explaining', true },
  { 'explain', 'why the status is what it is' },
  { 'web', 'a web terminal by ttyd', true },
  { 'config', 'effective configuration and where it came from' },
  { 'health', 'what Chorus needs and whether it is there' },
  { 'install', 'build the chorus program' },
  { 'log', "the daemon's log" },
}

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

local function enter()
  map_keys()
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
