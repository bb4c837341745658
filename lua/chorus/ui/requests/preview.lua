--- The rows of a request with everything they need: for windows that show one.
local file_reader = require('chorus.ui.requests.file_reader')
local request_rows = require('chorus.ui.requests.request_rows')

local M = {}

---@class chorus.PreviewOptions
---@field answers? chorus.Answers
---@field notice? string
---@field together? chorus.Opened[]
---@field read? fun(path: string): string?, boolean? files as they were when the request was first shown

--- Names what one answer allows.
---@param together? chorus.Opened[]
local function named(together)
  return together
    and vim.tbl_map(function(request)
      local task = require('chorus.tasks').get(request.task)
      local place = require('chorus.elsewhere').name_of(request)
      return { number = request.number, title = task and task.title or '', folder = request.folder, place = place }
    end, together)
end

--- Everything that a request asks for, as lines with highlights.
---@param request chorus.Opened
---@param options? chorus.PreviewOptions
---@return chorus.Row[]
function M.rows(request, options)
  options = options or {}
  local task = require('chorus.tasks').get(request.task)
  return request_rows.render(request, {
    project = request.project,
    worktree = task and task.worktree,
    read = options.read or file_reader(),
    syntax = require('chorus.ui.requests.syntax').of,
    answers = options.answers,
    notice = options.notice,
    together = named(options.together),
  })
end

return M
