--- What keys do with what was picked, by the names of `keys.picker`.
local keys = require('chorus.ui.kit.keys')

local M = {}

--- Actions of the picker's keys, in order.
---@param runs table<string, fun(data: any[])>
---@return chorus.PickAction[]
function M.of(runs)
  local actions = {}
  for _, each in ipairs(keys.of('picker')) do
    local run = runs[each.action]
    if run and #each.keys > 0 then
      actions[#actions + 1] = { name = each.hint or each.action, keys = each.keys, does = each.does, run = run }
    end
  end
  return actions
end

--- Places for a window that an action asks for, by its name.
---@return table<string, table>
function M.places()
  return {
    split = { split = '', horizontal = true, vertical = false, tab = -1 },
    vsplit = { split = '', horizontal = false, vertical = true, tab = -1 },
    tab = { split = '', horizontal = false, vertical = false, tab = vim.fn.tabpagenr() },
  }
end

return M
