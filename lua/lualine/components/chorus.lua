--- The badge as a lualine component: `sections = { lualine_x = { 'chorus' } }`.
---@diagnostic disable-next-line: unresolved-require lualine is there when it loads this
local Badge = require('lualine.component'):extend()

function Badge:update_status() -- luacheck: no self
  return require('chorus.statusline').text()
end

return Badge
