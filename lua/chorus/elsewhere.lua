--- The tasks and requests of other projects, which the daemon reports once somebody has asked for them.

local client = require('chorus.client')
local tasks = require('chorus.tasks')

local M = {}

--- Hears of them from now on, until the connection ends.
---@param on_done? fun(err?: chorus.Failure) once they are known, or could not be got
function M.hear(on_done)
  client.request('others', {}, function(err, found)
    if not err then
      tasks.set_others(found)
    end
    if on_done then
      on_done(err)
    end
  end)
end

--- The name of a task's or request's project where that is another one than Neovim is in.
---@param what { project: string }
---@return string?
function M.name_of(what)
  local welcome = client.welcome()
  return welcome and what.project ~= welcome.project and vim.fs.basename(what.project) or nil
end

return M
