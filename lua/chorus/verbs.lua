--- What each verb does in Neovim: find the tasks meant, ask for what is missing, one request each, one message on failure.

local ask = require('chorus.ask')
local client = require('chorus.client')
local message = require('chorus.message')
local picker = require('chorus.picker')
local target = require('chorus.target')
local tasks = require('chorus.tasks')

local M = {}

---@class chorus.Call
---@field task? string|integer|(string|integer)[] as typed
---@field args string what follows the task
---@field bang boolean
---@field excerpt? chorus.Excerpt the lines of the range

--- At most so many agents are started at the same time.
local STARTS_AT_ONCE = 2

---@param text string
---@return string? nil when there is none
local function some(text)
  return text ~= '' and text or nil
end

--- The environment for an agent: the daemon keeps it in memory and leaves out what belongs to Neovim and tmux.
local function environment()
  return vim.fn.environ()
end

--- Finds the tasks meant. When a word such as `all` named them and a text follows, it asks: the text may have begun so.
---@param verb chorus.Verb
---@param call chorus.Call
---@param on_tasks fun(tasks: chorus.Task[])
local function with_tasks(verb, call, on_tasks)
  target.resolve(verb, call.task, function(found)
    local by_word = type(call.task) == 'string' and target.is_filter(call.task)
    if by_word and call.args ~= '' then
      local question = ('%s %s (%s): %s'):format(verb.name, ask.numbers(found), call.task, call.args)
      return picker.confirm(question, ('Yes, %s %s'):format(verb.name, ask.numbers(found)), function()
        on_tasks(found)
      end)
    end
    on_tasks(found)
  end)
end

--- Finds the one task meant.
---@param verb chorus.Verb
---@param call chorus.Call
---@param on_task fun(task: chorus.Task)
local function with_task(verb, call, on_task)
  target.resolve(verb, call.task, function(found)
    on_task(found[1])
  end)
end

--- Finds the one open request meant.
---@param verb chorus.Verb
---@param call chorus.Call
---@param on_request fun(request: chorus.Opened)
local function with_request(verb, call, on_request)
  with_task(verb, call, function(task)
    local requests = tasks.requests(task.uuid)
    if #requests == 0 then
      message.info(('#%d has no open request'):format(task.number))
    elseif #requests == 1 then
      on_request(requests[1])
    else
      picker.pick_request(requests, 'Request to ' .. verb.name .. ':', function(request)
        if request then
          on_request(request)
        end
      end)
    end
  end)
end

--- Answers a request by its id, so that another one opened meanwhile is not meant.
---@param verb chorus.Verb
---@param request chorus.Opened
---@param params table
---@param done string
local function settle(verb, request, params, done)
  params.task, params.request = request.task, request.id
  client.request('task_' .. verb.name, params, function(err)
    if err then
      message.failure(err)
    else
      message.info(('#%d %s: %s'):format(request.number, done, request.summary))
    end
  end)
end

---@param prompt string
---@param on_text fun(text: string) not called when the person leaves
local function input(prompt, on_text)
  vim.ui.input({ prompt = prompt }, function(text)
    if text then
      on_text(text)
    end
  end)
end

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

function run.new(call)
  require('chorus.ui.draft').open({ title = some(call.args), start = call.bang, excerpt = call.excerpt })
end

function run.start(call, verb)
  with_tasks(verb, call, function(found)
    ask.each(verb, found, function(task)
      return { task = task.uuid, prompt = some(call.args), environment = environment() }
    end, {
      at_once = STARTS_AT_ONCE,
      on_reply = function(task)
        if #found == 1 then
          message.info(('#%d has started'):format(task.number), ('`:Chorus output %d` shows it'):format(task.number))
        end
      end,
    })
  end)
end

--- The lines of a range are the prompt; after a text they follow as an excerpt.
---@param call chorus.Call
---@return string?
local function prompt_of(call)
  if not call.excerpt then
    return some(call.args)
  elseif call.args == '' then
    return table.concat(call.excerpt.lines, '\n')
  end
  return call.args .. '\n\n' .. table.concat(require('chorus.excerpt').fenced(call.excerpt), '\n')
end

function run.send(call, verb)
  with_tasks(verb, call, function(found)
    local function send(text)
      ask.each(verb, found, function(task)
        return { task = task.uuid, text = text, raw = call.bang }
      end, {
        on_reply = function(task, sent)
          if sent.queued then
            message.info(('#%d will get it later: %s'):format(task.number, sent.reason or 'the agent is not free'))
          end
        end,
      })
    end
    local text = prompt_of(call)
    if text then
      return send(text)
    end
    input(('Send to %s: '):format(ask.numbers(found)), function(typed)
      if typed ~= '' then
        send(typed)
      end
    end)
  end)
end

function run.approve(call, verb)
  with_request(verb, call, function(request)
    if request.kind == 'question' then
      return require('chorus.ui.request').open(request)
    end
    settle(verb, request, {}, 'allowed')
  end)
end

function run.deny(call, verb)
  with_request(verb, call, function(request)
    local function deny(reason)
      settle(verb, request, { reason = some(reason) }, 'refused')
    end
    if call.args ~= '' then
      return deny(call.args)
    end
    input(('Refuse #%d (%s); reason, if any: '):format(request.number, request.summary), deny)
  end)
end

--- `2` names the second option of a lone question; anything else is the answer itself.
---@param request chorus.Opened
---@param typed string
---@return string
local function answer_of(request, typed)
  local questions = type(request.input) == 'table' and request.input.questions
  local options = type(questions) == 'table' and #questions == 1 and questions[1].options
  local option = type(options) == 'table' and options[tonumber(typed:match('^%d+$'))]
  return type(option) == 'table' and option.label or typed
end

