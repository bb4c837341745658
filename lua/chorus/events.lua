--- The `User` events that report changes, with plain data.

local M = {}

--- Name, data, when.
M.all = {
  { 'ChorusTaskChanged', '{uuid, number, task}', 'A task was created or changed. Without `task`, it was deleted.' },
  { 'ChorusRequestOpened', '{request}', 'An agent needs an answer, or its request has changed.' },
  { 'ChorusRequestClosed', '{request}', 'A request was answered here or elsewhere, or was withdrawn.' },
  {
    'ChorusTurnEnded',
    '{uuid, number, title, message}',
    'A turn ended. `message` is the last message of the agent, if any.',
  },
  {
    'ChorusEditsChanged',
    '{paths}',
    'Uncommitted edits or their owners changed. `paths` are relative to the root, at most 50.',
  },
  {
    'ChorusEditing',
    '{uuid, number, path, on}',
    "A task's agent is about to edit the file `path` of the tree. `on` is false when the agent is done with it.",
  },
  {
    'ChorusDocumentChanged',
    '{paths, more}',
    'Documents or references to them changed. `paths` are relative to the root, at most 50. With `more`, others may have changed, too.',
  },
  {
    'ChorusNotificationClicked',
    '{task, request}',
    'You clicked on a notification. Without `task`, it was about several tasks.',
  },
  {
    'ChorusRing',
    '{title, body, by}',
    "Chorus notifies you at this Neovim's terminal: see |chorus-notifications|.",
  },
  {
    'ChorusElsewhereChanged',
    '{count}',
    'The number of tasks in other projects that need you changed, or one of those tasks did while the dashboard lists them.',
  },
  { 'ChorusNotice', '{level, text, hint}', 'The daemon warns of something that no verb asked for.' },
  {
    'ChorusConfigurationFault',
    '{fault}',
    'The configuration has another fault than before. Without `fault`, it is good again.',
  },
  { 'ChorusConnected', '{project}', 'Chorus connected and knows the tasks of `project`.' },
  { 'ChorusDisconnected', '{reason}', 'The connection was lost. Chorus is reconnecting.' },
}

--- Fires an event. Neovim shows a listener's error; the others run all the same.
---@param name string
---@param data table
function M.fire(name, data)
  pcall(vim.api.nvim_exec_autocmds, 'User', { pattern = name, modeline = false, data = data })
end

return M
