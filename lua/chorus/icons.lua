--- The marks of states in the badge and in windows, as configured.

local config = require('chorus.config')

local M = {}

---@type table<string, string[]>
local icons = {
  waiting = { '⚑', '!' },
  busy = { '●', '*' },
  unread = { '✓', '+' },
  unknown = { '?', '?' },
  lost = { '⚠', 'x' },
  idle = { '○', '-' },
  starting = { '◌', '~' },
  stopped = { '·', '.' },
  login_required = { '⚑', '!' },
  error = { '✗', 'x' },
  exited = { '■', '#' },
  branch = { '⎇', '^' },
  edited = { '✎', '~' },
  trouble = { '⚠', '%' },
  muted = { '⊘', 'm' },
  pending = { '·', '.' },
  completed = { '✔', '=' },
  failed = { '✗', 'x' },
  marked = { '▌', '|' },
  moved = { '»', '>' },
}

--- The mark for an agent's status, a task's status, `unread`, `lost`, `branch`, `edited`, `trouble`, `marked`,
--- `moved` or `muted`.
---@param state chorus.AgentState|string
---@return string
function M.of(state)
  local name = type(state) == 'table' and state.status or state
  local options = config.get().statusline
  local pair = icons[name] or icons.unknown
  return options.icons[name] or pair[options.ascii and 2 or 1]
end

return M
