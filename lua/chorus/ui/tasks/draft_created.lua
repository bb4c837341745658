--- What a draft knows of the task that was created from it while more was typed. Its file begins with a line that says so:
--- a draft that is opened again must not create that task again.
local front_matter = require('chorus.ui.tasks.front_matter')

local M = {}

---@class chorus.Created
---@field number integer
---@field uuid string
---@field fixed table<string, any> the fields that only a new task takes, as they were sent

local PREFIX = 'created: '

--- The fields that a task which exists takes, too.
local LASTING = { 'title', 'priority', 'tags' }

---@param fields table<string, any>
---@return table<string, any>
local function fixed_of(fields)
  local fixed = {}
  for _, name in ipairs(front_matter.NAMES) do
    if not vim.list_contains(LASTING, name) then
      fixed[name] = fields[name]
    end
  end
  return fixed
end

---@param task chorus.Task
---@param sent string[] the lines of the draft that it was created from
---@return chorus.Created
function M.of(task, sent)
  return { number = task.number, uuid = task.uuid, fixed = fixed_of(front_matter.parse(sent).fields) }
end

--- The fields that differ from what the task was created with, and cannot be changed any more; nil for none.
---@param fields table<string, any>
---@param created? chorus.Created
---@return string?
function M.fixed(fields, created)
  local differ = vim.tbl_filter(function(name)
    return not vim.list_contains(LASTING, name) and fields[name] ~= created.fixed[name]
  end, created and front_matter.NAMES or {})
  return #differ > 0 and table.concat(differ, ', ') or nil
end

--- The lines of a draft's file.
---@param lines string[]
---@param created? chorus.Created
---@return string[]
function M.kept(lines, created)
  if not created then
    return lines
  end
  return vim.list_extend({ PREFIX .. vim.json.encode(created) }, lines)
end

--- The lines to edit of a draft's file.
---@param kept string[]
---@return string[] lines
---@return chorus.Created?
function M.read(kept)
  local first = kept[1] or ''
  local is_read, created = pcall(vim.json.decode, vim.startswith(first, PREFIX) and first:sub(#PREFIX + 1) or '')
  if not is_read or type(created) ~= 'table' or type(created.fixed) ~= 'table' then
    return kept
  end
  return vim.list_slice(kept, 2), created
end

return M
