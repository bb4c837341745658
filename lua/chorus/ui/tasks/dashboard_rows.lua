--- The work list as rows of the dashboard. Pure: tasks in their sections, width and time in, rows out.
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
---@field keys? table<string, string> first key of each action, where there are keys
---@field marked? table<string, boolean> by uuid
---@field filter? string
---@field total? integer tasks there are without the filter
---@field elsewhere? integer tasks of other projects that need a person
---@field shows_project? boolean each row names its task's project
---@field cache? table<string, table> rows kept between calls, by uuid

---@class chorus.TaskColumns
---@field number integer
---@field title integer
---@field summary integer
---@field shows_project boolean

--- Widths of the columns. They depend on the window and on the largest number only, so that nothing moves sideways when a
--- task changes.
---@param largest integer the largest number of a task
---@param options chorus.TaskRowsOptions
---@return chorus.TaskColumns
function M.columns(largest, options)
  local number = math.max(3, #tostring(largest) + 1)
  local free = options.width - (2 + number + 2 + 2 + WORD + 1 + AGE + 2) - 1
  local title = free < 34 and free or math.min(math.max(math.floor(free * 0.5), 24), 70)
  return {
    number = number,
    title = math.max(title, 8),
    summary = math.max(free - title - 2, 0),
    shows_project = options.shows_project == true,
  }
end

--- What stands behind a title, most important first. The first `must` pieces are shown whatever the title is.
---@param task chorus.Task
---@param columns chorus.TaskColumns
---@return chorus.Chunk[] pieces
---@return integer must
local function behind_title(task, columns)
  local pieces = {}
  for _, label in ipairs(status.labels(task)) do
    pieces[#pieces + 1] = { vim.trim(label[1]), label[2] }
  end
  local must, has_ended = #pieces, status.has_ended(task)
  if columns.shows_project then
    pieces[#pieces + 1] = { 'in ' .. text.clean(vim.fs.basename(task.project), 20), 'ChorusHint' }
  end
  local edits = status.edits(task)
  if edits ~= '' then
    pieces[#pieces + 1] = { edits, task.trouble and 'ChorusTrouble' or has_ended and 'ChorusEnded' or 'ChorusEdits' }
  end
  if task.priority ~= 0 then
    pieces[#pieces + 1] = { 'P' .. task.priority, 'ChorusPriority' }
  end
  for _, tag in ipairs(task.tags) do
    pieces[#pieces + 1] = { '+' .. text.clean(tag), 'ChorusTag' }
  end
  return pieces, must
end

--- Title and what stands behind it.
---@param task chorus.Task
---@param columns chorus.TaskColumns
---@param width integer
---@return chorus.Chunk[]
---@return integer used cells
local function title_cell(task, columns, width)
  local pieces, must = behind_title(task, columns)
  local title = text.clean(task.title)
  -- Half of the cell is the title's, as far as it needs that.
  local left = width - math.min(text.width(title), math.max(math.floor(width / 2), 8))
  local shown = {}
  for index, piece in ipairs(pieces) do
    local cells = text.width(piece[1]) + (index == 1 and 2 or 1)
    if cells <= left or index <= must then
      shown[#shown + 1] = piece
      left = left - cells
    end
  end
  local used = 0
  for index, piece in ipairs(shown) do
    used = used + text.width(piece[1]) + (index == 1 and 2 or 1)
  end
  title = text.cut(title, math.max(width - used, 1))
  local chunks = { { title, status.has_ended(task) and 'ChorusEnded' or nil } }
  for index, piece in ipairs(shown) do
    vim.list_extend(chunks, { index == 1 and '  ' or ' ', piece })
  end
  return chunks, used + text.width(title)
end

--- What a person can do about an agent that does not go on.
---@param task chorus.Task
---@param keys? table<string, string>
---@return string
local function remedy(task, keys)
  local state = task.agent_status
  if not keys then
    return ''
  elseif state.status == 'login_required' then
    return keys.approve .. ' says what to do'
  elseif state.status == 'exited' then
    return keys.restart .. (state.kind == 'suspended' and ' starts it again' or ' restarts it')
  elseif state.status == 'error' then
    return keys.send .. ' sends a prompt'
  end
  return keys.explain .. ' explains'
end

--- Why an agent does not go on, where it left no words.
---@param task chorus.Task
---@return string
local function loss(task)
  local state = task.agent_status
  if state.status == 'exited' and state.kind == 'lost' then
    return 'its terminal is gone'
  elseif state.status == 'exited' and state.kind == 'suspended' then
    return 'stopped by job control'
  end
  return ''
end

---@param parts string[]
---@return string
local function joined(parts)
  return table.concat(
    vim.tbl_filter(function(part)
      return part ~= ''
    end, parts),
    ' · '
  )
end

--- What a task's row says at its end: the open request, an alert or trouble with what to do, what a busy agent does, the
--- last message, or how it ended.
---@param task chorus.Task
---@param request? chorus.Opened
---@param quiet string how long nothing was heard of a busy agent; empty for a short while
---@param keys? table<string, string>
---@return string
---@return string group
local function said(task, request, quiet, keys)
  local summary, state = status.summary(task, request), task.agent_status.status
  if request then
    return summary, 'ChorusRequest'
  elseif task.alerts[1] then
    return joined({ text.clean(task.alerts[1].text), text.clean(task.alerts[1].remedy) }), 'ChorusTrouble'
  elseif task.trouble then
    local mends = keys and task.trouble.remedy and keys.mend .. ' fixes it' or ''
    return joined({ text.clean(task.trouble.text), mends }), 'ChorusTrouble'
  elseif status.has_ended(task) then
    local branch = text.clean(task.stack)
    local is_named = branch == '' or summary:find(branch, 1, true) ~= nil
    return joined({ summary, is_named and '' or branch }), 'ChorusEnded'
  elseif task.status == 'pending' then
    return task.on and 'builds on #' .. task.on or '', 'ChorusSummary'
  elseif state == 'busy' then
    return joined({ quiet, summary }), quiet ~= '' and 'ChorusQuiet' or 'ChorusSummary'
  elseif status.unclaimed(task) ~= '' then
    return status.unclaimed(task), 'ChorusUnclaimed'
  elseif state == 'exited' or state == 'error' or state == 'login_required' or state == 'unknown' then
    return joined({ summary ~= '' and summary or loss(task), remedy(task, keys) }), 'ChorusSummary'
  end
  return summary, 'ChorusSummary'
end

--- The end of a task's row, after other tasks in the same files.
---@return chorus.Chunk[] empty where there is nothing to say
local function last_column(task, request, quiet, keys, width)
  local words, group = said(task, request, quiet, keys)
  local overlaps = text.cut(status.overlaps(task), width)
  local chunks = {}
  if overlaps ~= '' then
    chunks[1] = { overlaps .. (words ~= '' and ' · ' or ''), 'ChorusOverlap' }
    width = width - text.width(chunks[1][1])
  end
  if words ~= '' and width > 0 then
    chunks[#chunks + 1] = { text.cut(words, width), group }
  end
  return chunks
end

---@class chorus.RowState
---@field age string
---@field quiet string
---@field request? chorus.Opened
---@field is_marked boolean
---@field is_moved boolean

--- The row of one task.
---@param task chorus.Task
---@param state chorus.RowState
---@param columns chorus.TaskColumns
---@param keys? table<string, string>
---@return chorus.Row
function M.row(task, state, columns, keys)
  local group = status.group(task)
  local chunks = {
    state.is_marked and { icons.of('marked'), 'ChorusMarked' } or ' ',
    state.is_moved and { icons.of('moved'), 'ChorusMoved' } or ' ',
    { text.fit('#' .. task.number, columns.number, true), state.is_marked and 'ChorusMarked' or 'ChorusNumber' },
    '  ',
    { text.fit(status.icon(task), 2), group },
    { text.fit(status.word(task), WORD), group },
    ' ',
    { text.fit(state.age, AGE, true), 'ChorusAge' },
    '  ',
  }
  local last = columns.summary > 0 and last_column(task, state.request, state.quiet, keys, columns.summary) or {}
  -- A title that no summary follows may be longer than its column.
  local width = columns.title + (#last == 0 and columns.summary > 0 and columns.summary + 2 or 0)
  local cell, used = title_cell(task, columns, width)
  vim.list_extend(chunks, cell)
  if #last > 0 then
    chunks[#chunks + 1] = (' '):rep(math.max(columns.title - used, 0) + 2)
    vim.list_extend(chunks, last)
  end
  return canvas.row(chunks, task, task.uuid)
end

--- The row of a task, from the cache when nothing in it has changed.
local function cached_row(task, is_moved, columns, options)
  local request, cache = options.requests[task.uuid], options.cache
  local age, quiet = text.age(options.now - status.since(task)), status.quiet(task, options.now)
  local is_marked = options.marked ~= nil and options.marked[task.uuid] == true
  local kept = cache and cache[task.uuid]
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
  local row = M.row(task, state, columns, options.keys)
  if cache then
    cache[task.uuid] = { task = task, state = state, columns = columns, row = row }
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
  local columns, cache = M.columns(largest, options), options.cache
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

---@class chorus.HeaderOptions
---@field project string
---@field total integer tasks that are listed without the filter
---@field is_everywhere boolean
---@field group chorus.Grouping
---@field filter? string
---@field marked integer
---@field is_connected boolean
---@field fault? string of the configuration
---@field notice? chorus.Notice the daemon's last warning

--- What is wrong, where somebody must know: the configuration, a warning of the daemon, the connection.
---@param options chorus.HeaderOptions
---@return chorus.Chunk[]
local function faults(options)
  local chunks, trouble = {}, icons.of('trouble')
  if not options.is_connected then
    chunks[1] = { '   not connected', 'ChorusFailed' }
  end
  if options.fault then
    -- Its folder says less than what is wrong.
    local fault = text.clean(options.fault):gsub('^%S*/', '')
    chunks[#chunks + 1] = { ('   %s %s'):format(trouble, text.cut(fault, 70)), 'ChorusFailed' }
  end
  if options.notice then
    local notice = options.notice --[[@as chorus.Notice]]
    chunks[#chunks + 1] =
      { ('   %s %s'):format(trouble, joined({ text.clean(notice.text), text.clean(notice.hint) })), 'ChorusTrouble' }
  end
  return chunks
end

--- The line above the list.
---@param counts chorus.Counts
---@param options chorus.HeaderOptions
---@return chorus.Chunk[]
function M.header(counts, options)
  local place = options.is_everywhere and 'all projects' or options.project
  ---@type chorus.Chunk[]
  local chunks = { { ' Chorus', 'ChorusTitle' }, { ' · ' .. text.clean(place, 40), 'ChorusHeader' } }
  chunks[3] = { '   ' .. require('chorus.phrase').count(options.total, 'task'), 'ChorusHeader' }
  local function count(number, icon, group)
    if (number or 0) > 0 then
      vim.list_extend(chunks, { { ' · ', 'ChorusHeader' }, { ('%s %d'):format(icon, number), group } })
    end
  end
  local highlight = require('chorus.highlight')
  local waiting, busy = { status = 'waiting' }, { status = 'busy' }
  count(counts.waiting, icons.of(waiting), highlight.of_status(waiting))
  count(counts.trouble, icons.of('trouble'), 'ChorusTrouble')
  count(counts.busy, icons.of(busy), highlight.of_status(busy))
  count(counts.unread, icons.of('unread'), 'ChorusUnread')
  count(counts.unknown, icons.of('unknown'), 'ChorusUnknown')
  if (counts.elsewhere or 0) > 0 and not options.is_everywhere then
    chunks[#chunks + 1] = { (' · (+%d elsewhere)'):format(counts.elsewhere), 'ChorusHeader' }
  end
  if options.marked > 0 then
    chunks[#chunks + 1] = { ('   %s %d marked'):format(icons.of('marked'), options.marked), 'ChorusMarked' }
  end
  if options.group ~= 'need' then
    chunks[#chunks + 1] = { '   by ' .. options.group, 'ChorusHint' }
  end
  if options.filter and options.filter ~= '' then
    chunks[#chunks + 1] = { '   / ' .. text.clean(options.filter, 30), 'ChorusTag' }
  end
  return vim.list_extend(chunks, faults(options))
end

return M
