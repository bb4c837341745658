--- What specs share: a world of their own for each, examples of tasks and requests, waiting, and a fake peer.
local fixtures = require('fixtures')

local M = { task = fixtures.task, request = fixtures.request }

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')

M.root = vim.fs.dirname(vim.fs.dirname(here))

--- Writes a file in one step: a peer that reads it meanwhile finds the old text or the new one. Its mode stays.
---@param path string
---@param text string
function M.write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  local draft, mode = path .. '.draft', vim.fn.getfperm(path)
  local file = assert(io.open(draft, 'w'))
  file:write(text)
  file:close()
  if mode ~= '' then
    vim.fn.setfperm(draft, mode)
  end
  assert(os.rename(draft, path))
end

---@param path string
---@return string?
function M.read(path)
  local file = io.open(path)
  local text = file and file:read('*a')
  if file then
    file:close()
  end
  return text
end

--- Waits for a condition, running the loop meanwhile; fails with `what` when it does not come.
---@param what string
---@param condition fun(): any
function M.wait_for(what, condition)
  local result
  local came = vim.wait(10000, function()
    result = condition()
    return result
  end, 2)
  assert(came, 'waited in vain for ' .. what)
  return result
end

--- Lets everything that is scheduled by now happen.
function M.settle()
  local is_done = false
  vim.schedule(function()
    vim.schedule(function()
      is_done = true
    end)
  end)
  M.wait_for('the loop', function()
    return is_done
  end)
end

--- Forgets every module of ours and what it set up.
function M.forget()
  for name in pairs(package.loaded) do
    if name == 'chorus' or vim.startswith(name, 'chorus.') then
      package.loaded[name] = nil
    end
  end
  for _, autocommand in ipairs(vim.api.nvim_get_autocmds({})) do
    local group = autocommand.group_name or ''
    if group == 'chorus' or vim.startswith(group, 'chorus_') then
      pcall(vim.api.nvim_del_augroup_by_name, group)
    end
  end
  for _, name in ipairs({ 'chorus', 'chorus_status', 'chorus_counts', 'loaded_chorus' }) do
    vim.g[name] = nil
  end
end

---@class chorus.World
---@field folder string
---@field said { text: string, level: integer }[]
---@field events { name: string, data: table }[]
---@field choices (string|integer)[] answers to `vim.ui.select`: an index, or what the line contains
---@field offered { lines: string[], opts: table }[]
---@field inputs string[] answers to `vim.ui.input`
---@field prompts string[] what `vim.ui.input` asked for
local World = {}
World.__index = World

local originals = { notify = vim.notify, select = vim.ui.select, input = vim.ui.input }

--- A world: private folders, a fake program, no memory; what is said, picked and typed is taken down or given.
---@return chorus.World
function M.world()
  M.forget()
  local folder = vim.fn.resolve(vim.fn.tempname())
  for _, name in ipairs({ 'HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME' }) do
    vim.env[name] = folder .. '/' .. name:lower()
    vim.fn.mkdir(vim.env[name], 'p')
  end
  vim.env.CHORUS_STATE_DIR = folder .. '/state'
  vim.fn.mkdir(folder .. '/peer', 'p')
  local self = setmetatable(
    { folder = folder, said = {}, events = {}, choices = {}, offered = {}, inputs = {}, prompts = {} },
    World
  )
  local version = require('chorus.contract').version
  local script = '#!/bin/sh\n'
    .. ('if [ "$1" = --version ]; then echo "chorus %s"; exit; fi\n'):format(version)
    .. ('exec "%s" --clean --headless -l "%s/fake_daemon.lua" "%s/peer" "$@"\n'):format(vim.v.progpath, here, folder)
  self.binary = folder .. '/chorus'
  M.write(self.binary, script)
  vim.fn.setfperm(self.binary, 'rwx------')
  vim.g.chorus = { binary = self.binary }
  vim.notify = function(text, level)
    table.insert(self.said, { text = text, level = level })
  end
  vim.ui.select = function(items, opts, on_choice)
    local lines = vim.tbl_map(opts.format_item or tostring, items)
    table.insert(self.offered, { lines = lines, opts = opts })
    local choice = table.remove(self.choices, 1)
    for index, line in ipairs(lines) do
      if choice == index or (type(choice) == 'string' and line:find(choice, 1, true)) then
        return on_choice(items[index], index)
      end
    end
    on_choice(nil)
  end
  vim.ui.input = function(opts, on_confirm)
    table.insert(self.prompts, opts.prompt)
    on_confirm(table.remove(self.inputs, 1))
  end
  vim.api.nvim_create_autocmd('User', {
    group = vim.api.nvim_create_augroup('chorus_spec', {}),
    pattern = 'Chorus*',
    callback = function(event)
      table.insert(self.events, { name = event.match, data = event.data })
    end,
  })
  return self
