--- A request that Chorus read from the agent's screen: the dialog as the screen shows it. Pure.
local canvas = require('chorus.ui.kit.canvas')
local field_rows = require('chorus.ui.requests.field_rows')
local text = require('chorus.text')

local M = {}

---@param rows chorus.Row[]
---@param option table
local function add_option(rows, option)
  local digit = type(option.digit) == 'number' and ('%d. '):format(option.digit) or ''
  local ticked = option.checked == true and '[x] ' or option.checked == false and '[ ] ' or ''
  rows[#rows + 1] = canvas.row({
    { option.selected == true and '  ❯ ' or '    ', 'ChorusRequest' },
    { digit .. ticked .. text.reveal_line(tostring(option.label)), option.selected == true and 'ChorusTitle' or nil },
  })
  if type(option.note) == 'string' then
    field_rows.body(rows, option.note, { before = '      ', group = 'ChorusSummary' })
  end
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
  local options = type(dialog.options) == 'table' and dialog.options or {}
  if #options > 0 then
    rows[#rows + 1] = canvas.row({})
  end
  for _, option in ipairs(options) do
    if type(option) == 'table' then
      add_option(rows, option)
    end
  end
end

return M
