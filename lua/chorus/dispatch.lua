--- Runs verbs for windows. Verbs open windows, so that windows must not know the verbs.

local M = {}

---@type fun(name: string, opts: table)?
local run

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
