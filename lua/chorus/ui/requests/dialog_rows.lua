--- A request that Chorus read from the agent's screen: the dialog as the screen shows it. Pure.
local canvas = require('chorus.ui.kit.canvas')
local field_rows = require('chorus.ui.requests.field_rows')
local text = require('chorus.text')

local M = {}

---@param rows chorus.Row[]
---@param option table
---@param index integer
---@param key? integer the digit that chooses it here, where the agent shows none
local function add_option(rows, option, index, key)
  local digit = type(option.digit) == 'number' and ('%d. '):format(option.digit) or ''
  local ticked = option.checked == true and '[x] ' or option.checked == false and '[ ] ' or ''
  rows[#rows + 1] = canvas.row({
    { option.selected == true and '  ❯ ' or '    ', 'ChorusRequest' },
    { key and key .. '  ' or '', 'ChorusKey' },
    { digit .. ticked .. text.reveal_line(tostring(option.label)), option.selected == true and 'ChorusTitle' or nil },
  }, { option = index })
  if type(option.note) == 'string' then
    field_rows.body(rows, option.note, { before = '      ', group = 'ChorusSummary' })
  end
end

--- The options of the dialog, top to bottom.
---@param request chorus.Opened
---@return { label: string, digit?: integer, means?: string, keys?: string[] }[]
function M.options(request)
  local dialog = type(request.input) == 'table' and request.input or {}
  local options = type(dialog.options) == 'table' and dialog.options or {}
  return vim.tbl_filter(function(option)
    return type(option) == 'table' and type(option.label) == 'string'
  end, options)
end

--- The option that a digit names: the one that shows it, else the one in that place.
---@param request chorus.Opened
---@param digit integer
---@return { label: string, means?: string }?
function M.option(request, digit)
  local options = M.options(request)
  for _, option in ipairs(options) do
    if option.digit == digit then
      return option
    end
  end
  local option = options[digit]
  return option and not option.digit and option or nil
end

--- Whether the agent asks on its screen for words, which Chorus types.
---@param request chorus.Opened
---@return boolean
function M.takes_words(request)
  return request.kind == 'question' and request.answerable == 'keys' and #M.options(request) == 0
end

--- What Chorus does with an answer, as the end of a sentence.
---@param request chorus.Opened
---@return string
function M.way(request)
  local configured = vim.iter(M.options(request)):any(function(option)
    return type(option.keys) == 'table'
  end)
  if configured then
    return 'presses the keys of your answer.'
  elseif M.takes_words(request) then
    return 'types your answer.'
  elseif request.kind == 'trust' then
    return 'presses the keys for you. Denying ends the agent.'
  end
  return 'presses the keys for you. Denying also ends the turn.'
end

--- Adds what stands above the options, and the options. The agent drew all of it.
---@param rows chorus.Row[]
---@param request chorus.Opened
function M.add(rows, request)
  local dialog = type(request.input) == 'table' and request.input or {}
  local lines = type(dialog.text) == 'table' and dialog.text or {}
  if #lines == 0 then
    field_rows.body(rows, request.summary, { group = 'ChorusTitle' })
  end
  for index, line in ipairs(lines) do
    local group = index == 1 and 'ChorusTitle' or nil
    field_rows.body(rows, line, { before = '  ' .. field_rows.BAR, group = group })
  end
  if #lines == 0 and type(dialog.question) == 'string' and dialog.question ~= request.summary then
    field_rows.body(rows, dialog.question)
  end
  local options = M.options(request)
  if #options > 0 then
    rows[#rows + 1] = canvas.row({})
  end
  for index, option in ipairs(options) do
    local is_chosen_so = request.answerable == 'keys' and index <= 9 and M.option(request, index) == option
    add_option(rows, option, index, is_chosen_so and not option.digit and index or nil)
  end
end

return M
