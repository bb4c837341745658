--- The lists of Chorus for mappings and other plugins: `require('chorus.pick').documents({ category = 'plans' })`.
local M = {}

---@class chorus.PickOptions
---@field picker? 'telescope'|'fzf-lua'|'snacks'|'mini' the plugin, in lieu of that of the options
---@field category? chorus.Category of documents

--- Connects, then shows a list.
---@param show fun(lists: table)
local function once_connected(show)
  require('chorus.attach').features()
  require('chorus.client').ready(function(err)
    if err then
      return require('chorus.message').failure(err)
    end
    require('chorus.verbs')
    show(require('chorus.ui.pick.lists'))
  end)
end

--- Tasks: opened, or what the keys of the list do.
---@param options? chorus.PickOptions
function M.tasks(options)
  once_connected(function(lists)
    lists.tasks({ title = 'Tasks' }, options and options.picker)
  end)
end

--- Open requests: each in its window.
---@param options? chorus.PickOptions
function M.requests(options)
  once_connected(function(lists)
    if #require('chorus.tasks').requests() == 0 then
      return require('chorus.message').info('no request is open')
    end
    lists.requests({ title = 'Requests' }, options and options.picker)
  end)
end

--- Documents: opened as normal buffers.
---@param options? chorus.PickOptions
function M.documents(options)
  once_connected(function(lists)
    lists.documents(options and options.category, options and options.picker)
  end)
end

--- Drafts of tasks that were not created: opened, or deleted.
---@param options? chorus.PickOptions
function M.drafts(options)
  once_connected(function()
    require('chorus.ui.tasks.draft_offer').list(options and options.picker)
  end)
end

--- Prompts that were not sent: opened, or deleted.
---@param options? chorus.PickOptions
function M.prompts(options)
  once_connected(function()
    require('chorus.ui.prompts.prompt_offer').list(options and options.picker)
  end)
end

return M
