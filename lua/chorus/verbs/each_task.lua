--- Asking the same of several tasks.

local client = require('chorus.client')
local message = require('chorus.message')

local M = {}

---@param asked chorus.Task[]
---@return string such as `#3, #4`
function M.numbers(asked)
  return table.concat(
    vim.tbl_map(function(task)
      return '#' .. task.number
    end, asked),
    ', '
  )
end

---@param number integer
---@param what string in the singular
---@return string such as `1 file` or `3 files`
function M.count(number, what)
  return ('%d %s%s'):format(number, what, number == 1 and '' or 's')
end

--- Asks the same of several tasks, at most `at_once` at a time. When all have answered, calls `on_reply` for each that was
--- accepted, and says in one message what was refused.
---@param verb chorus.Verb
---@param asked chorus.Task[]
---@param params_of fun(task: chorus.Task): table
---@param opts? { at_once?: integer, on_reply?: fun(task: chorus.Task, result: any) }
function M.each(verb, asked, params_of, opts)
  opts = opts or {}
  local following, running, accepted, refused = 1, 0, {}, {}
  local done = message.patience(('%s %s'):format(verb.name, M.numbers(asked)))
  local function finish()
    -- What is said now must not be covered by the end of the progress.
    done(#refused > 0)
    for _, each in ipairs(opts.on_reply and accepted or {}) do
      opts.on_reply(each.task, each.result)
    end
    if #refused == 1 and #asked == 1 then
      message.failure(refused[1].err)
    elseif #refused > 0 then
      local lines = { ('%s was refused for %d of %d tasks:'):format(verb.name, #refused, #asked) }
      for _, each in ipairs(refused) do
        lines[#lines + 1] = ('#%d: %s'):format(each.task.number, each.err.message)
      end
      message.fail(table.concat(lines, '\n'))
    end
  end
  local function go_on()
    while running < (opts.at_once or #asked) and asked[following] do
      local task = asked[following]
      following, running = following + 1, running + 1
      client.request('task_' .. verb.name, params_of(task), function(err, result)
        running = running - 1
        if err then
          refused[#refused + 1] = { task = task, err = err }
        else
          accepted[#accepted + 1] = { task = task, result = result }
        end
        if running == 0 and not asked[following] then
          finish()
        else
          go_on()
        end
      end)
    end
  end
  go_on()
end

return M
