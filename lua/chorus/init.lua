--- The public interface: a function for each verb, such as `require('chorus').start(12)`.

local find = require('chorus.verbs.find')

local M = {}

--- Sets the options, as an alternative to `vim.g.chorus`. Starts nothing.
---@param options? chorus.Options|table
function M.setup(options)
  vim.g.chorus = options or vim.empty_dict()
  require('chorus.config').reset()
end

--- A verb: `start()`, `start(12)`, `start({ 12, 13 })`, `send(12, 'text')`, or
--- `send({ task = 12, args = 'text', bang = true })`; for a verb without a task `new('title')`.
---@param name string
local function door(name)
  return function(first, second)
    local verb = assert(find(name))
    local opts
    if type(first) == 'table' and (first.task or first.args or first.bang or first.range) then
      opts = first
    elseif verb.takes == 'nothing' then
      opts = { args = first and tostring(first) or nil }
    else
      opts = { task = first, args = second }
    end
    require('chorus.attach').features()
    require('chorus.verbs').run(name, opts)
  end
end

return setmetatable(M, {
  __index = function(_, name)
    local verb = type(name) == 'string' and find(name)
    if verb then
      M[name] = door(name)
      return rawget(M, name)
    end
  end,
})
