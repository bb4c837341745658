--- Answers to what agents ask. Nothing else sends them. Each answer names the request that the person saw, so that a
--- newer one is never answered by mistake.

local ask_daemon = require('chorus.ask_daemon')
local message = require('chorus.message')
local phrase = require('chorus.phrase')
local tasks = require('chorus.tasks')
local text = require('chorus.text')

local M = {}

--- Refusals that mean: the request that the person saw is not open any more.
local OUTDATED = { request_changed = true, no_request = true }

--- Called when the request is not open any more, because this answer was accepted or because another was. `newer` is the
--- request that its task has now.
---@alias chorus.AfterAnswer fun(newer?: chorus.Opened, was_accepted: boolean)

--- Whether Chorus can answer a request. Says where to answer it otherwise.
---@param request chorus.Opened
---@return boolean
local function can_answer(request)
  if request.answerable == 'terminal' then
    message.info(
      ('only the terminal of #%d can answer this'):format(request.number),
      ('`:Chorus attach %d` opens it'):format(request.number)
    )
    return false
  end
  return true
end

--- The oldest request that a task has open besides this one.
---@param request chorus.Opened
---@return chorus.Opened?
local function another_of(request)
  return vim.iter(tasks.requests(request.task)):find(function(open)
    return open.id ~= request.id
  end)
end

--- Sends the same answer to each of these requests and reports the outcome in one message.
---@param verb string
---@param requests chorus.Opened[]
---@param params table
---@param done string what happened to the requests, such as `allowed`
---@param after chorus.AfterAnswer
---@param on_refused? fun() the requests are still open
local function send(verb, requests, params, done, after, on_refused)
  ask_daemon.each(verb, requests, function(request)
    return vim.tbl_extend('error', { task = request.task, request = request.id }, params)
  end, {
    on_end = function(refused)
      if #refused == 0 then
        local always = params.always and requests[1].suggestions[params.always + 1]
        message.info(
          ('%s %s: %s'):format(phrase.numbers(requests), done, text.clean(requests[1].summary)),
          always and 'always: ' .. always or nil
        )
        return after(nil, true)
      end
      for _, each in ipairs(refused) do
        if OUTDATED[each.err.code] then
          return after(another_of(each.subject), false)
        end
      end
      if on_refused then
        on_refused()
      end
    end,
  })
end

--- The answers in the order of the questions.
---@param request chorus.Opened
---@param answers table<string, string> by question
---@return string[]
local function in_order(request, answers)
  local questions = type(request.input) == 'table' and request.input.questions
  local words, left = {}, vim.tbl_extend('force', answers, {})
  for _, question in ipairs(type(questions) == 'table' and questions or {}) do
    local asked = type(question) == 'table' and tostring(question.question) or ''
    words[#words + 1], left[asked] = left[asked], nil
  end
  return vim.list_extend(words, vim.tbl_values(left))
end

--- Allows a request.
---@param request chorus.Opened
---@param rule? integer index of the agent's suggestion that also allows requests like this one, from 0
---@param after chorus.AfterAnswer
function M.approve(request, rule, after)
  if can_answer(request) then
    send('approve', { request }, { always = rule }, 'allowed', after)
  end
end

--- Allows several requests for the same thing.
---@param requests chorus.Opened[]
---@param after chorus.AfterAnswer
function M.approve_all(requests, after)
  if vim.iter(requests):all(can_answer) then
    send('approve', requests, {}, 'allowed', after)
  end
end

--- Denies requests for the same reason. Asks for it when there is none, which may be empty; Escape denies nothing.
---@param requests chorus.Opened[]
---@param reason? string
---@param after chorus.AfterAnswer
function M.deny(requests, reason, after)
  if not vim.iter(requests):all(can_answer) then
    return
  end
  local function deny(typed)
    if typed then
      send('deny', requests, { reason = typed ~= '' and typed or nil }, 'denied', after)
    end
  end
  if reason then
    return deny(reason)
  end
  local what = #requests == 1 and ('“%s”'):format(text.clean(requests[1].summary, 50))
    or phrase.count(#requests, 'request')
  local prompt = ('Deny %s of %s. Reason for the agent (may be empty): '):format(what, phrase.numbers(requests))
  require('chorus.picker').input({ prompt = prompt }, deny)
end

--- More of a plan is not sent back, in bytes.
local LONGEST_PLAN = 60000

--- Sends a plan back as the person changed it: the agent keeps planning.
---@param request chorus.Opened
---@param plan string
---@param after chorus.AfterAnswer also called without a request when the answer was refused
function M.keep_planning(request, plan, after)
  if #plan > LONGEST_PLAN then
    message.fail(('the plan is too long to send back: %d bytes'):format(#plan), 'deny it with a reason')
    return after(nil, false)
  end
  local reason = 'Keep planning. The user changed the plan; go on from this version:\n\n' .. plan
  send('deny', { request }, { reason = reason }, 'plan sent back', after, function()
    after(nil, false)
  end)
end

--- Answers the questions of a request.
---@param request chorus.Opened
---@param answers table<string, string> by question; the key of a lone question may be empty
---@param after chorus.AfterAnswer
function M.answer(request, answers, after)
  if can_answer(request) then
    local words = ('answered “%s”'):format(table.concat(in_order(request, answers), '”, “'))
    send('answer', { request }, { answers = answers }, words, after)
  end
end

--- The oldest open request of a task. Says so when there is none.
---@param task chorus.Task
---@return chorus.Opened?
function M.oldest(task)
  local request = tasks.requests(task.uuid)[1]
  if not request then
    message.info(('#%d has no open request'):format(task.number))
  end
  return request
end

return M