function run.answer(call, verb)
  with_request(verb, call, function(request)
    if call.args == '' then
      return require('chorus.ui.request').open(request)
    end
    local answer = answer_of(request, call.args)
    settle(verb, request, { answers = { [''] = answer } }, ('answered "%s"'):format(answer))
  end)
end

--- A verb on tasks that needs nothing more.
---@param params_of? fun(call: chorus.Call): table
---@param opts? table
local function plain(params_of, opts)
  return function(call, verb)
    with_tasks(verb, call, function(found)
      ask.each(verb, found, function(task)
        return vim.tbl_extend('keep', { task = task.uuid }, params_of and params_of(call) or {})
      end, opts)
    end)
  end
end

run.interrupt = plain()
run.reopen = plain()
run.restart = plain(function(call)
  return { fresh = call.bang, environment = environment() }
end, { at_once = STARTS_AT_ONCE })
run.complete = plain(function(call)
  return { force = call.bang }
end, {
  on_reply = function(task, ended)
    message.info(('#%d is completed%s'):format(task.number, ended.result and ': ' .. ended.result or ''))
  end,
})

function run.fail(call, verb)
  with_tasks(verb, call, function(found)
    local function fail(reason)
      ask.each(verb, found, function(task)
        return { task = task.uuid, reason = some(reason) }
      end)
    end
    if call.args ~= '' then
      return fail(call.args)
    end
    input(('Give up %s; reason: '):format(ask.numbers(found)), fail)
  end)
end

function run.delete(call, verb)
  with_tasks(verb, call, function(found)
    local named = #found == 1 and ('#%d %s'):format(found[1].number, found[1].title) or ask.numbers(found)
    picker.confirm(('Delete %s?'):format(named), 'Delete ' .. ask.numbers(found), function()
      ask.each(verb, found, function(task)
        return { task = task.uuid }
      end)
    end)
  end)
end

--- A verb that shows one task in a window.
---@param window string
local function shows(window)
  return function(call, verb)
    with_task(verb, call, function(task)
      require('chorus.ui.' .. window).open(task)
    end)
  end
end

run.edit = shows('page')
run.show = shows('page')
run.output = shows('output')
run.attach = shows('terminal')

function run.dashboard()
  require('chorus.ui.dashboard').open()
end

function run.inbox()
  require('chorus.ui.inbox').open()
end

function run.list(call)
  require('chorus.ui.list').open(some(call.args))
end

---@param task chorus.Task
local function open_best(task)
  require(tasks.is_live(task) and 'chorus.ui.output' or 'chorus.ui.page').open(task)
end

function run.pick(call)
  if call.args ~= '' and not target.is_filter(call.args) then
    return message.fail(('there is no filter `%s`'):format(call.args), '`:Chorus pick <Tab>` lists them')
  end
  local found = vim.tbl_filter(function(task)
    return call.args == '' or target.matches(task, call.args)
  end, tasks.all())
  if #found == 0 then
    return message.info('there is no such task', 'run `:Chorus new` to write one')
  end
  picker.pick_task(found, 'Task:', function(task)
    if task then
      open_best(task)
    end
  end)
end

function run.next()
  local need = require('chorus.next').take()
  if not need then
    message.info('nobody needs you')
  elseif need.request then
    require('chorus.ui.request').open(need.request)
  else
    open_best(need.task)
  end
end

function run.explain(call, verb)
  with_task(verb, call, function(task)
    client.request('task_explain', { task = task.uuid }, function(err, explanation)
      if err then
        return message.failure(err)
      end
      require('chorus.ui.explain').open(explanation)
    end)
  end)
end

function run.web(call, verb)
  with_task(verb, call, function(task)
    client.request('task_web', { task = task.uuid, write = call.bang }, function(err, web)
      if err then
        return message.failure(err)
      end
      local _, fault = vim.ui.open(web.url)
      message.info(('#%d is at %s'):format(task.number, web.url), fault and 'open it in a browser' or nil)
    end)
  end)
end

function run.config()
  client.request('config', {}, function(err, config)
    if err then
      return message.failure(err)
    end
    local lines = {}
    for _, notice in ipairs(config.notices) do
      lines[#lines + 1] = '# ' .. notice
    end
    for _, setting in ipairs(config.values) do
      lines[#lines + 1] = ('%s = %s # %s'):format(setting.key, setting.value, setting.origin)
    end
    require('chorus.view').open('chorus://config', lines, 'toml')
  end)
end

function run.log()
  local log = require('chorus.view').log_path()
  if vim.fn.filereadable(log) == 0 then
    return message.info('there is no log yet at ' .. log)
  end
  vim.cmd.split({ args = { log }, magic = { file = false, bar = false } })
  vim.bo.readonly, vim.bo.autoread = true, true
  vim.cmd.normal({ 'G', bang = true })
end

function run.health()
  vim.cmd.checkhealth('chorus')
end

function run.install()
  require('chorus.install').run()
end

--- Verbs that need no daemon.
local alone = { health = true, install = true, log = true }

--- Does what a verb says.
---@param name string
---@param opts? { task?: any, args?: string, bang?: boolean, range?: { first: integer, last: integer } }
function M.run(name, opts)
  opts = opts or {}
  local verb = require('chorus.command').find(name)
  if not verb then
    return message.fail(('there is no verb `%s`'):format(name))
  end
  local call = { task = opts.task, args = opts.args or '', bang = opts.bang or false }
  call.excerpt = opts.range and require('chorus.excerpt').take(opts.range) or nil
  if alone[name] then
    return run[name](call, verb)
  end
  local done = message.patience('connecting')
  client.ready(function(err)
    done()
    if err then
      return message.failure(err)
    end
    run[name](call, verb)
  end)
end

return M
