--- Whether a picker plugin is there, and is what an adapter was written for.
local M = {}

--- Whether a plugin can be loaded. A plugin manager that loads plugins later loads it now.
---@param name string of its main module
---@return boolean
function M.is_installed(name)
  return (pcall(require, name))
end

--- Loads what is called of a plugin and looks whether all of it is there.
---@param name string
---@param called table<string, string[]> functions by module
---@return string? fault
function M.fault(name, called)
  if not M.is_installed(name) then
    return 'it is not installed'
  end
  local modules = vim.tbl_keys(called)
  table.sort(modules)
  for _, module in ipairs(modules) do
    local ok, loaded = pcall(require, module)
    if not ok or type(loaded) ~= 'table' then
      return ('its version has no module `%s`'):format(module)
    end
    for _, member in ipairs(called[module]) do
      if not vim.is_callable(loaded[member]) then
        return ('its version has no `%s` in `%s`'):format(member, module)
      end
    end
  end
end

return M
