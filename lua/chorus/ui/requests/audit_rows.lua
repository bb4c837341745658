--- Answers to requests as rows: one line each, and below an open one what was seen and sent. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

local GROUPS = { allowed = 'ChorusCompleted', answered = 'ChorusCompleted', denied = 'ChorusFailed' }

---@param rows chorus.Row[]
---@param label string
---@param value any
---@param width integer
---@param data any
local function detail(rows, label, value, width, data)
  if value == nil or value == vim.NIL then
    return
  end
  local shown = type(value) == 'string' and value or vim.json.encode(value)
  for index, line in ipairs(text.wrap(text.clean(shown), math.max(width - 14, 20))) do
    rows[#rows + 1] =
      canvas.row({ { '      ' .. text.fit(index == 1 and label or '', 6), 'ChorusHeader' }, { line } }, data)
  end
end

--- The newest answer first.
---@param audit chorus.Audit
---@param now integer
---@param width integer
---@param is_open fun(answer: chorus.Audited): boolean
---@return chorus.Row[]
function M.render(audit, now, width, is_open)
  local rows = {}
  for index = #audit.answers, 1, -1 do
    local answer = audit.answers[index]
    local data = { number = answer.number, answer = answer }
    rows[#rows + 1] = canvas.row({
      { '  ' .. text.fit(text.age(now - answer.at), 5), 'ChorusAge' },
      { text.fit('#' .. answer.number, 5), 'ChorusNumber' },
      { text.fit(answer.outcome, 10), GROUPS[answer.outcome] or 'ChorusHint' },
      { text.fit(answer.who, 13), 'ChorusOwner' },
      { text.clean(('%s: %s'):format(answer.tool or answer.kind, answer.summary)) },
      { answer.via and '  ' .. text.clean(answer.via) or '', 'ChorusHint' },
    }, data)
    if is_open(answer) then
      detail(rows, 'by', answer.via, width, data)
      detail(rows, 'saw', answer.seen, width, data)
      detail(rows, '', answer.cut and 'The request was longer than what is kept.' or nil, width, data)
      detail(rows, 'sent', answer.sent, width, data)
    end
  end
  if #rows == 0 then
    rows[1] = canvas.row({ { '  No request was answered yet.', 'ChorusHint' } })
  end
  return rows
end

return M
