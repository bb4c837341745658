--- Reports every file written in this Neovim to the daemon, which attributes such edits to the person.

local M = {}

--- The first write of a file is reported at once, before a scan can see it. Further writes of the file within so many
--- milliseconds are reported together at their end.
local PAUSE = 50

---@type integer?
local autocommand
--- Paths reported just now, and whether they were written again since.
---@type table<string, boolean>
local due = {}

--- Whether agents work in the person's working tree.
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
local function report(path)
  local client = require('chorus.client')
  if client.is_connected() then
    client.request('file_saved', { path = path })
  end
end

--- Reports the file again after the pause if it was written meanwhile.
---@param path string
local function pause(path)
  due[path] = false
  vim.defer_fn(function()
    local is_due = due[path]
    due[path] = nil
    if is_due then
      report(path)
      pause(path)
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
  report(path)
  pause(path)
end

--- Reports what waits for its pause, since Neovim exits.
local function report_all()
  for path, is_due in pairs(due) do
    if is_due then
      report(path)
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
          desc = 'Chorus: report whose edit this was',
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
  vim.api.nvim_create_autocmd('VimLeavePre', { group = group, callback = report_all })
end

return M
