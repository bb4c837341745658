--- What needs a person most: the oldest open request, then errors and ended agents, then edits that cannot be committed,
--- then turns nobody has seen. From one task to the next, the order is that of the dashboard.

local order = require('chorus.tasks.order')
local tasks = require('chorus.tasks')

local M = {}

---@class chorus.Need
---@field id string
---@field task chorus.Task
---@field request? chorus.Opened

--- Everything that needs a person, most pressing first.
---@return chorus.Need[]
function M.needs()
  ---@type chorus.Need[], table<string, true>
  local needs, named = {}, {}
  ---@type table<string, chorus.Need[]>
  local lists = { waiting = {}, trouble = {}, unread = {} }
  for _, request in ipairs(tasks.requests()) do
    local task = tasks.get(request.task)
    if task then
      named[task.uuid] = true
      needs[#needs + 1] = { id = request.id, task = task, request = request }
    end
  end
  for _, task in ipairs(tasks.all()) do
    local list = lists[tasks.badge(task)]
    if list and not named[task.uuid] then
      list[#list + 1] = { id = task.uuid, task = task }
    end
  end
  local function longest_first(a, b)
    return a.task.agent_status.since < b.task.agent_status.since
  end
  for _, name in ipairs({ 'waiting', 'trouble', 'unread' }) do
    table.sort(lists[name], longest_first)
    vim.list_extend(needs, lists[name])
  end
  return needs
end

--- Whether a task needs a person, or has something to read.
---@param task chorus.Task
---@return boolean
function M.is_needy(task)
  local section = order.section(task)
  return section == 'needs_you' or section == 'unread'
end

--- The tasks that need a person, each once, with its oldest request.
---@return chorus.Need[]
local function by_task()
  return vim.tbl_map(function(task)
    return { id = task.uuid, task = task, request = tasks.requests(task.uuid)[1] }
  end, order.sorted(vim.tbl_filter(M.is_needy, tasks.all())))
end

--- The task that stands after another one among those that need a person, or before it; from the start where that one
--- needs nobody. Nil where there is no other.
---@param uuid? string
---@param direction 1|-1
---@return chorus.Need?
function M.beside(uuid, direction)
  local found = by_task()
  for index, need in ipairs(found) do
    if need.task.uuid == uuid then
      local other = found[(index - 1 + direction) % #found + 1]
      return other ~= need and other or nil
    end
  end
  return found[direction == 1 and 1 or #found]
end

---@type string?
local shown
---@type string?
local preferred

--- Takes that request next.
---@param id string
function M.prefer(id)
  preferred = id
end

--- The need after the one shown last, beginning again at the end; nil when nobody needs anything.
---@return chorus.Need?
function M.take()
  local needs = M.needs()
  local index = 1
  for position, need in ipairs(needs) do
    if need.id == shown and #needs > 1 then
      index = position % #needs + 1
    end
  end
  for position, need in ipairs(needs) do
    if need.id == preferred then
      index = position
    end
  end
  preferred = nil
  shown = needs[index] and needs[index].id
  return needs[index]
end

return M
