--- Verbs that end a task or take it up again.

local ask_daemon = require('chorus.ask_daemon')
local phrase = require('chorus.phrase')
local client = require('chorus.client')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local picker = require('chorus.picker')
local text = require('chorus.text')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

---@param task chorus.Task
---@param ended chorus.Task
local function say_completed(task, ended)
  message.info(('#%d is completed%s'):format(task.number, ended.result and ': ' .. ended.result or ''))
end

--- Lets the person edit the message of the last commit, if there is something to commit, and completes the task.
---@param task chorus.Task
---@param complete fun() without a message
local function complete_with_message(task, complete)
  client.request('task_message', { task = task.uuid }, function(err, found)
    if err and err.code ~= 'unsupported' then
      return message.failure(err)
    elseif err or #found.files == 0 then
      return complete()
    end
    require('chorus.ui.edits.commit_message').open({
      task = task,
      message = found,
      does = ('commits this and completes #%d'):format(task.number),
      send = function(written, on_reply)
        client.request('task_complete', { task = task.uuid, force = false, message = written }, on_reply)
      end,
      on_done = function(ended)
        say_completed(task, ended)
      end,
    })
  end)
end

--- Whether to offer the message: there may be something to commit, and the daemon will not refuse to complete.
---@param task chorus.Task
---@return boolean
local function may_commit(task)
  local doing = task.agent_status.status
  local is_refused = doing == 'busy' or doing == 'waiting' or task.requests > 0
  local has_branch = task.isolation == 'stack' or task.isolation == 'worktree' or task.stack ~= nil
  return has_branch and not is_refused
end

--- Asks before several tasks are ended at once; one is ended without a question, for `undo` takes it back.
---@param doing string
---@param found chorus.Task[]
---@param confirmed? boolean the person was asked already
---@param on_yes fun()
local function confirm_several(doing, found, confirmed, on_yes)
  if #found == 1 or confirmed then
    return on_yes()
  end
  local question = phrase.about(('%s %s and end their agents?'):format(doing, phrase.count(#found, 'task')), found)
  picker.confirm(question, ('%s %s'):format(doing, phrase.numbers(found)), on_yes)
end

function run.complete(call, verb)
  given.with_tasks(verb, call, function(found, confirmed)
    local function complete()
      ask_daemon.each(verb.name, found, function(task)
        return { task = task.uuid, force = call.bang }
      end, { on_reply = say_completed })
    end
    if #found == 1 and not call.bang and may_commit(found[1]) then
      return complete_with_message(found[1], complete)
    end
    confirm_several('Complete', found, confirmed, complete)
  end)
end

--- What `fail!` discards, and where the backup is.
---@param found chorus.Task[]
---@return string
local function discards(found)
  local lines = { ('Give up %s and discard:'):format(phrase.numbers(found)) }
  for _, task in ipairs(found) do
    lines[#lines + 1] = ('  #%d %s: %s%s, %s with uncommitted edits'):format(
      task.number,
      text.clean(task.title, 40),
      task.stack and ('its branch %s with '):format(text.clean(task.stack)) or '',
      phrase.count(task.commits, 'commit'),
      phrase.count(task.uncommitted, 'file')
    )
  end
  lines[#lines + 1] = 'A backup is kept under refs/chorus/discarded/ in the repository; `:Chorus! reopen` restores it.'
  return table.concat(lines, '\n')
end

function run.fail(call, verb)
  given.with_tasks(verb, call, function(found, confirmed)
    local function fail(reason)
      ask_daemon.each(verb.name, found, function(task)
        return { task = task.uuid, reason = given.some(reason), discard = call.bang or nil }
      end, {
        on_reply = function(task)
          local hint = call.bang and ('`:Chorus! reopen %d` restores its edits'):format(task.number) or nil
          message.info(('#%d is given up'):format(task.number), hint)
        end,
      })
    end
    local function ask_for_reason()
      if call.args ~= '' then
        return fail(call.args)
      end
      given.input(('Give up %s; reason: '):format(phrase.numbers(found)), fail)
    end
    if not call.bang then
      return confirm_several('Give up', found, confirmed, ask_for_reason)
    end
    picker.confirm(discards(found), ('Give up %s and discard its edits'):format(phrase.numbers(found)), ask_for_reason)
  end)
end

function run.delete(call, verb)
  given.with_tasks(verb, call, function(found, confirmed)
    local named = ('Delete #%d %s?'):format(found[1].number, text.clean(found[1].title))
    local question = #found == 1 and named or phrase.about(('Delete %d tasks?'):format(#found), found)
    local function delete()
      ask_daemon.each(verb.name, found, function(task)
        return { task = task.uuid }
      end)
    end
    if confirmed then
      return delete()
    end
    picker.confirm(question, 'Delete ' .. phrase.numbers(found), delete)
  end)
end

run.reopen = given.plain(function(call)
  return { restore = call.bang or nil }
end)

--- Takes the last command back, after saying what that does.
---@param step? integer the step that was offered
---@param confirmed boolean
local function undo(step, confirmed)
  ask_daemon.once('undo', { step = step, confirmed = confirmed }, function(offer)
    if offer.done then
      return message.info(offer.text)
    end
    local sentences = table.concat(text.lines(offer.text), '\n')
    picker.confirm(sentences, 'Undo', function()
      undo(offer.step, true)
    end)
  end)
end

function run.undo(call)
  undo(nil, call.bang)
end

return run
