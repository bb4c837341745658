--- `:Telescope chorus`, with `tasks`, `documents`, `requests`, `drafts` and `prompts`.
---@diagnostic disable: unresolved-require, undefined-field the plugin is there when this is used
local telescope = require('telescope')

---@param name 'tasks'|'documents'|'requests'|'drafts'|'prompts'
local function list(name)
  return function(options)
    require('chorus.pick')[name]({ picker = 'telescope', category = (options or {}).category })
  end
end

return telescope.register_extension({
  exports = {
    chorus = list('tasks'),
    tasks = list('tasks'),
    documents = list('documents'),
    requests = list('requests'),
    drafts = list('drafts'),
    prompts = list('prompts'),
  },
})
