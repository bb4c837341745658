--- Lists in `vim.ui.select`, which a plugin has replaced: lines, and one choice.
local M = {}

---@param session chorus.PickSession
function M.open(session)
  local items = session:items()
  local choices = vim.list_slice(items) --[[@as table[] ]]
  for _, action in ipairs(session.list.actions) do
    if action.line then
      choices[#choices + 1] = { text = action.line, action = action }
    end
  end
  local was_left = require('chorus.picker').was_left(vim.ui.select, choices, {
    prompt = session.list.title .. ':',
    kind = session.list.kind,
    format_item = function(choice)
      return choice.text
    end,
  }, function(choice)
    if choice and choice.action then
      return session:act(choice.action, items, true)
    end
    session:choose(choice and { choice } or {}, true)
  end)
  if was_left then
    session:choose({}, true)
  end
end

return M
