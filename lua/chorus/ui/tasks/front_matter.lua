--- The head of a new-task buffer and of a task's page: `name: value` lines between `---`, then markdown. Pure.
local text = require('chorus.text')

local M = {}

---@class chorus.FrontMatter
---@field fields table<string, any> by name, typed
---@field description string
---@field faults {line: integer, text: string}[]

--- What a field may hold, by name.
---@type table<string, fun(value: string): any, string?>
local READ = {}

function READ.title(value)
  if value == '' then
    return nil, 'a title is required: one line that says what to do'
  elseif vim.fn.strchars(value) > 200 then
    return nil, 'a title has at most 200 characters'
  end
  return value
end

function READ.priority(value)
  local number = tonumber(value)
  if value == '' then
    return 0
  elseif not number or number % 1 ~= 0 or math.abs(number) > 1e6 then
    return nil, 'a priority is a whole number, higher first'
  end
  return number
end

--- `+web auth, docs` → three tags.
function READ.tags(value)
  local tags, seen = {}, {}
  for tag in value:gsub('[%[%]"\']', ' '):gmatch('[^%s,]+') do
    tag = tag:gsub('^%+', '')
    if tag ~= '' and not seen[tag] then
      seen[tag] = true
      tags[#tags + 1] = tag
    end
  end
  return tags
end

function READ.isolation(value)
  if value == '' then
    return nil
  elseif not vim.list_contains({ 'auto', 'stack', 'worktree', 'none' }, value) then
    return nil, 'isolation is auto, stack, worktree or none'
  end
  return value
end

function READ.on(value)
  if value == '' then
    return nil
  end
  local number = tonumber(value:match('^#?(%d+)$'))
  if not number then
    return nil, '`on` is the number of the task that this one builds on'
  end
  return number
end

--- A word, or nothing.
local function word(value)
  if value == '' then
    return nil
  elseif value:find('%s') then
    return nil, 'this must be one word'
  end
  return value
end

READ.agent, READ.model, READ.permission_mode = word, word, word

--- Every name, in the order in which they are written.
M.NAMES = { 'title', 'priority', 'tags', 'agent', 'isolation', 'on', 'model', 'permission_mode' }

--- Known values of a field, for completion.
---@param name string
---@return string[]
function M.values(name)
  if name == 'isolation' then
    return { 'auto', 'stack', 'worktree', 'none' }
  elseif name == 'permission_mode' then
    return { 'default', 'acceptEdits', 'plan', 'bypassPermissions' }
  end
  return {}
end

--- Reads a buffer. Faults name the line (one-based) and the reason.
---@param lines string[]
---@param names? string[] the names allowed; all by default
---@return chorus.FrontMatter
function M.parse(lines, names)
  names = names or M.NAMES
  local fields, faults, stop = {}, {}, nil
  local function fault(line, what)
    faults[#faults + 1] = { line = line, text = what }
  end
  local line_of = {}
  if lines[1] == '---' then
    for index = 2, #lines do
      if lines[index] == '---' then
        stop = index
        break
      end
      local name, value = lines[index]:match('^%s*([%w_]+)%s*:(.*)$')
      if not name then
        if lines[index]:find('%S') then
          fault(index, 'a line here is `name: value`; the description begins below the second `---`')
        end
      elseif not vim.list_contains(names, name) then
        fault(index, ('unknown field `%s`; the fields are %s'):format(name, table.concat(names, ', ')))
      elseif line_of[name] then
        fault(index, ('`%s` is already on line %d'):format(name, line_of[name]))
      else
        line_of[name] = index
        local read, why = READ[name](text.trim(value))
        fields[name] = read
        if why then
          fault(index, why)
        end
      end
    end
    if not stop then
      fault(#lines, 'the second `---` is missing: it ends the fields')
    end
  else
    fault(1, 'the first line is `---`, then `title: …`')
  end
  if lines[1] == '---' and not line_of.title then
    fault(1, 'a title is required: `title: …`')
  end
  local description = table.concat(vim.list_slice(lines, (stop or #lines) + 1), '\n')
  return { fields = fields, description = text.trim(description), faults = faults }
end

local function shown(value)
  if type(value) == 'table' then
    return table.concat(value, ' ')
  end
  return value == nil and '' or tostring(value):gsub('%s+', ' ')
end

--- Lines for a buffer: the names given, in order, each with its value or empty.
---@param fields table<string, any>
---@param description? string
---@param names string[]
---@return string[]
function M.render(fields, description, names)
  local lines = { '---' }
  for _, name in ipairs(names) do
    lines[#lines + 1] = (('%s: %s'):format(name, shown(fields[name])):gsub('%s+$', ''))
  end
  vim.list_extend(lines, { '---', '' })
  return vim.list_extend(lines, vim.split(description or '', '\n', { plain = true }))
end

return M
