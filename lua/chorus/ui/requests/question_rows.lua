--- The questions of a request as rows. Pure.
local canvas = require('chorus.ui.kit.canvas')
local field_rows = require('chorus.ui.requests.field_rows')
local text = require('chorus.text')

local M = {}

--- The labels of a question's options, as far as they are usable.
---@param question any
---@return {label: string, description: string, more: table}[]
function M.options(question)
  local found = {}
  for _, option in ipairs(type(question) == 'table' and type(question.options) == 'table' and question.options or {}) do
    if type(option) == 'table' and type(option.label) == 'string' then
      local has_words = type(option.description) == 'string'
      local description = has_words and option.description or ''
      local shown = { 'label', has_words and 'description' or nil }
      found[#found + 1] = { label = option.label, description = description, more = field_rows.without(option, shown) }
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

--- Whether every part of the questions is shown by the rows below.
---@param request chorus.Opened
---@return boolean
function M.are_whole(request)
  local questions = M.questions(request)
  return #questions > 0
    and #questions == #request.input.questions
    and vim.iter(questions):all(function(question)
      local options = question.options
      return type(question.question) == 'string'
        and type(options) == 'table'
        and vim.islist(options)
        and #M.options(question) == #options
    end)
end

---@param rows chorus.Row[]
---@param question table
---@param answers { number: integer, chosen: table<integer, boolean>, words?: string, is_current: boolean }
local function show_options(rows, question, answers)
  local options, width = M.options(question), 0
  for _, option in ipairs(options) do
    width = math.max(width, math.min(text.width(text.clean(option.label)), 30))
  end
  local is_multiple = question.multiSelect == true
  for index, option in ipairs(options) do
    local is_chosen = answers.chosen[index]
    local box = is_multiple and (is_chosen and '[x] ' or '[ ] ') or (is_chosen and '(•) ' or '( ) ')
    local label = text.reveal_line(option.label)
    local description = text.reveal(option.description)
    rows[#rows + 1] = canvas.row({
      '  ',
      { box, 'ChorusUnread' },
      { answers.is_current and tostring(index) or ' ', 'ChorusKey' },
      '  ',
      { label .. (' '):rep(math.max(width - text.width(label), 0)), answers.is_current and 'ChorusTitle' or nil },
      { #description == 1 and '   ' .. description[1] or '', 'ChorusSummary' },
    }, { option = index, question = answers.number })
    if #description > 1 then
      field_rows.body(rows, option.description, { before = '         ' .. field_rows.BAR, group = 'ChorusSummary' })
    end
    field_rows.fields(rows, option.more, '         ')
  end
  if answers.words then
    local box = is_multiple and '  [x] ' or '  (•) '
    rows[#rows + 1] = canvas.row({ { box, 'ChorusUnread' }, '   ', { text.clean(answers.words), 'ChorusTitle' } })
  end
end

--- The short name of a question, where it is one line.
---@param question table
---@return string?
local function header(question)
  local lines = type(question.header) == 'string' and text.reveal(question.header) or {}
  return #lines == 1 and lines[1] ~= '' and lines[1] or nil
end

--- Adds each question with its options and what is chosen.
---@param rows chorus.Row[]
---@param request chorus.Opened
---@param answers? chorus.Answers none where the person only looks
function M.add(rows, request, answers)
  answers = answers or { at = 1, chosen = {}, words = {} }
  local questions = M.questions(request)
  for number, question in ipairs(questions) do
    local is_current = #questions == 1 or answers.at == number
    local name = header(question)
    if #questions > 1 or name then
      local place = #questions > 1 and ('Question %d of %d'):format(number, #questions) or nil
      rows[#rows + 1] = canvas.row({
        { #questions > 1 and is_current and '▶ ' or '  ', 'ChorusRequest' },
        { table.concat({ place or name, place and name }, ' · '), 'ChorusHeader' },
      })
    end
    field_rows.body(rows, question.question, { group = is_current and 'ChorusTitle' or nil })
    if question.multiSelect == true then
      rows[#rows + 1] = canvas.row({ { '  choose one or more', 'ChorusHint' } })
    end
    local shown = { 'question', 'options' }
    if type(question.multiSelect) == 'boolean' then
      shown[#shown + 1] = 'multiSelect'
    end
    if header(question) then
      shown[#shown + 1] = 'header'
    end
    field_rows.fields(rows, field_rows.without(question, shown))
    rows[#rows + 1] = canvas.row({})
    show_options(
      rows,
      question,
      { number = number, chosen = answers.chosen[number] or {}, words = answers.words[number], is_current = is_current }
    )
    rows[#rows + 1] = canvas.row({})
  end
end

return M
