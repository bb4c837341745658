--- References: picking one, and going to its lines or to its task.

local M = {}

--- `PLAN.md:10-24`.
---@param reference chorus.Reference
---@return string
function M.place(reference)
  return require('chorus.ui.documents.reference_rows').place(reference)
end

--- Those on a line.
---@param references chorus.Reference[]
---@param line integer
---@return chorus.Reference[]
function M.at(references, line)
  return vim.tbl_filter(function(reference)
    return not reference.whole and reference.start_line <= line and line <= reference.end_line
  end, references)
end

--- Opens the document at the reference's lines; of a stale one at the lines that may have taken its place.
---@param reference chorus.Reference
function M.visit(reference)
  local welcome = require('chorus.client').welcome()
  if welcome then
    local line = reference.nearest_start or reference.start_line
    require('chorus.ui.kit.place').visit(welcome.project, reference.path, line)
  end
end

--- Opens the page of the reference's task.
---@param reference chorus.Reference
function M.open_task(reference)
  require('chorus.dispatch').run('show', { task = reference.task })
end

return M
