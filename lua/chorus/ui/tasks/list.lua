--- `chorus://list`: tasks as editable text, one per line. `:w` applies the edits, after confirmation if there are several.
local list_plan = require('chorus.ui.tasks.list_plan')
local listen = require('chorus.ui.kit.listen')
local save = require('chorus.ui.kit.save')
local text = require('chorus.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_list')
local line_marks = vim.api.nvim_create_namespace('chorus_list_new')

---@class chorus.ListBuffer
---@field buffer integer
---@field filter? string
---@field tasks chorus.Task[] as shown
---@field folder? string of the project whose tasks are shown

--- The tasks under the filter: at first in the order of the dashboard, later in the order in which they are shown, with new
--- ones behind, so that no line moves while a person reads or edits.
---@param list chorus.ListBuffer
---@return chorus.Task[]
local function tasks_of(list)
  local filter = require('chorus.tasks.filter')
  local tests = filter.parse(list.filter or '')
  local found = require('chorus.tasks.order').sorted(vim.tbl_filter(function(task)
    return filter.matches(tests, task)
  end, require('chorus.tasks').all()))
  local places = {}
  for index, task in ipairs(found) do
    places[task.uuid] = #list.tasks + index
  end
  for index, task in ipairs(list.tasks) do
    places[task.uuid] = index
  end
  table.sort(found, function(a, b)
    return places[a.uuid] < places[b.uuid]
  end)
  return found
end

--- Colours and what cannot be edited, beside the lines.
local function decorate(list)
  vim.api.nvim_buf_clear_namespace(list.buffer, namespace, 0, -1)
  local status = require('chorus.ui.kit.status')
  for index, line in ipairs(vim.api.nvim_buf_get_lines(list.buffer, 0, -1, false)) do
    local number = line:match('^%s*(#%d+)')
    local task = number and require('chorus.tasks').get(number)
    if task then
      local from, to = line:find('#%d+')
      local options = { end_col = to, hl_group = 'ChorusNumber', hl_mode = 'combine' }
      vim.api.nvim_buf_set_extmark(list.buffer, namespace, index - 1, from - 1, options)
      vim.api.nvim_buf_set_extmark(list.buffer, namespace, index - 1, 0, {
        virt_text = { { ' ' .. text.fit(status.icon(task), 2) .. text.fit(status.word(task), 11), status.group(task) } },
        virt_text_pos = 'inline',
        right_gravity = false,
      })
    end
    local p_from, p_to = line:find('%sP%-?%d+%s')
    if p_from then
      local group = line:sub(p_from + 1, p_to - 1) == 'P0' and 'ChorusEnded' or 'ChorusPriority'
      vim.api.nvim_buf_set_extmark(list.buffer, namespace, index - 1, p_from, { end_col = p_to - 1, hl_group = group })
    end
    for tag_from, tag_to in line:gmatch('()%s%+%S+()') do
      vim.api.nvim_buf_set_extmark(
        list.buffer,
        namespace,
        index - 1,
        tag_from,
        { end_col = tag_to - 1, hl_group = 'ChorusTag' }
      )
    end
  end
end

--- Shows the tasks as they are now. Unsaved edits stay.
local function redraw(list)
  if not vim.api.nvim_buf_is_loaded(list.buffer) or vim.bo[list.buffer].modified then
    return
  end
  list.tasks = tasks_of(list)
  list.folder = require('chorus.client').folder()
  local lines = list_plan.lines(list.tasks)
  if not vim.deep_equal(lines, vim.api.nvim_buf_get_lines(list.buffer, 0, -1, false)) then
    local levels = vim.bo[list.buffer].undolevels
    vim.bo[list.buffer].undolevels = -1
    vim.api.nvim_buf_set_lines(list.buffer, 0, -1, false, lines)
    vim.bo[list.buffer].undolevels = levels
  end
  vim.bo[list.buffer].modified = false
  save.show_faults(list.buffer, {})
  decorate(list)
end

---@class chorus.ListStep
---@field method string
---@field params table
---@field says string
---@field place? integer mark of the line of a new task

