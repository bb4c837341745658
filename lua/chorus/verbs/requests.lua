--- Verbs that answer an agent's request.

local answer = require('chorus.answer')
local given = require('chorus.verbs.call')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

local function open_newer(newer)
  require('chorus.ui.requests.request').open_newer(newer)
end

function run.approve(call, verb)
  given.with_request(verb, call, function(request)
    if request.kind == 'question' then
      return require('chorus.ui.requests.request').open(request)
    end
    answer.approve(request, nil, open_newer)
  end)
end

function run.deny(call, verb)
  given.with_request(verb, call, function(request)
    answer.deny({ request }, given.some(call.args), open_newer)
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
    answer.answer(request, { [''] = answer_of(request, call.args) }, open_newer)
  end)
end

return run
