--- The task that a buffer is about, or its cursor: commands without a number act on it.
---
--- `b:chorus_task` is its number, for people and their statuslines; `b:chorus_uuid` says which task it is, since another
--- project may have one of that number.
local M = {}

--- Sets it; without a task, the buffer is about none.
---@param buffer integer
---@param number? integer
---@param uuid? string
function M.set(buffer, number, uuid)
  if vim.b[buffer].chorus_task ~= number then
    vim.b[buffer].chorus_task = number
  end
  if vim.b[buffer].chorus_uuid ~= uuid then
    vim.b[buffer].chorus_uuid = uuid
    require('chorus.editor.presence').changed()
  end
end

return M
