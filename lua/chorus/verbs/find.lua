--- Finds a verb by its name. Pure.

---@type table<string, chorus.Verb>
local by_name = {}
for _, verb in ipairs(require('chorus.verbs.table')) do
  by_name[verb.name] = verb
end

---@param name string
---@return chorus.Verb?
return function(name)
  return by_name[name]
end
