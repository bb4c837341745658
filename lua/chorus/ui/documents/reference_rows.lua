--- The references of a task as lines of its page. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

--- Lines of an excerpt.
local MOST = 3

--- `PLAN.md:10-24`, or `PLAN.md` for the whole document.
---@param reference chorus.Reference
---@return string
function M.place(reference)
  local path = text.clean(reference.path)
  if reference.whole then
    return path
  elseif reference.start_line == reference.end_line then
    return ('%s:%d'):format(path, reference.start_line)
  end
  return ('%s:%d-%d'):format(path, reference.start_line, reference.end_line)
end

--- What a person should know about its text; empty while the text is there.
---@param reference chorus.Reference
---@return string
function M.state(reference)
  if reference.state == 'changed' then
    return 'changed'
  elseif reference.state == 'current' then
    return ''
  elseif reference.nearest_start then
    return ('stale, perhaps now in %d-%d'):format(reference.nearest_start, reference.nearest_end)
  end
  return 'stale'
end

--- How many documents changed since the agent read them, and what to do.
---@param task chorus.Task
---@return chorus.Row[]
function M.outdated(task)
  if (task.outdated or 0) == 0 then
    return {}
  end
  local count = require('chorus.phrase').count(task.outdated, 'document')
  return {
    canvas.row({
      { '  ' .. text.fit('documents', 11), 'ChorusHeader' },
      { count .. ' changed since its agent read them', 'ChorusReference' },
    }),
    canvas.row({
      { '  ' .. text.fit('', 11), 'ChorusHeader' },
      { ('`:Chorus tell %d` sends it what changed'):format(task.number), 'ChorusHint' },
    }),
  }
end

--- Each reference, with the beginning of its text below.
---@param references chorus.Reference[]
---@param retie? string the key that moves a stale one, where these lines have one
---@return chorus.Row[]
function M.rows(references, retie)
  if #references == 0 then
    return {}
  end
  local rows = { canvas.row({}), canvas.row({ { '  References', 'ChorusTitle' } }) }
  for _, reference in ipairs(references) do
    local data = { reference = reference }
    local state = M.state(reference)
    if retie and reference.nearest_start and reference.state == 'stale' then
      state = ('%s (`%s` moves it there)'):format(state, retie)
    end
    rows[#rows + 1] = canvas.row({
      '    ',
      { M.place(reference), 'ChorusPath' },
      { state ~= '' and '  ' .. state or '', state == 'changed' and 'ChorusReference' or 'ChorusReferenceStale' },
      { reference.note and '  ' .. text.clean(reference.note) or '', 'ChorusSummary' },
      { reference.included and '' or '  not in its context', 'ChorusHint' },
      { ('  %d'):format(reference.id), 'ChorusHint' },
    }, data)
    local shown = 0
    for _, line in ipairs(text.lines(reference.text)) do
      if line:find('%S') and shown < MOST and not reference.whole then
        shown = shown + 1
        rows[#rows + 1] =
          canvas.row({ { '      ▏', 'ChorusReference' }, { text.clean(line, 100), 'ChorusHint' } }, data)
      end
    end
  end
  return rows
end

return M
