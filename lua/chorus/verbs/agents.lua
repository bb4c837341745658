--- Verbs that start an agent and talk to it.

local ask_daemon = require('chorus.ask_daemon')
local phrase = require('chorus.phrase')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local picker = require('chorus.picker')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

--- Agents to start at the same time.
local STARTS_AT_ONCE = 2

--- The environment for an agent: the daemon keeps it in memory and leaves out what belongs to Neovim and tmux.
local function environment()
  return vim.fn.environ()
end

--- Asks before conversations are left for new ones.
---@param found chorus.Task[]
---@param on_yes fun()
local function confirm_fresh(found, on_yes)
  local left = vim.tbl_filter(function(task)
    return task.session_id ~= nil
  end, found)
  if #left == 0 then
    return on_yes()
  end
  local what = #left == 1 and 'a new conversation, without the one so far' or 'new conversations, without those so far'
  picker.confirm(phrase.about(('Begin %s?'):format(what), left), 'Begin anew: ' .. phrase.numbers(found), on_yes)
end

---@param found chorus.Task[]
---@param prompt? string
---@param fresh boolean
local function start(found, prompt, fresh)
  ask_daemon.each('start', found, function(task)
    return { task = task.uuid, prompt = prompt, fresh = fresh, environment = environment() }
  end, {
    at_once = STARTS_AT_ONCE,
    on_reply = function(task)
      if #found == 1 then
        message.info(('#%d has started'):format(task.number), ('`:Chorus output %d` shows it'):format(task.number))
      end
    end,
  })
end

function run.start(call, verb)
  given.with_tasks(verb, call, function(found)
    local function go_on()
      start(found, given.some(call.args), call.bang)
    end
    if call.bang then
      return confirm_fresh(found, go_on)
    end
    go_on()
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

--- Opens the composer with what the placeholders of a text stand for, to be read before it is sent.
---@param found chorus.Task[]
---@param call chorus.Call
local function compose(found, call)
  local composer = require('chorus.ui.prompts.composer')
  if not call.excerpt and call.args == '' then
    return composer.open_for(found, { raw = call.bang, origin = call.origin })
  end
  local placeholders = require('chorus.editor.placeholders')
  placeholders.expand(call.args, call.origin, function(text)
    local lines = text ~= '' and vim.split(text, '\n', { plain = true }) or {}
    if call.excerpt and not placeholders.has_selection(call.args) then
      vim.list_extend(lines, text ~= '' and { '' } or {})
      vim.list_extend(lines, require('chorus.editor.excerpt').fenced(call.excerpt))
      vim.list_extend(lines, { '', '' })
    end
    composer.open_for(found, {
      raw = call.bang,
      lines = lines,
      is_kept = call.args ~= '',
      -- What is left of the text's braces is words, such as `\{file}`; no excerpt has any placeholder.
      is_filled = call.args:find('{', 1, true) ~= nil,
      origin = call.origin,
    })
  end)
end

function run.send(call, verb)
  given.with_tasks(verb, call, function(found)
    local text = prompt_of(call)
    local send_prompt = require('chorus.send_prompt')
    local has_placeholders = not call.bang and require('chorus.editor.placeholders').has(call.args)
    if not text or call.composes or has_placeholders then
      -- Before anything is typed that could not be sent.
      if send_prompt.can_get_one(found) then
        compose(found, call)
      end
      return
    end
    send_prompt.run(found, text, {
      raw = call.bang,
      after = function(left)
        if #left > 0 then
          local lines = vim.split(text, '\n', { plain = true })
          local options = { raw = call.bang, lines = lines, is_kept = true, is_filled = true }
          require('chorus.ui.prompts.composer').open_for(left, options)
        end
      end,
    })
  end)
end

function run.restart(call, verb)
  given.with_tasks(verb, call, function(found, confirmed)
    local function restart()
      ask_daemon.each(verb.name, found, function(task)
        return { task = task.uuid, fresh = call.bang, environment = environment() }
      end, { at_once = STARTS_AT_ONCE })
    end
    if call.bang and not confirmed then
      return confirm_fresh(found, restart)
    end
    restart()
  end)
end

return run
