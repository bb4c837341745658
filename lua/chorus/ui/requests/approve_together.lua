--- Allows several requests at once, only if they ask for exactly the same, and after confirmation.
local answer = require('chorus.answer')
local phrase = require('chorus.phrase')
local text = require('chorus.text')

local M = {}

--- Why these cannot be allowed together; nil when they can. Pure.
---@param requests chorus.Opened[]
---@return string?
function M.fault(requests)
  local first = requests[1]
  for _, request in ipairs(requests) do
    if request.kind ~= 'permission' then
      return ('#%d asks for a %s'):format(request.number, request.kind)
    elseif request.answerable == 'terminal' then
      return ('only the terminal of #%d can answer'):format(request.number)
    elseif request.tool ~= first.tool or not vim.deep_equal(request.input, first.input) then
      return ('#%d and #%d ask for different things'):format(first.number, request.number)
    end
  end
end

--- Allows all of these after confirmation.
---@param requests chorus.Opened[]
function M.run(requests)
  local fault = M.fault(requests)
  if fault then
    return require('chorus.message').info(fault, 'answer each of them separately')
  end
  local numbers = phrase.numbers(requests)
  local first = requests[1]
  local whole = type(first.input) == 'table' and first.input.command or vim.inspect(first.input)
  local question = ('%s asked for by %s:\n  %s\n'):format(
    text.clean(first.tool or 'Permission'),
    numbers,
    table.concat(text.reveal(whole), '\n  ')
  )
  require('chorus.picker').confirm(question, 'Allow ' .. numbers, function()
    answer.approve_all(requests, require('chorus.ui.requests.request').open_newer)
  end)
end

return M
