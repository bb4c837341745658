--- Puts the plugin together: what listens from its first use on. Only the ways into the plugin call it.

local M = {}

local is_attached = false

--- Lets everything listen that follows the daemon's events or the person's files.
function M.features()
  if is_attached then
    return
  end
  is_attached = true
  require('chorus.highlight').setup()
  require('chorus.dispatch').to(function(name, opts)
    require('chorus.verbs').run(name, opts)
  end)
  for action, direction in pairs({ next_request = 1, previous_request = -1 }) do
    require('chorus.dispatch').on(action, function()
      require('chorus.ui.requests.request').step(direction)
    end)
  end
  require('chorus.statusline').attach()
  require('chorus.editor.report_saves').attach()
  require('chorus.editor.reload').attach()
  require('chorus.editor.worktree_files').attach(require('chorus.ui.kit.buffer_task').set)
  require('chorus.editor.authors').attach()
  require('chorus.editor.presence').attach()
  require('chorus.editor.notifications').attach()
  require('chorus.editor.reference_signs').attach()
end

--- Connects where a daemon runs. Starts none, and fails silently.
function M.connect()
  M.features()
  require('chorus.client').connect({ start = false })
end

return M
