--- The words that name several tasks: `all`, `live`, `unread`, a status, `+tag`. Pure; `rust/store/filter.rs` is the other
--- half, and a test compares the two.

local fits = require('chorus.tasks.fits')
local words = require('chorus.contract').words

local M = {}

--- The words, for completion. `+tag` is one too.
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
---@return boolean
function M.is_filter(word)
  return is_word[word] or word:match('^%+%S+$') ~= nil
end

---@param filter string
---@param task chorus.Task
---@return boolean
function M.includes(filter, task)
  if filter == 'all' then
    return true
  elseif filter == 'live' then
    return fits.live(task)
  elseif filter == 'unread' then
    return task.unread
  elseif filter:sub(1, 1) == '+' then
    for _, tag in ipairs(task.tags) do
      if tag == filter:sub(2) then
        return true
      end
    end
    return false
  end
  return task.status == filter or task.agent_status.status == filter
end

return M
