--- Lists in fzf-lua.
---@diagnostic disable: unresolved-require the plugin is there when this is used
local fzf_lines = require('chorus.ui.pick.fzf_lines')
local fzf_marks = require('chorus.ui.pick.fzf_marks')

local M = {}

--- What is called of it, by module.
local CALLED = {
  ['fzf-lua'] = { 'fzf_exec' },
  ['fzf-lua.previewer.builtin'] = {},
  ['fzf-lua.utils'] = { 'ansi_from_hl', 'fzf_winobj' },
}

--- The key that makes fzf read the list again, which Chorus presses, and its bytes.
local RELOAD, RELOAD_BYTES = 'f12', '\27[24~'

--- Milliseconds until that key is pressed again: fzf takes no key of that kind while it reads.
local PAUSE = 200

--- How often it is pressed for one change.
local TRIES = 10

---@return string?
function M.fault()
  local fault = require('chorus.ui.pick.plugin').fault('fzf-lua', CALLED)
  if fault then
    return fault
  elseif type(require('fzf-lua.previewer.builtin').base) ~= 'table' then
    return 'its version has no `base` in `fzf-lua.previewer.builtin`'
  end
  local program = vim.tbl_get(require('fzf-lua'), 'config', 'globals', 'fzf_bin') or 'fzf'
  return vim.fn.executable(program) == 0 and ('the program `%s` is not installed'):format(program) or nil
end

---@return boolean
function M.is_chosen()
  return require('chorus.ui.pick.plugin').is_installed('fzf-lua') and M.fault() == nil
end

---@param session chorus.PickSession
local function previewer(session)
  local Preview = require('fzf-lua.previewer.builtin').base:extend()
  function Preview:new(...)
    Preview.super.new(self, ...)
    return setmetatable(self, Preview)
  end
  function Preview:populate_preview_buf(line)
    local item = fzf_lines.item(session, line)
    local buffer = self:get_tmp_buffer()
    self:set_preview_buf(buffer, true)
    if item then
      session:preview_in(item, buffer, self.win.preview_winid)
    end
  end
  return Preview
end

--- Whether fzf-lua runs skim, in which the keys of Chorus cannot run while the list is open.
---@return boolean
local function is_skim()
  local program = vim.tbl_get(require('fzf-lua'), 'config', 'globals', 'fzf_bin') or 'fzf'
  return vim.fs.basename(program):find('^sk') ~= nil
end

--- Two functions: one makes fzf read the list again, however often it takes; the other is to be told when it reads.
---@return fun() read_again
---@return fun() on_read
local function reader()
  local utils = require('fzf-lua.utils')
  local left, is_waiting = 0, false
  local function press()
    is_waiting = false
    local window = utils.fzf_winobj()
    local buffer = window and window.fzf_bufnr
    if left == 0 or not buffer or not vim.api.nvim_buf_is_valid(buffer) or vim.bo[buffer].channel == 0 then
      return
    end
    left, is_waiting = left - 1, true
    vim.api.nvim_chan_send(vim.bo[buffer].channel, RELOAD_BYTES)
    vim.defer_fn(press, PAUSE)
  end
  return function()
    left = TRIES
    if not is_waiting then
      press()
    end
  end, function()
    left = 0
  end
end

---@param session chorus.PickSession
function M.open(session)
  local list = session.list
  local marks = list.many and not is_skim() and fzf_marks.of(session) or nil
  local read_again, on_read = reader()
  local function on(run)
    return function(lines)
      local items = {}
      for _, each in ipairs(not marks and lines or {}) do
        items[#items + 1] = fzf_lines.item(session, each)
      end
      run(marks and marks:picked(lines or {}) or items)
    end
  end
  local actions = marks and marks:actions(read_again) or {}
  actions.enter = on(function(items)
    session:choose(items)
  end)
  actions[RELOAD] = { fn = function() end, reload = true }
  for _, action in ipairs(list.actions) do
    for _, key in ipairs(action.keys) do
      actions[fzf_lines.key(key)] = on(function(items)
        session:act(action, items)
      end)
    end
  end
  -- skim has marks of its own, and forgets them when it reads a list again: who has marked something keeps the list as it is.
  local freeze = ('+unbind(%s)'):format(RELOAD)
  local native = list.many and not marks and { tab = 'toggle+down' .. freeze, ['shift-tab'] = 'toggle+up' .. freeze }
  require('fzf-lua').fzf_exec(function(add)
    on_read()
    for _, item in ipairs(session:items()) do
      add(fzf_lines.line(item, marks and marks:has(item)))
    end
    add()
  end, {
    prompt = list.title .. '> ',
    previewer = list.preview and previewer(session) or nil,
    fzf_opts = {
      ['--ansi'] = true,
      ['--delimiter'] = '\t',
      ['--with-nth'] = '2..',
      [list.many and '--multi' or '--no-multi'] = true,
      ['--tiebreak'] = 'index',
    },
    keymap = { fzf = native or {} },
    actions = actions,
    no_hide = true,
    no_resume = true,
    winopts = {
      -- An action runs after the window is closed.
      on_close = function()
        vim.defer_fn(function()
          session:leave()
        end, 100)
      end,
    },
  })
  session:watch(read_again)
end

return M
