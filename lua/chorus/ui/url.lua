--- Reads buffers named `chorus://…`, whether by `:edit`, a session or the jump list.
local M = {}

--- For `BufReadCmd` on `chorus://*`.
---@param buffer integer
function M.read(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  if name == 'chorus://dashboard' then
    require('chorus.ui.tasks.dashboard').read(buffer)
  elseif name:match('^chorus://task/%d+$') then
    require('chorus.ui.tasks.page').read(buffer)
  elseif name == 'chorus://list' or name:match('^chorus://list/.') then
    require('chorus.ui.tasks.list').read(buffer)
  elseif name:match('^chorus://diff/%d+/%w+$') then
    require('chorus.ui.edits.diff').read(buffer)
  elseif name == 'chorus://changes' then
    require('chorus.ui.edits.changes').read(buffer)
  elseif name ~= 'chorus://config' and not name:match('^chorus://message/%d+$') then
    -- Within the autocommand Neovim would report an error of the autocommand.
    vim.schedule(function()
      require('chorus.message').fail(
        'there is no buffer named ' .. name,
        'the names are chorus://dashboard, chorus://list, chorus://changes, chorus://task/12, chorus://diff/12/stack'
      )
    end)
  end
end

return M
