--- The filetype of a buffer of Chorus. The person's autocommands for it may fail, such as one that starts treesitter where
--- there is no parser. The buffer needs none of them.

local M = {}

--- Filetypes whose fault was said.
---@type table<string, boolean>
local is_said = {}

--- Sets a filetype. A fault in an autocommand is said once.
---@param buffer integer
---@param filetype string
function M.set(buffer, filetype)
  -- A function of Vim's turns what an autocommand reports into an error, wherever it is called.
  local is_done, fault = pcall(vim.fn.setbufvar, buffer, '&filetype', filetype)
  if not is_done and not is_said[filetype] then
    is_said[filetype] = true
    -- Before what happened stands in which autocommands.
    local said = vim.split(tostring(fault), '\n')[1]:gsub('^.*Vim%b():', '')
    vim.schedule(function()
      local hint = '`:verbose autocmd FileType` shows where it was defined'
      require('chorus.message').warn(('an autocommand for the filetype `%s` failed: %s'):format(filetype, said), hint)
    end)
  end
end

return M
