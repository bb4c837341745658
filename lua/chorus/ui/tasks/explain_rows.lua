--- Why a task has its status, as rows: the rule that decided, and each piece of evidence. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

--- Age of a piece, and how long it still counts.
local function times(piece, now)
  local parts = {}
  if piece.at then
    local age = text.age(now - piece.at)
    parts[1] = age == 'now' and 'now' or age .. ' ago'
  end
  if piece.expires then
    parts[#parts + 1] = piece.expires > now and 'valid for ' .. text.age(piece.expires - now + 9999) or 'expired'
  end
  return table.concat(parts, ', ')
end

--- Marks the evidence that the rule used.
---@param explanation chorus.Explanation
---@param now integer
---@param width integer
---@return chorus.Row[]
function M.render(explanation, now, width)
  local rows = { canvas.row({}) }
  local source = 8
  for _, piece in ipairs(explanation.evidence) do
    source = math.max(source, math.min(text.width(text.clean(piece.source)), 16))
  end
  --- A paragraph beside a label.
  local function beside(label, words, group)
    for index, line in ipairs(text.wrap(words, math.max(width - source - 8, 20))) do
      local head = index == 1 and label or { { (' '):rep(source + 6) } }
      rows[#rows + 1] = canvas.row(vim.list_extend(vim.list_slice(head), { { line, group } }))
    end
  end
  beside({ { '    ' .. text.fit('rule', source + 2), 'ChorusHeader' } }, text.clean(explanation.rule), 'ChorusRule')
  rows[#rows + 1] = canvas.row({})
  for _, piece in ipairs(explanation.evidence) do
    local when = times(piece, now)
    local words = text.clean(piece.says) .. (when ~= '' and ' (' .. when .. ')' or '')
    local label = {
      { piece.used and '  ▶ ' or '    ', 'ChorusRule' },
      { text.fit(text.clean(piece.source), source + 2), piece.used and 'ChorusTitle' or 'ChorusHint' },
    }
    beside(label, words, not piece.used and 'ChorusHint' or nil)
  end
  if #explanation.evidence == 0 then
    rows[#rows + 1] = canvas.row({ { '    There is no evidence about this task.', 'ChorusHint' } })
  else
    rows[#rows + 1] = canvas.row({})
    rows[#rows + 1] = canvas.row({ { '  ▶ used by the rule', 'ChorusHint' } })
  end
  return rows
end

return M
