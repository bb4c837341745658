--- `chorus://task/12`: a task's page. `:w` saves the edited fields. The page updates live.
local buffer_task = require('chorus.ui.kit.buffer_task')
local listen = require('chorus.ui.kit.listen')
local keys = require('chorus.ui.kit.keys')
local save = require('chorus.ui.kit.save')
local status = require('chorus.ui.kit.status')
local page_rows = require('chorus.ui.tasks.page_rows')
local page_window = require('chorus.ui.tasks.page_window')
local tasks = require('chorus.tasks')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_page')

---@class chorus.PageBuffer
---@field buffer integer
---@field number integer
---@field uuid? string once it is known: another project may have a task of that number
---@field page? chorus.Page as shown
---@field base? chorus.Task the one that the fields were last drawn from: an edit is what differs from it
---@field rows? chorus.Row[] below the separator
---@field stop? integer the separator's line, as of `stop_tick`
---@field stop_tick? integer
---@field opened table<integer, string> the newest turn that was opened, by window

---@type table<integer, chorus.PageBuffer>
local pages = {}

--- Replaces lines where they differ, so that cursor, marks and undo stay as far as they can.
local function set_lines(buffer, lines)
  local old = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local head, shorter = 0, math.min(#old, #lines)
  while head < shorter and old[head + 1] == lines[head + 1] do
    head = head + 1
  end
  local tail = 0
  while tail < shorter - head and old[#old - tail] == lines[#lines - tail] do
    tail = tail + 1
  end
  if head < #old or head < #lines then
    vim.api.nvim_buf_set_lines(buffer, head, #old - tail, false, vim.list_slice(lines, head + 1, #lines - tail))
  end
end

--- Writes the page into the buffer: the part below the separator always, the fields only without unsaved edits.
local function draw(page)
  local buffer = page.buffer
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local was_modified = vim.bo[buffer].modified
  local stop = page_rows.separator(lines)
  local above = was_modified and stop and vim.list_slice(lines, 1, stop - 1) or nil
  if not above then
    above, page.base = page_rows.edited(page.page.task), page.page.task
  end
  local rows = page_rows.history(page.page, status.now(), keys.first('page', 'retie'))
  page.rows = rows
  local all = vim.list_slice(above)
  all[#all + 1] = page_rows.SEPARATOR
  for _, row in ipairs(rows) do
    all[#all + 1] = row.text
  end
  local levels = vim.bo[buffer].undolevels
  if not was_modified then
    vim.bo[buffer].undolevels = -1
  end
  set_lines(buffer, all)
  vim.bo[buffer].undolevels = levels
  vim.bo[buffer].modified = was_modified
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  vim.api.nvim_buf_set_extmark(
    buffer,
    namespace,
    #above,
    0,
    { end_col = #page_rows.SEPARATOR, hl_group = 'ChorusEnded' }
  )
  for index, row in ipairs(rows) do
    for _, mark in ipairs(row.marks) do
      local to = math.min(mark[2], #row.text)
      if mark[1] < to then
        local options = { end_col = to, hl_group = mark[3], priority = 200 }
        vim.api.nvim_buf_set_extmark(buffer, namespace, #above + index, mark[1], options)
      end
    end
  end
end

--- A person who opens the page has seen the task's last turn.
local function be_seen(page)
  local task = tasks.get(page.uuid or page.number)
  if task then
    require('chorus.ui.kit.report_seen').watch(page.buffer, task.uuid)
  end
end

--- Asks for the page and shows it.
local function refresh(page)
  require('chorus.client').request('task_show', { task = page.uuid or tostring(page.number) }, function(err, found)
    if not vim.api.nvim_buf_is_loaded(page.buffer) then
      return
    elseif err then
      return require('chorus.message').failure(err)
    end
    page.page, page.uuid = found, found.task.uuid
    buffer_task.set(page.buffer, page.number, page.uuid)
    draw(page)
    page_window.open_newest(page)
    page_window.draw_bar(page)
    be_seen(page)
  end)
end

--- The lines above the separator; nil without one.
---@return string[]?
local function edited_lines(page)
  local lines = vim.api.nvim_buf_get_lines(page.buffer, 0, -1, false)
  local stop = page_rows.separator(lines)
  return stop and vim.list_slice(lines, 1, stop - 1)
end

--- Marks the page as saved, unless something was typed since it was sent. What was sent is no edit any more.
---@param page chorus.PageBuffer
---@param sent string[]
---@param edits table fields of the task
local function mark_saved(page, sent, edits)
  if not vim.api.nvim_buf_is_loaded(page.buffer) then
    return
  end
  page.base = vim.tbl_extend('force', page.base, edits)
  if vim.deep_equal(sent, edited_lines(page)) then
    save.mark_saved(page.buffer)
  else
    save.say_typed_since(page.buffer, ('#%d was saved'):format(page.number))
  end
end

--- `:w`.
local function write(page)
  if not page.page then
    return save.refuse(('#%d has not been loaded yet'):format(page.number), '`:e` tries again')
  end
  local edits, faults = page_rows.changes(vim.api.nvim_buf_get_lines(page.buffer, 0, -1, false), page.base)
  save.show_faults(page.buffer, faults)
  if not edits then
    local fault = faults[1]
    return save.refuse(('line %d: %s'):format(fault.line, fault.text), 'nothing was saved')
  elseif not next(edits) then
    vim.bo[page.buffer].modified = false
    return draw(page)
  end
  local params = vim.tbl_extend('error', edits, { task = page.page.task.uuid })
  local sent = edited_lines(page) --[[@as string[] ]]
  save.wait(function(done)
    require('chorus.client').request('task_edit', params, function(err)
      if not err then
        mark_saved(page, sent, edits)
      end
      done(function()
        if err then
          require('chorus.message').failure(err)
        elseif vim.api.nvim_buf_is_loaded(page.buffer) then
          refresh(page)
        end
      end)
    end)
  end)
end

--- Opens what the cursor's line stands for: the diff of a commit, a request, referenced lines, a turn's fold.
--- Elsewhere the key keeps its usual meaning.
---@param page chorus.PageBuffer
---@param key string
local function open_line(page, key)
  return function()
    local stop = page_rows.separator(vim.api.nvim_buf_get_lines(page.buffer, 0, -1, false))
    local row = stop and page.rows and page.rows[vim.api.nvim_win_get_cursor(0)[1] - stop]
    if row and row.data and row.data.commit then
      require('chorus.ui.edits.diff').open({ number = page.number, uuid = page.uuid }, row.data.commit)
    elseif row and row.data and row.data.request then
      require('chorus.ui.requests.request').open(row.data.request)
    elseif row and row.data and row.data.reference then
      require('chorus.ui.documents.references').visit(row.data.reference)
    elseif row and row.data and row.data.fold then
      vim.cmd.normal({ 'za', bang = true })
    else
      -- Without a word under the cursor, `gd` fails, as it does in every buffer.
      local is_done, err = pcall(vim.cmd.normal, { vim.keycode(key), bang = true })
      if not is_done then
        vim.api.nvim_echo({ { tostring(err):match('E%d+:.*') or tostring(err), 'ErrorMsg' } }, true, {})
      end
    end
  end
end

--- The page in a buffer that is set up as one. `:bdelete` takes its options, variables and keys away.
---@param buffer integer
---@return chorus.PageBuffer?
local function page_of(buffer)
  return vim.b[buffer].chorus_view == 'page' and pages[buffer] or nil
end

--- Moves the stale reference on the cursor's line to its nearest match.
---@param page chorus.PageBuffer
local function retie_line(page)
  return function()
    local stop = page_rows.separator(vim.api.nvim_buf_get_lines(page.buffer, 0, -1, false))
    local row = stop and page.rows and page.rows[vim.api.nvim_win_get_cursor(0)[1] - stop]
    local reference = row and row.data and row.data.reference
    if not reference then
      return require('chorus.message').info('this line is no reference', 'the page lists them below the fields')
    end
    require('chorus.ui.documents.references').retie(reference)
  end
end

--- Makes the current buffer, named `chorus://task/12`, that task's page. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  local number = tonumber(vim.api.nvim_buf_get_name(buffer):match('^chorus://task/(%d+)$'))
  if not number then
    return require('chorus.message').fail('a page is named `chorus://task/12`')
  end
  local page = page_of(buffer)
  if not page then
    page = { buffer = buffer, number = number, uuid = vim.b[buffer].chorus_uuid, opened = {} }
    pages[buffer] = page
    buffer_task.set(buffer, number, page.uuid)
    local on = save.set_up(buffer, {
      view = 'page',
      bufhidden = 'hide',
      write = function()
        write(page)
      end,
      saves = true,
      undone = 'the page was not saved',
      does = 'saves it',
      handlers = {
        open = open_line(page, '<CR>'),
        visit = open_line(page, 'gd'),
        approve = require('chorus.ui.requests.answer_keys').of(function()
          return tasks.get(page.uuid or page.number)
        end).approve,
        retie = retie_line(page),
        close = require('chorus.ui.kit.place').leave,
      },
      task = function()
        return page.uuid or tostring(page.number)
      end,
    })
    on('BufWipeout', function()
      pages[buffer] = nil
    end)
    local refresh_soon = listen.once_per_turn(function()
      if vim.fn.bufwinid(buffer) ~= -1 then
        refresh(page)
      end
    end)
    listen.to(buffer, { 'ChorusTaskChanged', 'ChorusRequestOpened', 'ChorusRequestClosed' }, function(data)
      local uuid = data.request and data.request.task or data.uuid
      if uuid == page.uuid or not page.uuid then
        refresh_soon()
      end
    end)
    listen.to(buffer, { 'ChorusConnected' }, refresh_soon)
    on('BufWinEnter', function()
      page_window.set_up(vim.api.nvim_get_current_win())
      page.opened = {}
      page_window.draw_bar(page)
      be_seen(page)
      refresh_soon()
    end)
    listen.every(buffer, 10, function()
      page_window.draw_bar(page)
    end)
    require('chorus.ui.kit.filetype').set(buffer, 'markdown')
    page_window.set_up(vim.api.nvim_get_current_win())
  else
    vim.bo[buffer].modified = false
  end
  page_window.draw_bar(page)
  refresh(page)
  be_seen(page)
end

--- The fold level of the line that Neovim asks about. For 'foldexpr'.
---@return string|integer
function M.fold_level()
  local page = pages[vim.api.nvim_get_current_buf()]
  return page and page_window.fold_level(page, vim.v.lnum) or 0
end

--- Opens the page of a task: where it is on screen, else in the current window.
---@param task chorus.Task
function M.open(task)
  local buffer = vim.fn.bufadd(('chorus://task/%d'):format(task.number))
  vim.bo[buffer].buflisted = true
  local page = page_of(buffer)
  if not page then
    -- Known before Neovim reads the buffer by its name, which holds the number alone.
    buffer_task.set(buffer, task.number, task.uuid)
  end
  require('chorus.ui.kit.place').show(buffer)
  if not page then
    return not page_of(buffer) and M.read(buffer)
  elseif page.uuid and page.uuid ~= task.uuid and vim.bo[buffer].modified then
    local unsaved = ('the page of #%d of %s has unsaved edits'):format(task.number, page.page.task.project)
    require('chorus.message').fail(unsaved, '`:w` saves them')
  elseif page.uuid ~= task.uuid then
    page.uuid = task.uuid
    refresh(page)
  end
end

return M
