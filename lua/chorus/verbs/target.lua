--- Finds the tasks that a verb means: those named, else the one of the buffer or under the cursor, else the only one the
--- verb applies to, else the one that the person picks.

local filter = require('chorus.tasks.filter')
local fits = require('chorus.tasks.fits')
local order = require('chorus.tasks.order')
local tasks = require('chorus.tasks')

local M = {}

--- The tasks that a verb applies to, in order.
---@param verb chorus.Verb
---@return chorus.Task[]
function M.candidates(verb)
  return vim.tbl_filter(fits[verb.fits], tasks.all())
end

--- Lets the person pick one of several tasks where the verb takes one.
---@param verb chorus.Verb
---@param found chorus.Task[]
---@param on_tasks fun(tasks: chorus.Task[])
local function narrow(verb, found, on_tasks)
  if #found <= 1 or verb.takes == 'many' then
    return on_tasks(found)
  end
  require('chorus.picker').pick_task(order.sorted(found), 'Task to ' .. verb.name .. ':', function(task)
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
    if not task and filter.is_filter(tostring(word)) then
      these = vim.tbl_filter(function(each)
        return filter.includes(word, each)
      end, M.candidates(verb))
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
  local meant = vim.b.chorus_uuid or vim.b.chorus_task
  local here = meant and tasks.get(meant)
  if here then
    return on_tasks({ here })
  end
  if meant and vim.b.chorus_uuid then
    return message.fail(('task #%s of this buffer is not in this project'):format(vim.b.chorus_task or '?'))
  end
  local candidates = M.candidates(verb)
  if #candidates == 0 then
    local any = #tasks.all() > 0
    local text = any and ('there is no task to %s'):format(verb.name) or 'there are no tasks here yet'
    return message.info(text, any and 'run `:Chorus` to see the tasks' or 'run `:Chorus new` to write one')
  end
  if #candidates == 1 and not verb.careful then
    return on_tasks(candidates)
  end
  local picker, prompt = require('chorus.picker'), 'Task to ' .. verb.name .. ':'
  if verb.takes == 'many' then
    return picker.pick_tasks(order.sorted(candidates), prompt, on_tasks)
  end
  picker.pick_task(order.sorted(candidates), prompt, function(task)
    if task then
      on_tasks({ task })
    end
  end)
end

return M
