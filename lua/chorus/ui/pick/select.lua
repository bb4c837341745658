--- Lists in `vim.ui.select`, which a plugin has replaced: lines, and one choice.
local M = {}

---@param session chorus.PickSession
function M.open(session)
  vim.ui.select(session:items(), {
    prompt = session.list.title .. ':',
    kind = session.list.kind,
    format_item = function(item)
      return item.text
    end,
  }, function(item)
    session:choose(item and { item } or {}, true)
  end)
end

return M
