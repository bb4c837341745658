--- Which tasks the dashboard shows, in which sections and in which order. Pure.
local filter = require('chorus.tasks.filter')
local order = require('chorus.tasks.order')
local text = require('chorus.text')

local M = {}

---@alias chorus.Grouping 'need'|'number'|'tag'|'project'

--- In the order in which a key goes through them.
---@type chorus.Grouping[]
M.GROUPINGS = { 'need', 'number', 'tag', 'project' }

---@type table<chorus.SectionName, string>
M.TITLES = {
  needs_you = 'needs you',
  unread = 'unread',
  working = 'working',
  idle = 'idle',
  not_started = 'not started',
  ended = 'ended',
}

--- So many tasks that were not started are listed beside others; more are folded until somebody opens them.
local MOST_NOT_STARTED = 8

--- Where a task stands. The one under the cursor is held where it stood when the cursor came to it.
---@class chorus.Standing
---@field uuid string
---@field section string its name
---@field title string
---@field position string orders sections that do not stand by need
---@field rank chorus.Rank

---@class chorus.WorklistOptions
---@field group chorus.Grouping
---@field filter? string
---@field is_typing? boolean the filter's last word may not be whole yet
---@field folds table<string, boolean> by section, as somebody set them
---@field held? chorus.Standing
---@field project? string the tasks of this one come first
---@field cache? chorus.WorklistCache kept between calls

---@class chorus.WorklistCache
---@field standings table<string, { task: chorus.Task, group: string, place: chorus.Standing }> by uuid
---@field ranks table<chorus.Task, chorus.Rank>

---@class chorus.WorklistSection
---@field name string
---@field title string empty for one that needs no heading
---@field position string
---@field count integer tasks that belong to it
---@field is_folded boolean
---@field tasks chorus.Task[] # in order; also those of a folded section, and the held one

---@class chorus.Worklist
---@field sections chorus.WorklistSection[] without empty ones
---@field moved table<string, boolean> tasks, by uuid, that belong elsewhere and are moved when the cursor leaves

--- Where a task belongs.
---@param task chorus.Task
---@param options chorus.WorklistOptions
---@return chorus.Standing
local function standing(task, options)
  local name = order.section(task)
  local own = { uuid = task.uuid, section = name, title = M.TITLES[name], position = '', rank = order.rank(task) }
  if options.group == 'need' or name == 'ended' then
    return own
  elseif options.group == 'tag' then
    local tag = task.tags[1]
    own.section = tag and '+' .. tag or 'no tag'
    own.title, own.position = text.clean(own.section), tag and '1' .. tag or '2'
  elseif options.group == 'project' then
    own.section, own.title = task.project, text.clean(vim.fs.basename(task.project))
    own.position = task.project == options.project and '' or '1' .. own.title .. task.project
  else
    own.section, own.title = 'all', ''
  end
  return own
end

---@return chorus.WorklistCache
function M.new_cache()
  return { standings = {}, ranks = {} }
end

--- Where a task belongs; from the cache when the task has not changed.
---@param task chorus.Task
---@param options chorus.WorklistOptions
---@return chorus.Standing
function M.place(task, options)
  local cache = options.cache and options.cache.standings
  local kept = cache and cache[task.uuid]
  if kept and kept.task == task and kept.group == options.group then
    return kept.place
  end
  local place = standing(task, options)
  if cache then
    cache[task.uuid] = { task = task, group = options.group, place = place }
  end
  return place
end

--- Forgets the tasks that are gone.
---@param cache chorus.WorklistCache
---@param is_known fun(uuid: string): boolean
function M.prune(cache, is_known)
  for uuid in pairs(cache.standings) do
    if not is_known(uuid) then
      cache.standings[uuid] = nil
    end
  end
end

--- Whether the tasks of a section stand by their numbers alone.
---@param section string
---@param group chorus.Grouping
---@return boolean
local function is_by_number(section, group)
  return group == 'number' and section ~= 'ended'
end

--- Whether a task stands elsewhere than it belongs.
---@param held chorus.Standing
---@param own chorus.Standing
---@param group chorus.Grouping
---@return boolean
local function has_moved(held, own, group)
  if held.section ~= own.section or is_by_number(own.section, group) then
    return held.section ~= own.section
  end
  return held.rank.section ~= own.rank.section or held.rank.priority ~= own.rank.priority
end

---@type table<string, integer>
local POSITIONS = {}
for position, name in ipairs(order.SECTIONS) do
  POSITIONS[name] = position
end

--- Orders sections: by need, else by name with the ended tasks last.
local function is_section_before(a, b, group)
  if group == 'need' then
    return POSITIONS[a.name] < POSITIONS[b.name]
  elseif (a.name == 'ended') ~= (b.name == 'ended') then
    return b.name == 'ended'
  end
  return a.position < b.position
end

---@param a chorus.Rank
---@param b chorus.Rank
local function is_number_before(a, b)
  if a.number ~= b.number then
    return a.number < b.number
  end
  return a.project < b.project
end

--- Whether a section is folded. One without a heading never is, and a filter shows all that it leaves.
---@param section chorus.WorklistSection
---@param sections chorus.WorklistSection[]
---@param options chorus.WorklistOptions
---@return boolean
local function is_folded(section, sections, options)
  local set = options.folds[section.name]
  if section.title == '' or (options.filter and options.filter ~= '') then
    return false
  elseif set ~= nil then
    return set
  elseif section.name == 'not_started' then
    local is_alone = vim.iter(sections):all(function(other)
      return other == section or other.name == 'ended'
    end)
    return section.count > MOST_NOT_STARTED and not is_alone
  end
  return section.name == 'ended'
end

--- The sections and their tasks.
---@param tasks chorus.Task[]
---@param options chorus.WorklistOptions
---@return chorus.Worklist
function M.plan(tasks, options)
  local tests = filter.parse(options.filter or '', options.is_typing)
  local by_name, sections = {}, {}
  local held, moved, counts = options.held, {}, {}
  -- One table for all calls: five hundred tasks would make as much garbage with each change.
  local ranks = options.cache and options.cache.ranks or {}
  for task in pairs(ranks) do
    ranks[task] = nil
  end
  for _, task in ipairs(tasks) do
    local is_held = held ~= nil and held.uuid == task.uuid
    if is_held or filter.matches(tests, task) then
      local place = M.place(task, options)
      counts[place.section] = (counts[place.section] or 0) + 1
      if is_held then
        moved[task.uuid] = has_moved(held, place, options.group) or nil
        place = held
      end
      local section = by_name[place.section]
      if not section then
        section = { name = place.section, title = place.title, position = place.position, tasks = {} }
        by_name[place.section], sections[#sections + 1] = section, section
      end
      section.tasks[#section.tasks + 1] = task
      ranks[task] = place.rank
    end
  end
  table.sort(sections, function(a, b)
    return is_section_before(a, b, options.group)
  end)
  for _, section in ipairs(sections) do
    local is_before = is_by_number(section.name, options.group) and is_number_before or order.is_before
    table.sort(section.tasks, function(a, b)
      return is_before(ranks[a], ranks[b])
    end)
    section.count = counts[section.name] or 0
  end
  for _, section in ipairs(sections) do
    section.is_folded = is_folded(section, sections, options)
  end
  return { sections = sections, moved = moved }
end

return M
