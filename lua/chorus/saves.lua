--- Tells the daemon of every file that is written here, so that a person's own edits are not taken for an agent's.

local M = {}

--- Several writes of one file are told once, so many milliseconds after the first.
local PAUSE = 50

---@type integer?
local autocommand
--- Paths written and not told yet.
---@type table<string, true>
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
  if due[path] and client.is_connected() then
    client.request('file_saved', { path = path })
  end
  due[path] = nil
end

---@param event { buf: integer, match: string }
local function written(event)
  if vim.bo[event.buf].buftype ~= '' or not is_shared() then
    return
  end
  local path = vim.uv.fs_realpath(event.match)
  if path and is_in_project(path) and not due[path] then
    due[path] = true
    vim.defer_fn(function()
      tell(path)
    end, PAUSE)
  end
end

--- Tells at once what is still to be told, since Neovim leaves.
local function tell_all()
  vim.tbl_map(tell, vim.tbl_keys(due))
end

--- Listens while a daemon is connected.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_saves', {})
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'ChorusConnected',
    callback = function()
      autocommand = autocommand
        or vim.api.nvim_create_autocmd('BufWritePost', {
          group = group,
          desc = 'Chorus: tell whose edit this was',
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
