--- Whether a plugin has replaced a function of Neovim's.

local M = {}

--- Whether what is called is still Neovim's own. A replacement need not be a function: `require('notify')` is a table that
--- can be called.
---@param called function|table such as `vim.notify`
---@return boolean
function M.is_stock(called)
  if type(called) ~= 'function' then
    return false
  end
  local source = debug.getinfo(called, 'S').source
  -- What Neovim has built in carries the name of its module, or none (0.10).
  return source == '?'
    or vim.startswith(source, '@vim/')
    or vim.startswith(source, '@' .. (vim.env.VIMRUNTIME or '') .. '/lua/vim/')
end

return M
