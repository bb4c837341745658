--- Sends a prompt to tasks. A task that waits to be started is started with it, after the person was asked.

local ask_daemon = require('chorus.ask_daemon')
local fits = require('chorus.tasks.fits')
local message = require('chorus.message')
local phrase = require('chorus.phrase')
local picker = require('chorus.picker')

local M = {}

--- Agents to start at the same time.
local STARTS_AT_ONCE = 2

---@class chorus.SendOptions
---@field raw? boolean typed as it is, so that `/compact` works
---@field after? fun(is_sent: boolean) once the prompt has been sent, or not: then the text is still the person's

---@param found chorus.Task[]
---@param text string
---@param options chorus.SendOptions
local function to_running(found, text, options, after)
  if #found == 0 then
    return after(true)
  end
  local sent = {}
  ask_daemon.each('send', found, function(task)
    return { task = task.uuid, text = text, raw = options.raw or false }
  end, {
    on_reply = function(task, reply)
      if reply.queued then
        local why = reply.reason or 'other prompts wait for it'
        message.info(('#%d will get the prompt later: %s'):format(task.number, why), '`:Chorus prompts` changes it')
      else
        sent[#sent + 1] = task
      end
    end,
    on_end = function(refused)
      if #sent > 0 then
        message.info(('prompt sent to %s'):format(phrase.numbers(sent)))
      end
      after(#refused == 0)
    end,
  })
end

---@param found chorus.Task[]
---@param text string
local function start_with(found, text, after)
  if #found == 0 then
    return after(true)
  end
  ask_daemon.each('start', found, function(task)
    return { task = task.uuid, prompt = text, environment = vim.fn.environ() }
  end, {
    at_once = STARTS_AT_ONCE,
    on_end = function(refused)
      if #refused < #found then
        message.info(('%s started with the prompt'):format(phrase.numbers(found)))
      end
      after(#refused == 0)
    end,
  })
end

--- Whether each of the tasks runs or can be started. Says why not.
---@param found chorus.Task[]
---@return boolean
function M.can_get_one(found)
  local ended = vim.tbl_filter(fits.ended, found)
  if #ended > 0 then
    message.fail(
      ('cannot send to %s: not running'):format(phrase.numbers(ended)),
      ('`:Chorus reopen %d` makes it pending again'):format(ended[1].number)
    )
  end
  return #ended == 0
end

--- Sends a text.
---@param found chorus.Task[]
---@param text string
---@param options chorus.SendOptions
function M.run(found, text, options)
  local after = options.after or function() end
  if not M.can_get_one(found) then
    return after(false)
  end
  local running, pending = vim.tbl_filter(fits.live, found), vim.tbl_filter(fits.pending, found)
  local function send()
    to_running(running, text, options, function(is_sent)
      start_with(pending, text, function(is_started)
        after(is_sent and is_started)
      end)
    end)
  end
  if #pending == 0 then
    return send()
  end
  local does = ('Start %s with this prompt'):format(phrase.numbers(pending))
  picker.pick({ does, 'Cancel' }, {
    prompt = ('%s: not started yet.'):format(phrase.numbers(pending)),
    kind = 'chorus_confirm',
    format = function(item)
      return item
    end,
  }, function(choice)
    if choice == does then
      send()
    else
      after(false)
    end
  end)
end

return M
