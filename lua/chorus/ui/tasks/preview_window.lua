--- The window of the preview: beside or below the dashboard's, with one buffer that it keeps. A person may still show
--- another buffer there; the window is the person's then.
local canvas = require('chorus.ui.kit.canvas')
local place = require('chorus.ui.kit.place')
local preview_plan = require('chorus.ui.tasks.preview_plan')
local status = require('chorus.ui.kit.status')

local M = {}

---@class chorus.PreviewWindow
---@field window integer
---@field buffer integer
---@field owner integer the window of the dashboard
---@field group integer of its autocommands
local Window = {}
Window.__index = Window

---@class chorus.PreviewHooks
---@field on_gone fun(by_person: boolean) its window or buffer is gone, or the dashboard has left its own window
---@field on_left fun() the person has gone from the dashboard to another window
---@field on_resized fun()

--- Whether it shows its own buffer.
---@return boolean
function Window:is_open()
  return vim.api.nvim_win_is_valid(self.window) and vim.api.nvim_win_get_buf(self.window) == self.buffer
end

---@return boolean
function Window:is_owner_current()
  return vim.api.nvim_get_current_win() == self.owner
end

--- Width and height of the text area.
---@return integer width
---@return integer height
function Window:size()
  return vim.api.nvim_win_get_width(self.window), vim.api.nvim_win_get_height(self.window)
end

---@param rows chorus.Row[]
---@param wraps boolean
function Window:draw(rows, wraps)
  canvas.draw(self.buffer, rows)
  if vim.wo[self.window].wrap ~= wraps then
    vim.wo[self.window][0].wrap = wraps
  end
end

--- Shows the first line again.
function Window:to_top()
  vim.api.nvim_win_call(self.window, function()
    vim.fn.winrestview({ topline = 1, lnum = 1, col = 0, leftcol = 0 })
  end)
end

--- Names the task, and the keys of the dashboard that go with what is shown.
---@param task? chorus.Task
---@param has_request boolean
function Window:draw_title(task, has_request)
  local chunks = task and status.title(task, status.now()) or { { ' ' } }
  local width = self:size()
  local actions = task and preview_plan.actions(task, has_request) or {}
  local hints = require('chorus.ui.kit.keys').hints('dashboard', actions, width)
  require('chorus.ui.kit.page_buffer').set_bar(self.window, canvas.bar_of_two(chunks, hints, width))
end

---@param key string such as `<C-e>`, as Neovim reads it
function Window:scroll(key)
  vim.api.nvim_win_call(self.window, function()
    vim.cmd.normal({ '3' .. key, bang = true })
  end)
end

--- Gives the window to the person, for any buffer.
function Window:give_up()
  for _, name in ipairs({ 'winfixbuf', 'winfixwidth', 'winfixheight' }) do
    vim.wo[self.window][0][name] = false
  end
end

--- Closes the window, unless it shows a buffer of the person's.
function Window:close()
  pcall(vim.api.nvim_del_augroup_by_id, self.group)
  if not vim.api.nvim_win_is_valid(self.window) then
    return
  elseif not self:is_open() then
    self:give_up()
  elseif not pcall(vim.api.nvim_win_close, self.window, true) then
    -- It is the last window.
    self:give_up()
    vim.api.nvim_win_call(self.window, place.leave)
  end
end

---@param hooks chorus.PreviewHooks
function Window:listen_for(hooks)
  local dashboard = vim.api.nvim_win_get_buf(self.owner)
  local function on(event, callback, buffer)
    vim.api.nvim_create_autocmd(event, { group = self.group, buffer = buffer, callback = callback })
  end
  --- Whole layouts change at once: a tab page is closed with both windows, say.
  local check_soon = vim.schedule_wrap(function()
    local has_owner = vim.api.nvim_win_is_valid(self.owner)
    if not self:is_open() then
      hooks.on_gone(has_owner and not vim.api.nvim_win_is_valid(self.window))
    elseif not has_owner or vim.api.nvim_win_get_buf(self.owner) ~= dashboard then
      hooks.on_gone(false)
    end
  end)
  on('QuitPre', function()
    -- Else the preview would be the window that is left.
    if self:is_owner_current() then
      hooks.on_gone(false)
    end
  end)
  on('WinClosed', function(event)
    local closed = tonumber(event.match)
    if closed == self.window or closed == self.owner then
      check_soon()
    end
  end)
  on('BufWipeout', check_soon, self.buffer)
  on('BufWinLeave', check_soon, dashboard)
  on('WinLeave', hooks.on_left, dashboard)
  -- Another size of the screen may want another place.
  on(
    'VimResized',
    vim.schedule_wrap(function()
      if self:is_open() and vim.api.nvim_win_is_valid(self.owner) then
        hooks.on_resized()
      end
    end)
  )
end

--- Opens the window, without going there.
---@param owner integer
---@param where { split: string, width?: integer, height?: integer }
---@return chorus.PreviewWindow? # nil where the screen has no room for it
function M.open(owner, where)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden, vim.bo[buffer].modifiable = 'wipe', false
  vim.b[buffer].chorus_view = 'preview'
  local options = { split = where.split, win = owner, width = where.width, height = where.height }
  local is_open, window = pcall(vim.api.nvim_open_win, buffer, false, options)
  if not is_open then
    vim.api.nvim_buf_delete(buffer, { force = true })
    return nil
  end
  require('chorus.ui.kit.float').name(buffer, 'preview')
  place.calm(window)
  local wishes = {
    cursorline = false,
    winfixwidth = true,
    winfixheight = true,
    winfixbuf = true,
    linebreak = true,
    breakindent = true,
  }
  for name, value in pairs(wishes) do
    vim.wo[window][0][name] = value
  end
  local group = vim.api.nvim_create_augroup('chorus_preview', {})
  local self = setmetatable({ window = window, buffer = buffer, owner = owner, group = group }, Window)
  require('chorus.ui.kit.own_window').keep(self, group)
  return self
end

return M
