--- Verbs that end a task or take it up again.

local ask = require('chorus.ask')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local picker = require('chorus.picker')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

run.complete = given.plain(function(call)
  return { force = call.bang }
end, {
  on_reply = function(task, ended)
    message.info(('#%d is completed%s'):format(task.number, ended.result and ': ' .. ended.result or ''))
  end,
})

function run.fail(call, verb)
  given.with_tasks(verb, call, function(found)
    local function fail(reason)
      ask.each(verb, found, function(task)
        return { task = task.uuid, reason = given.some(reason) }
      end)
    end
    if call.args ~= '' then
      return fail(call.args)
    end
    given.input(('Give up %s; reason: '):format(ask.numbers(found)), fail)
  end)
end

function run.delete(call, verb)
  given.with_tasks(verb, call, function(found)
    local named = #found == 1 and ('#%d %s'):format(found[1].number, found[1].title) or ask.numbers(found)
    picker.confirm(('Delete %s?'):format(named), 'Delete ' .. ask.numbers(found), function()
      ask.each(verb, found, function(task)
        return { task = task.uuid }
      end)
    end)
  end)
end

run.reopen = given.plain(function(call)
  return { restore = call.bang }
end)

return run
