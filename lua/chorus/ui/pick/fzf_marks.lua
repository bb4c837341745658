--- Marks of a list in fzf-lua. fzf forgets its own ones when it reads the list again, so the marks are kept here and drawn in
--- the lines.
---@diagnostic disable: unresolved-require the plugin is there when this is used
local fzf_lines = require('chorus.ui.pick.fzf_lines')

local M = {}

--- What marks wherever the person has not said otherwise.
local KEYS = { tab = 'toggle+down', ['shift-tab'] = 'toggle+up' }

---@class chorus.FzfMarks
---@field private session chorus.PickSession
---@field private marked table<string, true> by key of the item
local Marks = {}
Marks.__index = Marks

---@param session chorus.PickSession
---@return chorus.FzfMarks
function M.of(session)
  return setmetatable({ session = session, marked = {} }, Marks)
end

---@param item chorus.PickItem
---@return boolean
function Marks:has(item)
  return self.marked[item.key] == true
end

--- Marks lines, or takes their marks away.
---@param lines string[]
function Marks:toggle(lines)
  for _, line in ipairs(lines) do
    local item = fzf_lines.item(self.session, line)
    if item then
      self.marked[item.key] = not self.marked[item.key] or nil
    end
  end
end

--- What was picked: the marked items in the order of the list, else the one under the cursor. Several lines are those that
--- fzf itself has marked.
---@param lines string[] as fzf gives them
---@return chorus.PickItem[]
function Marks:picked(lines)
  local is_picked = vim.deepcopy(self.marked)
  if not next(is_picked) or #lines > 1 then
    for _, line in ipairs(lines) do
      local item = fzf_lines.item(self.session, line)
      is_picked[item and item.key or ''] = true
    end
  end
  return vim.tbl_filter(function(item)
    return is_picked[item.key] == true
  end, self.session:items())
end

--- The person's keys that mark, with what fzf would do.
---@return table<string, string>
local function keys()
  local found = vim.deepcopy(KEYS)
  local globals = require('fzf-lua').config.globals
  for key, does in pairs(vim.tbl_get(globals, 'keymap', 'fzf') or {}) do
    does = type(does) == 'table' and does[1] or does
    if type(key) == 'string' and type(does) == 'string' then
      found[key] = vim.startswith(does, 'toggle') and does or nil
    end
  end
  return found
end

--- What the keys that mark do, as fzf-lua takes actions.
---@param on_change fun()
---@return table<string, table>
function Marks:actions(on_change)
  local actions = {}
  local function run(lines)
    self:toggle(lines or {})
    on_change()
  end
  for key, does in pairs(keys()) do
    local after = does:match('^toggle%+([%a%-]+)$')
    if does == 'toggle' or after then
      actions[key] = { fn = run, exec_silent = true, field_index = '{}', postfix = after }
    elseif does == 'toggle-all' then
      actions[key] =
        { fn = run, exec_silent = true, field_index = '{+}', prefix = 'select-all', postfix = 'deselect-all' }
    end
  end
  return actions
end

return M
