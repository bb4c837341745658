--- The stream of a task's screen. The daemon sends a Neovim one at a time, so one window owns it: a window that shows a
--- task's output goes before one that yields, such as the dashboard's preview.
local tasks = require('chorus.tasks')

local M = {}

---@class chorus.Stream
---@field uuid string
---@field receive fun(output: chorus.Output)
---@field yields boolean
---@field columns? integer that the pane is to take; without them it has a size of its own
---@field rows? integer
---@field on_refused? fun(err: chorus.Failure)

---@type chorus.Stream?
local current

---@param stream chorus.Stream
local function ask(stream)
  local params = { task = stream.uuid, on = true, columns = stream.columns, rows = stream.rows }
  require('chorus.client').request('task_watch', params, function(err)
    if err and stream.on_refused and current == stream then
      stream.on_refused(err)
    end
  end)
end

--- A stream ends with the connection.
local function ask_after_reconnection()
  vim.api.nvim_create_autocmd('User', {
    group = vim.api.nvim_create_augroup('chorus_stream', {}),
    pattern = 'ChorusConnected',
    callback = function()
      if current then
        ask(current)
      end
    end,
  })
end

--- Begins a stream, or begins it again with another size.
---@param stream chorus.Stream
---@return boolean # false while a window has the stream that does not yield it
function M.begin(stream)
  if current and current ~= stream then
    if stream.yields and not current.yields then
      return false
    end
    M.finish(current)
  end
  current = stream
  tasks.read_output(stream.uuid, stream.receive)
  ask_after_reconnection()
  ask(stream)
  return true
end

--- Whether the stream runs.
---@param stream chorus.Stream
---@return boolean
function M.is_running(stream)
  return current == stream
end

--- Ends the stream, if it runs.
---@param stream chorus.Stream
function M.finish(stream)
  if current ~= stream then
    return
  end
  current = nil
  tasks.read_output(stream.uuid, nil)
  if require('chorus.client').is_connected() then
    require('chorus.client').request('task_watch', { task = stream.uuid, on = false }, function() end)
  end
end

return M
