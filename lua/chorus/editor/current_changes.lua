--- The uncommitted edits as of now. The daemon scans the working tree for each request, so those who ask because of the same
--- event share one.
local M = {}

---@alias chorus.OnChanges fun(err?: chorus.Failure, changes?: chorus.Changes)

--- Who waits for a request that is not sent yet.
---@type chorus.OnChanges[]?
local waiting

--- Asks for them.
---@param on_changes chorus.OnChanges
function M.get(on_changes)
  if waiting then
    waiting[#waiting + 1] = on_changes
    return
  end
  waiting = { on_changes }
  vim.schedule(function()
    local receivers = waiting or {}
    waiting = nil
    require('chorus.client').request('changes', {}, function(err, changes)
      for _, receive in ipairs(receivers) do
        receive(err, changes)
      end
    end)
  end)
end

return M
