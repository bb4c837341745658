--- What the preview of the dashboard shows of a task, and where it stands. Pure.
local canvas = require('chorus.ui.kit.canvas')
local fits = require('chorus.tasks.fits')
local page_rows = require('chorus.ui.tasks.page_rows')
local text = require('chorus.text')

local M = {}

--- From so many columns on, list and preview stand side by side.
local WIDE = 160
--- From so many lines on, there is room for a preview below the list.
local HIGH = 18

--- Lines of a description that are shown.
local MOST_LINES = 200

--- Where the preview opens; nil for nowhere.
---@param wanted 'auto'|'beside'|'below'|'off'
---@param width integer of the dashboard's window
---@param height integer
---@param whatever? boolean even where there is little room
---@return { split: string, width?: integer, height?: integer }?
function M.place(wanted, width, height, whatever)
  if wanted == 'off' and not whatever then
    return nil
  elseif wanted == 'beside' or (wanted == 'auto' and width >= WIDE) then
    return { split = 'right', width = math.floor(width * 0.48) }
  elseif wanted == 'below' or height >= HIGH or whatever then
    return { split = 'below', height = math.max(math.floor(height * 0.42), 3) }
  end
end

--- What is shown of a task without an open request.
---@param task chorus.Task
---@return 'output'|'page'
function M.kind(task)
  local has_terminal = fits.live(task)
    and not (task.agent_status.status == 'exited' and task.agent_status.kind == 'lost')
  return has_terminal and 'output' or 'page'
end

--- The actions of the dashboard that go with what is shown.
---@param task chorus.Task
---@param has_request boolean
---@return string[]
function M.actions(task, has_request)
  if has_request then
    return { 'approve', 'deny', 'attach' }
  elseif M.kind(task) == 'output' then
    return { 'send', 'output', 'attach' }
  end
  return task.status == 'pending' and { 'start', 'show' } or { 'show' }
end

--- Whether the task's screen is changing.
---@param task chorus.Task
---@return boolean
function M.is_moving(task)
  local doing = task.agent_status.status
  return doing == 'busy' or doing == 'starting'
end

---@param rows chorus.Row[]
---@param task chorus.Task
local function add_description(rows, task)
  local lines = text.lines(task.description or '')
  for index, line in ipairs(lines) do
    if index > MOST_LINES then
      rows[#rows + 1] = canvas.row({ { ('  … %d more lines'):format(#lines - MOST_LINES), 'ChorusHint' } })
      break
    end
    rows[#rows + 1] = canvas.row({ '  ' .. line })
  end
end

--- The page of a task: what it is about, what is known of it, what happened.
---@param page chorus.Page
---@param now integer
---@return chorus.Row[]
function M.page(page, now)
  local rows, task = {}, page.task
  local history = page_rows.history(page, now)
  if fits.ended(task) then
    vim.list_extend(rows, history)
    rows[#rows + 1] = canvas.row({})
    add_description(rows, task)
    return rows
  end
  rows[1] = canvas.row({})
  add_description(rows, task)
  if #rows == 1 then
    rows[2] = canvas.row({ { '  No description.', 'ChorusHint' } })
  end
  return vim.list_extend(rows, history)
end

return M
