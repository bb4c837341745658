--- An open request as rows: everything the agent asks for, with hidden characters revealed. Pure.
local canvas = require('chorus.ui.kit.canvas')
local dialog_rows = require('chorus.ui.requests.dialog_rows')
local text = require('chorus.text')
local tool_rows = require('chorus.ui.requests.tool_rows')

local M = {}

---@class chorus.RequestOptions
---@field project string
---@field worktree? string the task's own
---@field read fun(path: string): string?, boolean? a file's content, when it can be read; whether the file is there
---@field answers? chorus.Answers
---@field notice? string something to say first

---@class chorus.Answers
---@field at integer the question that digits answer
---@field chosen table<integer, table<integer, boolean>> by question, by option
---@field words table<integer, string> own words, by question

local function blank(rows)
  rows[#rows + 1] = canvas.row({})
end

--- What to know before answering.
local function show_ways(rows, request)
  if request.cut then
    blank(rows)
    local why = request.answerable == 'hook' and 'The request is too large to show.' or 'The screen shows no more.'
    rows[#rows + 1] = canvas.row({ { '  This is not all of it. ' .. why .. ' Look at the terminal.', 'ChorusFailed' } })
  end
  if request.answerable == 'terminal' then
    blank(rows)
    rows[#rows + 1] = canvas.row({ { '  Only the agent’s terminal can answer this.', 'ChorusRequest' } })
  elseif request.answerable == 'keys' then
    blank(rows)
    rows[#rows + 1] = canvas.row({
      { '  Chorus answers by pressing keys in the agent’s terminal; denying also ends the turn.', 'ChorusHint' },
    })
  end
  if #request.suggestions > 0 and request.answerable ~= 'terminal' then
    blank(rows)
    rows[#rows + 1] = canvas.row({ { '  Allow always by a rule', 'ChorusHeader' } })
    for _, suggestion in ipairs(request.suggestions) do
      rows[#rows + 1] = canvas.row({ { '    · ', 'ChorusHint' }, text.reveal_line(suggestion) })
    end
  end
end

--- Rows of a request.
---@param request chorus.Opened
---@param options chorus.RequestOptions
---@return chorus.Row[]
function M.render(request, options)
  local rows = {}
  if options.notice then
    rows[1] = canvas.row({ { '  ' .. options.notice, 'ChorusFailed' } })
  end
  blank(rows)
  if request.answerable == 'hook' then
    tool_rows.add(rows, request, options)
  else
    dialog_rows.add(rows, request)
  end
  while #rows > 1 and rows[#rows].text == '' do
    table.remove(rows)
  end
  show_ways(rows, request)
  return rows
end

return M
