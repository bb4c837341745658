--- The arguments of a verb: its tasks, its one task, its open request, a missing text.

local ask_daemon = require('chorus.ask_daemon')
local filter = require('chorus.tasks.filter')
local phrase = require('chorus.phrase')
local message = require('chorus.message')
local picker = require('chorus.picker')
local target = require('chorus.verbs.target')
local tasks = require('chorus.tasks')

local M = {}

---@class chorus.Call
---@field task? string|integer|(string|integer)[] as typed
---@field args string what follows the task
---@field bang boolean
---@field confirmed boolean the person has seen which tasks are meant and agreed
---@field place? table where a window was asked for; the current one otherwise
---@field composes? boolean the prompt is to be written, not sent
---@field excerpt? chorus.Excerpt the lines of the range
---@field origin? chorus.Origin where the person was

---@param text string
---@return string? nil when there is none
function M.some(text)
  return text ~= '' and text or nil
end

--- Finds the tasks meant. Asks for confirmation when a filter such as `all` is followed by a text: the word may belong to
--- the text.
---@param verb chorus.Verb
---@param call chorus.Call
---@param on_tasks fun(tasks: chorus.Task[], confirmed?: boolean)
function M.with_tasks(verb, call, on_tasks)
  target.resolve(verb, call.task, function(found)
    local by_word = type(call.task) == 'string' and filter.is_filter(call.task)
    if by_word and call.args ~= '' then
      local question = ('%s %s (%s): %s'):format(verb.name, phrase.numbers(found), call.task, call.args)
      return picker.confirm(question, ('Yes, %s %s'):format(verb.name, phrase.numbers(found)), function()
        on_tasks(found, true)
      end)
    end
    on_tasks(found, call.confirmed)
  end)
end

--- Finds the one task meant.
---@param verb chorus.Verb
---@param call chorus.Call
---@param on_task fun(task: chorus.Task)
function M.with_task(verb, call, on_task)
  target.resolve(verb, call.task, function(found)
    on_task(found[1])
  end)
end

--- Finds the one open request meant.
---@param verb chorus.Verb
---@param call chorus.Call
---@param on_request fun(request: chorus.Opened)
function M.with_request(verb, call, on_request)
  M.with_task(verb, call, function(task)
    local requests = tasks.requests(task.uuid)
    local login = require('chorus.ui.requests.login')
    if login.is_missing(task) then
      login.advise(task)
    elseif #requests == 0 then
      message.info(('#%d has no open request'):format(task.number))
    elseif #requests == 1 then
      on_request(requests[1])
    else
      picker.pick_request(requests, 'Request to ' .. verb.name .. ':', on_request)
    end
  end)
end

---@param prompt string
---@param on_text fun(text: string) not called when the person leaves
function M.input(prompt, on_text)
  picker.input({ prompt = prompt }, function(text)
    if text then
      on_text(text)
    end
  end)
end

--- A verb on tasks that needs nothing more.
---@param params_of? fun(call: chorus.Call): table
---@param opts? table
function M.plain(params_of, opts)
  return function(call, verb)
    M.with_tasks(verb, call, function(found)
      ask_daemon.each(verb.name, found, function(task)
        return vim.tbl_extend('keep', { task = task.uuid }, params_of and params_of(call) or {})
      end, opts)
    end)
  end
end

return M
