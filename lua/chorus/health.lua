--- `:checkhealth chorus`

local client = require('chorus.client')
local install = require('chorus.install')

local M = {}

--- How long to wait for the daemon, in milliseconds.
local PATIENCE = 2000

local health = vim.health

local function check_neovim()
  ---@diagnostic disable-next-line: call-non-callable by its metatable
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 1 then
    health.ok('Neovim ' .. version)
  else
    health.error('Neovim ' .. version .. ' is too old', 'install Neovim 0.10 or newer')
  end
end

local function check_options()
  local faults = require('chorus.config').faults()
  for _, fault in ipairs(faults) do
    health.warn(fault, 'see `:help chorus-options`')
  end
  if #faults == 0 then
    health.ok('options are valid')
  end
end

local function check_picker()
  local place, fault = require('chorus.ui.pick.open').place()
  if fault then
    health.warn(('cannot pick with %s: %s'):format(place, fault), 'see `:help chorus-pickers`')
  else
    health.ok('lists open in ' .. place)
  end
end

---@return boolean whether there is a program to talk to
local function check_binary()
  local binary = install.find()
  if not binary then
    local missing = install.missing()
    health.error(missing.message, { missing.hint, 'looked at: ' .. table.concat(install.places(), ', ') })
    return false
  end
  local ok, result = pcall(function()
    return vim.system({ binary, '--version' }, { text = true }):wait(PATIENCE)
  end)
  local version = ok and result.code == 0 and result.stdout:match('%d+%.%d+%.%d+%S*')
  local wanted = require('chorus.contract').version
  if not version then
    health.error(('%s does not run'):format(binary), 'run `:Chorus install`')
    return false
  elseif version ~= wanted then
    health.warn(('%s is version %s, the plugin is %s'):format(binary, version, wanted), 'run `:Chorus install`')
  else
    health.ok(('%s, version %s'):format(binary, version))
  end
  return true
end

---@param done fun(): boolean
---@return boolean
local function wait(done)
  return (vim.wait(PATIENCE, done, 10))
end

---@return boolean whether the daemon reported on tmux and the agent itself
local function check_daemon()
  local protocol = require('chorus.contract').protocol
  if not client.is_connected() then
    client.connect({ start = false })
    wait(client.is_settled)
  end
  local welcome = client.is_connected() and client.welcome()
  if not welcome then
    local err = client.last_error()
    if err then
      health.error('daemon: ' .. err.message, err.hint)
    else
      health.info('no daemon is running; the first verb starts one')
    end
    return false
  end
  health.ok(
    ('daemon %s, process %d, protocol %d (the plugin speaks %d)'):format(
      welcome.version,
      welcome.pid,
      welcome.protocol,
      protocol
    )
  )
  health.info('project ' .. welcome.project)
  local err, reply
  client.request('health', {}, function(...)
    err, reply = ...
  end)
  if not wait(function()
    return err ~= nil or reply ~= nil
  end) then
    health.warn('the daemon did not answer within 2 s', 'see its log: `:Chorus log`')
    return false
  elseif err then
    health.error(err.message, err.hint)
    return false
  end
  local clean = require('chorus.text').clean
  for _, check in ipairs(reply.checks) do
    local text = clean(('%s: %s'):format(check.name, check.text))
    local advice = check.advice and clean(check.advice) or nil
    if check.level == 'ok' then
      health.ok(text)
    elseif check.level == 'warn' then
      health.warn(text, advice or 'see `:help chorus-health`')
    else
      health.error(text, advice or 'see `:help chorus-health`')
    end
  end
  return true
end

local function check_tmux()
  if vim.fn.executable('tmux') == 0 then
    return health.error('`tmux` was not found', 'install tmux 3.2 or newer')
  end
  local result = vim.system({ 'tmux', '-V' }, { text = true }):wait(PATIENCE)
  local major, minor = (result.stdout or ''):match('(%d+)%.(%d+)')
  if not major then
    health.warn('cannot determine the version of tmux', 'Chorus needs tmux 3.2 or newer')
  elseif tonumber(major) * 100 + tonumber(minor) < 302 then
    health.error('tmux ' .. major .. '.' .. minor .. ' is too old', 'install tmux 3.2 or newer')
  else
    health.ok(vim.trim(result.stdout))
  end
end

local function check_agent()
  if vim.fn.executable('claude') == 1 then
    health.ok('agent: ' .. vim.fn.exepath('claude'))
  else
    health.warn(
      'agent: `claude` was not found on PATH',
      'install Claude Code, or name another in `[agent.NAME]` of chorus.toml'
    )
  end
end

function M.check()
  health.start('chorus: Neovim')
  check_neovim()
  check_options()
  check_picker()
  health.start('chorus: program')
  local has_reported = false
  if check_binary() then
    health.start('chorus: daemon')
    has_reported = check_daemon()
  end
  if not has_reported then
    health.start('chorus: other programs')
    check_tmux()
    check_agent()
  end
  health.info('log: ' .. vim.fs.joinpath(require('chorus.client').state_dir(), 'log'))
end

return M
