--- The grammar of `:Chorus`: reading a command line and completing it.

local find = require('chorus.verbs.find')

local M = {}

--- In the order of the help.
M.verbs = require('chorus.verbs.table')

---@return string[]
local function names()
  return vim.tbl_map(function(each)
    return each.name
  end, M.verbs)
end

--- Splits what follows a verb into the task and the rest. Numbers name tasks, then one filter word may; `--` ends the
--- task, so that a text may begin with either.
---@param found chorus.Verb
---@param line string
---@return string? task
---@return string args
function M.split(found, line)
  if found.takes == 'nothing' then
    return nil, line
  end
  local words, rest = {}, vim.trim(line)
  while rest ~= '' do
    local word, after = rest:match('^(%S+)%s*(.*)$')
    local is_number = word:match('^#?%d+,?$') or word:match('^#?%d+[,#%d]*%d$')
    if word == '--' then
      rest = after
      break
    elseif is_number and (found.takes == 'many' or #words == 0) then
      words[#words + 1] = word
    elseif #words == 0 and require('chorus.tasks.filter').is_filter(word) then
      words[1], rest = word, after
      rest = rest:gsub('^%-%-%s*', '')
      break
    else
      break
    end
    rest = after
  end
  return #words > 0 and table.concat(words, ' ') or nil, rest
end

---@param call { range: integer, line1: integer, line2: integer }
---@return { first: integer, last: integer }?
local function range_of(call)
  return call.range > 0 and { first = call.line1, last = call.line2 } or nil
end

--- The place for a window that `:tab`, `:vertical`, `:botright` and the like ask for.
---@param mods table
---@return table? as `nvim_cmd` takes it
local function place_of(mods)
  if not mods or (mods.tab < 0 and not mods.vertical and not mods.horizontal and mods.split == '') then
    return nil
  end
  return { tab = mods.tab, vertical = mods.vertical, horizontal = mods.horizontal, split = mods.split }
end

---@param found chorus.Verb
---@param line string
---@param call table
---@param bang boolean
local function run(found, line, call, bang)
  local message = require('chorus.message')
  if bang and found.bang == '' then
    return message.fail(('`!` means nothing to `%s`'):format(found.name))
  end
  local task, args = M.split(found, line)
  if args ~= '' and found.rest == '' then
    local usage = (':Chorus %s%s'):format(found.name, found.takes ~= 'nothing' and ' [task]' or '')
    return message.fail(('`%s` does not take `%s`'):format(found.name, args), ('use `%s`'):format(usage))
  end
  local range = found.range and range_of(call) or nil
  require('chorus.attach').features()
  require('chorus.verbs').run(
    found.name,
    { task = task, args = args, bang = bang, range = range, place = place_of(call.smods) }
  )
end

--- `:Chorus [verb] …`
---@param call table as `nvim_create_user_command` gives it
function M.run(call)
  local name, bang, line = call.args:match('^%s*([^%s!]*)(!?)%s*(.*)$')
  if name == '' then
    name = 'dashboard'
  end
  local found = find(name)
  if not found then
    local near = require('chorus.nearest')(name, names())
    local hint = near and ('did you mean `:Chorus %s`?'):format(near) or '`:Chorus <Tab>` lists the verbs'
    return require('chorus.message').fail(('unknown command `%s`'):format(name), hint)
  end
  run(found, line, call, call.bang or bang == '!')
end

--- `:ChorusStart …` and the like.
---@param name string
---@param call table
function M.run_verb(name, call)
  run(assert(find(name)), call.args, call, call.bang)
end

---@param lead string
---@param words string[]
---@return string[]
local function starting_with(lead, words)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, words)
end

--- Words for a verb's task argument: numbers of tasks the verb applies to, filters, tags.
---@param found chorus.Verb
---@return string[]
local function task_words(found)
  local target, tasks = require('chorus.verbs.target'), require('chorus.tasks')
  local words, tags = {}, {}
  for _, task in ipairs(target.candidates(found)) do
    words[#words + 1] = tostring(task.number)
  end
  if found.takes == 'many' then
    vim.list_extend(words, require('chorus.tasks.filter').words())
    for _, task in ipairs(tasks.all()) do
      for _, tag in ipairs(task.tags) do
        tags['+' .. tag] = true
      end
    end
    local sorted = vim.tbl_keys(tags)
    table.sort(sorted)
    vim.list_extend(words, sorted)
  end
  return words
end

--- Words that may follow the task.
---@param found chorus.Verb
---@return string[]
local function rest_words(found)
  return found.name == 'diff' and { 'stack', 'turn', 'uncommitted' } or {}
end

--- Completes `:Chorus` and `:Chorus<Verb>`.
---@param lead string
---@param line string
---@param position integer
---@return string[]
function M.complete(lead, line, position)
  local before = line:sub(1, position - #lead)
  local command, rest = before:match('Chorus(%a*)!?%s+(.*)$')
  if not command then
    return {}
  end
  local name = command:lower()
  if command == '' then
    name, rest = rest:match('^([^%s!]+)!?%s+(.*)$')
    if not name then
      return starting_with(lead, names())
    end
  end
  local found = find(name)
  if not found then
    return {}
  end
  if found.name == 'docs' then
    local words = { 'instructions', 'plans', 'communication', 'context', 'general', 'new' }
    return rest == '' and starting_with(lead, words) or {}
  end
  if found.takes == 'nothing' then
    local words = {}
    if rest == '' and found.rest == '[filter]' then
      words = require('chorus.tasks.filter').words()
    elseif rest == '' and found.rest == '[task]' then
      words = task_words(found)
    elseif rest == '' and found.name == 'policy' then
      words = { 'test' }
    end
    return starting_with(lead, words)
  end
  local task, args = M.split(found, rest)
  if args ~= '' or rest:find('%-%-') then
    return {}
  elseif task and found.takes == 'one' then
    return starting_with(lead, rest_words(found))
  end
  local given = vim.split(task or '', '%s+', { trimempty = true })
  if given[1] and not given[1]:match('^#?%d') then
    return {}
  end
  local words = vim.tbl_filter(function(word)
    return not vim.list_contains(given, word) and (#given == 0 or word:match('^%d') ~= nil)
  end, task_words(found))
  vim.list_extend(words, rest_words(found))
  return starting_with((lead:gsub('^#', '')), words)
end

return M
