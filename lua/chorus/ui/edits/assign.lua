--- Assigns uncommitted edits to a task, or to the person.
local changes_rows = require('chorus.ui.edits.changes_rows')

local M = {}

---@class chorus.Chosen
---@field changes chorus.Changes as shown
---@field rows chorus.ChangesRow[] chosen ones
---@field ask fun(method: string, params: table, on_reply: fun(err?: chorus.Failure, changes?: chorus.Changes))
---@field on_changes fun(changes: chorus.Changes) after they were assigned
---@field on_refused fun()

--- Assigns the edits in one step: the daemon takes all or none, and `undo` gives all of them back.
---@param chosen chorus.Chosen
---@param task? chorus.Task the person's own without
---@param choices? chorus.ChosenEdits[] # in place of those of the chosen rows
local function assign(chosen, task, choices)
  choices = choices or changes_rows.choices(chosen.changes, chosen.rows)
  if #choices == 0 then
    return
  end
  chosen.ask('changes_assign', { edits = choices, task = task and task.uuid }, function(err, changes)
    if err then
      require('chorus.message').failure(err)
      return chosen.on_refused()
    end
    chosen.on_changes(changes --[[@as chorus.Changes]])
  end)
end

--- Tasks to which edits in the shared tree can be assigned, likely owners first.
---@param chosen chorus.Chosen
---@return chorus.Task[]
local function receivers(chosen)
  local tasks = require('chorus.tasks')
  local found, seen = {}, {}
  local function add(task)
    if task and not seen[task.uuid] then
      seen[task.uuid] = true
      found[#found + 1] = task
    end
  end
  for _, row in ipairs(chosen.rows) do
    for _, number in ipairs(changes_rows.owners(chosen.changes, row, true)) do
      add(tasks.get(number))
    end
  end
  for _, task in ipairs(tasks.all()) do
    if tasks.is_live(task) and task.isolation == 'stack' then
      add(task)
    end
  end
  return found
end

--- Names the chosen edits.
---@param chosen chorus.Chosen
---@return string
local function describe(chosen)
  local choices, count = changes_rows.choices(chosen.changes, chosen.rows)
  local path = require('chorus.text').clean(choices[1] and choices[1].path, 50)
  local has_hunk = vim.iter(chosen.rows):any(function(row)
    return row.hunk ~= nil
  end)
  if #choices == 1 and not has_hunk then
    return path
  end
  return count == 1 and 'this edit of ' .. path or ('%d edits'):format(count)
end

--- Lets the person pick a task, and assigns the chosen edits to it.
---@param chosen chorus.Chosen
function M.to_task(chosen)
  local found = receivers(chosen)
  if #found == 0 then
    return require('chorus.message').info('no task works in this tree', 'start one with isolation `stack`')
  end
  local prompt = ('Assign %s to:'):format(describe(chosen))
  require('chorus.picker').pick_task(found, prompt, function(task)
    if task then
      assign(chosen, task)
    end
  end)
end

--- Lets the person pick one of several candidates, and assigns all unclaimed edits that may be of it: those that are
--- shown and no others, after a confirmation that says how many.
---@param candidates integer[]
---@param chosen chorus.Chosen
function M.all_that_may_be_of(candidates, chosen)
  local found = vim.tbl_map(require('chorus.tasks').get, candidates)
  require('chorus.picker').pick_task(found, 'Assign all edits that may be of:', function(task)
    if not task then
      return
    end
    local choices, count, shared = changes_rows.may_be_of(chosen.changes, task.number)
    local phrase = require('chorus.phrase')
    local others = shared > 0 and (', %d of which may be of other tasks'):format(shared) or ''
    local question = ('Assign %s to #%d%s?'):format(phrase.count(count, 'edit'), task.number, others)
    require('chorus.picker').confirm(question, ('Assign to #%d'):format(task.number), function()
      assign(chosen, task, choices)
    end)
  end)
end

--- Assigns the chosen edits to the person.
---@param chosen chorus.Chosen
function M.to_person(chosen)
  assign(chosen)
end

return M
