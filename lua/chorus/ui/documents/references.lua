--- References: picking one, and going to its lines or to its task.

local text = require('chorus.text')

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

--- Those whose lines may be on a line now.
---@param references chorus.Reference[]
---@param line integer
---@return chorus.Reference[]
function M.near(references, line)
  return vim.tbl_filter(function(reference)
    local first = reference.nearest_start
    return first ~= nil and first <= line and line <= reference.nearest_end
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

--- Moves a stale reference to the lines that may have taken its place, as the person sees them.
---@param reference chorus.Reference
function M.retie(reference)
  local message = require('chorus.message')
  if reference.state ~= 'stale' then
    return message.info(('%s is not stale'):format(M.place(reference)), 'its text is there')
  elseif not reference.nearest_start then
    local welcome = require('chorus.client').welcome()
    local file = welcome and require('chorus.ui.kit.place').below(welcome.project, reference.path)
    local is_there = not file or vim.uv.fs_stat(file) ~= nil
    return message.info(
      (is_there and 'nothing in %s resembles the text' or '%s no longer exists'):format(text.clean(reference.path)),
      ('`:Chorus unref %d` takes the reference away'):format(reference.id)
    )
  end
  local params = { reference = reference.id, first = reference.nearest_start, last = reference.nearest_end }
  require('chorus.ask_daemon').once('retie', params, function(moved)
    message.info(('#%d now refers to %s'):format(moved.number, M.place(moved)))
  end)
end

--- Opens the page of the reference's task.
---@param reference chorus.Reference
function M.open_task(reference)
  require('chorus.dispatch').run('show', { task = reference.task })
end

return M
