--- `chorus://diff/12/stack`: a task's edits as a diff. Updates live while it is on screen.
local buffer_task = require('chorus.ui.kit.buffer_task')
local canvas = require('chorus.ui.kit.canvas')
local listen = require('chorus.ui.kit.listen')
local page_buffer = require('chorus.ui.kit.page_buffer')
local patch = require('chorus.ui.edits.patch_rows')
local place = require('chorus.ui.kit.place')
local text = require('chorus.text')

local M = {}

--- The parts that have a key, in order.
local PARTS = { 'stack', 'turn', 'uncommitted' }

--- Shown for an empty diff.
local EMPTY = {
  stack = 'The branch has no commits, and there are no uncommitted edits.',
  turn = 'No turn has been committed yet.',
  uncommitted = 'There are no uncommitted edits.',
}

--- Between two refreshes, in milliseconds.
local PAUSE = 150

---@class chorus.DiffBuffer
---@field buffer integer
---@field number integer
---@field uuid? string once it is known: another project may have a task of that number
---@field part string
---@field diff? chorus.Diff
---@field patch? chorus.Patch
---@field fault? string why it could not be read
---@field is_stale boolean
---@field refresh fun()

---@type table<integer, chorus.DiffBuffer>
local views = {}

--- Whether a word names a part: one of three, or a commit.
---@param word string
---@return boolean
function M.is_part(word)
  return vim.list_contains(PARTS, word) or (#word >= 7 and word:match('^%x+$') ~= nil)
end

---@param view chorus.DiffBuffer
---@return chorus.Row[]
local function rows_of(view)
  if not view.diff then
    return { canvas.row({ { view.fault or '', 'ChorusTrouble' } }) }
  end
  local rows = vim.list_slice(view.patch.rows)
  if #rows == 0 then
    rows[1] = canvas.row({ { EMPTY[view.part] or 'This commit changes nothing.', 'ChorusHint' } })
  end
  if view.diff.cut then
    rows[#rows + 1] = canvas.row({ { 'The rest is omitted: the diff is too large.', 'ChorusTrouble' } })
  end
  return rows
end

--- Title, size and keys, above the diff.
---@param view chorus.DiffBuffer
---@param width integer
---@return string
local function bar_of(view, width)
  local title = view.diff and text.clean(view.diff.title, 80) or ('#%d'):format(view.number)
  local left = { { ' ' .. title, 'ChorusTitle' } }
  if view.patch and view.patch.files > 0 then
    local files = require('chorus.phrase').count(view.patch.files, 'file')
    vim.list_extend(left, {
      { '   ' .. files, 'ChorusHeader' },
      { ' +' .. view.patch.added, 'ChorusAdded' },
      { ' -' .. view.patch.removed, 'ChorusRemoved' },
    })
  end
  if view.diff and view.diff.cut then
    left[#left + 1] = { ' (cut)', 'ChorusTrouble' }
  end
  if view.fault and view.diff then
    left[#left + 1] = { '   ' .. text.cut(view.fault, 60), 'ChorusTrouble' }
  end
  local right = {}
  for _, each in ipairs(require('chorus.ui.kit.keys').of('diff')) do
    if each.keys[1] and (vim.list_contains(PARTS, each.action) or each.action == 'help') then
      local group = each.action == view.part and 'ChorusTag' or 'ChorusHint'
      vim.list_extend(right, { { each.keys[1], 'ChorusKey' }, { (' %s  '):format(each.hint), group } })
    end
  end
  return canvas.bar_of_two(left, right, width)
end

---@param view chorus.DiffBuffer
local function draw_bars(view)
  for _, window in ipairs(vim.fn.win_findbuf(view.buffer)) do
    page_buffer.set_bar(window, bar_of(view, vim.api.nvim_win_get_width(window)))
  end
end

---@param view chorus.DiffBuffer
local function draw(view)
  canvas.draw(view.buffer, rows_of(view))
  draw_bars(view)
end

--- Requests the diff and shows it. After a failure the diff on screen stays.
---@param view chorus.DiffBuffer
---@param done fun(held?: number)
local function refresh(view, done)
  if not vim.api.nvim_buf_is_loaded(view.buffer) then
    return done()
  end
  local is_first = not view.diff
  local finish = is_first and require('chorus.message').patience(('diff #%d'):format(view.number)) or function() end
  require('chorus.client').request(
    'task_diff',
    { task = view.uuid or tostring(view.number), part = view.part },
    function(err, diff)
      finish(err ~= nil)
      if not vim.api.nvim_buf_is_loaded(view.buffer) then
        return done()
      end
      local began = vim.uv.hrtime()
      view.is_stale, view.fault = false, err and text.clean(err.message)
      if not err and (is_first or diff.text ~= view.diff.text) then
        view.patch = patch.parse(diff.text)
      end
      view.diff = diff or view.diff
      draw(view)
      done((vim.uv.hrtime() - began) / 1e6)
    end
  )
end

--- Refreshes the diff, now or when it comes on screen.
---@param view chorus.DiffBuffer
local function refresh_when_seen(view)
  view.is_stale = true
  if vim.fn.bufwinid(view.buffer) ~= -1 then
    view.refresh()
  end
end

--- The fields of a task that its diff depends on.
---@param task? chorus.Task
local function state_of(task)
  return task and table.concat({ task.status, task.commits, task.uncommitted, task.stack or '' }, ' ') or ''
end

--- Which task the diff is of, as soon as that is known: a buffer that was read by its name has only the number.
---@param view chorus.DiffBuffer
---@return chorus.Task?
local function task_of(view)
  local task = require('chorus.tasks').get(view.uuid or view.number)
  if task and not view.uuid then
    view.uuid = task.uuid
    buffer_task.set(view.buffer, view.number, view.uuid)
  end
  return task
end

---@param view chorus.DiffBuffer
local function listen_for_changes(view)
  local known = state_of(task_of(view))
  listen.to(view.buffer, { 'ChorusTaskChanged' }, function(data)
    task_of(view)
    local now = data.uuid == view.uuid and state_of(data.task) or known
    if now ~= known then
      known = now
      refresh_when_seen(view)
    end
  end)
  listen.to(view.buffer, { 'ChorusEditsChanged', 'ChorusConnected' }, function()
    if vim.list_contains(PARTS, view.part) then
      refresh_when_seen(view)
    end
  end)
end

---@param view chorus.DiffBuffer
---@param starts 'file'|'hunk'
---@param direction integer
local function jump(view, starts, direction)
  return function()
    local from = vim.api.nvim_win_get_cursor(0)[1]
    local line = view.patch and patch.jump(view.patch.rows, from, starts, direction * vim.v.count1)
    if line then
      vim.cmd.normal({ "m'", bang = true })
      vim.api.nvim_win_set_cursor(0, { line, 0 })
    end
  end
end

--- Opens the file in the cursor's line.
---@param view chorus.DiffBuffer
local function visit(view)
  local at = canvas.data(view.buffer, vim.api.nvim_win_get_cursor(0)[1])
  if at then
    place.visit(view.diff.root, at.file.path, at.line)
  end
end

---@param view chorus.DiffBuffer
---@param part string
local function switch(view, part)
  return function()
    if part ~= view.part then
      M.open({ number = view.number, uuid = view.uuid }, part)
    end
  end
end

---@param view chorus.DiffBuffer
local function set_keys(view)
  local following = 1
  for index, part in ipairs(PARTS) do
    following = part == view.part and index % #PARTS + 1 or following
  end
  local handlers = {
    open = function()
      visit(view)
    end,
    next_hunk = jump(view, 'hunk', 1),
    previous_hunk = jump(view, 'hunk', -1),
    next_file = jump(view, 'file', 1),
    previous_file = jump(view, 'file', -1),
    part = switch(view, PARTS[following]),
    reload = view.refresh,
    close = place.leave,
  }
  for _, part in ipairs(PARTS) do
    handlers[part] = switch(view, part)
  end
  require('chorus.ui.kit.keys').set('diff', view.buffer, handlers, function()
    return view.uuid or tostring(view.number)
  end)
end

---@param buffer integer
---@param number integer
---@param part string
---@return chorus.DiffBuffer
local function set_up(buffer, number, part)
  local view = { buffer = buffer, number = number, uuid = vim.b[buffer].chorus_uuid, part = part, is_stale = false }
  views[buffer] = view
  view.refresh = listen.one_at_a_time(PAUSE, function(done)
    refresh(view, done)
  end)
  page_buffer.set_up(buffer, {
    view = 'diff',
    on_shown = function()
      draw(view)
      if view.is_stale then
        view.refresh()
      end
    end,
    on_resized = function()
      draw_bars(view)
    end,
    on_wiped = function()
      views[buffer] = nil
    end,
  })
  buffer_task.set(buffer, number, view.uuid)
  set_keys(view)
  listen_for_changes(view)
  require('chorus.ui.kit.filetype').set(buffer, 'diff')
  return view
end

--- The view of a buffer that is set up as one. `:bdelete` takes its options, variables and keys away.
---@param buffer integer
---@return chorus.DiffBuffer?
local function view_of(buffer)
  return vim.b[buffer].chorus_view == 'diff' and views[buffer] or nil
end

--- Makes a buffer named `chorus://diff/12/stack` that task's diff. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  local number, part = vim.api.nvim_buf_get_name(buffer):match('^chorus://diff/(%d+)/(%w+)$')
  if not number then
    return
  elseif not M.is_part(part) then
    return require('chorus.message').fail(('a diff has no part `%s`'):format(part))
  end
  local view = view_of(buffer) or set_up(buffer, tonumber(number) --[[@as integer]], part)
  canvas.forget(buffer)
  draw(view)
  view.refresh()
end

--- Shows a part of a task's diff.
---@param task { number: integer, uuid?: string }
---@param part string
---@param where? table as `chorus.ui.kit.place` takes it
function M.open(task, part, where)
  local name = ('chorus://diff/%d/%s'):format(task.number, part)
  local buffer = vim.fn.bufadd(name)
  local is_new = not view_of(buffer)
  if is_new then
    -- Known before Neovim reads the buffer by its name, which holds the number alone.
    buffer_task.set(buffer, task.number, task.uuid)
  end
  place.show(buffer, where)
  if is_new and not view_of(buffer) then
    M.read(buffer)
  elseif not is_new then
    views[buffer].uuid = task.uuid or views[buffer].uuid
    buffer_task.set(buffer, task.number, views[buffer].uuid)
    views[buffer].refresh()
  end
end

return M
