--- A task's context as lines: the references to order and choose, then what the agent gets. Pure.
local reference_rows = require('chorus.ui.documents.reference_rows')
local text = require('chorus.text')

local M = {}

--- Stands between the references and what follows from them.
M.SEPARATOR = '────── below: what the agent gets, not to be edited ──────'

--- One line for a reference, by whose number it is known again.
---@param reference chorus.Reference
---@return string
local function line(reference)
  local state = reference_rows.state(reference)
  local about = state ~= '' and ('(%s) '):format(state) or ''
  return vim.trim(
    ('[%s] %d %s %s%s'):format(
      reference.included and 'x' or ' ',
      reference.id,
      reference_rows.place(reference),
      about,
      text.clean(reference.note or '')
    )
  )
end

--- The lines to edit.
---@param page chorus.ContextPage
---@return string[]
function M.edited(page)
  local lines = { '# Move lines to order the references, [ ] leaves one out. `:w` saves for the next session.' }
  for _, reference in ipairs(page.references) do
    lines[#lines + 1] = line(reference)
  end
  if #page.references == 0 then
    lines[#lines + 1] = '# There are none: `:Chorus ref` in a document ties lines of it to the task.'
  end
  return lines
end

--- What the agent gets with its next new conversation, and what it got last.
---@param page chorus.ContextPage
---@return string[]
function M.below(page)
  local whole = 0
  for _, part in ipairs(page.parts) do
    whole = whole + part.units
  end
  local cut = whole > page.units and (', cut from %d: the rest is in a file that the agent may read'):format(whole)
    or ''
  local lines = { ('%d of at most %d UTF-16 units%s'):format(page.units, page.limit, cut), '' }
  for _, part in ipairs(page.parts) do
    lines[#lines + 1] = ('  %6d  %s'):format(part.units, text.clean(part.heading, 100))
  end
  lines[#lines + 1] = ''
  vim.list_extend(lines, text.lines(page.text))
  if page.given and page.given ~= page.text then
    local when = page.given_at and os.date('on %d %b at %H:%M', math.floor(page.given_at / 1000)) or 'last'
    vim.list_extend(lines, {
      '',
      ('────── what it got %s ──────'):format(when),
      '',
    })
    vim.list_extend(lines, text.lines(page.given))
  elseif page.given_at then
    lines[2] = os.date('The agent got this on %d %b at %H:%M.', math.floor(page.given_at / 1000))
    table.insert(lines, 3, '')
  end
  return lines
end

--- The whole buffer.
---@param page chorus.ContextPage
---@return string[]
function M.lines(page)
  local lines = M.edited(page)
  lines[#lines + 1] = M.SEPARATOR
  return vim.list_extend(lines, M.below(page))
end

--- The order and the choice that a person wrote.
---@param lines string[] the whole buffer
---@return { id: integer, included: boolean }[]? choices
---@return { line: integer, text: string }[] faults
function M.choices(lines)
  local choices, seen = {}, {}
  for index, typed in ipairs(lines) do
    if typed == M.SEPARATOR then
      return choices, {}
    end
    local mark, id = typed:match('^%[([ xX])%]%s*(%d+)')
    if id and not seen[id] then
      seen[id] = true
      choices[#choices + 1] = { id = tonumber(id), included = mark ~= ' ' }
    elseif id then
      return nil, { { line = index, text = ('reference %s appears twice'):format(id) } }
    elseif typed:find('%S') and not vim.startswith(typed, '#') then
      return nil, { { line = index, text = 'a line begins with `[x]` or `[ ]` and the number of a reference' } }
    end
  end
  return nil, { { line = #lines, text = 'the line “below: what the agent gets” is gone: `u` restores it' } }
end

return M
