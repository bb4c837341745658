--- Values on their way to and from the daemon.

local M = {}

--- Replaces `vim.NIL` by nil, recursively. The input of an agent's tool stays as it is, to be shown whole.
---@param value any
---@return any
function M.without_nil(value)
  if value == vim.NIL then
    return nil
  end
  if type(value) == 'table' then
    for key, item in pairs(value) do
      if item == vim.NIL then
        value[key] = nil
      elseif type(item) == 'table' and key ~= 'input' then
        M.without_nil(item)
      end
    end
  end
  return value
end

--- A copy that the daemon can decode: text that is not UTF-8 is repaired, and an empty table becomes an empty map.
---@param value any
---@return any
function M.sendable(value)
  if type(value) == 'string' and value:find('[\128-\255]') and not vim.iconv(value, 'utf-8', 'utf-8') then
    return (value:gsub('[\128-\255]', '?'))
  elseif type(value) ~= 'table' then
    return value
  end
  local copy = {}
  for key, item in pairs(value) do
    copy[M.sendable(key)] = M.sendable(item)
  end
  return next(copy) == nil and not vim.islist(value) and vim.empty_dict() or copy
end

--- Why the job ended: `chorus rpc` reports it as one line of JSON on standard error.
---@param stderr string
---@return chorus.Failure
function M.reason(stderr)
  for line in stderr:gmatch('[^\n]+') do
    local ok, told = pcall(vim.json.decode, line, { luanil = { object = true } })
    if ok and type(told) == 'table' and type(told.error) == 'table' and told.error.message then
      return told.error
    end
  end
  return {
    code = 'daemon_unreachable',
    message = 'the connection to the daemon ended',
    hint = 'try again; `:checkhealth chorus` says more',
  }
end

return M
