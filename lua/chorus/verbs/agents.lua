--- Verbs that start an agent and talk to it.

local ask_daemon = require('chorus.ask_daemon')
local given = require('chorus.verbs.call')
local message = require('chorus.message')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

--- Agents to start at the same time.
local STARTS_AT_ONCE = 2

--- The environment for an agent: the daemon keeps it in memory and leaves out what belongs to Neovim and tmux.
local function environment()
  return vim.fn.environ()
end

function run.start(call, verb)
  given.with_tasks(verb, call, function(found)
    ask_daemon.each(verb.name, found, function(task)
      return { task = task.uuid, prompt = given.some(call.args), fresh = call.bang, environment = environment() }
    end, {
      at_once = STARTS_AT_ONCE,
      on_reply = function(task)
        if #found == 1 then
          message.info(('#%d has started'):format(task.number), ('`:Chorus output %d` shows it'):format(task.number))
        end
      end,
    })
  end)
end

--- The lines of a range are the prompt; after a text they follow as an excerpt.
---@param call chorus.Call
---@return string?
local function prompt_of(call)
  if not call.excerpt then
    return given.some(call.args)
  elseif call.args == '' then
    return table.concat(call.excerpt.lines, '\n')
  end
  return call.args .. '\n\n' .. table.concat(require('chorus.editor.excerpt').fenced(call.excerpt), '\n')
end

function run.send(call, verb)
  given.with_tasks(verb, call, function(found)
    local text = prompt_of(call)
    if not text then
      return require('chorus.ui.prompts.composer').open_for(found, { raw = call.bang })
    end
    require('chorus.send_prompt').run(found, text, {
      raw = call.bang,
      after = function(is_sent)
        if not is_sent then
          local lines = vim.split(text, '\n', { plain = true })
          require('chorus.ui.prompts.composer').open_for(found, { raw = call.bang, lines = lines, is_kept = true })
        end
      end,
    })
  end)
end

run.resend = given.plain()
run.dismiss = given.plain()
run.interrupt = given.plain()
run.restart = given.plain(function(call)
  return { fresh = call.bang, environment = environment() }
end, { at_once = STARTS_AT_ONCE })

return run
