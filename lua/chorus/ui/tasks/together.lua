--- A verb on several tasks: which of them it applies to, and one question that lists them where it would do harm.
local dispatch = require('chorus.dispatch')
local find = require('chorus.verbs.find')
local fits = require('chorus.tasks.fits')
local message = require('chorus.message')
local phrase = require('chorus.phrase')

local M = {}

--- Actions that end, stop or lose something, with what they do to several tasks.
---@type table<string, string>
local HARMFUL = {
  complete = 'Complete %s and end their agents',
  fail = 'Give up %s and end their agents',
  delete = 'Delete %s',
  restart = 'Restart the agents of %s',
  restart_fresh = 'Restart the agents of %s without their conversations',
  interrupt = 'Interrupt the turns of %s',
}

--- Why a verb applies to none of several tasks, by the word in its `fits`.
---@type table<chorus.Fits, string>
local WHY_NONE = {
  pending = 'none of them is pending',
  live = 'none of them is running',
  not_live = 'all of them are running; complete them or mark them as failed first',
  ended = 'none of them is completed or failed',
  busy = 'none of their agents works on a turn',
  uncommitted = 'none of them has uncommitted edits',
}

--- Runs a verb on those of the tasks that it applies to.
---@param action chorus.Key whose verb is run
---@param chosen chorus.Task[]
---@param on_run fun() the verb runs
function M.run(action, chosen, on_run)
  local verb = find(action.verb)
  local found = vim.tbl_filter(fits[verb.fits], chosen)
  if #found == 0 then
    local refused = ('cannot %s any of %s'):format(verb.name, phrase.numbers(chosen))
    return #chosen > 0 and message.info(refused, WHY_NONE[verb.fits])
  end
  local function run()
    local uuids = vim.tbl_map(function(task)
      return task.uuid
    end, found)
    on_run()
    dispatch.run(verb.name, { task = uuids, bang = action.bang or false, confirmed = #found > 1 })
  end
  local harm = #found > 1 and HARMFUL[action.action]
  if not harm then
    return run()
  end
  local does = harm:format(phrase.count(#found, 'task'))
  local question = phrase.about(does .. '?', found)
  if #found < #chosen then
    local others = phrase.count(#chosen - #found, 'other task')
    question = ('%s\n%s marked: not in a state for it'):format(question, others)
  end
  require('chorus.picker').confirm(question, does, run)
end

--- Allows what several tasks ask for, if it is the same.
---@param chosen chorus.Task[]
function M.approve(chosen)
  local requests = {}
  for _, task in ipairs(chosen) do
    vim.list_extend(requests, require('chorus.tasks').requests(task.uuid))
  end
  if #requests == 0 then
    return message.info('none of these tasks has an open request')
  end
  require('chorus.ui.requests.approve_together').run(requests)
end

return M
