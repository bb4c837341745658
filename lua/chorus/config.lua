--- The options of the Neovim side: `vim.g.chorus`, or `setup()`. What agents, tmux and version control do is configured
--- in `chorus.toml`, which the daemon reads.

local nearest = require('chorus.nearest')
local notify = require('chorus.notify')
local window_keys = require('chorus.window_keys')

local M = {}

---@class chorus.Options
---@field binary? string
---@field release_url? string
---@field picker 'auto'|'select'|'telescope'|'fzf-lua'|'snacks'|'mini'
---@field notify 'info'|'warn'|'error'|'off'
---@field statusline { ascii: boolean, icons: table<string, string> }
---@field output { window: 'float'|'split'|'vsplit'|'tab', width: number, height: number, resize: boolean }
---@field dashboard { preview: 'auto'|'beside'|'below'|'off', group: chorus.Grouping }
---@field keys table<string, table<string, string|string[]|false>>

---@class chorus.Option
---@field key string dotted
---@field default any
---@field type string|string[] a type, or the words allowed
---@field description string

--- Every option, in the order of the help.
---@type chorus.Option[]
M.schema = {
  {
    key = 'binary',
    type = 'string?',
    description = 'Path of the `chorus` program. By default Chorus looks for it: see |chorus-install|.',
  },
  {
    key = 'release_url',
    type = 'string?',
    description = "Address of a folder with a release's files, for `:Chorus install`. By default the release of the plugin's "
      .. 'version where the plugin was cloned from.',
  },
  {
    key = 'picker',
    type = { 'auto', 'select', 'telescope', 'fzf-lua', 'snacks', 'mini' },
    default = 'auto',
    description = 'The picker plugin for lists of tasks, requests and documents. `auto` takes the one that you use, else what '
      .. 'replaces |vim.ui.select()|, else a list of its own. `select` uses no plugin but what replaces |vim.ui.select()|. '
      .. '|chorus-pickers|',
  },
  {
    key = 'notify',
    type = { 'info', 'warn', 'error', 'off' },
    default = 'info',
    description = 'Least severe level of the messages that Chorus shows.',
  },
  {
    key = 'statusline.ascii',
    type = 'boolean',
    default = false,
    description = 'Use only ASCII in the badge and for status marks.',
  },
  {
    key = 'statusline.icons',
    type = 'icons',
    default = {},
    description = 'Replaces icons by name: a status such as `busy`, or `unread`, `lost`, `muted`, `marked`, `moved`, `branch`, '
      .. '`edited`, `trouble`.',
  },
  {
    key = 'output.window',
    type = { 'float', 'split', 'vsplit', 'tab' },
    default = 'float',
    description = "Where a task's output is shown. `:vertical` and `:tab` before the command are stronger.",
  },
  {
    key = 'output.resize',
    type = 'boolean',
    default = true,
    description = "Give the task's terminal the size of the output window while no terminal is attached to it.",
  },
  {
    key = 'output.width',
    type = 'number',
    default = 0.9,
    description = "Width of the output window: below or at 1, a fraction of the editor's width; above, a number of columns.",
  },
  {
    key = 'output.height',
    type = 'number',
    default = 0.9,
    description = "Height of the output window: below or at 1, a fraction of the editor's height; above, a number of lines.",
  },
  {
    key = 'dashboard.preview',
    type = { 'auto', 'beside', 'below', 'off' },
    default = 'auto',
    description = 'Where the dashboard shows the task under the cursor. `auto` is beside the list where there are 160 columns, '
      .. 'below it where there are 18 lines, else off. |chorus-dashboard-preview|',
  },
  {
    key = 'dashboard.group',
    type = { 'need', 'number', 'tag', 'project' },
    default = 'need',
    description = 'How the dashboard groups the tasks at first. `project` lists the tasks of all projects.',
  },
  {
    key = 'keys',
    type = 'keys',
    default = {},
    description = 'Keys in the windows of Chorus: `keys.<window>.<action>` is a key, a list of keys, or false.',
  },
}

local function is_text(value)
  return type(value) == 'string'
end

local types = {
  ['string?'] = is_text,
  boolean = function(value)
    return type(value) == 'boolean'
  end,
  number = function(value)
    return type(value) == 'number' and value > 0
  end,
  icons = function(value)
    return type(value) == 'table' and vim.iter(vim.tbl_values(value)):all(is_text)
  end,
  keys = function(value)
    return type(value) == 'table'
  end,
}

local expected =
  { number = 'a number above 0', icons = 'a table of strings', keys = 'a table', ['string?'] = 'a string' }

