--- Reports to the daemon what the person has before their eyes, so that it shows no notification of that: whether this
--- Neovim has the focus, and which tasks have a window on the screen. Only a change is reported.

local M = {}

--- Nothing is known where the terminal does not report the focus.
---@type boolean?
local has_focus

--- Views whose task is only the row under the cursor.
local LISTS = { dashboard = true, list = true, changes = true }

--- The tasks (uuids) that a window of the current tab page shows: their output, page, request, preview and the like.
---@return string[]
local function on_screen()
  local uuids = {}
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local shown = vim.b[vim.api.nvim_win_get_buf(window)]
    if shown.chorus_uuid and not LISTS[shown.chorus_view] then
      uuids[shown.chorus_uuid] = true
    end
  end
  return vim.tbl_keys(uuids)
end

---@param visible string[]
---@return string
local function key(visible)
  return vim.inspect({ has_focus, visible })
end

--- What the daemon knows: of a Neovim that reports nothing, nothing.
local NOTHING = vim.inspect({ nil, {} })
local reported = NOTHING
local is_due, is_attached = false, false

local function report()
  is_due = false
  local client = require('chorus.client')
  if not client.is_connected() then
    return
  end
  local visible = on_screen()
  table.sort(visible)
  local now = key(visible)
  if now ~= reported then
    reported = now
    -- An older daemon refuses it.
    client.request('presence', { focused = has_focus, visible = visible }, function() end)
  end
end

--- Something may be on the screen that was not, or no more.
function M.changed()
  if is_attached and not is_due then
    is_due = true
    vim.schedule(report)
  end
end

---@param focus boolean
local function set_focus(focus)
  return function()
    has_focus = focus
    M.changed()
  end
end

--- Listens from now on.
function M.attach()
  is_attached = true
  local group = vim.api.nvim_create_augroup('chorus_presence', {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
  end
  on({ 'FocusGained', 'VimResume' }, set_focus(true))
  on({ 'FocusLost', 'VimSuspend' }, set_focus(false))
  on({ 'BufWinEnter', 'BufWinLeave', 'TabEnter', 'WinClosed' }, M.changed)
  on('User', function()
    reported = NOTHING
    M.changed()
  end, 'ChorusConnected')
end

return M
