--- Tasks as rows of the dashboard. Pure: tasks, width and time in, rows out.
local canvas = require('chorus.ui.kit.canvas')
local icons = require('chorus.icons')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

local WORD = 11
local AGE = 4

---@class chorus.TaskRowsOptions
---@field width integer cells of the window
---@field now integer milliseconds since the epoch
---@field requests table<string, chorus.Opened> the oldest open request of each task, by uuid
---@field shows_ended boolean
---@field filter? string
---@field keys table<string, string> first key of `new`, `ended` and `filter`
---@field cache? table<string, table> rows kept between calls, by uuid

--- Widths of the columns. They depend on the window and on which columns exist, never on the titles, so that nothing
--- moves sideways when a task changes.
---@param tasks chorus.Task[]
---@param width integer
---@return {number: integer, edits: integer, priority: integer, title: integer, summary: integer}
function M.columns(tasks, width)
  local number, edits, priority = 3, 0, 0
  for _, task in ipairs(tasks) do
    number = math.max(number, #tostring(task.number) + 1)
    edits = math.max(edits, text.width(status.edits(task)))
    if task.priority ~= 0 then
      priority = math.max(priority, #tostring(task.priority) + 2)
    end
  end
  edits = edits > 0 and width >= 60 and edits + 2 or 0
  local free = width - (1 + number + 2 + 2 + WORD + 1 + AGE + 2 + edits + priority) - 1
  local title = free < 30 and free or math.min(math.max(math.floor(free * 0.5), 24), 60)
  return {
    number = number,
    edits = edits,
    priority = priority,
    title = math.max(title, 8),
    summary = math.max(free - title - 2, 0),
  }
end

--- The end of a task's row: other tasks in the same files, then the open request, an alert, the trouble, or the last message.
---@param task chorus.Task
---@param request? chorus.Opened
---@param width integer
---@return chorus.Chunk[] empty where there is nothing to say
local function last_column(task, request, width)
  local said, group = status.summary(task, request), 'ChorusSummary'
  if request then
    group = 'ChorusRequest'
  elseif task.alerts[1] then
    said, group = text.clean(task.alerts[1].text), 'ChorusTrouble'
  elseif task.trouble then
    said, group = text.clean(task.trouble.text), 'ChorusTrouble'
  elseif status.unclaimed(task) ~= '' and task.agent_status.status ~= 'busy' then
    said, group = status.unclaimed(task), 'ChorusUnclaimed'
  elseif status.has_ended(task) then
    group = 'ChorusEnded'
  end
  local overlaps = text.cut(status.overlaps(task), width)
  local chunks = {}
  if overlaps ~= '' then
    chunks[1] = { overlaps .. (said ~= '' and ' · ' or ''), 'ChorusOverlap' }
    width = width - text.width(chunks[1][1])
  end
  if said ~= '' and width > 0 then
    chunks[#chunks + 1] = { text.cut(said, width), group }
  end
  return chunks
end

---@param task chorus.Task
---@param request? chorus.Opened
---@param columns table
---@param age string
---@return chorus.Row
function M.row(task, request, columns, age)
  local group = status.group(task)
  local has_ended = status.has_ended(task)
  local chunks = {
    ' ',
    { text.fit('#' .. task.number, columns.number, true), 'ChorusNumber' },
    '  ',
    { text.fit(status.icon(task), 2), group },
    { text.fit(status.word(task), WORD), group },
    ' ',
    { text.fit(age, AGE, true), 'ChorusAge' },
    '  ',
  }
  if columns.edits > 0 then
    local edits_group = task.trouble and 'ChorusTrouble' or has_ended and 'ChorusEnded' or 'ChorusEdits'
    chunks[#chunks + 1] = { text.fit(status.edits(task), columns.edits), edits_group }
  end
  if columns.priority > 0 then
    chunks[#chunks + 1] =
      { text.fit(task.priority ~= 0 and 'P' .. task.priority or '', columns.priority), 'ChorusPriority' }
  end
  local last = columns.summary > 0 and last_column(task, request, columns.summary) or {}
  -- A title that no summary follows may be longer than its column.
  local left = columns.title + (#last == 0 and columns.summary > 0 and columns.summary + 2 or 0)
  for _, label in ipairs(status.labels(task)) do
    chunks[#chunks + 1] = label
    left = left - text.width(label[1])
  end
  local title = text.clean(task.title, math.max(left, 1))
  chunks[#chunks + 1] = { title, has_ended and 'ChorusEnded' or nil }
  left = left - text.width(title)
  local tags = vim.tbl_map(function(tag)
    return '+' .. text.clean(tag)
  end, task.tags or {})
  if #tags > 0 and left > 4 then
    local shown = text.cut(' ' .. table.concat(tags, ' '), left)
    chunks[#chunks + 1] = { shown, 'ChorusTag' }
    left = left - text.width(shown)
  end
  if #last > 0 then
    chunks[#chunks + 1] = (' '):rep(left + 2)
    vim.list_extend(chunks, last)
  end
  return canvas.row(chunks, task, task.uuid)
end

--- Whether a task is shown under a filter: words that must all be in its number, title, state, agent or `+tags`.
---@param task chorus.Task
---@param filter? string
---@return boolean
function M.matches(task, filter)
  if not filter or filter == '' then
    return true
  end
  local is_live = task.status == 'running' or task.status == 'waiting'
  local words = { '#' .. task.number, task.title, task.status, task.agent, task.agent_status.status, status.word(task) }
  words[#words + 1] = is_live and 'live' or nil
  words[#words + 1] = task.unread and 'unread' or nil
  for _, tag in ipairs(task.tags or {}) do
    words[#words + 1] = '+' .. tag
  end
  local haystack = table.concat(words, '\n'):lower()
  for word in filter:lower():gmatch('%S+') do
    if not haystack:find(word, 1, true) then
      return false
    end
  end
  return true
end

--- The row of a task, from the cache when nothing in it has changed.
local function cached_row(task, columns, options)
  local request = options.requests[task.uuid]
  local age = text.age(options.now - status.since(task))
  local cache = options.cache
  local kept = cache and cache[task.uuid]
  if
    kept
    and kept.task == task
    and kept.revision == task.revision
    and kept.request == request
    and kept.age == age
    and kept.columns == columns
  then
    return kept.row
  end
  local row = M.row(task, request, columns, age)
  if cache then
    cache[task.uuid] =
      { task = task, revision = task.revision, request = request, age = age, columns = columns, row = row }
  end
  return row
end

--- The same table of columns as long as the widths are the same, so that rows stay cached.
local function kept_columns(tasks, options)
  local columns = M.columns(tasks, options.width)
  local cache = options.cache
  if cache and vim.deep_equal(cache.columns, columns) then
    return cache.columns
  elseif cache then
    cache.columns = columns
  end
  return columns
end

local function rule(left, hint, width)
  local words = ('── %s · %s '):format(left, hint)
  return canvas.row(
    { { ' ' .. words .. ('─'):rep(math.max(width - text.width(words) - 2, 0)), 'ChorusEnded' } },
    nil,
    'rule'
  )
end

--- Rows of an empty list.
local function empty(options)
  if options.filter and options.filter ~= '' then
    return {
      canvas.row({}),
      canvas.row({ { '  No task matches ', 'ChorusHint' }, { text.clean(options.filter, 40), 'ChorusTag' } }),
      canvas.row({ '  ', { options.keys.filter, 'ChorusKey' }, { ' changes the filter', 'ChorusHint' } }),
    }
  end
  return {
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
end

--- Every row, in the order of `tasks`; ended tasks below a rule.
---@param tasks chorus.Task[]
---@param options chorus.TaskRowsOptions
---@return chorus.Row[]
function M.render(tasks, options)
  local shown, ended = {}, {}
  for _, task in ipairs(tasks) do
    if M.matches(task, options.filter) then
      table.insert(status.has_ended(task) and ended or shown, task)
    end
  end
  local columns = kept_columns(tasks, options)
  local rows = {}
  for _, task in ipairs(shown) do
    rows[#rows + 1] = cached_row(task, columns, options)
  end
  if #shown == 0 and #ended == 0 then
    return empty(options)
  end
  if #ended > 0 then
    if #shown > 0 then
      rows[#rows + 1] = canvas.row({})
    end
    local hint = options.keys.ended .. (options.shows_ended and ' hides them' or ' shows them')
    rows[#rows + 1] = rule(#ended .. ' ended', hint, options.width)
    for _, task in ipairs(options.shows_ended and ended or {}) do
      rows[#rows + 1] = cached_row(task, columns, options)
    end
  end
  return rows
end

--- The line above the list.
---@param counts chorus.Counts
---@param options {project: string, filter?: string, is_connected: boolean, fault?: string} fault: of the configuration
---@return chorus.Chunk[]
function M.header(counts, options)
  local chunks = { { ' Chorus', 'ChorusTitle' }, { ' · ' .. text.clean(options.project, 40), 'ChorusHeader' } }
  local function count(number, icon, word, group)
    if (number or 0) > 0 then
      chunks[#chunks + 1] = { ('   %s %d %s'):format(icon, number, word), group }
    end
  end
  local highlight = require('chorus.highlight')
  local waiting, busy = { status = 'waiting' }, { status = 'busy' }
  count(
    counts.waiting,
    icons.of(waiting),
    counts.waiting == 1 and 'needs you' or 'need you',
    highlight.of_status(waiting)
  )
  count(counts.trouble, icons.of('trouble'), 'cannot commit', 'ChorusTrouble')
  count(counts.busy, icons.of(busy), 'busy', highlight.of_status(busy))
  count(counts.unread, icons.of('unread'), 'unread', 'ChorusUnread')
  count(counts.unknown, icons.of('unknown'), 'unknown', 'ChorusUnknown')
  if (counts.elsewhere or 0) > 0 then
    chunks[#chunks + 1] = { ('   (+%d elsewhere)'):format(counts.elsewhere), 'ChorusHeader' }
  end
  if options.filter and options.filter ~= '' then
    chunks[#chunks + 1] = { '   / ' .. text.clean(options.filter, 30), 'ChorusTag' }
  end
  if options.fault then
    -- Its folder says less than what is wrong.
    local fault = text.clean(options.fault):gsub('^%S*/', '')
    chunks[#chunks + 1] = { ('   %s %s'):format(icons.of('trouble'), text.cut(fault, 70)), 'ChorusFailed' }
  end
  if not options.is_connected then
    chunks[#chunks + 1] = { '   not connected', 'ChorusFailed' }
  end
  return chunks
end

return M
