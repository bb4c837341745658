-- Times COUNT requests one after the other, each sent once the answer to the one before has come, in the plugin's client;
-- then as many through another bridge to a peer that only answers. One time in milliseconds a line: `chorus 0.4`.
vim.opt.runtimepath:prepend(vim.env.BENCH_CHECKOUT)
vim.g.chorus = { binary = vim.env.BENCH_CHORUS }
local count = tonumber(vim.env.BENCH_COUNT)

local function report(name, times)
  for _, time in ipairs(times) do
    io.stdout:write(('%s %f\n'):format(name, time))
  end
end

--- Calls `ask(on_reply)` again and again; the times it took.
local function measure(ask)
  local times, is_done = {}, false
  local began
  local function again()
    times[#times + 1] = began and (vim.uv.hrtime() - began) / 1e6
    if #times == count then
      is_done = true
      return
    end
    began = vim.uv.hrtime()
    ask(again)
  end
  again()
  assert(vim.wait(60000, function()
    return is_done
  end, 1000), 'no answer')
  return times
end

local client = require('chorus.client')
local is_ready = false
client.ready(function(err)
  is_ready = not err
end)
assert(vim.wait(10000, function()
  return is_ready
end), 'no connection')

local function through(method, params)
  return measure(function(on_reply)
    client.request(method, params, function(err)
      assert(not err, err and err.message)
      on_reply()
    end)
  end)
end
through('task_show', { task = '1' })
report('chorus', through('task_show', { task = '1' }))

local waiting
function _G.answered()
  waiting()
end
local channel = vim.fn.jobstart(
  { vim.env.BENCH_CHORUS, 'rpc' },
  { rpc = true, env = { CHORUS_STATE_DIR = vim.env.BENCH_ECHO } }
)
local function echo(on_reply)
  waiting = on_reply
  vim.rpcnotify(channel, 'request', 1, { method = 'task_show', params = { task = '1' } })
end
measure(echo)
report('echo', measure(echo))
