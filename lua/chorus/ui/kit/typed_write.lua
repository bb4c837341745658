--- Whether a person asked for the write of a buffer. Plugins that save by themselves, `:wall` and 'autowriteall' write
--- buffers too, but in Chorus's buffers a write acts: it creates a task or commits.
---
--- A person's write comes in the same turn of the main loop as its cause: a command line that was left, a mapping, or `ZZ`,
--- whose first key was pressed and not fed by a plugin. It never comes from another autocommand.
local M = {}

--- What caused a write: a command for this buffer, one for all buffers, or one that leaves it.
---@alias chorus.WriteCause 'this'|'all'|'leave'

---@type table<string, chorus.WriteCause>
local CAUSES = {
  write = 'this',
  wq = 'this',
  xit = 'this',
  exit = 'this',
  update = 'this',
  wall = 'all',
  wqall = 'leave',
  xall = 'leave',
  quit = 'leave',
  quitall = 'leave',
  qall = 'leave',
  close = 'leave',
  only = 'leave',
  tabclose = 'leave',
  bdelete = 'leave',
  bwipeout = 'leave',
  bunload = 'leave',
}

--- Names that people give to commands of their own, whose Lua functions cannot be read.
local OWN_NAMES = { w = true, wq = true, x = true, write = true, save = true, update = true }

--- Commands in a mapping that may do anything.
local MAY_WRITE = { lua = true, call = true, execute = true, normal = true }

--- What stands in the typeahead for `<Cmd>` and for a Lua function.
local COMMAND, FUNCTION = '\128\253h', '\128\253g'

---@class chorus.Recent
---@field cause chorus.WriteCause
---@field buffer? integer where the key was pressed; nil for a command line

---@class chorus.Pressed
---@field keys string before mappings
---@field brings_more boolean whether a mapping or a register makes further keys of them

---@type chorus.Recent?
local recent
--- What the person pressed last, in this turn of the main loop.
---@type chorus.Pressed?
local origin
local last_key, last_typed = '', ''
--- Whether the last key came from a person.
local is_pressed = false
local watched = 0

---@param cause? chorus.WriteCause
---@param buffer? integer
local function note(cause, buffer)
  local this = cause and { cause = cause, buffer = buffer }
  recent = this
  vim.schedule(function()
    if recent == this then
      recent = nil
    end
  end)
end

---@param name string
---@return string? definition of a command that a person or a plugin has made
local function definition_of(name)
  local own = vim.api.nvim_buf_get_commands(0, {})[name] or vim.api.nvim_get_commands({})[name]
  return own and own.definition
end

--- What a command line causes; the strongest of its commands counts.
---@param line string
---@param is_nested? boolean
---@return chorus.WriteCause? cause
---@return boolean may_write whether it may cause more than can be read
local function read(line, is_nested)
  local found, may_write = nil, false
  for _ = 1, 20 do
    local ok, parsed = pcall(vim.api.nvim_parse_cmd, line, {})
    if not ok then
      break
    end
    local cause = CAUSES[parsed.cmd]
    may_write = may_write or MAY_WRITE[parsed.cmd] == true
    if parsed.cmd:match('^%u') and not is_nested then
      cause = read(definition_of(parsed.cmd) or '', true) or (OWN_NAMES[parsed.cmd:lower()] and 'this' or nil)
    end
    if cause == 'this' or not found then
      found = cause
    end
    line = parsed.nextcmd or ''
    if line == '' then
      break
    end
  end
  return found, may_write
end

--- Whether Neovim writes buffers when they are left. A function or an expression that cannot be read may then as well
--- have left the buffer as written it.
---@return boolean
local function writes_on_leaving()
  return vim.o.autowrite or vim.o.autowriteall
end

--- The mapping of keys in the current mode.
---@param keys string as `keytrans` writes them
---@return table # as `maparg` returns it, empty without
local function mapping_of(keys)
  local mode = vim.api.nvim_get_mode().mode:sub(1, 1)
  return vim.fn.maparg(keys, mode:match('[vV\22]') and 'x' or mode, false, true)
end

