--- Verbs that show something.

local ask_daemon = require('chorus.ask_daemon')
local filter = require('chorus.tasks.filter')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local tasks = require('chorus.tasks')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

function run.new(call)
  local placeholders = require('chorus.editor.placeholders')
  local function open(title, lines)
    local is_in_lines = call.excerpt and placeholders.has_selection(call.args)
    require('chorus.ui.tasks.draft').open({
      title = given.some(title),
      lines = lines,
      start = call.bang,
      excerpt = not is_in_lines and call.excerpt or nil,
      origin = call.origin,
    })
  end
  if not placeholders.has(call.args) then
    return open(call.args)
  end
  placeholders.find(call.args, call.origin, function(values)
    open(require('chorus.editor.placeholder_plan').fill_title(call.args, values))
  end)
end

--- A verb that shows one task in a window.
---@param open fun(task: chorus.Task)
local function shows(open)
  return function(call, verb)
    given.with_task(verb, call, open)
  end
end

run.show = shows(function(task)
  require('chorus.ui.tasks.page').open(task)
end)
run.edit = run.show
run.prompts = shows(function(task)
  require('chorus.ui.prompts.queue').open(task)
end)

function run.output(call, verb)
  given.with_task(verb, call, function(task)
    require('chorus.ui.pane.output').open(task, call.place)
  end)
end
run.attach = shows(function(task)
  require('chorus.ui.pane.terminal').open(task)
end)

function run.dashboard(call)
  require('chorus.ui.tasks.dashboard').open(call.place)
end

function run.inbox()
  require('chorus.ui.requests.inbox').open()
end

function run.list(call)
  require('chorus.ui.tasks.list').open(given.some(call.args))
end

---@param task chorus.Task
local function open_best(task)
  if tasks.is_live(task) then
    require('chorus.ui.pane.output').open(task)
  else
    require('chorus.ui.tasks.page').open(task)
  end
end

function run.pick(call)
  local tests = filter.parse(call.args)
  local function is_wanted(task)
    return filter.matches(tests, task)
  end
  if not vim.iter(tasks.all()):any(is_wanted) then
    if #tasks.all() > 0 then
      return message.info(('no task matches `%s`'):format(call.args), 'see `:help chorus-filter`')
    end
    return message.info('there is no such task', 'run `:Chorus new` to write one')
  end
  require('chorus.ui.pick.lists').tasks({ title = 'Tasks', is_wanted = is_wanted })
end

function run.next()
  local need = require('chorus.tasks.needs').take()
  if not need then
    message.info('no task needs you')
  elseif need.request then
    require('chorus.ui.requests.request').open_in_turn(need.request)
  elseif tasks.badge(need.task) == 'trouble' then
    require('chorus.ui.tasks.page').open(need.task)
  else
    open_best(need.task)
  end
end

function run.explain(call, verb)
  given.with_task(verb, call, function(task)
    ask_daemon.once('task_explain', { task = task.uuid }, require('chorus.ui.tasks.explain').open)
  end)
end

function run.web(call, verb)
  given.with_task(verb, call, function(task)
    ask_daemon.once('task_web', { task = task.uuid, write = call.bang }, function(web)
      local _, fault = vim.ui.open(web.url)
      message.info(('#%d is at %s (opens once)'):format(task.number, web.url), fault and 'open it in a browser' or nil)
    end)
  end)
end

function run.config()
  ask_daemon.once('config', {}, require('chorus.ui.kit.config_page').open)
end

function run.log()
  local log = vim.fs.joinpath(require('chorus.client').state_dir(), 'log')
  if vim.fn.filereadable(log) == 0 then
    return message.info('there is no log yet at ' .. log)
  end
  require('chorus.ui.kit.typing').leave()
  vim.cmd.split({ args = { log }, magic = { file = false, bar = false } })
  vim.bo.readonly, vim.bo.autoread = true, true
  vim.w.chorus_is_extra = true
  require('chorus.ui.kit.plain_text').lead_out(vim.api.nvim_get_current_buf(), 'Log of the daemon')
  vim.cmd.normal({ 'G', bang = true })
end

function run.health()
  vim.cmd.checkhealth('chorus')
end

function run.install()
  require('chorus.install').run()
end

return run
