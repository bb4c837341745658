--- Verbs that answer an agent's request.

local client = require('chorus.client')
local given = require('chorus.verbs.call')
local message = require('chorus.message')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

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

function run.approve(call, verb)
  given.with_request(verb, call, function(request)
    if request.kind == 'question' then
      return require('chorus.ui.requests.request').open(request)
    end
    settle(verb, request, {}, 'allowed')
  end)
end

function run.deny(call, verb)
  given.with_request(verb, call, function(request)
    local function deny(reason)
      settle(verb, request, { reason = given.some(reason) }, 'refused')
    end
    if call.args ~= '' then
      return deny(call.args)
    end
    given.input(('Refuse #%d (%s); reason, if any: '):format(request.number, request.summary), deny)
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
  given.with_request(verb, call, function(request)
    if call.args == '' then
      return require('chorus.ui.requests.request').open(request)
    end
    local answer = answer_of(request, call.args)
    settle(verb, request, { answers = { [''] = answer } }, ('answered "%s"'):format(answer))
  end)
end

return run
