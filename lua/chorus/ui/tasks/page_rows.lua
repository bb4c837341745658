--- A task's page as lines: fields and description to edit, then its history. Pure.
local canvas = require('chorus.ui.kit.canvas')
local front_matter = require('chorus.ui.tasks.front_matter')
local history_rows = require('chorus.ui.tasks.history_rows')
local queue_rows = require('chorus.ui.prompts.queue_rows')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

--- Fields that can be edited here.
M.NAMES = { 'title', 'priority', 'tags' }

--- Stands between the part to edit and the history.
M.SEPARATOR = '──────── what happened · read-only below ────────'

local function fact(rows, name, value, group)
  if value and value ~= '' then
    rows[#rows + 1] = canvas.row({ { '  ' .. text.fit(name, 11), 'ChorusHeader' }, { text.clean(value), group } })
  end
end

--- Where a task's edits go, how many there are, and their trouble.
local function edit_facts(rows, task)
  local phrase = require('chorus.phrase')
  fact(rows, 'isolation', task.isolation .. (task.stack and ' · ' .. task.stack or ''))
  fact(rows, '', task.isolation_reason, 'ChorusTrouble')
  fact(rows, 'worktree', task.worktree)
  fact(rows, 'builds on', task.on and '#' .. task.on)
  local edits = { task.commits > 0 and phrase.count(task.commits, 'commit') or nil }
  edits[#edits + 1] = task.uncommitted > 0 and phrase.count(task.uncommitted, 'file') .. ' uncommitted' or nil
  fact(rows, 'edits', table.concat(edits, ', '))
  local overlaps = status.overlaps(task)
  fact(rows, 'overlaps', overlaps ~= '' and overlaps .. ', in the same files', 'ChorusOverlap')
  local unclaimed = status.unclaimed(task)
  fact(rows, 'unclaimed', unclaimed, 'ChorusUnclaimed')
  fact(rows, '', unclaimed ~= '' and ('`:Chorus assign %d` assigns them to it'):format(task.number), 'ChorusHint')
  local trouble = task.trouble
  if trouble then
    fact(rows, 'trouble', trouble.text, 'ChorusTrouble')
    fact(rows, '', table.concat(trouble.files, ', '), 'ChorusTrouble')
    fact(
      rows,
      '',
      trouble.remedy and ('`:Chorus mend %d` fixes it: %s'):format(task.number, trouble.remedy),
      'ChorusHint'
    )
  end
end

--- What needs a person beside requests, each with what can be done.
local function alert_facts(rows, task)
  for _, alert in ipairs(task.alerts) do
    fact(rows, 'alert', alert.text, 'ChorusTrouble')
    fact(rows, '', alert.remedy, 'ChorusHint')
  end
end

--- The facts of a task.
local function facts(rows, task, now)
  rows[#rows + 1] = canvas.row({
    { '  ' .. text.fit('status', 11), 'ChorusHeader' },
    { status.icon(task) .. ' ' .. status.word(task), status.group(task) },
    { ' ' .. text.age(now - status.since(task)), 'ChorusAge' },
  })
  if task.demo then
    fact(rows, '', 'This task runs the demo agent, not Claude Code.')
  end
  fact(rows, 'agent', task.agent .. (task.model and ' · ' .. task.model or ''))
  if task.permission_mode then
    fact(rows, 'permission', task.permission_mode)
  end
  if task.muted then
    fact(rows, 'notified', ('never: `:Chorus unmute %d` shows notifications again'):format(task.number), 'ChorusHint')
  end
  alert_facts(rows, task)
  edit_facts(rows, task)
  fact(rows, 'session', task.session_id)
  fact(rows, 'restarts', task.restarts > 0 and tostring(task.restarts))
  fact(rows, 'result', task.result)
  fact(rows, 'message', (task.agent_status.detail or {}).message)
end

--- Rows below the separator.
---@param page chorus.Page
---@param now integer
---@param retie? string the key that moves a stale reference, where these rows have one
---@return chorus.Row[]
function M.history(page, now, retie)
  local rows = { canvas.row({}) }
  facts(rows, page.task, now)
  if #page.requests > 0 then
    vim.list_extend(rows, { canvas.row({}), canvas.row({ { '  Open requests', 'ChorusTitle' } }) })
    for _, request in ipairs(page.requests) do
      rows[#rows + 1] = canvas.row({
        { '    ' .. text.fit(request.kind, 11), 'ChorusRequest' },
        { text.clean(request.summary), 'ChorusSummary' },
        { '  ' .. text.age(now - request.opened_at), 'ChorusAge' },
      }, { request = request })
    end
  end
  local reference_rows = require('chorus.ui.documents.reference_rows')
  vim.list_extend(rows, reference_rows.outdated(page.task))
  vim.list_extend(rows, reference_rows.rows(page.references or {}, retie))
  if #(page.prompts or {}) > 0 then
    vim.list_extend(rows, { canvas.row({}), canvas.row({ { '  Prompts that wait', 'ChorusTitle' } }) })
    for _, row in ipairs(queue_rows.render(page.prompts, now, '    ')) do
      rows[#rows + 1] = row
    end
  end
  vim.list_extend(rows, history_rows.rows(page, now))
  return rows
end

--- Lines to edit.
---@param task chorus.Task
---@return string[]
function M.edited(task)
  local lines = front_matter.render(
    { title = text.clean(task.title), priority = task.priority, tags = task.tags },
    table.concat(text.editable(task.description), '\n'),
    M.NAMES
  )
  lines[#lines + 1] = lines[#lines] ~= '' and '' or nil
  return lines
end

--- Index of the separator's line, from below, since a description may quote it.
---@param lines string[]
---@return integer?
function M.separator(lines)
  for index = #lines, 1, -1 do
    if lines[index] == M.SEPARATOR then
      return index
    end
  end
end

--- What an edited page changes about its task.
---@param lines string[] the whole buffer
---@param task chorus.Task as it was shown
---@return table? params of `task_edit`, without the task; empty for nothing
---@return {line: integer, text: string}[] faults
function M.changes(lines, task)
  local stop = M.separator(lines)
  if not stop then
    return nil, { { line = #lines, text = 'the line “read-only below” is gone: `u` restores it' } }
  end
  local read = front_matter.parse(vim.list_slice(lines, 1, stop - 1), M.NAMES)
  if #read.faults > 0 then
    return nil, read.faults
  end
  local before = front_matter.parse(M.edited(task), M.NAMES)
  local params = {}
  for _, name in ipairs(M.NAMES) do
    local value = read.fields[name]
    if name == 'priority' then
      value = value or 0
    elseif name == 'tags' then
      value = value or {}
    end
    if not vim.deep_equal(value, before.fields[name]) then
      params[name] = value
    end
  end
  if read.description ~= before.description then
    params.description = read.description
  end
  return params, {}
end

return M
