--- The work list as rows of the dashboard. Pure: tasks in their sections, width and time in, rows out.
local canvas = require('chorus.ui.kit.canvas')
local status = require('chorus.ui.kit.status')
local task_rows = require('chorus.ui.tasks.task_rows')
local text = require('chorus.text')

local M = {}

---@class chorus.RowCache
---@field columns? chorus.TaskColumns
---@field rows table<string, { task: chorus.Task, state: chorus.RowState, columns: chorus.TaskColumns, row: chorus.Row }> by uuid

---@class chorus.TaskRowsOptions
---@field width integer cells of the window
---@field now integer milliseconds since the epoch
---@field requests table<string, chorus.Opened> the oldest open request of each task, by uuid
---@field keys? table<string, string> first key of each action, where there are keys
---@field marked? table<string, boolean> by uuid
---@field filter? string
---@field elsewhere? integer tasks of other projects that need a person
---@field shows_project? boolean each row names its task's project
---@field cache? chorus.RowCache kept between calls

---@return chorus.RowCache
function M.new_cache()
  return { rows = {} }
end

--- Forgets the tasks that are gone.
---@param cache chorus.RowCache
---@param is_known fun(uuid: string): boolean
function M.prune(cache, is_known)
  for uuid in pairs(cache.rows) do
    if not is_known(uuid) then
      cache.rows[uuid] = nil
    end
  end
end

--- The row of a task, from the cache when nothing in it has changed.
local function cached_row(task, is_moved, columns, options)
  local request, cache = options.requests[task.uuid], options.cache
  local age, quiet = text.age(options.now - status.since(task)), status.quiet(task, options.now)
  local is_marked = options.marked ~= nil and options.marked[task.uuid] == true
  local kept = cache and cache.rows[task.uuid]
  if
    kept
    and kept.task == task
    and kept.state.request == request
    and kept.state.age == age
    and kept.state.quiet == quiet
    and kept.state.is_marked == is_marked
    and kept.state.is_moved == is_moved
    and kept.columns == columns
  then
    return kept.row
  end
  local state = { age = age, quiet = quiet, request = request, is_marked = is_marked, is_moved = is_moved }
  local row = task_rows.row(task, state, columns, options.keys)
  if cache then
    cache.rows[task.uuid] = { task = task, state = state, columns = columns, row = row }
  end
  return row
end

--- The same table of columns as long as the widths are the same, so that rows stay cached.
local function kept_columns(worklist, options)
  local largest = 1
  for _, section in ipairs(worklist.sections) do
    for _, task in ipairs(section.tasks) do
      largest = math.max(largest, task.number)
    end
  end
  local columns, cache = task_rows.columns(largest, options), options.cache
  if cache and vim.deep_equal(cache.columns, columns) then
    return cache.columns
  elseif cache then
    cache.columns = columns
  end
  return columns
end

---@type table<string, string>
local SECTION_GROUPS = { needs_you = 'ChorusWaiting', unread = 'ChorusUnread', working = 'ChorusBusy' }

--- The heading of a section.
---@param section chorus.WorklistSection
---@param options chorus.TaskRowsOptions
---@return chorus.Row
local function heading(section, options)
  local title = text.cut(section.title, math.max(options.width - 20, 8))
  local hint = section.is_folded and ('─ %s shows them '):format(options.keys.fold) or ''
  local used = 4 + text.width(title) + 1 + #tostring(section.count) + 1 + text.width(hint)
  local rule = ('─'):rep(math.max(options.width - used - 2, 0))
  return canvas.row({
    { ' ── ', 'ChorusEnded' },
    { title, SECTION_GROUPS[section.name] or 'ChorusHeader' },
    { (' %d '):format(section.count), 'ChorusHeader' },
    { hint, 'ChorusEnded' },
    { rule, 'ChorusEnded' },
  }, { section = section.name, is_folded = section.is_folded }, 'section ' .. section.name)
end

--- Rows of an empty list.
---@param options chorus.TaskRowsOptions
---@return chorus.Row[]
local function empty(options)
  if options.filter and options.filter ~= '' then
    return {
      canvas.row({}),
      canvas.row({ { '  No task matches ', 'ChorusHint' }, { text.clean(options.filter, 40), 'ChorusTag' } }),
      canvas.row({ '  ', { options.keys.filter, 'ChorusKey' }, { ' changes the filter', 'ChorusHint' } }),
    }
  end
  ---@type chorus.Row[]
  local rows = {
    canvas.row({}),
    canvas.row({ { '  No tasks yet.', 'ChorusTitle' } }),
    canvas.row({}),
    canvas.row({
      { '  Press ', 'ChorusHint' },
      { options.keys.new, 'ChorusKey' },
      { ' or type ', 'ChorusHint' },
      { ':Chorus new', 'ChorusKey' },
      { ' to write the first one: a title, then a description.', 'ChorusHint' },
    }),
    canvas.row({
      { '  ', nil },
      { ':Chorus new!', 'ChorusKey' },
      { ' starts it as soon as you save it.', 'ChorusHint' },
    }),
  }
  if (options.elsewhere or 0) > 0 then
    rows[#rows + 1] = canvas.row({
      '  ',
      { options.keys.everywhere, 'ChorusKey' },
      { ' lists the tasks of other projects, where some need you.', 'ChorusHint' },
    })
  end
  return rows
end

--- Every row of the list.
---@param worklist chorus.Worklist
---@param options chorus.TaskRowsOptions
---@return chorus.Row[]
function M.render(worklist, options)
  if #worklist.sections == 0 then
    return empty(options)
  end
  local columns, rows = kept_columns(worklist, options), {}
  for _, section in ipairs(worklist.sections) do
    if section.title ~= '' then
      rows[#rows + 1] = heading(section, options)
    end
    for _, task in ipairs(section.is_folded and {} or section.tasks) do
      rows[#rows + 1] = cached_row(task, worklist.moved[task.uuid] == true, columns, options)
    end
  end
  return rows
end

return M