end

--- Gives each test of a `describe` block a world of its own.
---@param begin fun(world: chorus.World)
function M.in_a_world(begin)
  local busted, world = require('busted'), nil
  busted.before_each(function()
    world = M.world()
    begin(world)
  end)
  busted.after_each(function()
    world:close()
  end)
end

--- What the peer is told before it starts.
---@param name 'down'|'fault'|'snapshot'|'script'
---@param value any
function World:tell(name, value)
  local file = name == 'down' and name or name .. '.json'
  if value == nil then
    os.remove(self.folder .. '/peer/' .. file)
  else
    M.write(self.folder .. '/peer/' .. file, vim.json.encode(value))
  end
end

--- Puts tasks and requests in place as the daemon's snapshot and connects.
---@param tasks? chorus.Task[]
---@param requests? chorus.Opened[]
function World:connect(tasks, requests)
  self:tell('snapshot', { tasks = tasks or {}, requests = requests or {}, elsewhere = 0 })
  local is_ready, failure = false, nil
  require('chorus.attach').features()
  require('chorus.client').ready(function(err)
    is_ready, failure = true, err
  end)
  M.wait_for('the connection', function()
    return is_ready
  end)
  assert(not failure, failure and failure.message)
  M.settle()
end

--- A request and its answer.
---@return chorus.Failure? err
---@return any result
function World:ask(method, params) -- luacheck: no self
  local reply
  require('chorus.client').request(method, params or {}, function(...)
    reply = { ... }
  end)
  M.wait_for('the answer to ' .. method, function()
    return reply
  end)
  return reply[1], reply[2]
end

--- Lets the peer emit events, in order, and waits until they have arrived.
---@param ... { name: string, data: table }
function World:emit(...)
  self:ask('fake', { emit = { ... } })
  M.settle()
end

--- What the peer was asked since it started, without the handshake and the word on what is on screen.
---@return { method: string, params: table }[]
function World:asked()
  local _, result = self:ask('fake', {})
  local by_itself = { hello = true, snapshot = true, presence = true }
  return vim.tbl_filter(function(request)
    return not by_itself[request.method]
  end, result.asked)
end

--- Every line the peers noted in `starts` or `asked`, over all connections; one that is being written does not count.
---@param name 'starts'|'asked'
---@return string[]
function World:noted(name)
  local text = M.read(self.folder .. '/peer/' .. name) or ''
  return vim.split(text:match('^(.*)\n') or '', '\n', { trimempty = true })
end

---@param name string
---@return table[] data of the events of that name so far
function World:heard(name)
  local data = {}
  for _, event in ipairs(self.events) do
    if event.name == name then
      data[#data + 1] = event.data
    end
  end
  return data
end

--- Everything said so far, as one text.
---@return string
function World:words()
  return table.concat(
    vim.tbl_map(function(each)
      return each.text
    end, self.said),
    '\n'
  )
end

function World:close()
  local client = package.loaded['chorus.client']
  if client then
    client.disconnect()
  end
  M.forget()
  vim.notify, vim.ui.select, vim.ui.input = originals.notify, originals.select, originals.input
  vim.fn.delete(self.folder, 'rf')
end

return M
