--- `chorus://changes`: uncommitted edits with their owners, and assigning them. Updates live while it is on screen.
local canvas = require('chorus.ui.kit.canvas')
local changes_rows = require('chorus.ui.edits.changes_rows')
local listen = require('chorus.ui.kit.listen')
local page_buffer = require('chorus.ui.kit.page_buffer')
local place = require('chorus.ui.kit.place')

local M = {}

local NAME = 'chorus://changes'

--- Between two refreshes, in milliseconds.
local PAUSE = 150

--- Between two looks at worktrees, of which no event tells, in seconds.
local SLOW = 5

---@class chorus.ChangesBuffer
---@field buffer integer
---@field changes? chorus.Changes
---@field known chorus.KnownHunks
---@field counted table<string, string> edits and commits of worktree tasks, by uuid
---@field uuids table<integer, string> of the tasks that the changes name
---@field fault? string
---@field is_stale boolean
---@field refresh fun()
---@field in_turn fun(job: fun(done: fun()))

---@type chorus.ChangesBuffer?
local view

---@return chorus.ChangesRow?
local function under_cursor()
  return canvas.data(view.buffer, vim.api.nvim_win_get_cursor(0)[1])
end

--- Makes the task of the cursor's row the one that verbs act on.
local function remember_task()
  local data = view.changes and under_cursor()
  local owners = data and changes_rows.owners(view.changes, data) or {}
  local number = #owners == 1 and owners[1] or nil
  require('chorus.ui.kit.buffer_task').set(view.buffer, number, number and view.uuids[number])
end

