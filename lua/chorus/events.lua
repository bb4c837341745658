--- The `User` events that report changes, with plain data.

local M = {}

--- Name, data, when.
M.all = {
  { 'ChorusTaskChanged', '{uuid, number, task}', 'A task is new or different; without `task` it is gone.' },
  { 'ChorusRequestOpened', '{request}', 'An agent needs an answer, or what it asks has changed.' },
  { 'ChorusRequestClosed', '{request}', 'A request was answered, here or elsewhere, or is gone.' },
  { 'ChorusTurnEnded', '{uuid, number, title, message}', 'An agent came to rest. `message` is its last one, if any.' },
  { 'ChorusEditsChanged', '{paths}', 'Uncommitted edits, or whose they are. `paths` from the root, at most 50.' },
  { 'ChorusElsewhereChanged', '{count}', 'How many tasks of other projects need a person.' },
  { 'ChorusConnected', '{project}', 'The tasks of `project` are known, after each connection.' },
  { 'ChorusDisconnected', '{reason}', 'The connection was lost. It is being restored.' },
}

--- Fires an event. Neovim shows a listener's error; the others run all the same.
---@param name string
---@param data table
function M.fire(name, data)
  pcall(vim.api.nvim_exec_autocmds, 'User', { pattern = name, modeline = false, data = data })
end

return M
