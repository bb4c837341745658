--- What `:w` does in buffers whose content the daemon keeps: a write command is over when it is over.
local M = {}

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
