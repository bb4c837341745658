--- One task as a row of a list. Pure.
local canvas = require('chorus.ui.kit.canvas')
local fits = require('chorus.tasks.fits')
local icons = require('chorus.icons')
local phrase = require('chorus.phrase')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

local WORD = 11
local AGE = 4

---@class chorus.TaskColumns
---@field number integer
---@field title integer
---@field summary integer
---@field shows_project boolean

--- Widths of the columns. They depend on the window and on the largest number only, so that nothing moves sideways when a
--- task changes.
---@param largest integer the largest number of a task
---@param options { width: integer, shows_project?: boolean }
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
  local must, has_ended = #pieces, fits.ended(task)
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
  local chunks = { { title, fits.ended(task) and 'ChorusEnded' or nil } }
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

--- What a task's row says at its end: the open request, an alert or trouble with what to do, what a busy agent does, the
--- last message, or how it ended.
---@param task chorus.Task
---@param request? chorus.Opened
---@param quiet string how long nothing was heard of a busy agent; empty for a short while
---@param keys? table<string, string>
---@return string
---@return string group
---@return string? helps the key that helps
local function said(task, request, quiet, keys)
  local summary, state = status.summary(task, request), task.agent_status.status
  if request then
    return summary, 'ChorusRequest'
  elseif task.alerts[1] then
    return phrase.joined({ text.clean(task.alerts[1].text), text.clean(task.alerts[1].remedy) }), 'ChorusTrouble'
  elseif task.trouble then
    local mends = keys and task.trouble.remedy and keys.mend .. ' fixes it' or ''
    return text.clean(task.trouble.text), 'ChorusTrouble', mends
  elseif fits.ended(task) then
    local branch = text.clean(task.stack)
    local is_named = branch == '' or summary:find(branch, 1, true) ~= nil
    return phrase.joined({ summary, is_named and '' or branch }), 'ChorusEnded'
  elseif task.status == 'pending' then
    return task.on and 'builds on #' .. task.on or '', 'ChorusSummary'
  elseif state == 'busy' then
    return phrase.joined({ quiet, summary }), quiet ~= '' and 'ChorusQuiet' or 'ChorusSummary'
  elseif status.unclaimed(task) ~= '' then
    return status.unclaimed(task), 'ChorusUnclaimed'
  elseif state == 'exited' or state == 'error' or state == 'login_required' or state == 'unknown' then
    return summary ~= '' and summary or loss(task), 'ChorusSummary', remedy(task, keys)
  end
  return summary, 'ChorusSummary'
end

--- Cells of a message that are worth showing before the key that helps.
local LEAST_SAID = 12

--- What is said and the key that helps, which is not cut off while there is room for both.
---@param words string
---@param helps? string
---@param width integer
---@return string
local function with_help(words, helps, width)
  if not helps or helps == '' or words == '' then
    return text.cut(words .. (helps or ''), width)
  end
  helps = ' · ' .. helps
  local room = width - text.width(helps)
  return text.cut((room >= LEAST_SAID and text.cut(words, room) or words) .. helps, width)
end

--- The end of a task's row, after other tasks in the same files.
---@return chorus.Chunk[] empty where there is nothing to say
local function last_column(task, request, quiet, keys, width)
  local words, group, helps = said(task, request, quiet, keys)
  local overlaps = text.cut(status.overlaps(task), width)
  local chunks = {}
  if overlaps ~= '' then
    chunks[1] = { overlaps .. (words .. (helps or '') ~= '' and ' · ' or ''), 'ChorusOverlap' }
    width = width - text.width(chunks[1][1])
  end
  words = with_help(words, helps, width)
  if words ~= '' then
    chunks[#chunks + 1] = { words, group }
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

return M
