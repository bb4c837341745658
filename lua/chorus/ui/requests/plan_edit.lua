--- A plan in a buffer, to be changed and sent back: the agent keeps planning with it.
local text = require('chorus.text')

local M = {}

--- Opens the plan of a request.
---@param request chorus.Opened
---@param on_sent fun()
function M.open(request, on_sent)
  local input = type(request.input) == 'table' and request.input or {}
  if request.cut or type(input.plan) ~= 'string' then
    return require('chorus.message').info(
      'Chorus does not have the whole plan',
      'deny it with a reason, or answer in the terminal'
    )
  end
  require('chorus.ui.prompts.composer').open({
    purpose = { kind = 'plan', subject = request.id, to = { { number = request.number, uuid = request.task } } },
    lines = text.editable(input.plan),
    on_reply = function(is_sent, newer)
      if newer then
        require('chorus.ui.requests.request').open_newer(newer)
      elseif is_sent then
        on_sent()
      end
    end,
  })
end

return M
