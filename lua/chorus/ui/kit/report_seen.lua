--- Reports to the daemon that a person has seen a task: a buffer that shows it was on screen for a second in a focused
--- Neovim, in whatever window.
local M = {}

local SECOND = 1000

--- Terminals that do not report focus leave this true.
local has_focus = true

--- Which task a buffer shows.
---@type table<integer, string>
local watched = {}

--- Buffers whose second has begun, and with which task.
---@type table<integer, string>
local running = {}

--- Whether a window of the current tab page shows the buffer.
local function is_on_screen(buffer)
  return vim.fn.bufwinid(buffer) ~= -1
end

local function begin(buffer)
  local uuid = watched[buffer]
  local task = require('chorus.tasks').get(uuid)
  if running[buffer] == uuid or not (task and task.unread and has_focus and is_on_screen(buffer)) then
    return
  end
  running[buffer] = uuid
  vim.defer_fn(function()
    if running[buffer] ~= uuid then
      return
    end
    running[buffer] = nil
    local client = require('chorus.client')
    if has_focus and watched[buffer] == uuid and is_on_screen(buffer) and client.is_connected() then
      client.request('task_seen', { task = uuid }, function() end)
    end
  end, SECOND)
end

local function begin_all()
  for buffer in pairs(watched) do
    if vim.api.nvim_buf_is_valid(buffer) then
      begin(buffer)
    else
      watched[buffer] = nil
    end
  end
end

local function listen()
  local group = vim.api.nvim_create_augroup('chorus_seen', {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
  end
  on('FocusLost', function()
    has_focus = false
  end)
  on('FocusGained', function()
    has_focus = true
    begin_all()
  end)
  on({ 'TabEnter', 'BufWinEnter', 'WinEnter' }, begin_all)
  -- A buffer that left the screen begins its second anew when it is back.
  on('BufWinLeave', function(event)
    running[event.buf] = nil
  end)
  on('User', begin_all, 'ChorusTaskChanged')
end

local is_listening = false

--- Whether Neovim has the focus, as far as its terminal reports that.
---@return boolean
function M.has_focus()
  if not is_listening then
    is_listening = true
    listen()
  end
  return has_focus
end

--- From now on, this buffer shows that task.
---@param buffer integer
---@param uuid string
function M.watch(buffer, uuid)
  M.has_focus()
  watched[buffer] = uuid
  begin(buffer)
end

return M
