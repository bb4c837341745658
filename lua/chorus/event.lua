--- Telling everyone: a `User` autocommand with plain data. A listener's fault is shown by Neovim and stays its own.
---@param name string such as `ChorusTaskChanged`
---@param data table
return function(name, data)
  pcall(vim.api.nvim_exec_autocmds, 'User', { pattern = name, modeline = false, data = data })
end
