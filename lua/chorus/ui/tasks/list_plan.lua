--- Edited lines of the list as a plan of changes. Pure.
local text = require('chorus.text')

local M = {}

---@class chorus.ListPlan
---@field edits {task: chorus.Task, params: table, says: string}[]
---@field new {params: table, says: string, line: integer}[]
---@field faults {line: integer?, text: string}[]

--- The line of a task.
---@param task chorus.Task
---@param number_width integer
---@return string
function M.line(task, number_width)
  local parts =
    { text.fit('#' .. task.number, number_width), text.fit('P' .. task.priority, 3), text.clean(task.title) }
  for _, tag in ipairs(task.tags or {}) do
    parts[#parts + 1] = '+' .. text.clean(tag):gsub('%s', '-')
  end
  return table.concat(parts, '  ', 1, 3) .. (#parts > 3 and '  ' .. table.concat(parts, ' ', 4) or '')
end

--- The lines of tasks.
---@param tasks chorus.Task[]
---@return string[]
function M.lines(tasks)
  local width = 3
  for _, task in ipairs(tasks) do
    width = math.max(width, #tostring(task.number) + 1)
  end
  return vim.tbl_map(function(task)
    return M.line(task, width)
  end, tasks)
end

--- Reads one line: `#12  P0  title  +tag`. Number and priority may be missing.
---@param line string
---@return {number: integer?, priority: integer?, title: string, tags: string[]}
function M.parse(line)
  local rest = vim.trim(line)
  local number, after = rest:match('^#(%d+)%s*(.*)$')
  rest = number and after or rest
  local priority, behind = rest:match('^P(%-?%d+)%s+(.*)$')
  if not priority then
    priority, behind = rest:match('^P(%-?%d+)$'), ''
  end
  rest = priority and behind or rest
  local tags = {}
  rest = ' ' .. rest
  while true do
    local before, tag = rest:match('^(.-)%s+%+(%S+)%s*$')
    if not tag then
      break
    end
    table.insert(tags, 1, tag)
    rest = before
  end
  return { number = tonumber(number), priority = tonumber(priority), title = vim.trim(rest), tags = tags }
end

--- What an edited line changes about its task; nil for nothing.
local function edit_of(task, read)
  local shown = M.parse(M.line(task, #tostring(task.number) + 1))
  local params, says = {}, {}
  if read.title ~= shown.title then
    params.title = read.title
    says[#says + 1] = ('title “%s”'):format(text.clean(read.title, 50))
  end
  if (read.priority or task.priority) ~= task.priority then
    params.priority = read.priority
    says[#says + 1] = ('priority %d → %d'):format(task.priority, read.priority)
  end
  if not vim.deep_equal(read.tags, shown.tags) then
    params.tags = read.tags
    says[#says + 1] = #read.tags > 0 and 'tags ' .. table.concat(read.tags, ' ') or 'no tags'
  end
  if #says == 0 then
    return nil
  end
  params.task = task.uuid
  return { task = task, params = params, says = ('#%d  %s'):format(task.number, table.concat(says, ', ')) }
end

--- The plan that turns `tasks`, as they were shown, into what `lines` say.
---@param lines string[]
---@param tasks chorus.Task[]
---@return chorus.ListPlan
function M.plan(lines, tasks)
  local plan = { edits = {}, new = {}, faults = {} }
  local by_number, seen = {}, {}
  for _, task in ipairs(tasks) do
    by_number[task.number] = task
  end
  local function fault(line, words)
    plan.faults[#plan.faults + 1] = { line = line, text = words }
  end
  for index, line in ipairs(lines) do
    local read = M.parse(line)
    local task = by_number[read.number]
    if not line:find('%S') then
      goto continue
    elseif read.title == '' then
      fault(index, 'a title is required')
    elseif vim.fn.strchars(read.title) > 200 then
      fault(index, 'a title has at most 200 characters')
    elseif not read.number then
      local params = { title = read.title, priority = read.priority or 0, tags = read.tags }
      plan.new[#plan.new + 1] = { params = params, says = ('new  %s'):format(text.clean(read.title, 60)), line = index }
    elseif not task then
      fault(index, ('#%d is not in this list; a new task has no number'):format(read.number))
    elseif seen[read.number] then
      fault(index, ('#%d appears twice; a new task has no number'):format(read.number))
    else
      seen[read.number] = true
      plan.edits[#plan.edits + 1] = edit_of(task, read)
    end
    ::continue::
  end
  for _, task in ipairs(tasks) do
    if not seen[task.number] then
      fault(
        nil,
        ('the line of #%d is gone: `:Chorus delete %d` deletes a task, `u` restores the line'):format(
          task.number,
          task.number
        )
      )
    end
  end
  return plan
end

return M
