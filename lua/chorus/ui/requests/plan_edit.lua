--- A plan in a buffer, to be changed and sent back: the agent keeps planning with it.
local answer = require('chorus.answer')
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
    numbers = { request.number },
    title = ('Plan of #%d'):format(request.number),
    does = 'sends it back to be planned on',
    lines = text.lines(input.plan),
    send = function(plan, after)
      answer.keep_planning(request, plan, function(newer, is_accepted)
        after(is_accepted)
        if newer then
          require('chorus.ui.requests.request').open_newer(newer)
        elseif is_accepted then
          on_sent()
        end
      end)
    end,
  })
end

return M
