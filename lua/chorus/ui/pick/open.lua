--- Shows a list in the picker of the option `picker`, or in what stands in for it.
local sessions = require('chorus.ui.pick.session')

local M = {}

---@class chorus.PickOpener
---@field open fun(session: chorus.PickSession)

---@class chorus.PickAdapter: chorus.PickOpener
---@field fault fun(): string? why it cannot be used
---@field is_chosen fun(): boolean whether the person has set this plugin up as a picker

---@type table<string, fun(): chorus.PickAdapter>
local PLUGINS = {
  snacks = function()
    return require('chorus.ui.pick.snacks')
  end,
  telescope = function()
    return require('chorus.ui.pick.telescope')
  end,
  ['fzf-lua'] = function()
    return require('chorus.ui.pick.fzf_lua')
  end,
  mini = function()
    return require('chorus.ui.pick.mini')
  end,
}

--- `auto` takes the first of these that the person uses.
local ORDER = { 'snacks', 'telescope', 'fzf-lua', 'mini' }

--- Plugins whose fault was said.
---@type table<string, boolean>
local is_said = {}

---@param name string
---@param fault string
local function say(name, fault)
  if is_said[name] then
    return
  end
  is_said[name] = true
  local hint = 'Chorus picks without it until Neovim restarts; `picker` in the options of Chorus names another'
  require('chorus.message').warn(('cannot pick with %s: %s'):format(name, fault), hint)
end

--- Whether nobody has replaced `vim.ui.select`.
---@return boolean
local function is_stock()
  return require('chorus.replaced').is_stock(vim.ui.select)
end

--- What needs no plugin. Neovim's own `vim.ui.select` wants the number of a line typed, which is not that of a task.
---@return chorus.PickOpener
local function plain()
  return is_stock() and require('chorus.ui.pick.own') or require('chorus.ui.pick.select')
end

---@return string? name of a plugin
local function wanted()
  local option = require('chorus.config').get().picker
  if option ~= 'auto' then
    return PLUGINS[option] and option or nil
  end
  for _, name in ipairs(ORDER) do
    if PLUGINS[name]().is_chosen() then
      return name
    end
  end
end

--- Where lists open, in words for `:checkhealth`.
---@return string where
---@return string? fault why that plugin cannot be used
function M.place()
  local name = wanted()
  if name then
    return name, PLUGINS[name]().fault()
  end
  return is_stock() and 'windows of Chorus' or '`vim.ui.select`, which a plugin has replaced'
end

--- Shows a list, without a plugin where none can be used.
---@param list chorus.PickList
---@param name? string a plugin, in lieu of that of the options
function M.open(list, name)
  require('chorus.highlight').setup()
  name = name or wanted()
  if name and not is_said[name] then
    local adapter = PLUGINS[name]()
    local fault = adapter.fault()
    if not fault then
      local session = sessions.of(list)
      local ok, err = pcall(adapter.open, session)
      if ok then
        return
      end
      session:finish(function() end)
      fault = 'it failed: ' .. tostring(err):gsub('^.-:%d+: ', ''):gsub('\n.*', '')
    end
    say(name, fault)
  end
  plain().open(sessions.of(list))
end

return M
