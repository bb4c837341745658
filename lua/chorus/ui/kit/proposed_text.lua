--- A text that Chorus proposes for a task, to read and edit before it is sent. `:w` sends it, once; leaving without `:w` does
--- nothing. What somebody wrote there is neither replaced nor thrown away.
local message = require('chorus.message')
local place = require('chorus.ui.kit.place')
local save = require('chorus.ui.kit.save')
local text = require('chorus.text')

local M = {}

---@class chorus.ProposedText
---@field view 'message'|'tell' the name of its keys and of its buffer
---@field task chorus.Task
---@field lines string[]
---@field filetype string
---@field noun string what it is, such as `message`
---@field does string what `:w` does, such as `commits this and completes the task`
---@field leaves string what `:q!` does, such as `leaves the task as it is`
---@field undone string what a write that does not act leaves undone, such as `nothing was committed`
---@field read? fun(lines: string[]): string what is sent of the lines; all of them without it
---@field send fun(text: string, on_reply: fun(err?: chorus.Failure, result?: any))
---@field on_done fun(result: any)
---@field on_gone? fun() the buffer is gone, sent or not

---@class chorus.OpenProposal
---@field wish chorus.ProposedText
---@field is_sending boolean
---@field on_gone fun()[]

--- The texts that are open, by buffer.
---@type table<integer, chorus.OpenProposal>
local open = {}

---@param buffer integer
local function close(buffer)
  for _, window in ipairs(vim.api.nvim_buf_is_valid(buffer) and vim.fn.win_findbuf(buffer) or {}) do
    pcall(vim.api.nvim_win_close, window, true)
  end
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_delete(buffer, { force = true })
  end
end

--- The buffer for a task's text. Another project may have a task of that number whose text is open.
---@param wish chorus.ProposedText
---@return integer
local function buffer_of(wish)
  local name = ('chorus://%s/%d'):format(wish.view, wish.task.number)
  local buffer = vim.fn.bufadd(name)
  local is_of_other = open[buffer] and open[buffer].wish.task.uuid ~= wish.task.uuid
  return is_of_other and vim.fn.bufadd(('%s-%s'):format(name, wish.task.uuid:sub(1, 8))) or buffer
end

--- `:w`.
---@param buffer integer
local function write(buffer)
  local proposal = open[buffer]
  local wish = proposal.wish
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local written = wish.read and wish.read(lines) or table.concat(lines, '\n')
  if proposal.is_sending then
    return
  elseif not written:find('%S') then
    return save.refuse(('the %s is empty'):format(wish.noun), ('`:q!` %s'):format(wish.leaves))
  end
  proposal.is_sending = true
  save.wait(function(done)
    wish.send(written, function(err, result)
      proposal.is_sending = false
      local is_whole = save.is_as_sent(buffer, lines)
      if not err and is_whole then
        save.mark_saved(buffer)
      end
      done(function()
        if not err and is_whole then
          close(buffer)
        elseif not err then
          local since = ('the %s was sent without what you typed since `:w`'):format(wish.noun)
          message.info(since, 'the text stays here; `:q!` leaves it')
        end
        if not err then
          return wish.on_done(result)
        end
        message.failure(err)
        if not vim.api.nvim_buf_is_loaded(buffer) then
          M.open(vim.tbl_extend('force', wish, { lines = lines }))
        end
      end)
    end)
  end)
end

---@param buffer integer
---@param wish chorus.ProposedText
local function set_up(buffer, wish)
  local proposal = { wish = wish, is_sending = false, on_gone = { wish.on_gone } }
  open[buffer] = proposal
  local on = save.set_up(buffer, {
    view = wish.view,
    bufhidden = 'wipe',
    write = function()
      write(buffer)
    end,
    saves = false,
    undone = wish.undone,
    does = wish.does,
    handlers = {
      close = function()
        if vim.bo[buffer].modified then
          local ways = ('`:w` %s, `:q!` %s'):format(wish.does, wish.leaves)
          return message.info(('the %s was edited'):format(wish.noun), ways)
        end
        close(buffer)
      end,
    },
  })
  on('BufReadCmd', function()
    -- `:e!` begins anew.
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, wish.lines)
    vim.bo[buffer].modified = false
  end)
  on('BufWipeout', function()
    open[buffer] = nil
    for _, go_on in ipairs(proposal.on_gone) do
      vim.schedule(go_on)
    end
  end)
end

--- Opens the text. One of the task that is open already stays as it is.
---@param wish chorus.ProposedText
function M.open(wish)
  local buffer = buffer_of(wish)
  local window = vim.fn.win_findbuf(buffer)[1]
  if window then
    vim.api.nvim_set_current_win(window)
  end
  if open[buffer] and vim.api.nvim_buf_is_loaded(buffer) then
    table.insert(open[buffer].on_gone, wish.on_gone)
    if not window then
      place.split_below(buffer, vim.api.nvim_buf_line_count(buffer) + 1)
    end
    return message.info(('the %s for #%d is open already, as you left it'):format(wish.noun, wish.task.number))
  end
  -- Known for what it is before it is shown.
  vim.b[buffer].chorus_view = wish.view
  if not window then
    place.split_below(buffer, #wish.lines + 1)
  end
  set_up(buffer, wish)
  require('chorus.ui.kit.buffer_task').set(buffer, wish.task.number, wish.task.uuid)
  vim.bo[buffer].undolevels = -1
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, wish.lines)
  vim.bo[buffer].undolevels = vim.go.undolevels
  vim.bo[buffer].modified = false
  require('chorus.ui.kit.write_bar').set(buffer, wish.view, {
    { (' #%d '):format(wish.task.number), 'ChorusNumber' },
    { text.clean(wish.task.title, 40), 'ChorusTitle' },
  }, wish.does, { { '  :q!', 'ChorusKey' }, { ' ' .. wish.leaves, 'ChorusHint' } })
  require('chorus.ui.kit.filetype').set(buffer, wish.filetype)
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
end

return M
