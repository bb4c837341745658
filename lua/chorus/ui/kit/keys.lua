--- Sets the keys of windows, as the person has configured them. `g?` shows the same table.
local config = require('chorus.config')
local dispatch = require('chorus.dispatch')
local find = require('chorus.verbs.find')
local key_help = require('chorus.ui.kit.key_help')
local text = require('chorus.text')
local window_keys = require('chorus.window_keys')

local M = {}

--- The keys of a view as configured. `keys.<view>.<action>` is a key, a list of keys, or false for none.
---@param view string
---@return chorus.Key[]
function M.of(view)
  local configured = (config.get().keys or {})[view] or {}
  local result = {}
  for _, each in ipairs(window_keys[view]) do
    local keys = configured[each.action]
    if keys == nil then
      keys = each.keys
    elseif keys == false then
      keys = {}
    elseif type(keys) == 'string' then
      keys = { keys }
    end
    result[#result + 1] = vim.tbl_extend('force', each, { keys = keys })
  end
  return result
end

--- Actions that go to another task, with their direction.
local ROUNDS = { next_task = 1, previous_task = -1 }

--- Sets the keys of a view in a buffer. An action runs `handlers[action]`, else its verb on the task that `task` names.
---@param view string
---@param buffer integer
---@param handlers table<string, fun()>
---@param task? fun(): string? the task meant, as `12`
---@param mode? string
function M.set(view, buffer, handlers, task, mode)
  for _, each in ipairs(M.of(view)) do
    local run = handlers[each.action]
    if not run and each.verb then
      run = function()
        local named = task and task()
        if named or not task or find(each.verb).takes == 'nothing' then
          dispatch.run(each.verb, { task = named, bang = each.bang or false })
        end
      end
    elseif not run and each.is_everywhere then
      run = function()
        dispatch.act(each.action)
      end
    elseif each.action == 'help' then
      run = run or function()
        key_help.open(view, M.of(view))
      end
    elseif ROUNDS[each.action] then
      run = run or function()
        require('chorus.ui.kit.round').go(view, ROUNDS[each.action])
      end
    end
    for _, lhs in ipairs(run and each.keys or {}) do
      vim.keymap.set(
        mode or 'n',
        lhs,
        run,
        { buffer = buffer, nowait = true, silent = true, desc = 'Chorus: ' .. each.does }
      )
    end
  end
end

--- Lines of a Visual selection, first to last; ends the selection.
---@return integer first
---@return integer last
function M.selected_lines()
  local first, last = vim.fn.line('v'), vim.fn.line('.')
  vim.cmd.normal({ vim.keycode('<Esc>'), bang = true })
  return math.min(first, last), math.max(first, last)
end

--- Sets the keys of the actions that have a handler, in a mode of their own.
---@param view string
---@param buffer integer
---@param handlers table<string, fun()>
---@param mode string
function M.set_handlers(view, buffer, handlers, mode)
  for _, each in ipairs(M.of(view)) do
    for _, lhs in ipairs(handlers[each.action] and each.keys or {}) do
      vim.keymap.set(
        mode,
        lhs,
        handlers[each.action],
        { buffer = buffer, nowait = true, silent = true, desc = 'Chorus: ' .. each.does }
      )
    end
  end
end

--- The first key of an action.
---@param view string
---@param action string
---@return string?
function M.first(view, action)
  for _, each in ipairs(M.of(view)) do
    if each.action == action then
      return each.keys[1]
    end
  end
end

--- The cells of a hint.
---@param each chorus.Key
---@return integer
local function hint_width(each)
  return text.width(each.keys[1]) + text.width(each.hint or each.does) + 3
end

--- Actions that lead out of a window, and to its keys.
local WAYS_OUT = { close = true, help = true }

--- The footer of a window: as many hints as fit, in the order given. Those at the end that lead out of the window keep
--- their room.
---@param view string
---@param actions string[]
---@param width integer
---@return chorus.Chunk[]
function M.hints(view, actions, width)
  local by_action = {}
  for _, each in ipairs(M.of(view)) do
    by_action[each.action] = each
  end
  local named = vim.tbl_filter(function(action)
    return by_action[action] ~= nil and by_action[action].keys[1] ~= nil
  end, actions)
  local first_out, kept = #named + 1, 0
  while first_out > 1 and WAYS_OUT[named[first_out - 1]] do
    first_out = first_out - 1
    kept = kept + hint_width(by_action[named[first_out]])
  end
  local chunks, used, is_full = {}, 1, false
  for index, action in ipairs(named) do
    local each = by_action[action] --[[@as chorus.Key]]
    local cells = hint_width(each)
    local is_out = index >= first_out
    kept = is_out and kept - cells or kept
    if is_out or not is_full then
      is_full = used + cells + kept > width
    end
    if not is_full then
      used = used + cells
      local key, word = M.first(view, action), each.hint or each.does
      vim.list_extend(chunks, { { ' ' .. key, 'ChorusKey' }, { ' ' .. word .. ' ', 'ChorusHint' } })
    end
  end
  return chunks
end

return M
