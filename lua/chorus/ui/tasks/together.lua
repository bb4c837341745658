--- A verb on several tasks: which of them it applies to, and one question that lists them where it would do harm.
local dispatch = require('chorus.dispatch')
local find = require('chorus.verbs.find')
local fits = require('chorus.tasks.fits')
local message = require('chorus.message')
local phrase = require('chorus.phrase')
local text = require('chorus.text')

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

--- Tasks that a question lists; it counts the others.
local MOST_LISTED = 15

---@param found chorus.Task[]
---@return string[]
local function lines_of(found)
  local lines = {}
  for index, task in ipairs(found) do
    if index > MOST_LISTED then
      lines[#lines + 1] = ('  and %d more'):format(#found - MOST_LISTED)
      break
    end
    lines[#lines + 1] = ('  #%d %s'):format(task.number, text.clean(task.title, 60))
  end
  return lines
end

--- Runs a verb on those of the tasks that it applies to.
---@param action chorus.Key whose verb is run
---@param chosen chorus.Task[]
---@param on_run fun() the verb runs
function M.run(action, chosen, on_run)
  local verb = find(action.verb)
  local found = vim.tbl_filter(fits[verb.fits], chosen)
  if #found == 0 then
    return #chosen > 0 and message.info(('cannot %s any of %s'):format(verb.name, phrase.numbers(chosen)))
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
  local question = { does .. '?', unpack(lines_of(found)) }
  if #found < #chosen then
    question[#question + 1] = ('%s marked: not in a state for it'):format(phrase.count(#chosen - #found, 'other task'))
  end
  require('chorus.picker').confirm(table.concat(question, '\n'), does, run)
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
