--- What changed in documents since an agent read them, to read and edit before it is sent. `:w` sends it; leaving without
--- `:w` sends nothing.
local proposed_text = require('chorus.ui.kit.proposed_text')
local text = require('chorus.text')

local M = {}

--- Says what became of it.
---@param task chorus.Task
---@param told chorus.Told
function M.say(task, told)
  local hint = told.queued and 'the prompt waits until the agent is free' or nil
  require('chorus.message').info(('sent #%d what changed'):format(task.number), hint)
end

--- Opens the prompt.
---@param task chorus.Task
---@param told chorus.Told
---@param on_closed fun() after it was sent or left
function M.open(task, told, on_closed)
  proposed_text.open({
    view = 'tell',
    task = task,
    lines = text.editable(told.text),
    filetype = 'markdown',
    noun = 'prompt',
    does = ('sends it to #%d'):format(task.number),
    leaves = 'sends nothing',
    undone = 'nothing was sent',
    send = function(prompt, on_reply)
      local params = { task = task.uuid, confirmed = true, text = prompt, versions = told.versions }
      require('chorus.client').request('task_tell', params, on_reply)
    end,
    on_done = function(sent)
      M.say(task, sent)
    end,
    on_gone = on_closed,
  })
end

return M
