--- Tells the daemon of every file that is written here, so that a person's own edits are not taken for an agent's.

local M = {}

--- A write is told at once, before anybody else looks at the file; others of the same file within so many milliseconds
--- are told together at their end.
local PAUSE = 50

---@type integer?
local autocommand
--- Paths told of just now, and whether they were written again since.
---@type table<string, boolean>
local due = {}

--- Whether agents work in the tree that this Neovim's files are in.
---@return boolean
local function is_shared()
  local tasks = require('chorus.tasks')
  for _, task in ipairs(tasks.all()) do
    if tasks.is_live(task) and (task.isolation == 'stack' or task.isolation == 'auto') then
      return true
    end
  end
  return false
end

---@param path string absolute
---@return boolean
local function is_in_project(path)
  local welcome = require('chorus.client').welcome()
  return welcome ~= nil and vim.startswith(path, welcome.project .. '/')
end

---@param path string
local function tell(path)
  local client = require('chorus.client')
  if client.is_connected() then
    client.request('file_saved', { path = path })
  end
end

--- Tells what was written again, and rests again.
---@param path string
local function rest(path)
  due[path] = false
  vim.defer_fn(function()
    local is_due = due[path]
    due[path] = nil
    if is_due then
      tell(path)
      rest(path)
    end
  end, PAUSE)
end

---@param event { buf: integer, match: string }
local function written(event)
  if vim.bo[event.buf].buftype ~= '' or not is_shared() then
    return
  end
  local path = vim.uv.fs_realpath(event.match)
  if not path or not is_in_project(path) then
    return
  elseif due[path] ~= nil then
    due[path] = true
    return
  end
  tell(path)
  rest(path)
end

--- Tells at once what is still to be told, since Neovim leaves.
local function tell_all()
  for path, is_due in pairs(due) do
    if is_due then
      tell(path)
    end
  end
  due = {}
end

--- Listens while a daemon is connected.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_report_saves', {})
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'ChorusConnected',
    callback = function()
      autocommand = autocommand
        or vim.api.nvim_create_autocmd('BufWritePost', {
          group = group,
          desc = 'Chorus: report a saved file',
          callback = written,
        })
    end,
  })
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'ChorusDisconnected',
    callback = function()
      if autocommand then
        vim.api.nvim_del_autocmd(autocommand)
        autocommand = nil
      end
    end,
  })
  vim.api.nvim_create_autocmd('VimLeavePre', { group = group, callback = tell_all })
end

return M
