--- Runs verbs for windows. Verbs open windows, so that windows must not know the verbs.

local M = {}

---@type fun(name: string, opts: table)?
local run

--- What keys do that mean the same in every window and are no verbs.
---@type table<string, fun()>
local everywhere = {}

--- Sets what an action does that every window has.
---@param action string
---@param act fun()
function M.on(action, act)
  everywhere[action] = act
end

--- Does an action that every window has.
---@param action string
function M.act(action)
  if everywhere[action] then
    everywhere[action]()
  end
end

--- Sets what runs verbs.
---@param runner fun(name: string, opts: table)
function M.to(runner)
  run = runner
end

--- Runs a verb.
---@param name string
---@param opts table as `chorus.verbs` takes it
function M.run(name, opts)
  assert(run, 'nothing runs verbs yet')(name, opts)
end

return M
