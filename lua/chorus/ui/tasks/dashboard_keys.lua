--- What the keys of the dashboard do.
local canvas = require('chorus.ui.kit.canvas')
local dispatch = require('chorus.dispatch')
local fits = require('chorus.tasks.fits')
local keys = require('chorus.ui.kit.keys')
local marks = require('chorus.ui.tasks.dashboard_marks')
local worklist_plan = require('chorus.ui.tasks.worklist_plan')

local M = {}

---@class chorus.DashboardHooks
---@field under_cursor fun(): any
---@field redraw fun()
---@field list_everywhere fun(is_everywhere: boolean)

--- Moves the cursor to the next row, in a direction, that stands for what is wanted.
---@param list chorus.Dashboard
---@param direction 1|-1
---@param is_wanted fun(data: any): boolean
local function move(list, direction, is_wanted)
  local line, last = vim.api.nvim_win_get_cursor(0)[1], vim.api.nvim_buf_line_count(list.buffer)
  for step = 1, last do
    local at = (line - 1 + direction * step) % last + 1
    local data = canvas.data(list.buffer, at)
    if data and is_wanted(data) then
      return vim.api.nvim_win_set_cursor(0, { at, 0 })
    end
  end
end

--- Moves the cursor to the next task below, if there is one.
---@param list chorus.Dashboard
local function to_next_task(list)
  for line = vim.api.nvim_win_get_cursor(0)[1] + 1, vim.api.nvim_buf_line_count(list.buffer) do
    local data = canvas.data(list.buffer, line)
    if data and data.uuid then
      return vim.api.nvim_win_set_cursor(0, { line, 0 })
    end
  end
end

--- Moves the cursor by rows, over the headings of open sections: each step shows a task, or a section to open.
---@param list chorus.Dashboard
---@param direction 1|-1
---@param count integer
local function step(list, direction, count)
  local line, last = vim.api.nvim_win_get_cursor(0)[1], vim.api.nvim_buf_line_count(list.buffer)
  local at, to = line, line
  while count > 0 and at + direction >= 1 and at + direction <= last do
    at = at + direction
    local data = canvas.data(list.buffer, at)
    if data and (data.uuid or data.is_folded) then
      to, count = at, count - 1
    end
  end
  vim.api.nvim_win_set_cursor(0, { to, 0 })
end

--- Whether a row is that of a task that needs somebody, or has something to read.
local function needs_attention(data)
  return data.uuid ~= nil and require('chorus.tasks.needs').is_needy(data)
end

---@param list chorus.Dashboard
---@param hooks chorus.DashboardHooks
---@return table<string, fun()>
local function list_handlers(list, hooks)
  --- Runs `act` with the task under the cursor.
  local function on_task(act)
    return function()
      local data = hooks.under_cursor()
      if data and data.uuid then
        act(data)
      end
    end
  end
  local function fold(is_folded)
    return function()
      for _, section in ipairs(list.worklist.sections) do
        list.folds[section.name] = is_folded
      end
      hooks.redraw()
    end
  end
  local function toggle_section()
    local data = hooks.under_cursor()
    for _, section in ipairs(data and list.worklist.sections or {}) do
      if section.name == data.section or vim.list_contains(section.tasks, data) then
        list.folds[section.name] = not section.is_folded
      end
    end
    hooks.redraw()
  end
  return {
    close = function()
      -- Else the preview would be the window that is left.
      require('chorus.ui.tasks.preview').close()
      require('chorus.ui.kit.place').leave()
    end,
    open = function()
      local data = hooks.under_cursor()
      if data and data.section then
        return toggle_section()
      elseif data then
        dispatch.run(fits.live(data) and 'output' or 'show', { task = data.uuid, bang = false })
      end
    end,
    fold = toggle_section,
    fold_all = fold(true),
    unfold_all = fold(false),
    next_task = function()
      move(list, 1, needs_attention)
    end,
    previous_task = function()
      move(list, -1, needs_attention)
    end,
    mark = on_task(function(task)
      list.marked[task.uuid] = not list.marked[task.uuid] or nil
      hooks.redraw()
      to_next_task(list)
    end),
    clear = function()
      if list.filter then
        list.filter = nil
      elseif next(list.marked) then
        list.marked = {}
      else
        require('chorus.tasks').dismiss_notice()
      end
      hooks.redraw()
    end,
    group = function()
      local groupings = worklist_plan.GROUPINGS
      for index, grouping in ipairs(groupings) do
        if grouping == list.group then
          list.group = groupings[index % #groupings + 1]
          break
        end
      end
      if list.group == 'project' and not list.is_everywhere then
        list.group = groupings[1]
      end
      list.held = nil
      hooks.redraw()
    end,
    everywhere = function()
      list.held = nil
      hooks.list_everywhere(not list.is_everywhere)
    end,
    preview = function()
      require('chorus.ui.tasks.preview').toggle(vim.api.nvim_get_current_win())
      hooks.redraw()
    end,
    preview_down = function()
      require('chorus.ui.tasks.preview').scroll('\5')
    end,
    preview_up = function()
      require('chorus.ui.tasks.preview').scroll('\25')
    end,
    filter = function()
      local function set(text, is_typing)
        list.filter, list.is_typing, list.held = text ~= '' and text or nil, is_typing, nil
        hooks.redraw()
      end
      require('chorus.ui.tasks.filter_prompt').open(vim.api.nvim_get_current_win(), {
        text = list.filter or '',
        hint = '<CR> keeps  <Esc> clears',
        on_change = function(text)
          set(text, true)
        end,
        on_keep = function(text)
          set(text, false)
        end,
        on_leave = function()
          set('', false)
        end,
      })
    end,
  }
end

--- Sets the keys of the dashboard.
---@param list chorus.Dashboard
---@param hooks chorus.DashboardHooks
function M.set(list, hooks)
  local handlers = vim.tbl_extend('error', list_handlers(list, hooks), marks.handlers(list, hooks))
  local function task()
    local data = hooks.under_cursor()
    return data and data.uuid
  end
  keys.set('dashboard', list.buffer, handlers, task)
  keys.set_handlers('dashboard', list.buffer, marks.selection_handlers(list, hooks), 'x')
  local options = { buffer = list.buffer, nowait = true, silent = true, desc = 'Chorus: open it' }
  vim.keymap.set('n', '<2-LeftMouse>', handlers.open, options)
  for lhs, direction in pairs({ j = 1, ['<Down>'] = 1, k = -1, ['<Up>'] = -1 }) do
    vim.keymap.set('n', lhs, function()
      step(list, direction, vim.v.count1)
    end, { buffer = list.buffer, nowait = true, silent = true, desc = 'Chorus: another row' })
  end
end

return M
