--- `chorus://config`: the effective configuration, each value with where it is from. Defaults show when asked for.
local plain_text = require('chorus.ui.kit.plain_text')
local text = require('chorus.text')

local M = {}

local NAME = 'chorus://config'

--- Beyond this many cells a value moves no column.
local WIDEST = 60

--- Lines of the page. Pure.
---@param config chorus.Config
---@param shows_defaults boolean
---@return string[]
function M.lines(config, shows_defaults)
  local lines, shown, hidden, width = {}, {}, 0, 0
  for _, notice in ipairs(config.notices) do
    lines[#lines + 1] = '# ' .. text.clean(notice)
  end
  for _, setting in ipairs(config.values) do
    if shows_defaults or setting.origin ~= 'default' then
      local words = text.clean(('%s = %s'):format(setting.key, setting.value))
      shown[#shown + 1] = { words, text.clean(setting.origin) }
      local cells = text.width(words)
      width = math.max(width, cells <= WIDEST and cells or 0)
    else
      hidden = hidden + 1
    end
  end
  for _, each in ipairs(shown) do
    lines[#lines + 1] = each[1] .. (' '):rep(math.max(width - text.width(each[1]), 0)) .. '  # ' .. each[2]
  end
  if hidden > 0 then
    lines[#lines + 1] = ('# %s hidden'):format(require('chorus.phrase').count(hidden, 'default'))
  end
  return lines
end

--- Shows the configuration.
---@param config chorus.Config
function M.open(config)
  local shows_defaults = false
  local buffer = plain_text.open(NAME, M.lines(config, shows_defaults), 'toml')
  plain_text.lead_out(buffer, 'Configuration', 'config', {
    defaults = function()
      shows_defaults = not shows_defaults
      plain_text.set_lines(buffer, M.lines(config, shows_defaults))
    end,
  })
end

return M
