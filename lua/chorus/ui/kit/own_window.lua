--- A buffer whose keys act on what one window shows: no other window shows it, and it goes with that window.
local M = {}

---@param window integer
local function close(window)
  if not pcall(vim.api.nvim_win_close, window, true) then
    -- The last window of the layout stays.
    vim.api.nvim_win_call(window, require('chorus.ui.kit.place').leave)
  end
end

--- Keeps a buffer in the window that shows it now, until the group of autocommands goes.
---@param buffer integer
---@param window integer
---@param group integer
function M.keep(buffer, window, group)
  vim.api.nvim_create_autocmd({ 'WinEnter', 'BufEnter' }, {
    group = group,
    buffer = buffer,
    callback = vim.schedule_wrap(function()
      if not vim.api.nvim_win_is_valid(window) or vim.api.nvim_win_get_buf(window) ~= buffer then
        return
      end
      for _, other in ipairs(vim.fn.win_findbuf(buffer)) do
        if other ~= window then
          close(other)
          vim.api.nvim_set_current_win(window)
        end
      end
    end),
  })
  vim.api.nvim_create_autocmd('WinClosed', {
    pattern = tostring(window),
    once = true,
    callback = vim.schedule_wrap(function()
      if vim.api.nvim_buf_is_valid(buffer) then
        vim.api.nvim_buf_delete(buffer, { force = true })
      end
    end),
  })
end

return M
