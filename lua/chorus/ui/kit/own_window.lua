--- A buffer whose keys act on what one window shows: no other window shows it, and it goes with that window.
local M = {}

---@param window integer
local function close(window)
  if not pcall(vim.api.nvim_win_close, window, true) then
    -- The last window of the layout stays.
    vim.api.nvim_win_call(window, require('chorus.ui.kit.place').leave)
  end
end

--- Deletes the buffer when its window goes.
---@param view { buffer: integer, window: integer }
---@param on_moved? fun()
local function follow(view, on_moved)
  vim.api.nvim_create_autocmd('WinClosed', {
    pattern = tostring(view.window),
    once = true,
    callback = vim.schedule_wrap(function()
      local buffer = view.buffer
      local window = on_moved and vim.fn.win_findbuf(buffer)[1]
      if window then
        -- `<C-w>T` closes the window behind another one of the buffer.
        view.window = window
        follow(view, on_moved)
        on_moved()
      elseif vim.api.nvim_buf_is_valid(buffer) then
        vim.api.nvim_buf_delete(buffer, { force = true })
      end
    end),
  })
end

--- Keeps a buffer in the window that shows it now, until the group of autocommands goes.
---@param view { buffer: integer, window: integer }
---@param group integer
---@param on_moved? fun() the buffer is in another window by now; without this it may not move
function M.keep(view, group, on_moved)
  vim.api.nvim_create_autocmd({ 'WinEnter', 'BufEnter' }, {
    group = group,
    buffer = view.buffer,
    callback = vim.schedule_wrap(function()
      local window = view.window
      if not vim.api.nvim_win_is_valid(window) or vim.api.nvim_win_get_buf(window) ~= view.buffer then
        return
      end
      for _, other in ipairs(vim.fn.win_findbuf(view.buffer)) do
        if other ~= window then
          close(other)
          vim.api.nvim_set_current_win(window)
        end
      end
    end),
  })
  follow(view, on_moved)
end

return M
