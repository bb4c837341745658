--- When a lost connection is tried again: soon, then less and less often.

local M = {}

--- Milliseconds before the first attempt; each following one waits twice as long, up to the last delay.
local FIRST_DELAY, LAST_DELAY = 100, 10000
--- After a connection that lived this long, the delays begin again with the first.
local GOOD_AFTER = 10000

local attempts = 0
---@type uv.uv_timer_t?
local timer

--- Calls `connect` after a delay, unless an attempt is under way.
---@param connect fun()
function M.later(connect)
  if timer then
    return
  end
  local delay = math.min(FIRST_DELAY * 2 ^ attempts, LAST_DELAY)
  attempts = attempts + 1
  timer = vim.defer_fn(function()
    timer = nil
    connect()
  end, delay)
end

--- Ends the wait for the next attempt.
function M.cancel()
  if timer then
    timer:close()
    timer = nil
  end
end

--- An open connection was lost.
---@param lived integer milliseconds
function M.note_lost(lived)
  if lived > GOOD_AFTER then
    attempts = 0
  end
end

--- Attempts since the last good connection.
---@return integer
function M.attempts()
  return attempts
end

return M
