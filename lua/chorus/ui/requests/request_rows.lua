--- An open request as rows: everything the agent asks for, with hidden characters revealed. Pure.
local canvas = require('chorus.ui.kit.canvas')
local dialog_rows = require('chorus.ui.requests.dialog_rows')
local plan_rows = require('chorus.ui.requests.plan_rows')
local text = require('chorus.text')
local tool_rows = require('chorus.ui.requests.tool_rows')

local M = {}

---@class chorus.RequestOptions
---@field project string
---@field worktree? string the task's own
---@field read fun(path: string): string?, boolean? a file's content, when it can be read; whether the file is there
---@field answers? chorus.Answers
---@field syntax? chorus.Syntax finds the syntax of a file
---@field notice? string something to say first
---@field together? chorus.Together[] requests for the same thing, allowed together

---@class chorus.Together
---@field number integer
---@field title string
---@field folder? string
---@field place? string the name of its project, where that is another one

---@class chorus.Answers
---@field at integer the question that digits answer
---@field chosen table<integer, table<integer, boolean>> by question, by option
---@field words table<integer, string> own words, by question

local function blank(rows)
  rows[#rows + 1] = canvas.row({})
end

--- Says that not all is shown, where a person sees it first: a key answers without going to the end.
---@param rows chorus.Row[]
---@param request chorus.Opened
---@param body chorus.Row[]
local function show_cut(rows, request, body)
  local is_cut = request.cut
    or vim.iter(body):any(function(row)
      return type(row.data) == 'table' and row.data.is_cut == true
    end)
  if is_cut then
    local why = request.answerable == 'hook' and 'The request is too large to show.' or 'The screen shows no more.'
    rows[#rows + 1] = canvas.row({ { '  This is not all of it. ' .. why .. ' Look at the terminal.', 'ChorusFailed' } })
  end
end

--- What to know before answering.
local function show_ways(rows, request)
  if request.answerable == 'terminal' then
    blank(rows)
    rows[#rows + 1] = canvas.row({ { '  Only the agent’s terminal can answer this.', 'ChorusRequest' } })
  elseif request.answerable == 'keys' then
    blank(rows)
    rows[#rows + 1] =
      canvas.row({ { '  Chorus reads the screen again, then ' .. dialog_rows.way(request), 'ChorusHint' } })
  end
  if request.kind == 'plan' and request.answerable == 'hook' then
    blank(rows)
    plan_rows.add_ways(rows, request)
  elseif #request.suggestions > 0 and request.answerable ~= 'terminal' then
    blank(rows)
    rows[#rows + 1] = canvas.row({ { '  Allow always by a rule', 'ChorusHeader' } })
    for _, suggestion in ipairs(request.suggestions) do
      rows[#rows + 1] = canvas.row({ { '    · ', 'ChorusHint' }, text.reveal_line(suggestion) })
    end
  end
end

--- Names the requests that one answer allows.
---@param rows chorus.Row[]
---@param together? chorus.Together[]
local function show_together(rows, together)
  if not together then
    return
  end
  rows[#rows + 1] = canvas.row({ { '  Allowing this allows it for', 'ChorusFailed' } })
  for _, each in ipairs(together) do
    rows[#rows + 1] = canvas.row({
      { '    ' .. text.fit('#' .. each.number, 5), 'ChorusNumber' },
      { each.place and ('in %s  '):format(text.clean(each.place, 20)) or '', 'ChorusHint' },
      text.clean(each.title, 60),
      { each.folder and '  in ' .. text.reveal_line(each.folder) or '', 'ChorusHint' },
    })
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
  show_together(rows, options.together)
  local body = { canvas.row({}) }
  if request.answerable == 'hook' then
    tool_rows.add(body, request, options)
  else
    dialog_rows.add(body, request)
  end
  while #body > 1 and body[#body].text == '' do
    table.remove(body)
  end
  show_cut(rows, request, body)
  vim.list_extend(rows, body)
  show_ways(rows, request)
  return rows
end

return M
