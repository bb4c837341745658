--- A task's state in one line: words, mark and highlight group. Pure, apart from the configured icons.
local fits = require('chorus.tasks.fits')
local order = require('chorus.tasks.order')
local text = require('chorus.text')

local M = {}

--- Highlight groups of statuses that do not come from an agent.
local LIFE = { pending = 'ChorusPending', completed = 'ChorusCompleted', failed = 'ChorusFailed' }

local ERRORS = { rate_limit = 'rate limit', server = 'api error', request = 'refused' }

--- Whether the task's agent has finished a turn that nobody has seen, and needs nothing else.
---@param task chorus.Task
---@return boolean
local function is_unread(task)
  return task.unread == true and task.agent_status.status == 'idle'
end

--- One or two words, at most eleven cells.
---@param task chorus.Task
---@return string
function M.word(task)
  if LIFE[task.status] then
    return task.status
  end
  local state = task.agent_status
  local detail = state.detail or {}
  if is_unread(task) then
    return 'unread'
  elseif state.status == 'waiting' then
    return state.kind or 'waiting'
  elseif state.status == 'login_required' then
    return 'login'
  elseif state.status == 'error' then
    return ERRORS[state.kind] or 'error'
  elseif state.status == 'busy' and detail.retry then
    return 'retrying'
  elseif state.status == 'exited' then
    if state.kind == 'code' and detail.code then
      return 'exit ' .. detail.code
    elseif state.kind == 'signal' and detail.signal then
      return 'signal ' .. detail.signal
    end
    return (state.kind == 'suspended' or state.kind == 'lost') and state.kind or 'exited'
  end
  return state.status
end

--- The mark before the word.
---@param task chorus.Task
---@return string
function M.icon(task)
  local name = LIFE[task.status] and task.status or is_unread(task) and 'unread' or task.agent_status
  return require('chorus.icons').of(name)
end

--- The highlight group of mark and word.
---@param task chorus.Task
---@return string
function M.group(task)
  if LIFE[task.status] then
    return LIFE[task.status]
  end
  return is_unread(task) and 'ChorusUnread' or require('chorus.highlight').of_status(task.agent_status)
end

--- When the state began, in milliseconds since the epoch.
M.since = order.since

--- An agent that works is quiet when nothing was heard of it for so long, in milliseconds.
local QUIET = 180000

--- How long nothing was heard of a busy agent, as `quiet 9m`; empty for a short while.
---@param task chorus.Task
---@param now integer milliseconds since the epoch
---@return string
function M.quiet(task, now)
  local heard = task.agent_status.status == 'busy' and (task.agent_status.detail or {}).heard_at
  return heard and now - heard >= QUIET and 'quiet ' .. text.age(now - heard) or ''
end

--- What a busy agent does: the retry, the tool in hand, else the last prompt. The prompt that only names the task says no
--- more than its title.
---@param detail chorus.Detail
---@param title string
---@return string
local function doing(detail, title)
  local tool, summary = text.clean(detail.tool), text.clean(detail.summary)
  if detail.retry then
    return text.clean(detail.retry)
  elseif tool ~= '' then
    return summary ~= '' and tool .. ': ' .. summary or tool
  end
  local prompt = text.clean(detail.prompt or detail.message)
  local is_chorus_own = prompt:find('^%a[%a ]+ task #%d+: ') and vim.endswith(prompt, text.clean(title))
  return summary ~= '' and summary or is_chorus_own and '' or prompt
end

--- The most useful line about a task: the open request, the retry, the last message, or the result.
---@param task chorus.Task
---@param request? chorus.Opened the oldest open request
---@return string # clean, not cut
function M.summary(task, request)
  local parts = {}
  local detail = task.agent_status.detail or {}
  if request then
    local summary = text.clean(request.summary)
    local tool = text.clean(request.tool)
    if tool ~= '' and summary:sub(1, #tool) ~= tool and request.kind == 'permission' then
      summary = tool .. ': ' .. summary
    end
    parts[1] = summary
    if (task.requests or 0) > 1 then
      parts[2] = ('(+%d more)'):format(task.requests - 1)
    end
  elseif fits.ended(task) then
    parts[1] = text.clean(task.result)
  elseif task.status ~= 'pending' then
    local is_busy = task.agent_status.status == 'busy'
    parts[1] = is_busy and doing(detail, task.title) or text.clean(detail.retry or detail.summary or detail.message)
    if detail.background then
      parts[#parts + 1] = ('(%s still running)'):format(text.clean(detail.background, 20))
    end
  end
  if (task.queued or 0) > 0 then
    parts[#parts + 1] = ('(%d queued)'):format(task.queued)
  end
  return vim.trim(table.concat(parts, ' '))
end

--- A task's commits and files with uncommitted edits, as `⎇ 3 ✎ 2`, after a mark for trouble; empty without any.
---@param task chorus.Task
---@return string
function M.edits(task)
  local icon = require('chorus.icons').of
  local parts = { task.trouble and icon('trouble') or nil }
  if task.commits > 0 then
    parts[#parts + 1] = icon('branch') .. ' ' .. task.commits
  end
  if task.uncommitted > 0 then
    parts[#parts + 1] = icon('edited') .. ' ' .. task.uncommitted
  end
  return table.concat(parts, ' ')
end

--- Other tasks with uncommitted edits in the same files, as `with #4 #5`; empty without any.
---@param task chorus.Task
---@return string
function M.overlaps(task)
  return #task.overlaps > 0 and 'with #' .. table.concat(task.overlaps, ' #') or ''
end

--- Unclaimed edits that may be the task's, as `2 unclaimed edits may be of it`; empty without any.
---@param task chorus.Task
---@return string
function M.unclaimed(task)
  local count = task.unclaimed or 0
  return count > 0 and require('chorus.phrase').count(count, 'unclaimed edit') .. ' may be of it' or ''
end

--- Labels that always stand before a task's title.
---@param task chorus.Task
---@return chorus.Chunk[]
function M.labels(task)
  local labels = {}
  if task.demo then
    labels[#labels + 1] = { '[demo] ', 'ChorusDemo' }
  end
  if task.isolation_reason and not fits.ended(task) then
    local icon = require('chorus.icons').of('trouble')
    labels[#labels + 1] = { icon .. ' not isolated ', 'ChorusTrouble' }
  end
  if task.permission_mode == 'bypassPermissions' then
    labels[#labels + 1] = { '[asks nothing] ', 'ChorusBypass' }
  end
  if task.muted then
    labels[#labels + 1] = { require('chorus.icons').of('muted') .. ' ', 'ChorusHint' }
  end
  return labels
end

--- `#12 Fix the login flow` and its state, for the title of a window.
---@param task chorus.Task
---@param now integer milliseconds since the epoch
---@return chorus.Chunk[]
function M.title(task, now)
  local chunks = {
    { (' #%d  '):format(task.number), 'ChorusNumber' },
    { M.icon(task) .. ' ' .. M.word(task), M.group(task) },
    { ' ' .. text.age(now - M.since(task)) .. '  ', 'ChorusAge' },
  }
  vim.list_extend(chunks, M.labels(task))
  chunks[#chunks + 1] = { text.clean(task.title) .. ' ', 'ChorusTitle' }
  return chunks
end

--- Milliseconds since the epoch.
---@return integer
function M.now()
  local seconds, microseconds = vim.uv.gettimeofday()
  return math.floor(seconds * 1000 + microseconds / 1000)
end

return M
