--- What `:w` does in buffers whose content the daemon keeps: a write command is over when it is over.
local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_faults')

--- Makes a buffer one whose `:w` is ours, with the keys of its view. The filetype is left to be set last.
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

--- Shows what cannot be saved, in its lines.
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

--- How long `:w` waits for the daemon, in milliseconds; after that the answer comes when it comes.
local PATIENCE = 2000

--- For `BufWriteCmd`. `start(done)` asks the daemon and calls `done(settle)` with the answer's consequences; they follow once
--- the autocommand has returned, since a buffer must neither go nor change while it is being written.
---@param start fun(done: fun(settle: fun()))
function M.wait(start)
  local is_answered, is_writing, consequences = false, true, nil
  start(function(settle)
    is_answered, consequences = true, settle
    if not is_writing then
      settle()
    end
  end)
  vim.wait(PATIENCE, function()
    return is_answered
  end, 1)
  is_writing = false
  if consequences then
    vim.schedule(consequences)
  end
end

--- Says why nothing was written, beside the diagnostic in its line, once the autocommand has returned: within it Neovim
--- would call the message an error of the autocommand and ask for Enter.
---@param text string
---@param hint string
function M.refuse(text, hint)
  vim.schedule(function()
    require('chorus.message').fail(text, hint, true)
  end)
end

--- No longer modified, if the buffer is still there.
---@param buffer integer
function M.mark_saved(buffer)
  if vim.api.nvim_buf_is_loaded(buffer) then
    vim.bo[buffer].modified = false
  end
end

return M
