--- Which tasks a verb means: the ones named, else the one under the cursor or of the buffer, else the only one that
--- can be meant, else the person picks.

local tasks = require('chorus.tasks')

local M = {}

local function is_pending(task)
  return task.status == 'pending'
end

local function has_begun(task)
  return task.started_at ~= nil or not is_pending(task)
end

local function has_ended(task)
  return task.status == 'completed' or task.status == 'failed'
end

local function has_request(task)
  return #tasks.requests(task.uuid) > 0
end

--- The tasks for which a verb makes sense; every task where it is not named here.
---@type table<string, fun(task: chorus.Task): boolean>
local makes_sense = {
  start = is_pending,
  send = tasks.is_live,
  interrupt = function(task)
    local status = task.agent_status.status
    return tasks.is_live(task) and (status == 'busy' or status == 'waiting' or status == 'unknown')
  end,
  approve = has_request,
  deny = has_request,
  answer = has_request,
  restart = tasks.is_live,
  complete = tasks.is_live,
  fail = tasks.is_live,
  reopen = has_ended,
  delete = function(task)
    return not tasks.is_live(task)
  end,
  output = tasks.is_live,
  attach = tasks.is_live,
  web = tasks.is_live,
  diff = has_begun,
  commit = function(task)
    return task.uncommitted > 0
  end,
  mend = function(task)
    return task.trouble ~= nil
  end,
  preview = function(task)
    return task.isolation == 'worktree' and has_begun(task)
  end,
}

--- The words that name several tasks, for completion. `+tag` is one too.
---@return string[]
function M.filters()
  local contract = require('chorus.contract')
  local words = { 'all', 'live', 'unread' }
  vim.list_extend(words, contract.words.Status)
  for _, word in ipairs(contract.words.AgentStatus) do
    if not vim.list_contains(words, word) then
      words[#words + 1] = word
    end
  end
  return words
end

---@param word string
---@return boolean
function M.is_filter(word)
  return word:match('^%+%S+$') ~= nil or vim.list_contains(M.filters(), word)
end

--- Whether a filter takes a task in.
---@param task chorus.Task
---@param filter string
---@return boolean
function M.matches(task, filter)
  if filter == 'all' then
    return true
  elseif filter == 'live' then
    return tasks.is_live(task)
  elseif filter == 'unread' then
    return task.unread
  elseif filter:sub(1, 1) == '+' then
    return vim.list_contains(task.tags, filter:sub(2))
  end
  return task.status == filter or task.agent_status.status == filter
end

--- The tasks a verb can be meant for, in order.
---@param verb string
---@return chorus.Task[]
function M.candidates(verb)
  return vim.tbl_filter(makes_sense[verb] or function()
    return true
  end, tasks.all())
end

--- Several tasks are cut down to one by the person where the verb takes one.
---@param verb chorus.Verb
---@param found chorus.Task[]
---@param on_tasks fun(tasks: chorus.Task[])
local function narrow(verb, found, on_tasks)
  if #found <= 1 or verb.takes == 'many' then
    return on_tasks(found)
  end
  require('chorus.picker').pick_task(found, 'Task to ' .. verb.name .. ':', function(task)
    if task then
      on_tasks({ task })
    end
  end)
end

--- Words such as `12`, `#12`, `waiting` or a uuid.
---@param verb chorus.Verb
---@param typed string|integer|(string|integer)[]
---@return chorus.Task[]? found
---@return string? fault
---@return string? hint
local function named(verb, typed)
  local words = type(typed) == 'table' and typed or vim.split(tostring(typed), '[%s,]+', { trimempty = true })
  local found, seen = {}, {}
  for _, word in ipairs(words) do
    local task = tasks.get(word)
    local these = { task }
    if not task and M.is_filter(tostring(word)) then
      these = vim.tbl_filter(function(each)
        return M.matches(each, word)
      end, M.candidates(verb.name))
      if #these == 0 then
        return nil, ('cannot %s: no task is `%s`'):format(verb.name, word), 'run `:Chorus` to see the tasks'
      end
    elseif not task then
      return nil, ('there is no task `%s` in this project'):format(word), 'run `:Chorus` to see the tasks'
    end
    for _, each in ipairs(these) do
      if not seen[each.uuid] then
        seen[each.uuid] = true
        found[#found + 1] = each
      end
    end
  end
  return found
end

--- Finds the tasks meant and hands them on: at least one, exactly one where the verb takes one. Says why when there
--- are none. A careful verb never acts on a guess, so even an only candidate is picked.
---@param verb chorus.Verb
---@param typed? string|integer|(string|integer)[] as a person typed it
---@param on_tasks fun(tasks: chorus.Task[])
function M.resolve(verb, typed, on_tasks)
  local message = require('chorus.message')
  if typed and typed ~= '' then
    local found, fault, hint = named(verb, typed)
    if not found then
      return message.fail(fault --[[@as string]], hint)
    end
    return narrow(verb, found, on_tasks)
  end
  local here = vim.b.chorus_task and tasks.get(vim.b.chorus_task)
  if here then
    return on_tasks({ here })
  end
  local candidates = M.candidates(verb.name)
  if #candidates == 0 then
    local any = #tasks.all() > 0
    local text = any and ('cannot %s: no task is in a state for it'):format(verb.name) or 'there are no tasks here yet'
    return message.info(text, any and 'run `:Chorus` to see the tasks' or 'run `:Chorus new` to write one')
  end
  if #candidates == 1 and not verb.careful then
    return on_tasks(candidates)
  end
  require('chorus.picker').pick_task(candidates, 'Task to ' .. verb.name .. ':', function(task)
    if task then
      on_tasks({ task })
    end
  end)
end

return M
