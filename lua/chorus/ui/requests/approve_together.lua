--- Allows several requests at once, only if they ask for exactly the same, after showing the whole of it.
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
    elseif request.cut or request.answerable ~= 'hook' then
      return ('not all that #%d asks for is known'):format(request.number)
    elseif request.tool ~= first.tool or not vim.deep_equal(request.input, first.input) then
      return ('#%d and #%d ask for different things'):format(first.number, request.number)
    end
  end
end

--- Shows what these ask for; the key that allows it allows all of them.
---@param requests chorus.Opened[]
function M.run(requests)
  local fault = M.fault(requests)
  if fault then
    return require('chorus.message').info(fault, 'answer each of them separately')
  end
  require('chorus.ui.requests.request').open_together(requests)
end

--- Shows every request that asks for the same as this one.
---@param request chorus.Opened
---@param open chorus.Opened[] the requests among which equal ones are looked for
function M.all_like(request, open)
  local fault = M.fault({ request })
  if fault then
    return require('chorus.message').info(fault, 'answer it alone')
  end
  local equal = vim.tbl_filter(function(other)
    return other.id == request.id or M.fault({ request, other }) == nil
  end, open)
  if #equal < 2 then
    return require('chorus.message').info('no other request asks for exactly this')
  end
  require('chorus.ui.requests.request').open_together(equal)
end

return M
