--- Answers to requests as rows: one line each, and below an open one what was seen and sent. Pure.
local canvas = require('chorus.ui.kit.canvas')
local field_rows = require('chorus.ui.requests.field_rows')
local text = require('chorus.text')

local M = {}

local GROUPS = { allowed = 'ChorusCompleted', answered = 'ChorusCompleted', denied = 'ChorusFailed' }

--- Where the values of a label begin, in cells.
local INDENT = (' '):rep(12)

--- Adds all of a value, as a window of the request would show it.
---@param rows chorus.Row[]
---@param label string
---@param value any
---@param data any
local function detail(rows, label, value, data)
  if value == nil or value == vim.NIL then
    return
  end
  local first = #rows + 1
  if type(value) == 'table' and next(value) ~= nil then
    field_rows.fields(rows, value, INDENT)
  elseif type(value) == 'string' then
    field_rows.body(rows, value, { before = INDENT .. field_rows.BAR })
  else
    field_rows.body(rows, vim.json.encode(value), { before = INDENT })
  end
  local name = '      ' .. text.fit(label, 6)
  for index = first, #rows do
    rows[index].data = data
  end
  local row = rows[first]
  if row and #label > 0 then
    row.text = name .. row.text:sub(#name + 1)
    table.insert(row.marks, { 0, #name, 'ChorusHeader' })
  end
end

--- What was asked, and what the answer said beyond its outcome.
---@param answer chorus.Audited
---@return string
local function told(answer)
  local named = answer.kind == 'permission' and answer.tool or answer.kind
  local asked = text.clean(('%s: %s'):format(named, answer.summary))
  return answer.said and ('%s  · %s'):format(asked, text.clean(answer.said)) or asked
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
    local asked, via = told(answer), answer.via and '  ' .. text.clean(answer.via, 24) or ''
    local room = width - 36
    -- An open row has it too.
    via = answer.said and text.width(asked) > room - text.width(via) and '' or via
    rows[#rows + 1] = canvas.row({
      { '  ' .. text.fit(text.age(now - answer.at), 5), 'ChorusAge' },
      { text.fit('#' .. answer.number, 5), 'ChorusNumber' },
      { text.fit(answer.outcome, 10), GROUPS[answer.outcome] or 'ChorusHint' },
      { text.fit(answer.who == 'person' and 'you' or answer.who, 13), 'ChorusOwner' },
      { text.cut(asked, math.max(room - text.width(via), 12)) },
      { via, 'ChorusHint' },
    }, data)
    if is_open(answer) then
      detail(rows, 'by', answer.via, data)
      detail(rows, 'saw', answer.seen, data)
      if answer.cut then
        local row = canvas.row({ { INDENT .. 'The request was longer than what is kept.', 'ChorusFailed' } }, data)
        rows[#rows + 1] = row
      end
      detail(rows, 'sent', answer.sent, data)
    end
  end
  if #rows == 0 then
    rows[1] = canvas.row({ { '  No request was answered yet.', 'ChorusHint' } })
  end
  return rows
end

return M
