--- The words that narrow a list of tasks: `all`, `live`, `unread`, a status with or without `status:` before it, `+tag`,
--- `#12`, and words of the title. Pure; `rust/store/filter.rs` is the other half, and a test compares the two without a
--- Neovim.

local fits = require('chorus.tasks.fits')
local words = require('chorus.contract').words

local M = {}

--- The words, for completion. `+tag`, `#12` and `status:` before a status are understood too.
---@return string[]
function M.words()
  local found, seen = {}, {}
  for _, list in ipairs({ { 'all', 'live', 'unread' }, words.Status, words.AgentStatus }) do
    for _, word in ipairs(list) do
      if not seen[word] then
        seen[word], found[#found + 1] = true, word
      end
    end
  end
  return found
end

local is_word = {}
for _, word in ipairs(M.words()) do
  is_word[word] = true
end

---@param word string
---@return string # without `status:`
local function bare(word)
  return word:match('^status:(.+)$') or word
end

--- Whether a word names tasks by what they are, so that a verb may act on all of them. A word of a title does not.
---@param word string
---@return boolean
function M.is_filter(word)
  return is_word[bare(word)] or word:match('^%+%S+$') ~= nil
end

---@param text string
---@param start string
---@return boolean
local function begins_with(text, start)
  return text:sub(1, #start) == start
end

--- Whether a word, or one that it may become, describes a task's state.
---@param word string
---@param task chorus.Task
---@param is_typing boolean
---@return boolean
local function describes(word, task, is_typing)
  local states = { task.status, task.agent_status.status, task.agent_status.kind or '' }
  states[#states + 1] = task.unread and 'unread' or nil
  states[#states + 1] = fits.live(task) and 'live' or nil
  for _, state in ipairs(states) do
    if state == word or (is_typing and begins_with(state, word)) then
      return true
    end
  end
  return false
end

---@param word string
---@param task chorus.Task
---@return boolean
local function has_state(word, task)
  if word == 'all' then
    return true
  elseif word == 'live' then
    return fits.live(task)
  elseif word == 'unread' then
    return task.unread
  end
  return task.status == word or task.agent_status.status == word
end

---@param task chorus.Task
---@param is_it fun(tag: string): boolean
---@return boolean
local function has_tag(task, is_it)
  for _, tag in ipairs(task.tags) do
    if is_it(tag) then
      return true
    end
  end
  return false
end

--- Whether one word, as `is_filter` knows it, names a task.
---@param filter string
---@param task chorus.Task
---@return boolean
function M.includes(filter, task)
  if filter:sub(1, 1) == '+' then
    return has_tag(task, function(tag)
      return tag == filter:sub(2)
    end)
  end
  return has_state(bare(filter), task)
end

---@param word string # in lower case
---@param task chorus.Task
---@return boolean
local function in_title(word, task)
  return task.title:lower():find(word, 1, true) ~= nil or word == tostring(task.number)
end

--- A test for one word.
---@param word string
---@param is_typing boolean the word may go on
---@return (fun(task: chorus.Task): boolean)?
local function term(word, is_typing)
  local number, lower = word:match('^#(%d*)$'), word:lower()
  if number then
    return number ~= '' and function(task)
      return task.number == tonumber(number)
    end or nil
  elseif word:sub(1, 1) == '+' then
    local wanted = word:sub(2)
    return wanted ~= ''
        and function(task)
          return has_tag(task, function(tag)
            return tag == wanted or (is_typing and begins_with(tag:lower(), wanted:lower()))
          end)
        end
      or nil
  elseif begins_with(word, 'status:') then
    local wanted = word:sub(#'status:' + 1)
    return wanted ~= ''
        and function(task)
          return wanted == 'all' or describes(wanted, task, is_typing)
        end
      or nil
  elseif is_word[word] then
    return function(task)
      return has_state(word, task)
    end
  end
  return function(task)
    return in_title(lower, task)
  end
end

--- Tests for the words of a filter, which must all hold.
---@param text string
---@param is_typing? boolean the last word may not be whole yet
---@return (fun(task: chorus.Task): boolean)[]
function M.parse(text, is_typing)
  local tests, typed = {}, {}
  for word in text:gmatch('%S+') do
    typed[#typed + 1] = word
  end
  for index, word in ipairs(typed) do
    tests[#tests + 1] = term(word, is_typing == true and index == #typed)
  end
  return tests
end

--- Whether all tests hold.
---@param tests (fun(task: chorus.Task): boolean)[] as `parse` gives them
---@param task chorus.Task
---@return boolean
function M.matches(tests, task)
  for _, holds in ipairs(tests) do
    if not holds(task) then
      return false
    end
  end
  return true
end

return M
