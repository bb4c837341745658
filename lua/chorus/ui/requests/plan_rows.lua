--- The ways to go on after a plan as rows, by digit. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

---@class chorus.PlanWay
---@field does string
---@field rule? integer the agent’s suggestion that goes with the approval, from 0; a way without one sends the plan back

--- The ways, in the order of their digits.
---@param request chorus.Opened
---@return chorus.PlanWay[]
function M.ways(request)
  local ways = {}
  for index, suggestion in ipairs(request.suggestions) do
    ways[index] = { does = 'Approve, and ' .. text.reveal_line(suggestion), rule = index - 1 }
  end
  ways[#ways + 1] = { does = 'Keep planning: change the plan in a buffer, and send it back' }
  return ways
end

---@param rows chorus.Row[]
---@param request chorus.Opened
function M.add_ways(rows, request)
  rows[#rows + 1] = canvas.row({ { '  How to go on', 'ChorusHeader' } })
  for index, way in ipairs(M.ways(request)) do
    rows[#rows + 1] = canvas.row({ { ('    %d  '):format(index), 'ChorusKey' }, way.does }, { option = index })
  end
end

return M
