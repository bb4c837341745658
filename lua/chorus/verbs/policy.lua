--- Verbs about rules that answer requests, trust, and the audit.

local ask_daemon = require('chorus.ask_daemon')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local picker = require('chorus.picker')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

--- Requests that `policy test` looks at where nobody says how many.
local USUAL_TEST = 20

function run.policy(call)
  local word, count = call.args:match('^(%a*)%s*(%d*)$')
  if word ~= 'test' and call.args ~= '' then
    return message.fail(('`policy` does not take `%s`'):format(call.args), 'use `:Chorus policy test [count]`')
  end
  local test = word == 'test' and (tonumber(count) or USUAL_TEST) or nil
  ask_daemon.once('policy', { test = test }, require('chorus.ui.requests.policy').open)
end

--- Shows what trust would mean, in a split that stays open behind the question.
---@param offer chorus.TrustOffer
local function show(offer)
  require('chorus.ui.kit.plain_text').open('chorus://trust', vim.split(offer.text, '\n', { plain = true }), 'diff')
  vim.cmd.redraw()
end

function run.trust(call)
  if call.bang then
    return ask_daemon.once('trust', { withdraw = true }, function(offer)
      message.info(offer.text)
    end)
  end
  ask_daemon.once('trust', {}, function(offer)
    if offer.done then
      return message.info(offer.text)
    end
    show(offer)
    picker.confirm('Trust this chorus.toml until it changes?', 'Trust it', function()
      ask_daemon.once('trust', { confirmed = true, seen = offer.fingerprint }, function(now)
        message.info(vim.split(now.text, '\n', { plain = true })[1])
      end)
    end)
  end)
end

function run.audit(call)
  ask_daemon.once('audit', { task = given.some(call.args) }, require('chorus.ui.requests.audit').open)
end

return run
