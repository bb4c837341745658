--- What a person can do about an agent that has no login.
local ask_daemon = require('chorus.ask_daemon')
local dispatch = require('chorus.dispatch')
local picker = require('chorus.picker')
local text = require('chorus.text')

local M = {}

--- Whether the task's agent has no login, and nothing else that a key could answer.
---@param task chorus.Task
---@return boolean
function M.is_missing(task)
  return task.agent_status.status == 'login_required' and task.requests == 0
end

--- The newest advice in the task's journal.
---@param journal chorus.Entry[]
---@return string?
local function advice(journal)
  for index = #journal, 1, -1 do
    if journal[index].what == 'login_required' then
      return journal[index].text
    end
  end
end

--- The advice with its sentences in lines of their own: the journal keeps it as one line.
---@param said string
---@param message string what the agent showed, which may end without a stop
---@return string
local function in_lines(said, message)
  local _, stop = said:find(message, 1, true)
  local heard = message ~= '' and stop and stop < #said and said:sub(1, stop) .. '\n' or ''
  return heard .. said:sub(#heard + 1):gsub('%. ', '.\n')
end

--- Says what to do, and opens the agent's terminal when the person wants that.
---@param task chorus.Task
function M.advise(task)
  ask_daemon.once('task_show', { task = task.uuid }, function(page)
    local message = text.clean(page.task.agent_status.detail.message)
    local said = in_lines(advice(page.journal) or message, message)
    local question = ('#%d has no login.\n%s'):format(task.number, said)
    picker.confirm(question, 'Open its terminal', function()
      dispatch.run('attach', { task = task.uuid })
    end)
  end)
end

return M
