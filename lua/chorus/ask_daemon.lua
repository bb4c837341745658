--- Requests to the daemon that show the person why one was refused.

local client = require('chorus.client')
local message = require('chorus.message')
local phrase = require('chorus.phrase')

local M = {}

--- Sends one request. `on_result` is called only when the daemon accepts it.
---@param method string
---@param params table
---@param on_result? fun(result: any)
---@param on_refused? fun()
function M.once(method, params, on_result, on_refused)
  client.request(method, params, function(err, result)
    if err then
      if on_refused then
        on_refused()
      end
      message.failure(err)
    elseif on_result then
      on_result(result)
    end
  end)
end

---@class chorus.EachOptions
---@field at_once? integer requests under way at the same time; all of them by default
---@field on_reply? fun(subject: any, result: any) for each that was accepted, once all have been answered
---@field on_end? fun(refused: { subject: any, err: chorus.Failure }[]) once all have been answered

--- Requests whose steps `undo` takes back together, where one command gave them.
local undone_together = { task_complete = true, task_fail = true, task_delete = true, task_edit = true }

--- A word for the steps of one command.
---@return string
function M.command()
  return ('%d-%d'):format(vim.uv.os_getpid(), vim.uv.hrtime())
end

--- Sends a verb's request for each of several subjects: tasks, or requests of agents. One message says which of them the
--- daemon refused.
---@generic S: { number: integer }
---@param verb string
---@param subjects S[]
---@param params_of fun(subject: S): table
---@param opts? chorus.EachOptions
function M.each(verb, subjects, params_of, opts)
  opts = opts or {}
  local following, running, accepted, refused = 1, 0, {}, {}
  local done = message.patience(('%s %s'):format(verb, phrase.numbers(subjects)))
  local function say_refused()
    if #subjects == 1 then
      return message.failure(refused[1].err)
    end
    local lines = { ('%s was refused for %d of %d tasks:'):format(verb, #refused, #subjects) }
    for _, each in ipairs(refused) do
      lines[#lines + 1] = ('#%d: %s'):format(each.subject.number, each.err.message)
    end
    message.fail(table.concat(lines, '\n'))
  end
  local function finish()
    -- The end of the progress message would cover what is said before it.
    done(#refused > 0)
    for _, each in ipairs(opts.on_reply and accepted or {}) do
      opts.on_reply(each.subject, each.result)
    end
    if #refused > 0 then
      say_refused()
    end
    if opts.on_end then
      opts.on_end(refused)
    end
  end
  local method = 'task_' .. verb
  local command = #subjects > 1 and undone_together[method] and M.command() or nil
  local function send_next()
    while running < (opts.at_once or #subjects) and subjects[following] do
      local subject = subjects[following]
      following, running = following + 1, running + 1
      local params = vim.tbl_extend('keep', params_of(subject), { command = command })
      client.request(method, params, function(err, result)
        running = running - 1
        if err then
          refused[#refused + 1] = { subject = subject, err = err }
        else
          accepted[#accepted + 1] = { subject = subject, result = result }
        end
        if running == 0 and not subjects[following] then
          finish()
        else
          send_next()
        end
      end)
    end
  end
  send_next()
end

return M
