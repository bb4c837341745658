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
  { 'fail', 'give a task up and say why' },
  { 'reopen', 'make an ended task pending again' },
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
  { 'explain', 'why the status is what it is' },
  { 'web', 'a web terminal by ttyd', true },
  { 'config', 'effective configuration and where it came from' },
  { 'health', 'what Chorus needs and whether it is there' },
  { 'install', 'build the chorus program' },
  { 'log', "the daemon's log" },
}

local api = vim.api
local function complete(...)
  return require('chorus.command').complete(...)
end

api.nvim_create_user_command('Chorus', function(call)
  require('chorus.command').run(call)
end, { nargs = '*', bang = true, range = true, complete = complete, desc = 'Chorus: the list of tasks, or a verb' })

for _, verb in ipairs(verbs) do
  local name, does, bang, range = unpack(verb)
  local desc = 'Chorus: ' .. does
  local plug, map = '<Plug>(chorus-' .. name .. ')', { noremap = true, silent = true, desc = desc }
  api.nvim_create_user_command('Chorus' .. name:sub(1, 1):upper() .. name:sub(2), function(call)
    require('chorus.command').run_verb(name, call)
  end, { nargs = '*', bang = bang, range = range, complete = complete, desc = desc })
  api.nvim_set_keymap('n', plug, '<Cmd>Chorus ' .. name .. '<CR>', map)
  if range then
    api.nvim_set_keymap('x', plug, ':Chorus ' .. name .. '<CR>', map)
  end
end

local group = api.nvim_create_augroup('chorus', {})
api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'chorus://*',
  desc = 'Chorus: a task, the dashboard or the list as a buffer',
  callback = function(args)
    require('chorus.ui.url').read(args.buf)
  end,
})

local function connect()
  vim.schedule(function()
    require('chorus.client').connect({ start = false })
  end)
end
if vim.v.vim_did_enter == 1 then
  connect()
else
  api.nvim_create_autocmd('VimEnter', {
    group = group,
    once = true,
    desc = 'Chorus: connect in the background if a daemon runs',
    callback = connect,
  })
end
