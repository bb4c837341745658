--- The list of the project's documents. It is asked for each time, and sent only where it differs from the one before.
local client = require('chorus.client')

local M = {}

--- The last list of each category, and of all under the empty word.
---@type table<string, chorus.Documents>
local last = {}

--- Hands on the documents of a category, or all. The list is not to be changed.
---@param category? string
---@param on_reply fun(err?: chorus.Failure, found?: chorus.Documents)
function M.get(category, on_reply)
  local before = last[category or '']
  client.request('docs', { category = category, known = before and before.revision }, function(err, found)
    if not err and found.same and before then
      found = before
    elseif not err then
      last[category or ''] = found
    end
    on_reply(err, found)
  end)
end

--- The same where a refusal is shown to the person.
---@param category? string
---@param on_found fun(found: chorus.Documents)
function M.ask(category, on_found)
  M.get(category, function(err, found)
    if err or not found then
      return require('chorus.message').failure(err)
    end
    on_found(found)
  end)
end

return M