--- What a mapping with `<Cmd>` causes. One that cannot be read counts as a write, unless it may have left the buffer.
---@param keys string as `keytrans` writes them
---@return chorus.WriteCause?
local function cause_of_mapping(keys)
  local unreadable = not writes_on_leaving() and 'this' or nil
  for _ = 1, 5 do
    local mapping = mapping_of(keys)
    if not mapping.rhs then
      return unreadable
    end
    local has_command = false
    for line in mapping.rhs:gmatch('<[Cc][Mm][Dd]>(.-)<[Cc][Rr]>') do
      has_command = true
      local cause, may_write = read(line)
      if cause or may_write then
        return cause or unreadable
      end
    end
    if has_command then
      return nil
    end
    keys = mapping.rhs
  end
end

--- Notes what a person pressed. Keys that a plugin feeds come without typed ones.
---@param key string after mappings
---@param typed string before
local function note_origin(key, typed)
  if typed == '' then
    return
  end
  local runs_register = last_typed == '@' or typed == 'Q'
  local is_mapped = typed ~= key or mapping_of(vim.fn.keytrans(typed)).lhs ~= nil
  local this = { keys = typed, brings_more = runs_register or is_mapped }
  origin, last_typed = this, typed
  vim.schedule(function()
    if origin == this then
      origin = nil
    end
  end)
end

--- Whether a key comes from a person: pressed, or what a mapping or a register made of keys that were pressed.
---@param typed string the key before mappings
---@return boolean
local function is_persons(typed)
  return typed ~= '' or (origin ~= nil and origin.brings_more) or vim.fn.reg_executing() ~= ''
end

---@param key string after mappings
---@param typed? string before
local function pressed(key, typed)
  typed = typed or ''
  note_origin(key, typed)
  is_pressed = is_persons(typed)
  if not is_pressed then
    recent = nil
  elseif key == COMMAND then
    note(cause_of_mapping(vim.fn.keytrans(origin and origin.keys or '')), vim.api.nvim_get_current_buf())
  elseif key == FUNCTION then
    note(not writes_on_leaving() and 'this' or nil, vim.api.nvim_get_current_buf())
  elseif key == 'Z' and last_key == 'Z' then
    note('this', vim.api.nvim_get_current_buf())
  end
  last_key = key
end

local listener = vim.api.nvim_create_namespace('chorus_typed_write')

local function start()
  vim.on_key(pressed, listener)
  vim.api.nvim_create_autocmd('CmdlineLeave', {
    group = vim.api.nvim_create_augroup('chorus_typed_write', {}),
    pattern = ':',
    desc = 'Chorus: know a write that was typed',
    callback = function()
      if not vim.v.event.abort and is_pressed then
        note((read(vim.fn.getcmdline())))
      end
    end,
  })
end

local function stop()
  vim.on_key(nil, listener)
  vim.api.nvim_del_augroup_by_name('chorus_typed_write')
end

--- Watches for what causes writes until the buffer is wiped out.
---@param buffer integer
function M.watch(buffer)
  if watched == 0 then
    start()
  end
  watched = watched + 1
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = buffer,
    once = true,
    callback = function()
      watched = watched - 1
      if watched == 0 then
        stop()
      end
    end,
  })
end

--- Whether the autocommand that runs was caused by another one, such as a plugin's for `InsertLeave`.
---@return boolean
local function is_nested()
  local events = {}
  for _, event in ipairs(vim.fn.getcompletion('', 'event')) do
    events[event] = true
  end
  local entries = vim.split(vim.fn.expand('<stack>'), '..', { plain = true })
  for index = 1, #entries - 1 do
    for word in entries[index]:gmatch('%a+') do
      if events[word] and entries[index]:find('"', 1, true) then
        return true
      end
    end
  end
  return false
end

--- For `BufWriteCmd`: what the person did that causes this write; nil when it was no person.
---@param buffer integer
---@return chorus.WriteCause?
function M.cause(buffer)
  if not recent or is_nested() or (recent.buffer and recent.buffer ~= buffer) then
    return nil
  end
  return recent.cause
end

return M