--- Remembers the line of a new task, wherever it is when the task exists.
---@param list chorus.ListBuffer
---@param line integer
---@return integer
local function mark_line(list, line)
  local text_of = vim.api.nvim_buf_get_lines(list.buffer, line - 1, line, false)[1]
  local options = { end_col = #text_of, invalidate = true, undo_restore = false }
  return vim.api.nvim_buf_set_extmark(list.buffer, line_marks, line - 1, 0, options)
end

--- Takes an accepted change for what the list shows: the next write must not make it again.
---@param list chorus.ListBuffer
---@param step chorus.ListStep
---@param task chorus.Task
local function accept(list, step, task)
  if step.method == 'task_new' then
    list.tasks[#list.tasks + 1] = task
    return
  end
  for index, shown in ipairs(list.tasks) do
    if shown.uuid == step.params.task then
      list.tasks[index] = vim.tbl_extend('force', shown, step.params)
    end
  end
end

--- Writes the numbers of new tasks into their lines.
---@param list chorus.ListBuffer
---@param created table<integer, chorus.Task> by the mark of its line
local function number_lines(list, created)
  for mark, task in pairs(created) do
    local found = vim.api.nvim_buf_get_extmark_by_id(list.buffer, line_marks, mark, { details = true })
    if found[1] and not found[3].invalid then
      vim.api.nvim_buf_set_text(list.buffer, found[1], 0, found[1], 0, { ('#%d  '):format(task.number) })
    end
  end
  vim.api.nvim_buf_clear_namespace(list.buffer, line_marks, 0, -1)
  decorate(list)
end

--- Applies one change after the other. Stops at the first refusal and leaves the buffer as typed, with the numbers of the
--- tasks that were created.
---@param list chorus.ListBuffer
---@param steps chorus.ListStep[]
---@param sent string[]
local function run(list, steps, sent)
  local index, created = 0, {}
  save.wait(function(done)
    local function next_step()
      index = index + 1
      local step = steps[index]
      if not step then
        if save.is_as_sent(list.buffer, sent) then
          save.mark_saved(list.buffer)
        else
          save.say_typed_since(list.buffer, 'the tasks were changed')
        end
        return done(function()
          if vim.api.nvim_buf_is_loaded(list.buffer) then
            number_lines(list, vim.bo[list.buffer].modified and created or {})
            redraw(list)
          end
        end)
      end
      require('chorus.client').request(step.method, step.params, function(err, task)
        if err then
          return done(function()
            if vim.api.nvim_buf_is_loaded(list.buffer) then
              number_lines(list, created)
            end
            require('chorus.message').failure(err)
          end)
        end
        accept(list, step, task)
        created[step.place or 0] = step.place and task or nil
        next_step()
      end)
    end
    next_step()
  end)
end

--- `:w`.
local function write(list)
  local lines = vim.api.nvim_buf_get_lines(list.buffer, 0, -1, false)
  local plan = list_plan.plan(lines, list.tasks)
  save.show_faults(list.buffer, plan.faults)
  if #plan.faults > 0 then
    local first = plan.faults[1]
    local where = first.line and ('line %d: '):format(first.line) or ''
    return save.refuse(where .. first.text, 'nothing was changed')
  end
  vim.api.nvim_buf_clear_namespace(list.buffer, line_marks, 0, -1)
  ---@type chorus.ListStep[]
  local steps = {}
  local command = #plan.edits > 1 and require('chorus.ask_daemon').command() or nil
  for _, edit in ipairs(plan.edits) do
    edit.params.command = command
    steps[#steps + 1] = { method = 'task_edit', params = edit.params, says = edit.says }
  end
  for _, new in ipairs(plan.new) do
    new.params.folder = require('chorus.client').elsewhere(list.folder)
    local mark = mark_line(list, new.line)
    steps[#steps + 1] = { method = 'task_new', params = new.params, says = new.says, place = mark }
  end
  if #steps <= 1 then
    return run(list, steps, lines)
  end
  local says = vim.tbl_map(function(step)
    return step.says
  end, steps)
  local question = ('%d changes:\n  %s\n'):format(#says, table.concat(says, '\n  '))
  require('chorus.picker').confirm(question, ('Make %d changes'):format(#says), function()
    run(list, steps, lines)
  end)
end

--- Makes a buffer the list of the tasks under a filter.
local function set_up(buffer, filter)
  local list = { buffer = buffer, filter = filter, tasks = {} }
  local on = save.set_up(buffer, {
    view = 'list',
    bufhidden = 'hide',
    write = function()
      write(list)
    end,
    saves = false,
    undone = 'no task was changed',
    does = 'changes the tasks',
    handlers = {
      close = function()
        if vim.bo[buffer].modified then
          return require('chorus.message').info('the list was edited', '`:w` changes the tasks, `:e!` begins anew')
        end
        require('chorus.ui.kit.place').leave()
      end,
    },
  })
  on('BufReadCmd', function()
    vim.bo[buffer].modified = false
    list.tasks = {}
    redraw(list)
  end)
  on({ 'TextChanged', 'InsertLeave' }, function()
    decorate(list)
  end)
  on('CursorMoved', function()
    local number = tonumber(vim.api.nvim_get_current_line():match('^%s*#(%d+)'))
    local _, task = vim.iter(list.tasks):enumerate():find(function(_, each)
      return each.number == number
    end)
    require('chorus.ui.kit.buffer_task').set(buffer, task and number, task and task.uuid)
  end)
  listen.to(
    buffer,
    { 'ChorusTaskChanged', 'ChorusConnected' },
    listen.once_per_turn(function()
      redraw(list)
    end)
  )
  redraw(list)
  vim.b[buffer].chorus_is_set_up = true
  require('chorus.ui.kit.filetype').set(buffer, 'chorus')
end

local function set_window_options()
  local filter = vim.api.nvim_buf_get_name(0):match('^chorus://list/(.+)$')
  local left = { { ' Tasks as text', 'ChorusTitle' }, { filter and '  ' .. filter or '', 'ChorusHeader' } }
  require('chorus.ui.kit.write_bar').set(vim.api.nvim_get_current_buf(), 'list', left, 'changes the tasks')
  local options =
    { number = false, relativenumber = false, wrap = false, spell = false, cursorline = true, fillchars = 'eob: ' }
  for option, value in pairs(options) do
    vim.wo[0][0][option] = value
  end
end

--- Makes a buffer named `chorus://list` or `chorus://list/FILTER` the list. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  if not vim.b[buffer].chorus_is_set_up then
    set_up(buffer, vim.api.nvim_buf_get_name(buffer):match('^chorus://list/(.+)$'))
    set_window_options()
  end
end

--- Opens the list in the current window.
---@param filter? string such as `waiting` or `+web`
function M.open(filter)
  require('chorus.highlight').setup()
  local name = 'chorus://list' .. (filter and filter ~= '' and '/' .. filter or '')
  local buffer = vim.fn.bufadd(name)
  vim.bo[buffer].buflisted = true
  require('chorus.ui.kit.place').show(buffer)
  M.read(buffer)
  set_window_options()
end

return M
