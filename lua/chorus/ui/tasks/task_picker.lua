--- Picking a task where Neovim's own `vim.ui.select` would number the lines, so that a typed 5 would not be #5: a list as
--- in the dashboard that narrows while one types.
local canvas = require('chorus.ui.kit.canvas')
local dashboard_rows = require('chorus.ui.tasks.dashboard_rows')
local filter = require('chorus.tasks.filter')
local float = require('chorus.ui.kit.float')
local status = require('chorus.ui.kit.status')

local M = {}

--- The tasks that fit what is typed. A number goes before titles that hold its digits.
---@param tasks chorus.Task[] sorted
---@param text string
---@return chorus.Task[]
local function fitting(tasks, text)
  local tests = filter.parse(text, true)
  local found = vim.tbl_filter(function(task)
    return filter.matches(tests, task)
  end, tasks)
  local number = tonumber(text:match('^#?(%d+)$'))
  for index, task in ipairs(number and found or {}) do
    if task.number == number then
      table.insert(found, 1, table.remove(found, index))
      break
    end
  end
  return found
end

---@param found chorus.Task[]
---@param width integer
---@return chorus.Row[]
local function rows_of(found, width)
  if #found == 0 then
    return { canvas.row({ { '  No task fits.', 'ChorusHint' } }) }
  end
  return dashboard_rows.render({
    sections = { { name = 'all', title = '', position = '', count = #found, is_folded = false, tasks = found } },
    moved = {},
  }, {
    width = width,
    now = status.now(),
    requests = require('chorus.tasks').oldest_requests(),
  })
end

--- One line for a task, in the words of the dashboard: number, state, title, what there is to say.
---@param task chorus.Task
---@return string
function M.format(task)
  local request = require('chorus.tasks').requests(task.uuid)[1]
  local about = status.summary(task, request)
  local line = ('#%d  %s %s  %s'):format(task.number, status.icon(task), status.word(task), task.title)
  return line .. (task.demo and '  [demo]' or '') .. (about ~= '' and '  ' .. about or '')
end

--- Lets the person pick one of the tasks.
---@param tasks chorus.Task[] as they are to be shown
---@param prompt string such as `Task to start:`
---@param on_choice fun(task?: chorus.Task)
function M.pick(tasks, prompt, on_choice)
  require('chorus.highlight').setup()
  local buffer = float.scratch('picker')
  local window = float.open(buffer, {
    width = 0.8,
    height = math.min(#tasks, math.max(math.floor(vim.o.lines * 0.6), 5)) + 1,
    title = { { (' %s '):format(prompt:gsub(':%s*$', '')), 'ChorusTitle' } },
    enter = false,
  })
  vim.wo[window.window].cursorline, vim.wo[window.window].wrap = true, false
  local function show(text)
    canvas.draw(buffer, rows_of(fitting(tasks, text), (window:size())))
    vim.api.nvim_win_set_cursor(window.window, { 1, 0 })
  end
  ---@param choice? chorus.Task
  local function finish(choice)
    window:close()
    -- The prompt is closed first: what follows may open a window.
    vim.schedule(function()
      on_choice(choice)
    end)
  end
  show('')
  require('chorus.ui.tasks.filter_prompt').open(window.window, {
    text = '',
    hint = '<CR> picks  <Esc> leaves',
    on_change = show,
    on_keep = function(text)
      local line = vim.api.nvim_win_get_cursor(window.window)[1]
      show(text)
      vim.api.nvim_win_set_cursor(window.window, { math.min(line, vim.api.nvim_buf_line_count(buffer)), 0 })
      finish(canvas.data(buffer, vim.api.nvim_win_get_cursor(window.window)[1]))
    end,
    on_leave = finish,
    on_away = function()
      finish(nil)
    end,
  })
end

return M
