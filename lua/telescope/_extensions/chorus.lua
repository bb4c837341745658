--- `:Telescope chorus`, with `tasks`, `documents` and `requests`.
---@diagnostic disable: unresolved-require, undefined-field the plugin is there when this is used
local telescope = require('telescope')

--- Connects, then shows a list of Chorus in telescope.
---@param show fun(lists: table, plugin: string, options: table)
local function list(show)
  return function(options)
    require('chorus.attach').features()
    require('chorus.client').ready(function(err)
      if err then
        return require('chorus.message').failure(err)
      end
      require('chorus.verbs')
      show(require('chorus.ui.pick.lists'), 'telescope', options or {})
    end)
  end
end

local tasks = list(function(lists, plugin)
  lists.tasks({ title = 'Tasks' }, plugin)
end)

return telescope.register_extension({
  exports = {
    chorus = tasks,
    tasks = tasks,
    requests = list(function(lists, plugin)
      lists.requests({ title = 'Requests' }, plugin)
    end),
    documents = list(function(lists, plugin, options)
      lists.documents(options.category, plugin)
    end),
  },
})
