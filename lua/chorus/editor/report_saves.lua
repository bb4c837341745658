--- Tells the daemon of every file that is written here, so that a person's own edits are not taken for an agent's. The
--- daemon knows in which files agents work; this Neovim may be in another folder.

local M = {}

--- A write is told at once, before anybody else looks at the file; others of the same file within so many milliseconds
--- are told together at their end.
local PAUSE = 50
--- Files whose saves are kept until there is a connection.
local MOST_KEPT = 100

--- Paths told of just now, and the state in which they were written again since; false without.
---@type table<string, table|false>
local due = {}
--- The newest save of each file of which no daemon has heard yet, in their order.
---@type table[]
local kept = {}

--- What the daemon needs to see whether the file is still as it was written here.
---@param path string
---@param reloaded? boolean
---@return table params
local function state(path, reloaded)
  local about = vim.uv.fs_stat(path)
  return {
    path = path,
    seconds = about and about.mtime.sec,
    nanoseconds = about and about.mtime.nsec,
    reloaded = reloaded,
  }
end

--- Connects where a daemon runs by now.
local function connect()
  local client = require('chorus.client')
  if vim.uv.fs_stat(vim.fs.joinpath(client.state_dir(), 'sock')) then
    client.connect({ start = false })
  end
end

--- Keeps a save in place of an earlier one of its file. Where there are too many, the oldest is forgotten.
---@param saved table
local function keep(saved)
  kept = vim.tbl_filter(function(other)
    return other.path ~= saved.path
  end, kept)
  kept[#kept + 1] = saved
  if #kept > MOST_KEPT then
    table.remove(kept, 1)
  end
end

---@param saved table
local function tell(saved)
  local client = require('chorus.client')
  if client.is_connected() then
    return client.request('file_saved', saved)
  end
  keep(saved)
  connect()
end

--- Tells what was written again, and rests again.
---@param path string
local function rest(path)
  due[path] = false
  vim.defer_fn(function()
    local saved = due[path]
    due[path] = nil
    if saved then
      tell(saved)
      rest(path)
    end
  end, PAUSE)
end

---@param buffer integer
---@param name string
---@return string? path of a file that an agent may edit as well
local function file_of(buffer, name)
  return vim.bo[buffer].buftype == '' and vim.uv.fs_realpath(name) or nil
end

---@param event { buf: integer, match: string }
local function written(event)
  local path = file_of(event.buf, event.match)
  if not path then
    return
  elseif due[path] ~= nil then
    due[path] = state(path)
    return
  end
  tell(state(path))
  rest(path)
end

--- What somebody else wrote is in the buffer now, and the next save writes it again: it is not the person's.
---@param event { buf: integer, match: string }
local function reloaded(event)
  local path = file_of(event.buf, event.match)
  if path and not vim.bo[event.buf].modified and require('chorus.client').is_connected() then
    require('chorus.client').request('file_saved', state(path, true))
  end
end

--- Tells at once what is still to be told, since Neovim leaves.
local function tell_all()
  for _, saved in pairs(due) do
    if saved then
      tell(saved)
    end
  end
  due = {}
end

--- Tells what was saved before there was a daemon to hear of it.
local function tell_kept()
  local saves = kept
  kept = {}
  vim.tbl_map(tell, saves)
end

--- Listens from now on.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_report_saves', {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
  end
  on({ 'BufWritePost', 'FileWritePost', 'FileAppendPost' }, written)
  on('FileChangedShellPost', reloaded)
  on('User', tell_kept, 'ChorusConnected')
  on('VimLeavePre', tell_all)
end

return M
