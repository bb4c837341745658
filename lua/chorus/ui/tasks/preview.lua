--- The preview beside or below the dashboard, of the task under the cursor. It follows the cursor and never takes the
--- focus.
local content = require('chorus.ui.tasks.preview_content')
local preview_plan = require('chorus.ui.tasks.preview_plan')
local preview_window = require('chorus.ui.tasks.preview_window')

local M = {}

--- The cursor rests on a row for so long before its preview is drawn, in milliseconds.
local REST = 30

--- Who rests on an unread task for so long has read its preview, in milliseconds.
local READ = 2000

---@type chorus.Preview?
local shown

--- Whether the person closed the preview.
local is_off = false

---@return boolean
local function is_open()
  return shown ~= nil and shown.window:is_open()
end

---@type uv.uv_timer_t?
local timer
---@type uv.uv_timer_t?
local reading

--- A person who goes to an unread task and rests there has read its preview. One that only opened the dashboard, or looks
--- at another window, has not.
---@param task chorus.Task
local function read_soon(task)
  local report_seen = require('chorus.ui.kit.report_seen')
  report_seen.has_focus()
  reading = reading or assert(vim.uv.new_timer())
  reading:start(
    READ,
    0,
    vim.schedule_wrap(function()
      local is_read = is_open()
        and shown.window:is_owner_current()
        and shown.task ~= nil
        and shown.task.uuid == task.uuid
        and shown.task.unread
        and (shown.kind == 'output' or shown.kind == 'page')
      if is_read and report_seen.has_focus() then
        require('chorus.client').request('task_seen', { task = task.uuid }, function() end)
      end
    end)
  )
end

local function update()
  if is_open() then
    content.update(shown)
  end
end

--- Shows a task, once the cursor rests on it; nothing without one.
---@param task? chorus.Task
function M.select(task)
  if not is_open() then
    return
  end
  local is_other = (shown.task and shown.task.uuid) ~= (task and task.uuid)
  local has_come = is_other and shown.task ~= nil
  shown.task = task
  require('chorus.ui.kit.buffer_task').set(shown.window.buffer, task and task.number, task and task.uuid)
  if is_other then
    content.unwatch(shown)
  end
  if has_come and task and task.unread and shown.window:is_owner_current() then
    read_soon(task)
  end
  timer = timer or assert(vim.uv.new_timer())
  timer:start(is_other and REST or 0, 0, vim.schedule_wrap(update))
end

--- Closes the preview.
function M.close()
  if shown then
    local closing = shown
    shown = nil
    content.unwatch(closing)
    closing.window:close()
  end
end

--- Runs `act` in the window of the dashboard: what it opens must not take the place of the preview.
---@param act fun()
---@return fun()
local function in_owner(act)
  return function()
    if shown and vim.api.nvim_win_is_valid(shown.window.owner) then
      vim.api.nvim_set_current_win(shown.window.owner)
    end
    act()
  end
end

---@param preview chorus.Preview
local function set_keys(preview)
  local keys = require('chorus.ui.kit.keys')
  local handlers = require('chorus.ui.requests.answer_keys').of(function()
    return preview.task
  end)
  handlers.close = function()
    is_off = true
    M.close()
  end
  for action, direction in pairs({ next_task = 1, previous_task = -1 }) do
    handlers[action] = in_owner(function()
      require('chorus.ui.kit.round').go('preview', direction)
    end)
  end
  for _, each in ipairs(keys.of('preview')) do
    if each.verb then
      handlers[each.action] = in_owner(function()
        if preview.task then
          require('chorus.dispatch').run(each.verb, { task = preview.task.uuid, bang = each.bang or false })
        end
      end)
    end
  end
  keys.set('preview', preview.window.buffer, handlers)
end

---@param owner integer
---@param place { split: string, width?: integer, height?: integer }
local function open(owner, place)
  local window = preview_window.open(owner, place)
  if not window then
    return
  end
  local preview = content.new(window)
  shown = preview
  set_keys(preview)
  window:listen_for({
    on_gone = function(by_person)
      if shown == preview then
        is_off = is_off or by_person
        M.close()
      end
    end,
    on_left = function()
      content.unwatch(preview)
    end,
    on_resized = function()
      if shown == preview then
        local task = preview.task
        M.close()
        M.attach(owner)
        M.select(task)
      end
    end,
  })
end

--- Opens the preview of a dashboard's window, unless the options, the person or a small screen leave it out.
---@param owner integer
function M.attach(owner)
  if is_open() and shown.window.owner == owner then
    return
  end
  M.close()
  local wanted = require('chorus.config').get().dashboard.preview
  local is_float = vim.api.nvim_win_get_config(owner).relative ~= ''
  if is_off or is_float then
    return
  end
  local place = preview_plan.place(wanted, vim.api.nvim_win_get_width(owner), vim.api.nvim_win_get_height(owner))
  if place then
    open(owner, place)
  end
end

--- Opens the preview, or closes it.
---@param owner integer
function M.toggle(owner)
  if is_open() then
    is_off = true
    return M.close()
  end
  is_off = false
  M.attach(owner)
  if not is_open() then
    local width, height = vim.api.nvim_win_get_width(owner), vim.api.nvim_win_get_height(owner)
    open(owner, preview_plan.place('below', width, height, true) --[[@as table]])
  end
  if not is_open() then
    require('chorus.message').info('the screen has no room for the preview')
  end
end

--- Scrolls the preview from the dashboard.
---@param key string such as `<C-e>`, as Neovim reads it
function M.scroll(key)
  if is_open() then
    shown.window:scroll(key)
  end
end

return M
