--- Opening one of the project's documents as a normal buffer.

local M = {}

--- Opens a document.
---@param document chorus.Document
function M.open(document)
  local welcome = require('chorus.client').welcome()
  if welcome then
    require('chorus.ui.kit.place').open_file(welcome.project, document.path)
  end
end

return M
