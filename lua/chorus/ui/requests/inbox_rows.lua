--- Open requests as rows of the inbox. Pure.
local canvas = require('chorus.ui.kit.canvas')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

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
  local title = math.max(math.min(math.floor((width - 30) * 0.35), 40), 12)
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
      { text.cut(tool .. text.clean(request.summary), math.max(width - title - 28, 10)), 'ChorusSummary' },
    })
    rows[#rows + 1] = canvas.row(chunks, request, request.id)
  end
  return rows
end

return M
