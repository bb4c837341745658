--- `]t` and `[t`: from the task that a window shows to the next that needs somebody, in a window of the same kind where
--- that task has one.
local dispatch = require('chorus.dispatch')
local fits = require('chorus.tasks.fits')
local needs = require('chorus.tasks.needs')

local M = {}

--- The verb that shows a task in a view; nil where another view says more.
---@type table<string, fun(need: chorus.Need): string?>
local VERBS = {
  page = function()
    return 'show'
  end,
  explain = function()
    return 'explain'
  end,
  diff = function(need)
    return fits.branch(need.task) and 'diff' or nil
  end,
  output = function(need)
    return fits.live(need.task) and 'output' or nil
  end,
}

--- What shows best why a task needs somebody.
---@param need chorus.Need
---@return string
local function best(need)
  if need.request then
    return 'answer'
  end
  return fits.live(need.task) and 'output' or 'show'
end

--- Goes to the next task, or to the one before.
---@param view string
---@param direction 1|-1
function M.go(view, direction)
  local need = needs.beside(vim.b.chorus_uuid, direction)
  if not need then
    return require('chorus.message').info('no other task needs you')
  end
  local verb = VERBS[view] and VERBS[view](need) or best(need)
  dispatch.run(verb, { task = need.task.uuid, bang = false })
end

return M
