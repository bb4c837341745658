--- Shows every answer to a request: by whom, what was seen, what was sent.
local audit_rows = require('chorus.ui.requests.audit_rows')
local rule_float = require('chorus.ui.requests.rule_float')
local status = require('chorus.ui.kit.status')

local M = {}

---@param audit chorus.Audit
function M.open(audit)
  local opened = {}
  local window ---@type { redraw: fun(), close: fun() }
  window = rule_float.open({
    view = 'audit',
    wraps = true,
    title = 'Audit · ' .. require('chorus.phrase').count(#audit.answers, 'answer'),
    hints = { 'toggle', 'output', 'close', 'help' },
    render = function(width)
      return audit_rows.render(audit, status.now(), width, function(answer)
        return opened[answer] == true
      end)
    end,
    handlers = {
      toggle = function(row)
        opened[row.answer] = not opened[row.answer] or nil
        window.redraw()
      end,
    },
  })
end

return M
