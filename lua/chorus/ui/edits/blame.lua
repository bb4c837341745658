--- Shows which task wrote the cursor's line, behind the line until the cursor leaves it.
local dispatch = require('chorus.dispatch')
local message = require('chorus.message')
local text = require('chorus.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_blame')
local diff = vim.text and vim.text.diff or vim.diff

---@type { buffer: integer, line: integer, tasks: integer[] }?
local shown

--- The line number in the saved file of a line in the buffer; nil when the line is new or changed. Pure.
---@param saved string[]
---@param lines string[]
---@param line integer
---@return integer?
function M.saved_line(saved, lines, line)
  local shift = 0
  local old, new = table.concat(saved, '\n') .. '\n', table.concat(lines, '\n') .. '\n'
  for _, hunk in
    ipairs(diff(old, new, { result_type = 'indices' }) --[[@as integer[][] ]])
  do
    local _, old_count, first, count = unpack(hunk)
    if count > 0 and line >= first and line < first + count then
      return nil
    elseif (count > 0 and first or first + 1) <= line then
      shift = shift + old_count - count
    end
  end
  return line + shift
end

local function clear()
  if shown and vim.api.nvim_buf_is_valid(shown.buffer) then
    vim.api.nvim_buf_clear_namespace(shown.buffer, namespace, 0, -1)
  end
  shown = nil
  pcall(vim.api.nvim_del_augroup_by_name, 'chorus_blame')
end

--- Clears the text once the cursor has left the line, or the line is edited.
local function clear_in_time()
  local group = vim.api.nvim_create_augroup('chorus_blame', {})
  vim.api.nvim_create_autocmd({ 'CursorMoved', 'TextChanged', 'InsertEnter', 'BufLeave' }, {
    group = group,
    callback = function(event)
      local is_there = shown and event.buf == shown.buffer and vim.fn.line('.') == shown.line
      if event.event ~= 'CursorMoved' or not is_there then
        clear()
      end
    end,
  })
end

--- Shows the text behind the line where it is visible there, else in the message area.
---@param reply chorus.Line
local function say(reply)
  local sentence = text.clean(reply.text)
  local window = vim.api.nvim_get_current_win()
  local free = vim.api.nvim_win_get_width(window) - vim.fn.getwininfo(window)[1].textoff - vim.fn.virtcol('$') - 2
  if free < text.width(sentence) and not vim.wo.wrap then
    vim.api.nvim_echo({ { text.cut(sentence, vim.v.echospace), 'ChorusBlame' } }, false, {})
  else
    vim.api.nvim_buf_set_extmark(shown.buffer, namespace, shown.line - 1, 0, {
      virt_text = { { '  ' .. sentence, 'ChorusBlame' } },
      virt_text_pos = 'eol',
      hl_mode = 'combine',
    })
  end
end

--- Opens the page of the task that wrote the line; lets one of several be picked.
---@param numbers integer[]
local function go_to(numbers)
  local tasks = require('chorus.tasks')
  local found = vim.tbl_map(tasks.get, numbers)
  if #found == 0 then
    message.info('no task wrote this line')
  elseif #found == 1 then
    dispatch.run('show', { task = found[1].number })
  else
    require('chorus.picker').pick_task(found, 'Task:', function(task)
      if task then
        dispatch.run('show', { task = task.number })
      end
    end)
  end
end

--- The cursor's line number in the saved file; nil when the line is not saved.
---@param path string
---@return integer?
local function cursor_line(path)
  local line = vim.api.nvim_win_get_cursor(0)[1]
  if not vim.bo.modified or vim.fn.filereadable(path) == 0 then
    return line
  end
  return M.saved_line(vim.fn.readfile(path), vim.api.nvim_buf_get_lines(0, 0, -1, false), line)
end

--- Shows which task wrote the cursor's line. A second time on the same line, opens the task's page.
function M.show()
  require('chorus.highlight').setup()
  local buffer, at = vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1]
  if shown and shown.buffer == buffer and shown.line == at then
    return go_to(shown.tasks)
  end
  clear()
  local name = vim.api.nvim_buf_get_name(buffer)
  if vim.bo.buftype ~= '' or name == '' then
    return message.info('this buffer is not a file')
  end
  local path = vim.uv.fs_realpath(name) or vim.fn.fnamemodify(name, ':p')
  local line = cursor_line(path)
  if not line then
    return message.info('this line is not saved yet: it is yours')
  end
  require('chorus.ask_daemon').once('line', { path = path, line = line }, function(reply)
    local is_there = vim.api.nvim_get_current_buf() == buffer and vim.api.nvim_win_get_cursor(0)[1] == at
    if is_there then
      clear()
      shown = { buffer = buffer, line = at, tasks = reply.tasks }
      say(reply)
      clear_in_time()
    end
  end)
end

return M
