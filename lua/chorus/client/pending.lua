--- Requests to the daemon that have no answer yet, in order.

local M = {}

---@class chorus.Waiting
---@field method string
---@field params table
---@field on_reply fun(err?: chorus.Failure, result?: any)

local last_id = 0
---@type table<integer, chorus.Waiting>
local sent = {}
--- Requests made before the handshake was done.
---@type chorus.Waiting[]
local queue = {}
--- Callbacks for the first snapshot, or for its failure.
---@type fun(err?: chorus.Failure)[]
local waiters = {}

--- Calls back after the current turn of the main loop.
---@param callback function
function M.later(callback, ...)
  local arguments, count = { ... }, select('#', ...)
  vim.schedule(function()
    callback(unpack(arguments, 1, count))
  end)
end

--- Records a request that is about to be sent.
---@param asked chorus.Waiting
---@return integer id
function M.add(asked)
  last_id = last_id + 1
  sent[last_id] = asked
  return last_id
end

--- Removes and returns the request with this id.
---@param id integer
---@return chorus.Waiting?
function M.take(id)
  local asked = sent[id]
  sent[id] = nil
  return asked
end

--- Keeps a request until the handshake is done.
---@param asked chorus.Waiting
function M.keep(asked)
  queue[#queue + 1] = asked
end

--- Removes and returns the requests that waited for the handshake, in order.
---@return chorus.Waiting[]
function M.take_kept()
  local kept = queue
  queue = {}
  return kept
end

--- Calls `on_ready` once the first snapshot is in, or with the reason why it is not.
---@param on_ready fun(err?: chorus.Failure)
function M.wait_for_snapshot(on_ready)
  waiters[#waiters + 1] = on_ready
end

--- Reports the snapshot, or why there is none.
---@param err? chorus.Failure
function M.notify_waiters(err)
  local told = waiters
  waiters = {}
  for _, waiter in ipairs(told) do
    M.later(waiter, err)
  end
end

--- Whether something waits for a connection.
---@return boolean
function M.wants_connection()
  return #queue > 0 or #waiters > 0
end

--- Whether every request has been answered.
---@return boolean
function M.is_empty()
  return next(sent) == nil and #queue == 0
end

--- Fails everything that waits.
---@param err chorus.Failure
function M.fail_all(err)
  local failed = {}
  local ids = vim.tbl_keys(sent)
  table.sort(ids)
  for _, id in ipairs(ids) do
    failed[#failed + 1] = sent[id].on_reply
  end
  for _, each in ipairs(queue) do
    failed[#failed + 1] = each.on_reply
  end
  vim.list_extend(failed, waiters)
  sent, queue, waiters = {}, {}, {}
  for _, on_reply in ipairs(failed) do
    M.later(on_reply, err)
  end
end

return M
