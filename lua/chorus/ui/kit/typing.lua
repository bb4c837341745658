--- A person who is typing as a window of Chorus opens: keys are mapped in Insert and Visual mode too, and Neovim keeps the
--- mode in the new window.

local M = {}

---@return { buffer: integer, tick: integer }
local function text_here()
  local buffer = vim.api.nvim_get_current_buf()
  return { buffer = buffer, tick = vim.api.nvim_buf_get_changedtick(buffer) }
end

--- Where the newest verb was called from.
---@type { buffer: integer, tick: integer }?
local asked

--- To be called as a verb begins.
function M.note()
  asked = text_here()
end

--- Ends Visual mode. To be called before a window to write in takes the cursor.
function M.leave_selection()
  if vim.api.nvim_get_mode().mode:match('^[vVsS\22\19]') then
    vim.cmd.normal({ '\27', bang = true })
  end
end

--- Ends Visual mode, and Insert mode where nothing was typed since the verb: a person who types on would press keys of the
--- window, and some of them answer requests. To be called before a window takes the cursor whose keys are commands.
function M.leave()
  M.leave_selection()
  if vim.api.nvim_get_mode().mode:match('^[iR]') and asked and vim.deep_equal(asked, text_here()) then
    vim.cmd.stopinsert()
  end
end

return M
