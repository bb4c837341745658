--- The badge as a lualine component: `sections = { lualine_x = { 'chorus' } }`.
local Badge = require('lualine.component'):extend()

function Badge:update_status() -- luacheck: no self
  return require('chorus.statusline').text()
end

return Badge
