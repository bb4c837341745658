--- Plain text to read in a split; `q` closes it.

local M = {}

--- Shows cleaned lines in a split.
---@param name string
---@param lines string[]
---@param filetype string
function M.open(name, lines, filetype)
  local clean = require('chorus.text').clean
  local buffer = vim.fn.bufnr('^' .. name .. '$')
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
  end
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(
    buffer,
    0,
    -1,
    false,
    vim.tbl_map(function(line)
      return clean(line)
    end, lines)
  )
  vim.bo[buffer].modifiable = false
  local window = vim.fn.bufwinid(buffer)
  if window ~= -1 then
    vim.api.nvim_set_current_win(window)
  else
    vim.cmd.split()
    vim.api.nvim_win_set_buf(0, buffer)
  end
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, nowait = true, desc = 'Chorus: close' })
  vim.bo[buffer].filetype = filetype
end

--- Makes a buffer a page that says why nothing else is there. It can neither be edited nor written; `:e` looks again.
---@param buffer integer
---@param why string
function M.explain(buffer, why)
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
  local leave = require('chorus.ui.kit.place').leave
  vim.keymap.set('n', 'q', leave, { buffer = buffer, nowait = true, desc = 'Chorus: close' })
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { why })
  vim.bo[buffer].modifiable, vim.bo[buffer].modified = false, false
end

return M
