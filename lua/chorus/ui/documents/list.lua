--- Opening one of the project's documents as a normal buffer.

local M = {}

--- Opens a document. Says why it cannot.
---@param document chorus.Document
---@return boolean is_open
function M.open(document)
  local welcome = require('chorus.client').welcome()
  return welcome ~= nil and require('chorus.ui.kit.place').open_file(welcome.project, document.path)
end

return M
