--- Writes of buffers whose content the daemon keeps. Only a write that a person typed acts; it waits for the daemon's answer.
local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_faults')

---@class chorus.SaveWish
---@field view string its name under `keys` in the options
---@field bufhidden 'hide'|'wipe'
---@field write fun() what a write does that a person typed in this buffer
---@field keep? fun() saves the text where a later Neovim finds it, without acting
---@field saves boolean whether `write` only saves, so that `:wall` may do it as well
---@field undone string what a write that does not act leaves undone, such as `nothing was committed`
---@field does string what `:w` does
---@field handlers? table<string, fun()> what its keys do
---@field task? fun(): string? the task that its verbs are for

local has_explained = false

--- Says that a write did not act: each time when a person typed it, else once.
---@param wish chorus.SaveWish
---@param cause? chorus.WriteCause
local function explain(wish, cause)
  if cause or not has_explained then
    has_explained = true
    vim.schedule(function()
      require('chorus.message').info(wish.undone, ('`:w`, typed in its window, %s'):format(wish.does))
    end)
  end
end

--- `:w FILE`: a copy of the text. Neovim has asked for `!` where the file exists.
---@param buffer integer
---@param path string
---@return boolean
local function write_copy(buffer, path)
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local ok, fault = pcall(vim.fn.writefile, lines, path)
  if not ok or fault ~= 0 then
    M.refuse(('cannot write %s'):format(path), 'the text is unchanged')
    return false
  end
  return true
end

--- Gives the buffer its own name back, by which Chorus knows it, after `:saveas` or `:file`.
---@param buffer integer
---@param name string
---@param wish chorus.SaveWish
---@param path string where the copy is
local function take_name_back(buffer, name, wish, path)
  vim.schedule(function()
    if not vim.api.nvim_buf_is_valid(buffer) then
      return
    end
    -- Neovim keeps the old name in a buffer of its own.
    local left = vim.fn.bufnr('^' .. name .. '$')
    if left ~= -1 and left ~= buffer then
      pcall(vim.api.nvim_buf_delete, left, { force = true })
    end
    vim.bo[buffer].buftype = 'acwrite'
    vim.api.nvim_buf_set_name(buffer, name)
    left = vim.fn.bufnr('^' .. path .. '$')
    if left ~= -1 and left ~= buffer and not vim.api.nvim_buf_is_loaded(left) then
      pcall(vim.api.nvim_buf_delete, left, { force = true })
    end
    vim.bo[buffer].modified = true
    local copied = ('%s; a copy of the text is in %s'):format(wish.undone, vim.fn.fnamemodify(path, ':~:.'))
    require('chorus.message').info(copied, ('`:w` %s'):format(wish.does))
  end)
end

--- Handles a write of the buffer.
---@param buffer integer
---@param wish chorus.SaveWish
---@param name string the buffer's own
---@param path string what is written
local function handle(buffer, wish, name, path)
  if path ~= name then
    if write_copy(buffer, path) and vim.api.nvim_buf_get_name(buffer) == path then
      take_name_back(buffer, name, wish, path)
    end
    return
  end
  local cause = require('chorus.ui.kit.typed_write').cause(buffer)
  if cause == 'this' or (cause and wish.saves) then
    return wish.write()
  end
  if wish.keep then
    wish.keep()
  end
  if cause == 'leave' and wish.keep then
    -- The text is kept, so nothing holds Neovim back from leaving.
    M.mark_saved(buffer)
  else
    explain(wish, cause)
  end
end

--- Makes Chorus handle a buffer's writes, and sets the keys of its view. The caller sets the filetype last.
---@param buffer integer
---@param wish chorus.SaveWish
---@return fun(events: string|string[], handle: fun(event: table)) on adds an autocommand of the buffer
function M.set_up(buffer, wish)
  require('chorus.highlight').setup()
  require('chorus.ui.kit.listen').end_all(buffer)
  vim.bo[buffer].buftype, vim.bo[buffer].swapfile, vim.bo[buffer].bufhidden = 'acwrite', false, wish.bufhidden
  -- A page that said why nothing else was there could not be edited.
  vim.bo[buffer].modifiable = true
  vim.b[buffer].chorus_view = wish.view
  local group = vim.api.nvim_create_augroup(('chorus_%s_%d'):format(wish.view, buffer), {})
  local function on(events, run)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = buffer, callback = run })
  end
  require('chorus.ui.kit.typed_write').watch(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  on('BufWriteCmd', function(event)
    handle(buffer, wish, name, event.match)
  end)
  on('BufWipeout', function()
    vim.schedule(function()
      pcall(vim.api.nvim_del_augroup_by_id, group)
    end)
  end)
  local handlers = vim.tbl_extend('keep', wish.handlers or {}, { write = wish.write })
  require('chorus.ui.kit.keys').set(wish.view, buffer, handlers, wish.task)
  return on
end

--- Shows faults in their lines.
---@param buffer integer
---@param faults { line?: integer, text: string }[]
function M.show_faults(buffer, faults)
  vim.diagnostic.set(
    namespace,
    buffer,
    vim.tbl_map(function(fault)
      return {
        lnum = (fault.line or 1) - 1,
        col = 0,
        message = fault.text,
        severity = vim.diagnostic.severity.ERROR,
        source = 'chorus',
      }
    end, faults)
  )
end

--- How long `:w` waits for the daemon, in milliseconds; a later answer is handled when it arrives.
local PATIENCE = 2000

--- For `BufWriteCmd`. `start(done)` sends the request and calls `done(follow_up)` after the answer. `follow_up` runs once the
--- autocommand has returned, since a buffer must neither go nor change while it is being written.
---@param start fun(done: fun(follow_up: fun()))
function M.wait(start)
  local is_answered, is_writing, kept = false, true, nil
  start(function(follow_up)
    is_answered, kept = true, follow_up
    if not is_writing then
      follow_up()
    end
  end)
  vim.wait(PATIENCE, function()
    return is_answered
  end, 1)
  is_writing = false
  if kept then
    vim.schedule(kept)
  end
end

--- Says why nothing was written. Waits until the autocommand has returned: before, Neovim
--- would report an error of the autocommand and ask for Enter.
---@param text string
---@param hint string
function M.refuse(text, hint)
  vim.schedule(function()
    require('chorus.message').fail(text, hint)
  end)
end

--- Marks the buffer as unmodified, if it still exists.
---@param buffer integer
function M.mark_saved(buffer)
  if vim.api.nvim_buf_is_loaded(buffer) then
    vim.bo[buffer].modified = false
  end
end

--- Whether the buffer holds what was sent: the answer may come when a person has typed more. A buffer that is gone does.
---@param buffer integer
---@param sent string[]
---@return boolean
function M.is_as_sent(buffer, sent)
  return not vim.api.nvim_buf_is_loaded(buffer)
    or vim.deep_equal(sent, vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
end

--- Says that what was typed since the write is not saved, and leaves the buffer modified.
---@param buffer integer
---@param done string what the write did, such as `#3 was saved`
function M.say_typed_since(buffer, done)
  vim.bo[buffer].modified = true
  vim.schedule(function()
    require('chorus.message').info(done .. ', without what you typed since', '`:w` saves that, too')
  end)
end

return M
