--- The lists that Chorus shows to pick from, each in the person's picker.
local open = require('chorus.ui.pick.open')

local M = {}

--- Tasks.
---@param wish chorus.TaskPick
---@param plugin? string the picker to use, in lieu of that of the options
function M.tasks(wish, plugin)
  open.open(require('chorus.ui.pick.tasks').list(wish), plugin)
end

--- Open requests.
---@param wish chorus.RequestPick
---@param plugin? string
function M.requests(wish, plugin)
  open.open(require('chorus.ui.pick.requests').list(wish), plugin)
end

--- References to documents.
---@param references chorus.Reference[]
---@param title string
---@param on_choice fun(reference: chorus.Reference)
function M.references(references, title, on_choice)
  open.open(require('chorus.ui.pick.references').list(references, title, on_choice))
end

--- Texts that were begun: drafts, prompts.
---@param wish chorus.KeptPick
---@param plugin? string
function M.kept(wish, plugin)
  open.open(require('chorus.ui.pick.kept').list(wish), plugin)
end

--- Documents, to be opened.
---@param category? string
---@param plugin? string
function M.documents(category, plugin)
  require('chorus.ui.pick.documents').ask(category, function(list)
    open.open(list, plugin)
  end)
end

return M
