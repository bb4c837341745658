--- Shows why a task has its status.
local canvas = require('chorus.ui.kit.canvas')
local explain_rows = require('chorus.ui.tasks.explain_rows')
local status = require('chorus.ui.kit.status')

local M = {}

--- Shows an explanation.
---@param explanation chorus.Explanation
function M.open(explanation)
  require('chorus.highlight').setup()
  local float = require('chorus.ui.kit.float')
  local width = math.min(96, vim.o.columns - 4)
  local rows = explain_rows.render(explanation, status.now(), width)
  local buffer = float.scratch('explain', explanation.task.number)
  require('chorus.ui.kit.buffer_task').set(buffer, explanation.task.number, explanation.task.uuid)
  canvas.draw(buffer, rows)
  local keys = require('chorus.ui.kit.keys')
  local window
  window = float.open(buffer, {
    width = width,
    height = #rows + 1,
    closes_on_leave = { 'help' },
    title = status.title(explanation.task, status.now()),
    footer = keys.hints('explain', { 'output', 'close', 'help' }, 60),
    on_resize = function(new_width)
      canvas.draw(buffer, explain_rows.render(explanation, status.now(), new_width))
    end,
  })
  keys.set('explain', buffer, {
    close = function()
      window:close()
    end,
  }, function()
    return explanation.task.uuid
  end)
end

return M