---@param width integer
---@return string
local function bar(width)
  local phrase = require('chorus.phrase')
  local left = { { ' Changes', 'ChorusTitle' } }
  if view.changes then
    local counts = changes_rows.counts(view.changes)
    local files = phrase.count(counts.files, 'file')
    left[#left + 1] = { ('   %s, %s'):format(files, phrase.count(counts.hunks, 'edit')), 'ChorusHeader' }
    for _, each in ipairs({
      { 'task', 'by tasks', 'ChorusOwner' },
      { 'user', 'yours', 'ChorusYours' },
      { 'open', 'unclaimed', 'ChorusUnclaimed' },
    }) do
      if counts[each[1]] > 0 then
        left[#left + 1] = { ('   %d %s'):format(counts[each[1]], each[2]), each[3] }
      end
    end
  end
  if view.fault then
    left[#left + 1] = { '   ' .. require('chorus.text').clean(view.fault, 70), 'ChorusTrouble' }
  end
  local right = require('chorus.ui.kit.keys').hints('changes', { 'assign', 'mine', 'toggle', 'help' }, 60)
  return canvas.bar_of_two(left, right, width)
end

local function draw()
  local windows = vim.fn.win_findbuf(view.buffer)
  if #windows == 0 then
    return
  end
  local rows = { canvas.row({}) }
  if view.changes then
    rows = changes_rows.render(view.changes, {
      width = vim.api.nvim_win_get_width(windows[1]) - vim.fn.getwininfo(windows[1])[1].textoff,
      known = view.known,
      is_ascii = require('chorus.config').get().statusline.ascii,
      title_of = require('chorus.tasks').title_of,
    })
  end
  canvas.draw(view.buffer, rows)
  for _, window in ipairs(windows) do
    page_buffer.set_bar(window, bar(vim.api.nvim_win_get_width(window)))
  end
  if vim.api.nvim_get_current_buf() == view.buffer then
    remember_task()
  end
end

--- The tasks that are named, by number. They stay those of this project when Neovim goes to another one.
---@param changes chorus.Changes
---@return table<integer, string> uuids
local function uuids_of(changes)
  local uuids = {}
  for _, file in ipairs(changes.files) do
    for _, hunk in ipairs(file.hunks) do
      for _, number in ipairs(hunk.tasks) do
        local task = not uuids[number] and require('chorus.tasks').get(number)
        uuids[number] = uuids[number] or task and task.uuid
      end
    end
  end
  return uuids
end

---@param changes chorus.Changes
local function take(changes)
  view.fault, view.changes, view.uuids = nil, changes, uuids_of(changes)
  view.known = require('chorus.ui.edits.hunk_ids').follow(view.known, changes.files)
  draw()
end

--- Sends a request about the changes after the reply to the one before, so that an older reply never comes last.
---@param method string
---@param params table
---@param on_reply fun(err?: chorus.Failure, changes?: chorus.Changes)
local function ask(method, params, on_reply)
  view.in_turn(function(done)
    local function receive(err, changes)
      done()
      on_reply(err, changes)
    end
    if method == 'changes' then
      return require('chorus.editor.current_changes').get(receive)
    end
    require('chorus.client').request(method, params, receive)
  end)
end

--- Rows to assign.
---@param rows chorus.ChangesRow[]
---@return chorus.Chosen
local function chosen(rows)
  return { changes = view.changes, rows = rows, ask = ask, on_changes = take, on_refused = view.refresh }
end

---@param done fun(held?: number)
local function refresh(done)
  local buffer = view.buffer
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return done()
  end
  ask('changes', {}, function(err, changes)
    if not vim.api.nvim_buf_is_loaded(buffer) then
      return done()
    end
    local began = vim.uv.hrtime()
    view.is_stale = false
    if err then
      view.fault = err.message
      draw()
    else
      take(changes)
    end
    done((vim.uv.hrtime() - began) / 1e6)
  end)
end

local function refresh_when_seen()
  view.is_stale = true
  if vim.fn.bufwinid(view.buffer) ~= -1 then
    view.refresh()
  end
end

--- Names tasks so that no other project's task of the same number is meant.
---@param numbers integer[]
---@return (string|integer)[]
local function named(numbers)
  return vim.tbl_map(function(number)
    return view.uuids[number] or number
  end, numbers)
end

--- Runs a verb on the one task that owns what is under the cursor.
---@param name string
---@param args? string
local function on_owner(name, args)
  return function()
    local data = view.changes and under_cursor()
    if not data then
      return
    end
    local owners = changes_rows.owners(view.changes, data)
    if #owners == 0 then
      return require('chorus.message').info('no task owns this', '`a` assigns it to one')
    end
    require('chorus.dispatch').run(name, { task = named(owners), args = args })
  end
end

--- Assigns all edits that may be of the candidate of what is under the cursor. With several candidates the person picks
--- one, and confirms how many edits that are.
local function assign_all()
  local data = view.changes and under_cursor()
  if not data then
    return
  end
  local candidates = changes_rows.candidates(view.changes, data)
  if #candidates == 0 then
    return require('chorus.message').info('this may be of no task in particular', '`a` assigns it to one')
  end
  if #candidates == 1 then
    return require('chorus.dispatch').run('assign', { task = named(candidates), bang = false })
  end
  require('chorus.ui.edits.assign').all_that_may_be_of(candidates, chosen({ data }))
end

---@param starts 'file'|'hunk'
---@param direction integer
local function jump(starts, direction)
  return function()
    local rows, count = {}, vim.api.nvim_buf_line_count(view.buffer)
    for line = 1, count do
      rows[line] = { data = canvas.data(view.buffer, line) }
    end
    local from = vim.api.nvim_win_get_cursor(0)[1]
    local line = require('chorus.ui.edits.patch_rows').jump(rows, from, starts, direction * vim.v.count1)
    if line then
      vim.api.nvim_win_set_cursor(0, { line, 0 })
    end
  end
end

--- Unfolds the hunk under the cursor, or all of the file's; folds them when all are unfolded.
local function toggle()
  local data = under_cursor()
  if not data then
    return
  end
  local these = data.known and { data.known } or view.known[data.name] or {}
  local all_open = vim.iter(these):all(function(known)
    return known.is_open
  end)
  for _, known in ipairs(these) do
    known.is_open = not all_open
  end
  draw()
end

local function toggle_all()
  local any_open = false
  for _, hunks in pairs(view.known) do
    any_open = any_open or vim.iter(hunks):any(function(known)
      return known.is_open
    end)
  end
  for _, hunks in pairs(view.known) do
    for _, known in ipairs(hunks) do
      known.is_open = not any_open
    end
  end
  draw()
end

--- Assigns the cursor's row, or those of a Visual selection.
---@param assign_rows fun(chosen: chorus.Chosen)
local function assigns(assign_rows)
  return function()
    local first, last = vim.fn.line('.'), vim.fn.line('.')
    if vim.fn.mode():match('[vV\22]') then
      first, last = require('chorus.ui.kit.keys').selected_lines()
    end
    local rows = {}
    for line = first, last do
      rows[#rows + 1] = canvas.data(view.buffer, line)
    end
    local of_worktree = vim.iter(rows):find(function(row)
      return row.tree ~= nil
    end)
    if of_worktree then
      local numbers = changes_rows.owners(view.changes, of_worktree)
      local whose = ('this edit is in the worktree of #%s, so it is its task’s'):format(numbers[1] or '?')
      require('chorus.message').info(whose)
    elseif #rows > 0 then
      assign_rows(chosen(rows))
    end
  end
end

local function set_keys()
  local keys, assign = require('chorus.ui.kit.keys'), require('chorus.ui.edits.assign')
  local for_many = { assign = assigns(assign.to_task), mine = assigns(assign.to_person) }
  keys.set('changes', view.buffer, for_many, function() end, 'x')
  keys.set(
    'changes',
    view.buffer,
    vim.tbl_extend('error', for_many, {
      open = function()
        local data = under_cursor()
        if data then
          place.visit(data.tree or view.changes.root, data.path, data.line)
        end
      end,
      diff = on_owner('diff', 'uncommitted'),
      commit = on_owner('commit'),
      assign_all = assign_all,
      toggle = toggle,
      toggle_all = toggle_all,
      next_hunk = jump('hunk', 1),
      previous_hunk = jump('hunk', -1),
      next_file = jump('file', 1),
      previous_file = jump('file', -1),
      reload = view.refresh,
      close = place.leave,
    })
  )
end

---@param buffer integer
local function set_up(buffer)
  view = {
    buffer = buffer,
    known = {},
    uuids = {},
    counted = {},
    is_stale = false,
    refresh = listen.one_at_a_time(PAUSE, refresh),
    in_turn = listen.in_turn(),
  }
  local on = page_buffer.set_up(buffer, {
    view = 'changes',
    on_shown = function()
      place.calm(vim.api.nvim_get_current_win())
      draw()
      if view.is_stale then
        view.refresh()
      end
    end,
    on_resized = draw,
  })
  on('CursorMoved', remember_task)
  set_keys()
  listen.to(buffer, { 'ChorusEditsChanged', 'ChorusConnected' }, refresh_when_seen)
  local redraw = listen.once_per_turn(draw)
  listen.to(buffer, { 'ChorusTaskChanged' }, function(data)
    redraw()
    -- Nothing reports edits in a worktree but the task's count of them.
    local task = data.task
    local state = task and task.isolation == 'worktree' and ('%d %d'):format(task.uncommitted, task.commits)
    if state and view.counted[task.uuid] ~= state then
      view.counted[task.uuid] = state
      refresh_when_seen()
    end
  end)
  listen.every(buffer, SLOW, function()
    local has_trees = view.changes
      and vim.iter(view.changes.files):any(function(file)
        return file.tree ~= nil
      end)
    if has_trees then
      refresh_when_seen()
    end
  end)
  require('chorus.ui.kit.filetype').set(buffer, 'chorus')
end

--- Whether a buffer is set up as the list. `:bdelete` takes its options, variables and keys away.
---@param buffer integer
---@return boolean
local function is_set_up(buffer)
  return view ~= nil and view.buffer == buffer and vim.b[buffer].chorus_view == 'changes'
end

--- Makes a buffer named `chorus://changes` the list of changes. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  if not is_set_up(buffer) then
    set_up(buffer)
  end
  canvas.forget(buffer)
  place.calm(vim.api.nvim_get_current_win())
  draw()
  view.refresh()
end

--- Shows the changes.
---@param where? table as `chorus.ui.kit.place` takes it
function M.open(where)
  local buffer = vim.fn.bufadd(NAME)
  local is_known = is_set_up(buffer)
  place.show(buffer, where)
  if is_known then
    view.refresh()
  elseif not is_set_up(buffer) then
    M.read(buffer)
  end
end

return M
