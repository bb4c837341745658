--- Verbs about a task's edits and its branch.

local ask_daemon = require('chorus.ask_daemon')
local phrase = require('chorus.phrase')
local client = require('chorus.client')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local picker = require('chorus.picker')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

function run.diff(call, verb)
  local part = given.some(call.args) or 'stack'
  if not require('chorus.ui.edits.diff').is_part(part) then
    return message.fail(
      ('a diff has no part `%s`'):format(part),
      'the parts are `stack`, `turn`, `uncommitted`, and commit ids'
    )
  end
  given.with_task(verb, call, function(task)
    require('chorus.ui.edits.diff').open(task, part, call.place)
  end)
end

function run.changes(call)
  require('chorus.ui.edits.changes').open(call.place)
end

function run.assign(call, verb)
  given.with_task(verb, call, function(task)
    ask_daemon.once('task_assign', { task = task.uuid, shared = call.bang }, function(now)
      local edits = phrase.count(task.unclaimed - now.unclaimed, 'edit')
      message.info(('#%d has got %s'):format(task.number, edits), ('`:Chorus commit %d` commits'):format(task.number))
    end)
  end)
end

function run.blame()
  require('chorus.ui.edits.blame').show()
end

function run.commit(call, verb)
  given.with_tasks(verb, call, function(found)
    ask_daemon.each(verb.name, found, function(task)
      return { task = task.uuid, message = given.some(call.args) }
    end, {
      on_reply = function(task, now)
        local where = now.stack and (' on %s'):format(now.stack) or ''
        message.info(('#%d has %s%s'):format(task.number, phrase.count(now.commits, 'commit'), where))
      end,
    })
  end)
end

--- Explains a step and takes it after confirmation; `!` skips the confirmation.
---@param method string
---@param params chorus.Confirm
---@param yes string what yes means
---@param at_once boolean
local function offer(method, params, yes, at_once)
  local done = message.patience(yes)
  client.request(method, vim.tbl_extend('force', params, { confirmed = at_once }), function(err, said)
    done(err ~= nil)
    if err then
      message.failure(err)
    elseif said.done or at_once then
      message.info(said.text)
    else
      local sentences = table.concat(require('chorus.text').lines(said.text), '\n')
      picker.confirm(sentences, yes, function()
        offer(method, params, yes, true)
      end)
    end
  end)
end

--- A verb that offers a step for one task.
---@param yes string
local function offers(yes)
  return function(call, verb)
    given.with_task(verb, call, function(task)
      offer('task_' .. verb.name, { task = task.uuid }, yes:format(task.number), call.bang)
    end)
  end
end

run.mend = offers('Mend #%d')
run.preview = offers('Show the branch of #%d')

function run.setup(call)
  offer('setup', {}, 'Make this a GitButler project', call.bang)
end

return run
