--- Runs a verb in Neovim: finds its tasks, asks for what is missing, sends a request for each, reports failures once.

local client = require('chorus.client')
local find = require('chorus.verbs.find')
local message = require('chorus.message')

local M = {}

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}
for _, subject in ipairs({
  require('chorus.verbs.agents'),
  require('chorus.verbs.requests'),
  require('chorus.verbs.ends'),
  require('chorus.verbs.edits'),
  require('chorus.verbs.policy'),
  require('chorus.verbs.documents'),
  require('chorus.verbs.windows'),
}) do
  for name, does in pairs(subject) do
    run[name] = does
  end
end

--- A verb that takes tasks and nothing else sends the request of its name for each of them.
local of_each_task = require('chorus.verbs.call').plain()
for _, verb in ipairs(require('chorus.verbs.table')) do
  if verb.takes ~= 'nothing' and verb.place ~= 'shell' then
    run[verb.name] = run[verb.name] or of_each_task
  end
end

require('chorus.picker').use(require('chorus.ui.pick.lists'))

--- Verbs that need no daemon.
local alone = { health = true, install = true, log = true }

--- Runs a verb.
---@param name string
---@param opts? { task?: any, args?: string, bang?: boolean, range?: { first: integer, last: integer }, place?: table, confirmed?: boolean, composes?: boolean }
function M.run(name, opts)
  opts = opts or {}
  require('chorus.ui.kit.typing').note()
  local verb = find(name)
  if not verb then
    return message.fail(('unknown command `%s`'):format(name))
  end
  local call = { task = opts.task, args = opts.args or '', bang = opts.bang or false, place = opts.place }
  call.confirmed = opts.confirmed or false
  call.composes = opts.composes or false
  call.excerpt = opts.range and require('chorus.editor.excerpt').take(opts.range) or nil
  -- Before anything is opened: a picker would be where the person is.
  call.origin = require('chorus.editor.placeholders').origin(call.excerpt)
  if alone[name] then
    return run[name](call, verb)
  end
  local done = message.patience('connecting')
  client.ready(function(err)
    done()
    if err then
      return message.failure(err)
    end
    run[name](call, verb)
  end)
end

return M
