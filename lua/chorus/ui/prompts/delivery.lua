--- Sends a text to what it is for: to the agents, into the queue, or back to an agent that waits with a plan.
local client = require('chorus.client')
local elsewhere = require('chorus.elsewhere')
local message = require('chorus.message')
local clean = require('chorus.text').clean
local tasks = require('chorus.tasks')

local M = {}

--- Called once: with the recipients that did not get the text, which is none after all did. `newer` is the request that is
--- open in place of the one that a plan answers.
---@alias chorus.AfterDelivery fun(left: chorus.Recipient[], newer?: chorus.Opened)

--- A task as a recipient.
---@param task chorus.Task
---@return chorus.Recipient
function M.recipient(task)
  return { number = task.number, uuid = task.uuid }
end

--- Names the recipients; those of another project with its folder.
---@param to chorus.Recipient[]
---@return string such as `#3, #4 of shop`
function M.names(to)
  return table.concat(
    vim.tbl_map(function(recipient)
      local task = recipient.uuid and tasks.get(recipient.uuid)
      local place = task and elsewhere.name_of(task)
      return ('#%d%s'):format(recipient.number, place and ' of ' .. clean(place, 20) or '')
    end, to),
    ', '
  )
end

--- The tasks of recipients, in their order, as far as they are known.
---@param to chorus.Recipient[]
---@return chorus.Task[]
local function known(to)
  local found = {}
  for _, recipient in ipairs(to) do
    found[#found + 1] = recipient.uuid and tasks.get(recipient.uuid) or nil
  end
  return found
end

--- Finds the tasks of recipients, also those of other projects: a composer may be open in a Neovim that has gone to another
--- project since.
---@param to chorus.Recipient[]
---@param on_found fun(found: chorus.Task[])
function M.find(to, on_found)
  local found = known(to)
  if #found == #to then
    return on_found(found)
  end
  elsewhere.hear(function()
    on_found(known(to))
  end)
end

---@param purpose chorus.Purpose
---@param text string
---@param after chorus.AfterDelivery
local function to_agents(purpose, text, after)
  M.find(purpose.to, function(found)
    if #found < #purpose.to then
      message.fail('a task that the prompt is for is gone', 'the text is kept')
      return after(purpose.to)
    end
    require('chorus.send_prompt').run(found, text, {
      raw = purpose.kind == 'raw',
      after = function(left)
        after(vim.tbl_map(M.recipient, left))
      end,
    })
  end)
end

---@param purpose chorus.Purpose
---@param text string
---@param after chorus.AfterDelivery
local function into_queue(purpose, text, after)
  local recipient = purpose.to[1]
  local change = { task = recipient.uuid, prompt = tonumber(purpose.subject), text = text }
  client.request('task_prompts', change, function(err)
    if err then
      message.failure(err)
    else
      message.info(('#%d will get the prompt as it is now'):format(recipient.number))
    end
    after(err and purpose.to or {})
  end)
end

---@param purpose chorus.Purpose
---@param text string
---@param after chorus.AfterDelivery
local function back_to_planner(purpose, text, after)
  local id, recipient =
    purpose.subject, --[[@as string]]
    purpose.to[1]
  local request = tasks.request(id)
    or { id = id, task = recipient.uuid, number = recipient.number, answerable = 'hook', summary = 'the plan' }
  require('chorus.answer').keep_planning(request --[[@as chorus.Opened]], text, function(newer, is_accepted)
    after(is_accepted and {} or purpose.to, newer)
  end)
end

local SENDERS = { prompt = to_agents, raw = to_agents, waiting = into_queue, plan = back_to_planner }

--- Sends a text.
---@param purpose chorus.Purpose
---@param text string
---@param after chorus.AfterDelivery
function M.send(purpose, text, after)
  SENDERS[purpose.kind](purpose, text, after)
end

local TITLES = {
  prompt = 'Prompt for %s',
  raw = 'Text, typed as it is, for %s',
  waiting = 'Waiting prompt of %s',
  plan = 'Plan of %s',
}

--- What a text for this purpose is.
---@param purpose chorus.Purpose
---@return string
function M.title(purpose)
  return TITLES[purpose.kind]:format(M.names(purpose.to))
end

--- What `:w` does.
---@param purpose chorus.Purpose
---@return string
function M.does(purpose)
  if purpose.kind == 'waiting' then
    return 'changes it'
  elseif purpose.kind == 'plan' then
    return 'sends it back'
  end
  local are_pending = vim.iter(known(purpose.to)):any(function(task)
    return task.status == 'pending'
  end)
  return are_pending and 'starts it with this, after asking' or 'sends it'
end

--- Gives recipients of a file that an older version kept their uuids: its numbers are of the project that it was kept for.
---@param to chorus.Recipient[]
function M.identify(to)
  for _, recipient in ipairs(to) do
    local task = not recipient.uuid and tasks.get(recipient.number) or nil
    recipient.uuid = recipient.uuid or task and task.uuid
  end
end

return M
