--- The lines of what is picked from, in the words of the windows that show the same. Pure.
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

--- Cells of a task's state, as in the dashboard.
local WORD = 11

--- A task: number, state, title, what there is to say.
---@param task chorus.Task
---@param request? chorus.Opened its oldest open request
---@param is_aligned? boolean for lists of tasks alone
---@return chorus.Chunk[]
function M.task(task, request, is_aligned)
  local state = status.icon(task) .. ' ' .. status.word(task)
  local number = '#' .. task.number
  if is_aligned then
    number, state = text.fit(number, 4, true), text.fit(state, WORD + 2)
  end
  local chunks = {
    { number, 'ChorusNumber' },
    '  ',
    { state, status.group(task) },
    ' ',
  }
  for _, label in ipairs(status.labels(task)) do
    chunks[#chunks + 1] = label
  end
  chunks[#chunks + 1] = { text.clean(task.title), 'ChorusTitle' }
  for _, tag in ipairs(task.tags) do
    chunks[#chunks + 1] = { ' +' .. text.clean(tag), 'ChorusTag' }
  end
  local about = status.summary(task, request)
  if about ~= '' then
    chunks[#chunks + 1] = { '  ' .. about, request and 'ChorusRequest' or 'ChorusSummary' }
  end
  return chunks
end

--- A request: its task, what it asks for.
---@param request chorus.Opened
---@param title? string of its task
---@return chorus.Chunk[]
function M.request(request, title)
  local tool = text.clean(request.tool or request.kind)
  local summary = text.clean(request.summary)
  return {
    { '#' .. request.number, 'ChorusNumber' },
    ' ',
    { tool .. ': ' .. summary, 'ChorusRequest' },
    { title and '  ' .. text.clean(title, 40) or '', 'ChorusSummary' },
  }
end

---@param list integer[]
---@return string
local function numbers(list)
  return table.concat(
    vim.tbl_map(function(number)
      return '#' .. number
    end, list),
    ' '
  )
end

--- A document: pinned or not, path, the tasks whose agents read it before it changed, title, category, and the tasks that
--- use it.
---@param document chorus.Document
---@return chorus.Chunk[]
function M.document(document)
  local path = text.clean(document.path)
  local chunks = { { document.pinned and '★ ' or '', 'ChorusMarked' }, { path, 'ChorusPath' } }
  -- What wants to be done comes before what a narrow list cuts off.
  if #document.changed_for > 0 then
    chunks[#chunks + 1] =
      { (' (changed since %s read it)'):format(numbers(document.changed_for)), 'ChorusReferenceStale' }
  end
  local name = document.path:match('[^/]*$')
  if document.title ~= name and document.title ~= document.path then
    chunks[#chunks + 1] = { ' · ' .. text.clean(document.title, 60), 'ChorusTitle' }
  end
  if document.category ~= 'general' then
    chunks[#chunks + 1] = { (' [%s]'):format(text.clean(document.category)), 'ChorusTag' }
  end
  if #document.tasks > 0 then
    chunks[#chunks + 1] = { ' ' .. numbers(document.tasks), 'ChorusNumber' }
  end
  return chunks
end

--- A reference: its task, place, state and note.
---@param reference chorus.Reference
---@param place string
---@return chorus.Chunk[]
function M.reference(reference, place)
  local about = reference.note or text.lines(reference.text)[1] or ''
  local is_current = reference.state == 'current'
  return {
    { '#' .. reference.number, 'ChorusNumber' },
    ' ',
    { place, 'ChorusPath' },
    { is_current and '' or (' [%s]'):format(reference.state), 'ChorusReferenceStale' },
    { ' ' .. text.clean(about, 80), 'ChorusReference' },
  }
end

--- A text that was begun.
---@param kept chorus.KeptFile
---@param age string
---@return chorus.Chunk[]
function M.kept(kept, age)
  local title = kept.title ~= '' and text.clean(kept.title, 60) or '(no title yet)'
  return { { title, 'ChorusTitle' }, { ' · ' .. age, 'ChorusHint' } }
end

return M
