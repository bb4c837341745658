--- Why a task's status is what it is: the rule that won, and each piece of evidence.
local canvas = require('chorus.ui.canvas')
local status = require('chorus.ui.status')
local text = require('chorus.text')

local M = {}

--- Source and age of a piece, and how long it still counts.
local function times(piece, now)
  local parts = {}
  if piece.at then
    local age = text.age(now - piece.at)
    parts[1] = age == 'now' and 'now' or age .. ' ago'
  end
  if piece.expires then
    parts[#parts + 1] = piece.expires > now and 'counts for ' .. text.age(piece.expires - now + 9999) or 'expired'
  end
  return table.concat(parts, ', ')
end

--- Rows of an explanation. Pure. Evidence that the rule used comes marked.
---@param explanation chorus.Explanation
---@param now integer
---@return chorus.Row[]
function M.render(explanation, now)
  local rows = {
    canvas.row({}),
    canvas.row({ { '  Rule      ', 'ChorusHeader' }, { text.clean(explanation.rule), 'ChorusRule' } }),
    canvas.row({}),
  }
  local source = 8
  for _, piece in ipairs(explanation.evidence) do
    source = math.max(source, math.min(text.width(text.clean(piece.source)), 16))
  end
  for _, piece in ipairs(explanation.evidence) do
    local when = times(piece, now)
    rows[#rows + 1] = canvas.row({
      { piece.used and '  ▶ ' or '    ', 'ChorusRule' },
      { text.fit(text.clean(piece.source), source + 2), piece.used and 'ChorusTitle' or 'ChorusHint' },
      { text.clean(piece.says), not piece.used and 'ChorusHint' or nil },
      { when ~= '' and '  (' .. when .. ')' or '', 'ChorusAge' },
    })
  end
  if #explanation.evidence == 0 then
    rows[#rows + 1] = canvas.row({ { '    There is no evidence about this task.', 'ChorusHint' } })
  else
    rows[#rows + 1] = canvas.row({})
    rows[#rows + 1] = canvas.row({ { '  ▶ the rule used it', 'ChorusHint' } })
  end
  return rows
end

--- Shows an explanation.
---@param explanation chorus.Explanation
function M.open(explanation)
  require('chorus.highlight').setup()
  local float = require('chorus.ui.float')
  local rows = M.render(explanation, status.now())
  local buffer = float.scratch('explain')
  vim.b[buffer].chorus_task = explanation.task.number
  canvas.draw(buffer, rows)
  local width = 60
  for _, row in ipairs(rows) do
    width = math.max(width, text.width(row.text) + 2)
  end
  local keys = require('chorus.ui.keys')
  local window = float.open(buffer, {
    width = math.min(width, 110),
    height = #rows + (width > vim.o.columns and 4 or 1),
    title = status.title(explanation.task, status.now()),
    footer = keys.hints('explain', { 'close', 'output' }, 40),
  })
  vim.wo[window.window].wrap = true
  vim.wo[window.window].breakindent = true
  vim.wo[window.window].breakindentopt = 'shift:' .. 10
  keys.set('explain', buffer, {
    close = function()
      window:close()
    end,
  }, function()
    return tostring(explanation.task.number)
  end)
end

return M
