--- `:w` in buffers whose content the daemon keeps. The command waits for the daemon's answer.
local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_faults')

--- Makes Chorus handle a buffer's `:w`, and sets the keys of its view. The caller sets the filetype last.
---@param buffer integer
---@param view string its name under `keys` in the options
---@param bufhidden 'hide'|'wipe'
---@param write fun()
---@param handlers? table<string, fun()> what its keys do
---@return fun(events: string|string[], handle: fun()) on adds an autocommand of the buffer
function M.set_up(buffer, view, bufhidden, write, handlers)
  require('chorus.highlight').setup()
  vim.bo[buffer].buftype, vim.bo[buffer].swapfile, vim.bo[buffer].bufhidden = 'acwrite', false, bufhidden
  vim.b[buffer].chorus_view = view
  local group = vim.api.nvim_create_augroup(('chorus_%s_%d'):format(view, buffer), {})
  local function on(events, handle)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = buffer, callback = handle })
  end
  on('BufWriteCmd', write)
  on('BufWipeout', function()
    vim.schedule(function()
      pcall(vim.api.nvim_del_augroup_by_id, group)
    end)
  end)
  require('chorus.ui.kit.keys').set(view, buffer, handlers or {})
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

--- Says why nothing was written, beside the diagnostic in its line. Waits until the autocommand has returned: before, Neovim
--- would report an error of the autocommand and ask for Enter.
---@param text string
---@param hint string
function M.refuse(text, hint)
  vim.schedule(function()
    require('chorus.message').fail(text, hint, true)
  end)
end

--- Marks the buffer as unmodified, if it still exists.
---@param buffer integer
function M.mark_saved(buffer)
  if vim.api.nvim_buf_is_loaded(buffer) then
    vim.bo[buffer].modified = false
  end
end

return M
