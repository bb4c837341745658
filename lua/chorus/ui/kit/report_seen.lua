--- Reports to the daemon that a person has seen a task: its window was on screen for a second in a focused Neovim.
local M = {}

local SECOND = 1000

--- Terminals that do not report focus leave this true.
local has_focus = true

--- Which task a window shows, and in which buffer: it may show another one later.
---@type table<integer, {uuid: string, buffer: integer}>
local watched = {}

--- Windows whose second has begun.
local running = {}

local function is_on_screen(window)
  return vim.api.nvim_win_is_valid(window)
    and vim.api.nvim_win_get_buf(window) == watched[window].buffer
    and vim.api.nvim_win_get_tabpage(window) == vim.api.nvim_get_current_tabpage()
end

local function begin(window)
  local shown = watched[window]
  local task = require('chorus.tasks').get(shown.uuid)
  if running[window] or not (task and task.unread and has_focus and is_on_screen(window)) then
    return
  end
  running[window] = true
  vim.defer_fn(function()
    running[window] = nil
    local client = require('chorus.client')
    if has_focus and watched[window] == shown and is_on_screen(window) and client.is_connected() then
      client.request('task_seen', { task = shown.uuid }, function() end)
    end
  end, SECOND)
end

local function begin_all()
  for window in pairs(watched) do
    if vim.api.nvim_win_is_valid(window) then
      begin(window)
    else
      watched[window] = nil
    end
  end
end

local function listen()
  local group = vim.api.nvim_create_augroup('chorus_seen', {})
  vim.api.nvim_create_autocmd('FocusLost', {
    group = group,
    callback = function()
      has_focus = false
    end,
  })
  vim.api.nvim_create_autocmd('FocusGained', {
    group = group,
    callback = function()
      has_focus = true
      begin_all()
    end,
  })
  vim.api.nvim_create_autocmd('TabEnter', { group = group, callback = begin_all })
  vim.api.nvim_create_autocmd('User', { group = group, pattern = 'ChorusTaskChanged', callback = begin_all })
end

--- The tasks with a window on the screen.
---@return string[]
local function on_screen()
  local uuids = {}
  for window, shown in pairs(watched) do
    if is_on_screen(window) then
      uuids[shown.uuid] = true
    end
  end
  return vim.tbl_keys(uuids)
end

--- From now on, this window shows that task.
---@param window integer
---@param uuid string
function M.watch(window, uuid)
  if not next(watched) then
    listen()
  end
  watched[window] = { uuid = uuid, buffer = vim.api.nvim_win_get_buf(window) }
  begin(window)
  require('chorus.editor.presence').by(on_screen)
end

return M
