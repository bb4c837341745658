--- A task's terminal: a tmux client in a floating window. Leaving it detaches; the task goes on.
local float = require('chorus.ui.kit.float')
local status = require('chorus.ui.kit.status')

local M = {}

--- On a smaller screen a frame would hide a part of the pane, which tmux keeps at 80x24 at least.
local FRAMED = { columns = 82, lines = 28 }

--- The editor's environment without what would make tmux believe that it runs inside another tmux.
local function environment()
  local variables = vim.fn.environ()
  for _, name in ipairs({ 'TMUX', 'TMUX_PANE', 'NVIM', 'NVIM_LISTEN_ADDRESS', 'VIM', 'VIMRUNTIME', 'MYVIMRC' }) do
    variables[name] = nil
  end
  variables.TERM = 'xterm-256color'
  return variables
end

--- Runs `argv` in a terminal in the current buffer.
local function run(argv, on_exit)
  local options = { env = environment(), clear_env = true, on_exit = on_exit }
  if vim.fn.has('nvim-0.11') == 1 then
    options.term = true
    return vim.fn.jobstart(argv, options)
  end
  return vim.fn.termopen(argv, options)
end

--- Hints how to leave the terminal.
local function footer(width)
  local chunks = require('chorus.ui.kit.keys').hints('terminal', { 'close' }, width)
  return vim.list_extend(chunks, { { ' <C-\\><C-n>', 'ChorusKey' }, { ' normal mode ', 'ChorusHint' } })
end

---@param task chorus.Task
---@param argv string[]
local function open(task, argv)
  require('chorus.highlight').setup()
  local size = require('chorus.config').get().output or {}
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.b[buffer].chorus_view = 'terminal'
  require('chorus.ui.kit.buffer_task').set(buffer, task.number, task.uuid)
  local job
  local covers = vim.o.columns < FRAMED.columns or vim.o.lines < FRAMED.lines
  -- Without a frame the line above the pane says how to leave.
  local function title(of)
    local way_out = covers and require('chorus.ui.kit.keys').hints('terminal', { 'close' }, 60) or {}
    return vim.list_extend(way_out, status.title(of, status.now()))
  end
  local window = float.open(buffer, {
    covers = covers,
    is_typed_in = true,
    width = size.width or 0.9,
    height = size.height or 0.9,
    title = title(task),
    footer = footer(60),
    on_close = function()
      if job then
        vim.fn.jobstop(job)
      end
    end,
  })
  vim.api.nvim_win_call(window.window, function()
    local ok, started = pcall(run, argv, function()
      job = nil
      vim.schedule(function()
        window:close()
      end)
    end)
    job = ok and started or 0
    if job > 0 then
      float.name(buffer, 'terminal', task.number)
    end
  end)
  if job <= 0 then
    job = nil
    window:close()
    return require('chorus.message').fail(('cannot attach to #%d: %s does not run'):format(task.number, argv[1]))
  end
  local handlers = {
    close = function()
      window:close()
    end,
  }
  require('chorus.ui.kit.keys').set('terminal', buffer, handlers, nil, { 't', 'n' })
  require('chorus.ui.kit.listen').to(buffer, { 'ChorusTaskChanged' }, function(data)
    if data.uuid == task.uuid and data.task then
      window:update({ title = title(data.task) })
    end
  end)
  require('chorus.ui.kit.report_seen').watch(buffer, task.uuid)
  vim.cmd.startinsert()
end

--- Opens the terminal of a task.
---@param task chorus.Task
function M.open(task)
  require('chorus.ask_daemon').once('task_attach', { task = task.uuid }, function(terminal)
    open(task, terminal.argv)
  end)
end

return M
