--- Shows the rules that answer requests, and what they would have done.
local policy_rows = require('chorus.ui.requests.policy_rows')
local rule_float = require('chorus.ui.requests.rule_float')
local status = require('chorus.ui.kit.status')

local M = {}

---@param report chorus.PolicyReport
function M.open(report)
  local window ---@type { redraw: fun(), close: fun() }
  window = rule_float.open({
    view = 'policy',
    title = 'Policy',
    hints = { 'open', 'close', 'help' },
    render = function(width)
      return policy_rows.render(report, status.now(), width)
    end,
    handlers = {
      open = function(row)
        if row.place then
          window.close()
          rule_float.go_to(row.place)
        end
      end,
    },
  })
end

return M
