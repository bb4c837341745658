--- Listening on behalf of a buffer, for as long as the buffer lives; and running callbacks less often.
local M = {}

--- Timers by the buffer that they run for.
---@type table<integer, uv.uv_timer_t[]>
local timers = {}

---@param buffer integer
---@return string
local function group_of(buffer)
  return 'chorus_listen_' .. buffer
end

--- Ends all that listens for a buffer: it was unloaded, say, and is set up again.
---@param buffer integer
function M.end_all(buffer)
  pcall(vim.api.nvim_del_augroup_by_name, group_of(buffer))
  for _, timer in ipairs(timers[buffer] or {}) do
    if not timer:is_closing() then
      timer:close()
    end
  end
  timers[buffer] = nil
end

--- The group of a buffer's autocommands here. All ends when the buffer is wiped out.
---@param buffer integer
---@return integer group
local function open_group(buffer)
  local group = vim.api.nvim_create_augroup(group_of(buffer), { clear = false })
  if #vim.api.nvim_get_autocmds({ group = group, event = 'BufWipeout', buffer = buffer }) == 0 then
    vim.api.nvim_create_autocmd('BufWipeout', {
      group = group,
      buffer = buffer,
      callback = function()
        M.end_all(buffer)
      end,
    })
  end
  return group
end

--- Calls `handle(data, event)` for `User` events of these names, until the buffer is wiped out.
---@param buffer integer
---@param events string[] such as `ChorusTaskChanged`
---@param handle fun(data: table, event: string)
function M.to(buffer, events, handle)
  vim.api.nvim_create_autocmd('User', {
    group = open_group(buffer),
    pattern = events,
    callback = function(event)
      if vim.api.nvim_buf_is_valid(buffer) then
        handle(event.data or {}, event.match)
      end
    end,
  })
end

--- Wraps `run` so that all calls in one turn of the main loop lead to one run after it.
---@param run fun()
---@return fun()
function M.once_per_turn(run)
  local is_due = false
  return function()
    if is_due then
      return
    end
    is_due = true
    vim.schedule(function()
      is_due = false
      run()
    end)
  end
end

--- The next run waits this many times as long as the last one blocked the main loop, so that Neovim stays responsive.
local REST = 20

--- Wraps `run(done)` so that it never overlaps itself: all calls before `done(held)` lead to one run after it, at least
--- `pause` milliseconds later. `held` is how long the run blocked the main loop, in milliseconds.
---@param pause integer
---@param run fun(done: fun(held?: number))
---@return fun()
function M.one_at_a_time(pause, run)
  local is_running, is_due = false, false
  local function go()
    if is_running then
      is_due = true
      return
    end
    is_running, is_due = true, false
    run(function(held)
      vim.defer_fn(function()
        is_running = false
        if is_due then
          go()
        end
      end, math.max(pause, math.floor((held or 0) * REST)))
    end)
  end
  return go
end

--- Returns a function that queues jobs: `job(done)` is called once every earlier job has called its `done`.
---@return fun(job: fun(done: fun()))
function M.in_turn()
  local jobs, is_running = {}, false
  local function go()
    local job = table.remove(jobs, 1)
    is_running = job ~= nil
    if job then
      job(go)
    end
  end
  return function(job)
    jobs[#jobs + 1] = job
    if not is_running then
      go()
    end
  end
end

--- Calls `run` every `seconds` until the buffer is wiped out.
---@param buffer integer
---@param seconds integer
---@param run fun()
function M.every(buffer, seconds, run)
  open_group(buffer)
  local timer = assert(vim.uv.new_timer())
  timers[buffer] = timers[buffer] or {}
  table.insert(timers[buffer], timer)
  timer:start(
    seconds * 1000,
    seconds * 1000,
    vim.schedule_wrap(function()
      if vim.api.nvim_buf_is_valid(buffer) and not timer:is_closing() then
        run()
      end
    end)
  )
end

return M
