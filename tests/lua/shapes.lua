--- Whether a value has a shape of the contract. Nothing here touches `vim`: the Rust suite `contract` runs it too.

local contract = require('chorus.contract')

local M = {}

local plain = {
  string = function(value)
    return type(value) == 'string'
  end,
  integer = function(value)
    return type(value) == 'number' and value % 1 == 0
  end,
  boolean = function(value)
    return type(value) == 'boolean'
  end,
  map = function(value)
    if type(value) ~= 'table' then
      return false
    end
    for key, item in pairs(value) do
      if type(key) ~= 'string' or type(item) ~= 'string' then
        return false
      end
    end
    return true
  end,
  any = function()
    return true
  end,
}

local fault_of

---@param name string
---@param value any
---@param where string
---@return string?
local function fault_of_shape(name, value, where)
  local shape = contract.shapes[name]
  if type(value) ~= 'table' then
    return where .. ' must be a ' .. name .. ', not a ' .. type(value)
  end
  for field in pairs(value) do
    if shape[field] == nil then
      return where .. ' has no field `' .. tostring(field) .. '`'
    end
  end
  for field, kind in pairs(shape) do
    local fault = fault_of(kind, value[field], where .. '.' .. field)
    if fault then
      return fault
    end
  end
end

---@param kind string
---@param value any
---@param where string
---@return string?
function fault_of(kind, value, where)
  if kind:sub(-1) == '?' then
    if value == nil then
      return nil
    end
    kind = kind:sub(1, -2)
  end
  if value == nil and kind ~= 'any' then
    return where .. ' is missing'
  end
  if kind:sub(-2) == '[]' then
    if type(value) ~= 'table' then
      return where .. ' must be a list, not a ' .. type(value)
    end
    local count = 0
    for _ in pairs(value) do
      count = count + 1
    end
    for index = 1, count do
      local fault = fault_of(kind:sub(1, -3), value[index], where .. '[' .. index .. ']')
      if fault then
        return fault
      end
    end
    return nil
  end
  if contract.words[kind] then
    for _, word in ipairs(contract.words[kind]) do
      if word == value then
        return nil
      end
    end
    return where .. ' must be one of ' .. table.concat(contract.words[kind], ', ') .. ', not ' .. tostring(value)
  end
  if contract.shapes[kind] then
    return fault_of_shape(kind, value, where)
  end
  local is = plain[kind]
  if not is then
    return where .. ' has the unknown type `' .. kind .. '`'
  end
  if not is(value) then
    return where .. ' must be a ' .. kind .. ', not a ' .. type(value)
  end
end

--- Says how a value departs from a shape, in one sentence; nil when it does not.
---@param shape string such as `Task`, `Task[]` or `string?`
---@param value any
---@return string?
function M.fault(shape, value)
  return fault_of(shape, value, shape:match('^%w+'))
end

return M
