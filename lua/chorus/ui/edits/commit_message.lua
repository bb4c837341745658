--- A commit's message, to edit before the commit. `:w` commits; leaving without `:w` does nothing.
local place = require('chorus.ui.kit.place')
local save = require('chorus.ui.kit.save')
local text = require('chorus.text')

local M = {}

---@class chorus.MessageWish
---@field task chorus.Task
---@field message chorus.CommitMessage
---@field does string what `:w` does, such as `commits this and completes the task`
---@field send fun(message: string, on_reply: fun(err?: chorus.Failure, result?: any))
---@field on_done fun(result: any)

--- Lines to begin with: the proposed message, then comments on what it is for.
---@param task chorus.Task
---@param message chorus.CommitMessage
---@param does string
---@return string[]
function M.template(task, message, does)
  local lines = {}
  for _, line in ipairs(text.lines((message.text:gsub('%s+$', '')))) do
    lines[#lines + 1] = line:match('^#') and ' ' .. line or line
  end
  vim.list_extend(lines, {
    '',
    ('# `:w` %s; closing without writing leaves the task as it is.'):format(does),
    "# Lines that begin with '#' are dropped.",
    '#',
    task.stack and '# On branch ' .. text.clean(task.stack) or nil,
    '# Changes to be committed:',
  })
  for _, path in ipairs(message.files) do
    lines[#lines + 1] = '#\t' .. text.clean(path)
  end
  return lines
end

--- The message in the lines of a buffer, as git strips it: no comments, no blanks around it or at the ends of lines, one
--- empty line at a time.
---@param lines string[]
---@return string
function M.strip(lines)
  local kept = {}
  for _, line in ipairs(lines) do
    line = line:gsub('%s+$', '')
    local is_extra = line == '' and (#kept == 0 or kept[#kept] == '')
    if line:sub(1, 1) ~= '#' and not is_extra then
      kept[#kept + 1] = line
    end
  end
  if kept[#kept] == '' then
    kept[#kept] = nil
  end
  return table.concat(kept, '\n')
end

---@param buffer integer
local function close(buffer)
  for _, window in ipairs(vim.api.nvim_buf_is_valid(buffer) and vim.fn.win_findbuf(buffer) or {}) do
    pcall(vim.api.nvim_win_close, window, true)
  end
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_delete(buffer, { force = true })
  end
end

--- `:w`.
---@param buffer integer
---@param wish chorus.MessageWish
---@param state { is_sending: boolean }
local function write(buffer, wish, state)
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local message = M.strip(lines)
  if state.is_sending then
    return
  elseif message == '' then
    return save.refuse('the message is empty', 'the task is unchanged')
  end
  state.is_sending = true
  save.wait(function(done)
    wish.send(message, function(err, result)
      state.is_sending = false
      if not err then
        save.mark_saved(buffer)
      end
      done(function()
        if not err then
          close(buffer)
          return wish.on_done(result)
        end
        require('chorus.message').failure(err)
        if not vim.api.nvim_buf_is_loaded(buffer) then
          M.open(wish, lines)
        end
      end)
    end)
  end)
end

--- Opens the buffer; with `lines` when a message was written before.
---@param wish chorus.MessageWish
---@param lines? string[]
function M.open(wish, lines)
  local buffer = vim.fn.bufadd(('chorus://message/%d'):format(wish.task.number))
  local window = vim.fn.win_findbuf(buffer)[1]
  local is_open = vim.b[buffer].chorus_view == 'message'
  if window then
    vim.api.nvim_set_current_win(window)
  end
  if is_open and vim.api.nvim_buf_is_loaded(buffer) then
    -- What is written there stays.
    if not window then
      place.split_below(buffer, vim.api.nvim_buf_line_count(buffer) + 1)
    end
    return
  end
  -- Known for what it is before it is shown.
  vim.b[buffer].chorus_view = 'message'
  local state = { is_sending = false }
  lines = lines or M.template(wish.task, wish.message, wish.does)
  if not window then
    place.split_below(buffer, #lines + 1)
  end
  local on = save.set_up(buffer, {
    view = 'message',
    bufhidden = 'wipe',
    write = function()
      write(buffer, wish, state)
    end,
    saves = false,
    undone = 'nothing was committed',
    does = wish.does,
    handlers = {
      close = function()
        if vim.bo[buffer].modified then
          return require('chorus.message').info(
            'the message was edited',
            '`:w` commits, `:q!` leaves the task as it is'
          )
        end
        close(buffer)
      end,
    },
  })
  on('BufReadCmd', function()
    -- `:e!` begins anew.
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
    vim.bo[buffer].modified = false
  end)
  require('chorus.ui.kit.buffer_task').set(buffer, wish.task.number, wish.task.uuid)
  vim.bo[buffer].undolevels = -1
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].undolevels = vim.go.undolevels
  vim.bo[buffer].modified = false
  require('chorus.ui.kit.write_bar').set(buffer, 'message', {
    { (' #%d '):format(wish.task.number), 'ChorusNumber' },
    { text.clean(wish.task.title, 40), 'ChorusTitle' },
  }, wish.does, { { '  :q!', 'ChorusKey' }, { ' leaves it as it is', 'ChorusHint' } })
  vim.bo[buffer].filetype = 'gitcommit'
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
end

return M