---@param where string
---@param given any
---@param known string[]
---@return string
local function unknown(where, given, known)
  local near = nearest(tostring(given), known)
  local fault = ('unknown option `%s%s`'):format(where, tostring(given))
  return near and ('%s, did you mean `%s%s`?'):format(fault, where, near) or fault
end

--- The valid part of `keys`.
---@param given table
---@param faults string[]
---@return table
local function check_keys(given, faults)
  local kept = {}
  for view, actions in pairs(given) do
    if not window_keys[view] then
      faults[#faults + 1] = unknown('keys.', view, vim.tbl_keys(window_keys))
    elseif type(actions) ~= 'table' then
      faults[#faults + 1] = ('`keys.%s` must be a table'):format(view)
    else
      local names = vim.tbl_map(function(key)
        return key.action
      end, window_keys[view])
      kept[view] = {}
      for action, keys in pairs(actions) do
        if not vim.list_contains(names, action) then
          faults[#faults + 1] = unknown(('keys.%s.'):format(view), action, names)
        elseif is_text(keys) or keys == false or (type(keys) == 'table' and vim.iter(keys):all(is_text)) then
          kept[view][action] = keys
        else
          faults[#faults + 1] = ('`keys.%s.%s` must be a key, a list of keys, or false'):format(view, action)
        end
      end
    end
  end
  return kept
end

---@param option chorus.Option
---@param value any
---@return string? fault
local function fault_of(option, value)
  if type(option.type) == 'table' then
    local words = option.type --[[@as string[] ]]
    if not vim.list_contains(words, value) then
      return ('`%s` must be one of %s'):format(option.key, table.concat(words, ', '))
    end
  elseif not types[option.type](value) then
    return ('`%s` must be %s'):format(option.key, expected[option.type] or 'a ' .. option.type)
  end
end

--- Overrides the defaults with the person's options. Leaves out unknown or wrong ones and reports each as a sentence.
---@param given any
---@return chorus.Options options
---@return string[] faults
function M.resolve(given)
  local options = {}
  local faults = {} ---@type string[]
  local sections, top = {}, {}
  if type(given) ~= 'table' then
    if given ~= nil then
      faults[1] = '`vim.g.chorus` must be a table, or a function that returns one'
    end
    given = {}
  end
  local rest = vim.deepcopy(given)
  for _, option in ipairs(M.schema) do
    local section, name = option.key:match('^(.-)%.(.+)$')
    name = name or option.key
    local source, target = rest, options
    if section then
      sections[section] = sections[section] or {}
      table.insert(sections[section], name)
      options[section] = options[section] or {}
      source, target = rest[section], options[section]
    end
    top[#top + 1] = section or name
    local value = type(source) == 'table' and source[name] or nil
    if type(source) == 'table' and source[name] == false then
      value = false
    end
    local fault = value ~= nil and fault_of(option, value) or nil
    faults[#faults + 1] = fault
    if value == nil or fault then
      value = vim.deepcopy(option.default)
    elseif option.type == 'keys' then
      value = check_keys(value, faults)
    end
    target[name] = value
  end
  for key, value in pairs(rest) do
    if sections[key] and type(value) ~= 'table' then
      faults[#faults + 1] = ('`%s` must be a table'):format(key)
    elseif sections[key] then
      for name in pairs(value) do
        if not vim.list_contains(sections[key], name) then
          faults[#faults + 1] = unknown(key .. '.', name, sections[key])
        end
      end
    elseif not vim.list_contains(top, key) then
      faults[#faults + 1] = unknown('', key, top)
    end
  end
  table.sort(faults)
  ---@cast options chorus.Options
  return options, faults
end

---@type chorus.Options?
local resolved
---@type string[]
local faults = {}

--- The effective options. Faults are shown once; `:checkhealth chorus` lists them.
---@return chorus.Options
function M.get()
  if not resolved then
    local given = vim.g.chorus
    if type(given) == 'function' then
      local ok, value = pcall(given)
      given = ok and value or tostring(value)
    end
    resolved, faults = M.resolve(given)
    if #faults > 0 then
      vim.schedule(function()
        notify.show('warn', resolved.notify, table.concat(faults, '; '), 'see `:help chorus-options`')
      end)
    end
  end
  return resolved
end

--- Faults in the person's options, as sentences.
---@return string[]
function M.faults()
  M.get()
  return faults
end

--- Forgets what was resolved, so that `vim.g.chorus` is read again.
function M.reset()
  resolved = nil
end

return M
