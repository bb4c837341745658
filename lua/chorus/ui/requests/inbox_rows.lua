--- Open requests as rows of the inbox: what each asks for, where there is room beside the title. Pure.
local canvas = require('chorus.ui.kit.canvas')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

--- Cells below which the title takes the whole row.
local NARROW = 70

--- What a request asks for, with a path as short as can be.
---@param request chorus.Opened
---@param task? chorus.Task
---@return string
local function summary_of(request, task)
  local summary = text.clean(request.summary)
  for _, root in ipairs({ task and task.worktree or '', request.project }) do
    if root ~= '' and vim.startswith(summary, root .. '/') then
      return summary:sub(#root + 2)
    end
  end
  return summary
end

---@param requests chorus.Opened[]
---@param tasks table<string, chorus.Task> by uuid
---@param width integer
---@param now integer
---@return chorus.Row[]
function M.render(requests, tasks, width, now)
  if #requests == 0 then
    return { canvas.row({}), canvas.row({ { '  No requests are open.', 'ChorusHint' } }) }
  end
  local rows = {}
  local is_narrow = width < NARROW
  local title = is_narrow and width - 26 or math.max(math.min(math.floor((width - 30) * 0.35), 40), 12)
  for _, request in ipairs(requests) do
    local tool = request.kind == 'permission' and request.tool and text.clean(request.tool, 16) .. ': ' or ''
    local task = tasks[request.task]
    local labels, left = {}, title
    for _, label in ipairs(task and status.labels(task) or {}) do
      labels[#labels + 1] = label
      left = left - text.width(label[1])
    end
    local chunks = {
      ' ',
      { text.fit('#' .. request.number, 4, true), 'ChorusNumber' },
      '  ',
      { text.fit(request.kind, 11), 'ChorusRequest' },
      { text.fit(text.age(now - request.opened_at), 4, true), 'ChorusAge' },
      '  ',
    }
    vim.list_extend(chunks, labels)
    vim.list_extend(chunks, {
      text.fit(text.clean(task and task.title or ''), math.max(left, 1)),
      '  ',
      {
        is_narrow and '' or text.cut(tool .. summary_of(request, task), math.max(width - title - 28, 10)),
        'ChorusSummary',
      },
    })
    rows[#rows + 1] = canvas.row(chunks, request, request.id)
  end
  return rows
end

return M
