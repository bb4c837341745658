--- An open request as rows: everything the agent asks for, with hidden characters revealed. Pure.
local canvas = require('chorus.ui.kit.canvas')
local edit_diff = require('chorus.ui.requests.edit_diff')
local text = require('chorus.text')

local M = {}

--- More lines than a person reads. A row says how many more there are.
local MOST_LINES = 3000

---@class chorus.RequestOptions
---@field project string
---@field read fun(path: string): string? a file's content, when it can be read
---@field answers? chorus.Answers
---@field notice? string something to say first

---@class chorus.Answers
---@field at integer the question that digits answer
---@field chosen table<integer, table<integer, boolean>> by question, by option
---@field words table<integer, string> own words, by question

local function blank(rows)
  rows[#rows + 1] = canvas.row({})
end

--- Adds a text line by line, each with `before` in front.
local function body(rows, value, group, before)
  local lines = text.reveal(value)
  while #lines > 1 and lines[#lines] == '' do
    table.remove(lines)
  end
  local group_of = type(group) == 'function' and group or function()
    return group
  end
  for index, line in ipairs(lines) do
    if index > MOST_LINES then
      rows[#rows + 1] = canvas.row({
        { ('  … %d more lines; the terminal shows them all'):format(#lines - MOST_LINES), 'ChorusFailed' },
      })
      return
    end
    rows[#rows + 1] = canvas.row({ before or '  ', { line, group_of(line) } })
  end
end

local function diff_group(line)
  local first = line:sub(1, 1)
  return first == '+' and 'Added' or first == '-' and 'Removed' or first == '@' and 'Changed' or nil
end

--- A path relative to the project where it lies inside.
local function short(path, project)
  if path:sub(1, #project + 1) == project .. '/' then
    return path:sub(#project + 2)
  end
  return path
end

local function show_edit(rows, path, input, options)
  local content = options.read(path)
  local is_new = type(input.content) == 'string' and not content
  rows[#rows + 1] = canvas.row({
    { '  ' .. (is_new and 'New file ' or 'Edit '), 'ChorusHeader' },
    { text.clean(short(path, options.project)), 'ChorusTitle' },
    { input.replace_all == true and '  every occurrence' or '', 'ChorusRequest' },
  })
  blank(rows)
  body(rows, edit_diff.of(input, content), diff_group)
end

local function show_command(rows, input)
  if type(input.description) == 'string' and input.description ~= '' then
    rows[#rows + 1] =
      canvas.row({ { '  The agent says: ', 'ChorusHint' }, { text.clean(input.description), 'ChorusSummary' } })
    blank(rows)
  end
  local lines = text.reveal(input.command)
  body(rows, lines[1] or '', 'String', '  $ ')
  if #lines > 1 then
    body(rows, table.concat(lines, '\n', 2), 'String', '    ')
  end
  if input.run_in_background == true then
    blank(rows)
    rows[#rows + 1] = canvas.row({ { '  The command runs in the background.', 'ChorusHint' } })
  end
end

--- The labels of a question's options, as far as they are usable.
---@param question any
---@return {label: string, description: string}[]
function M.options(question)
  local found = {}
  for _, option in ipairs(type(question) == 'table' and type(question.options) == 'table' and question.options or {}) do
    if type(option) == 'table' and type(option.label) == 'string' then
      found[#found + 1] = { label = option.label, description = tostring(option.description or '') }
    end
  end
  return found
end

--- The questions of a request.
---@param request chorus.Opened
---@return table[]
function M.questions(request)
  local input = type(request.input) == 'table' and request.input or {}
  local questions = type(input.questions) == 'table' and vim.islist(input.questions) and input.questions or {}
  return vim.tbl_filter(function(question)
    return type(question) == 'table'
  end, questions)
end

local function show_questions(rows, request, answers)
  local questions = M.questions(request)
  for number, question in ipairs(questions) do
    local is_current = #questions == 1 or answers.at == number
    local chosen = answers.chosen[number] or {}
    if #questions > 1 then
      rows[#rows + 1] = canvas.row({
        { is_current and '▶ ' or '  ', 'ChorusRequest' },
        { ('Question %d of %d'):format(number, #questions), 'ChorusHeader' },
      })
    end
    body(rows, question.question, is_current and 'ChorusTitle' or nil)
    if question.multiSelect == true then
      rows[#rows + 1] = canvas.row({ { '  choose one or more; <CR> sends', 'ChorusHint' } })
    end
    blank(rows)
    local options = M.options(question)
    local width = 0
    for _, option in ipairs(options) do
      width = math.max(width, math.min(text.width(text.clean(option.label)), 30))
    end
    for index, option in ipairs(options) do
      rows[#rows + 1] = canvas.row({
        { (chosen[index] and '  ● ' or '    '), 'ChorusUnread' },
        { is_current and tostring(index) or ' ', 'ChorusKey' },
        '  ',
        { text.fit(text.clean(option.label), width), is_current and 'ChorusTitle' or nil },
        { '   ' .. text.clean(option.description), 'ChorusSummary' },
      }, { option = index })
    end
    if answers.words[number] then
      rows[#rows + 1] =
        canvas.row({ { '  ● ', 'ChorusUnread' }, { text.clean(answers.words[number]), 'ChorusTitle' } })
    end
    blank(rows)
  end
end

--- Any other input: `name  value`, longer values on lines of their own.
local function show_fields(rows, input)
  local names = vim.tbl_keys(input)
  table.sort(names, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for _, name in ipairs(names) do
    local value = input[name]
    local shown = type(value) == 'table' and vim.inspect(value) or tostring(value)
    local label = { '  ' .. text.clean(name) .. '  ', 'ChorusHeader' }
    if shown:find('\n') then
      rows[#rows + 1] = canvas.row({ label })
      body(rows, shown, nil, '    ')
    else
      rows[#rows + 1] = canvas.row({ label, text.reveal(shown)[1] or '' })
    end
  end
end

local function show_input(rows, request, options)
  local input = request.input
  local path = edit_diff.path(input)
  if path then
    show_edit(rows, path, input, options)
  elseif request.kind == 'question' and #M.questions(request) > 0 then
    show_questions(rows, request, options.answers)
  elseif type(input) == 'table' and type(input.plan) == 'string' then
    body(rows, input.plan)
  elseif type(input) == 'table' and type(input.command) == 'string' then
    show_command(rows, input)
  else
    body(rows, request.summary, 'ChorusTitle')
    if type(input) == 'table' and next(input) then
      blank(rows)
      show_fields(rows, input)
    elseif input ~= nil and type(input) ~= 'table' then
      blank(rows)
      body(rows, input)
    end
  end
end

--- What to know before answering.
local function show_ways(rows, request)
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
      rows[#rows + 1] = canvas.row({ { '    · ', 'ChorusHint' }, text.clean(suggestion) })
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
  if request.tool and not edit_diff.path(request.input) and request.kind == 'permission' then
    rows[#rows + 1] = canvas.row({ { '  ' .. text.clean(request.tool), 'ChorusTitle' } })
    blank(rows)
  end
  show_input(rows, request, options)
  show_ways(rows, request)
  while #rows > 1 and rows[#rows].text == '' do
    table.remove(rows)
  end
  return rows
end

return M
