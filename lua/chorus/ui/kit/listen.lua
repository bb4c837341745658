--- Listening on behalf of a buffer, for as long as the buffer lives; and running callbacks less often.
local M = {}

--- Calls `handle(data, event)` for `User` events of these names, until the buffer is wiped out.
---@param buffer integer
---@param events string[] such as `ChorusTaskChanged`
---@param handle fun(data: table, event: string)
function M.to(buffer, events, handle)
  local group = vim.api.nvim_create_augroup('chorus_listen_' .. buffer, { clear = false })
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = events,
    callback = function(event)
      if vim.api.nvim_buf_is_valid(buffer) then
        handle(event.data or {}, event.match)
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = buffer,
    callback = function()
      pcall(vim.api.nvim_del_augroup_by_id, group)
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
  local timer = assert(vim.uv.new_timer())
  timer:start(
    seconds * 1000,
    seconds * 1000,
    vim.schedule_wrap(function()
      if vim.api.nvim_buf_is_valid(buffer) then
        run()
      elseif not timer:is_closing() then
        timer:close()
      end
    end)
  )
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = buffer,
    once = true,
    callback = function()
      if not timer:is_closing() then
        timer:close()
      end
    end,
  })
end

return M
