--- Sends a prompt to tasks. A task that waits to be started is started with it, after the person was asked.

local ask_daemon = require('chorus.ask_daemon')
local fits = require('chorus.tasks.fits')
local message = require('chorus.message')
local phrase = require('chorus.phrase')
local picker = require('chorus.picker')

local M = {}

---@param refused { subject: any }[]
---@return chorus.Task[]
local function subjects_of(refused)
  return vim.tbl_map(function(each)
    return each.subject
  end, refused)
end

--- Agents to start at the same time.
local STARTS_AT_ONCE = 2

---@class chorus.SendOptions
---@field raw? boolean typed as it is, so that `/compact` works
---@field after? fun(left: chorus.Task[]) once it was sent, with the tasks that did not get it: for those the text is still the
--- person's

---@param found chorus.Task[]
---@param text string
---@param options chorus.SendOptions
---@param after fun(left: chorus.Task[])
local function to_running(found, text, options, after)
  if #found == 0 then
    return after({})
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
      after(subjects_of(refused))
    end,
  })
end

---@param found chorus.Task[]
---@param text string
---@param after fun(left: chorus.Task[])
local function start_with(found, text, after)
  if #found == 0 then
    return after({})
  end
  ask_daemon.each('start', found, function(task)
    return { task = task.uuid, prompt = text, environment = vim.fn.environ() }
  end, {
    at_once = STARTS_AT_ONCE,
    on_end = function(refused)
      local left = subjects_of(refused)
      local started = vim.tbl_filter(function(task)
        return not vim.list_contains(left, task)
      end, found)
      if #started > 0 then
        message.info(('%s started with the prompt'):format(phrase.numbers(started)))
      end
      after(left)
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
    return after(found)
  end
  local running, pending = vim.tbl_filter(fits.live, found), vim.tbl_filter(fits.pending, found)
  local function send()
    to_running(running, text, options, function(refused)
      start_with(pending, text, function(not_started)
        after(vim.list_extend(vim.list_slice(refused), not_started))
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
      after(found)
    end
  end)
end

return M
