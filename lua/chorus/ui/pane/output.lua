--- A task's live output, in a floating window or where the option `output.window` says: a read-only buffer with the
--- pane's colors, so that scrolling, searching and copying work as everywhere. Follows the end; away from the end it
--- stands still, as tmux's copy mode does.
local canvas = require('chorus.ui.kit.canvas')
local docked = require('chorus.ui.kit.docked')
local float = require('chorus.ui.kit.float')
local listen = require('chorus.ui.kit.listen')
local screen = require('chorus.ui.pane.output_rows')
local status = require('chorus.ui.kit.status')
local stream = require('chorus.ui.pane.stream')
local tasks = require('chorus.tasks')

local M = {}

--- Lines of history to request: enough to fill a window while following, and more to scroll through otherwise.
local LITTLE_HISTORY, HISTORY = 300, 2000

--- Least time between two requests for history while the screen scrolls, in milliseconds.
local HISTORY_PAUSE = 1000

---@class chorus.OutputWindow
---@field uuid string
---@field float chorus.Float|chorus.Docked
---@field stream chorus.Stream
---@field columns? integer of the pane, as last seen
---@field memory chorus.ScreenMemory
---@field history string[]
---@field screen string[]
---@field is_alternate boolean
---@field is_following boolean
---@field asked_at integer
---@field is_asking boolean

---@type chorus.OutputWindow?
local shown

local function request(method, params, on_reply)
  require('chorus.client').request(method, params, on_reply or function() end)
end

local function task_of(window)
  return tasks.get(window.uuid)
end

--- Keys worth naming below the window, by what the task needs.
local function hints(window)
  local task = task_of(window)
  local state = task and task.agent_status.status
  local first = {}
  if task and (task.requests or 0) > 0 then
    first = { 'approve', 'deny' }
  elseif state == 'exited' or state == 'error' or state == 'unknown' then
    first = { 'restart', 'explain' }
  elseif state == 'busy' then
    first = { 'interrupt' }
  end
  vim.list_extend(first, { 'send', 'attach', 'explain', 'close', 'help' })
  local chunks = {}
  if not window.is_following then
    chunks[1] = { ' ▼ standing still, G follows ', 'ChorusWaiting' }
  end
  local seen, actions = {}, {}
  for _, action in ipairs(first) do
    if not seen[action] then
      seen[action], actions[#actions + 1] = true, action
    end
  end
  local width = window.float:size() - (window.is_following and 0 or 30)
  return vim.list_extend(chunks, require('chorus.ui.kit.keys').hints('output', actions, width - 2))
end

local function draw_frame(window)
  local task = task_of(window)
  if task and window.float:is_open() then
    window.float:update({ title = status.title(task, status.now()), footer = hints(window) })
    local bar = window.is_alternate and ' The agent draws on the alternate screen, which keeps no history.' or ''
    if window.float.has_border then
      require('chorus.ui.kit.page_buffer').set_bar(window.float.window, bar)
    end
  end
end

local function draw_notice(window, err)
  ---@type chorus.Row[]
  local rows = { canvas.row({}), canvas.row({ '  ', { require('chorus.text').clean(err.message), 'ChorusTitle' } }) }
  if err.hint then
    rows[3] = canvas.row({ '  ', { require('chorus.text').clean(err.hint), 'ChorusHint' } })
  end
  canvas.draw(window.float.buffer, rows)
end

--- Writes history and screen, and keeps the last line at the bottom.
local function draw(window)
  if not window.float:is_open() then
    return
  end
  local lines = vim.list_extend(vim.list_slice(window.history), window.screen)
  canvas.draw(window.float.buffer, screen.rows(lines, (window.float:size()), window.memory))
  if window.is_following then
    vim.api.nvim_win_call(window.float.window, function()
      local last = vim.api.nvim_buf_line_count(window.float.buffer)
      if vim.api.nvim_win_get_cursor(0)[1] ~= last or vim.fn.line('w$') ~= last or vim.fn.line('w0') > 1 then
        vim.api.nvim_win_set_cursor(0, { last, 0 })
        vim.cmd('normal! zb')
      end
    end)
  end
end

local function is_shown(window)
  return shown == window and window.float:is_open()
end

--- Joins fetched history with the older lines that the fetch no longer reaches, at the place where the fetch begins.
local function joined(held, fetched)
  local same = math.min(20, #fetched)
  if same == 0 or #held > screen.MOST_HISTORY then
    return fetched
  end
  for above = 0, #held - same do
    local index = 1
    while index <= same and held[above + index] == fetched[index] do
      index = index + 1
    end
    if index > same then
      return vim.list_extend(vim.list_slice(held, 1, above), fetched)
    end
  end
  return fetched
end

--- Stores a pane's content: the last `rows` lines are the screen, the lines above are history.
local function store(window, output, has_history)
  local first = math.max(#output.lines - output.rows, 0)
  local has_scrolled = window.screen[1] ~= output.lines[first + 1]
  window.screen = vim.list_slice(output.lines, first + 1)
  window.is_alternate, window.columns = output.alternate, output.columns
  if has_history or first > 0 then
    window.history = joined(window.history, vim.list_slice(output.lines, 1, first))
  elseif output.alternate then
    window.history = {}
  end
  return has_scrolled and not has_history
end

--- Requests the whole pane. The reply is drawn even where the window stands still, since it only adds lines between
--- those that stay.
local function ask(window)
  if window.is_asking or not is_shown(window) then
    return
  end
  window.is_asking, window.asked_at = true, vim.uv.now()
  local history = window.is_following and LITTLE_HISTORY or HISTORY
  request('task_output', { task = window.uuid, history = history }, function(err, output)
    window.is_asking = false
    if not is_shown(window) then
      return
    elseif err then
      draw_notice(window, err)
    else
      local is_at_top = not window.is_following and vim.api.nvim_win_get_cursor(window.float.window)[1] == 1
      store(window, output, true)
      draw(window)
      if is_at_top then
        vim.api.nvim_win_set_cursor(window.float.window, { 1, 0 })
      end
    end
    draw_frame(window)
  end)
end

local draw_soon = listen.once_per_turn(function()
  if shown and shown.is_following then
    draw(shown)
    draw_frame(shown)
  end
end)

--- Shows an `output` event, unless the window stands still.
---@param window chorus.OutputWindow
---@param output chorus.Output
local function receive(window, output)
  if not is_shown(window) or not window.is_following then
    return
  end
  -- With another width the history has other lines, too.
  local is_resized = window.columns ~= nil and window.columns ~= output.columns
  local has_scrolled = store(window, output, false)
  draw_soon()
  if is_resized or (has_scrolled and not output.alternate and vim.uv.now() - window.asked_at > HISTORY_PAUSE) then
    ask(window)
  end
end

--- Begins the stream of the screen, in the window's size where the options say so.
---@param window chorus.OutputWindow
local function watch(window)
  if require('chorus.config').get().output.resize then
    local columns, rows = window.float:size()
    -- The bar above the text is a line of the window.
    rows = rows - (vim.wo[window.float.window].winbar ~= '' and 1 or 0)
    window.stream.columns, window.stream.rows = columns, rows
  end
  stream.begin(window.stream)
end

--- Lets the pane take the window's new size.
local watch_resized = listen.once_per_turn(function()
  if shown and shown.float:is_open() and stream.is_running(shown.stream) and shown.stream.columns then
    local columns, rows = shown.float:size()
    local had = shown.stream
    local is_same = had.columns == columns and (had.rows == rows or had.rows == rows - 1)
    if not is_same and require('chorus.config').get().output.resize then
      watch(shown)
    end
  end
end)

--- Whether the person selects or searches, which redrawing would disturb. A prompt or a command that is being typed does
--- not: its window would miss what comes meanwhile, and then no longer be at the end.
local function is_selecting_or_searching()
  local mode = vim.fn.mode()
  return mode ~= 'n' and not (mode == 'c' and vim.fn.getcmdtype():find('[:@]'))
end

--- Follows while the cursor is in the last line and nothing is selected.
local function follow_if_at_end(window)
  local last = vim.api.nvim_buf_line_count(window.float.buffer)
  local is_at_end = vim.api.nvim_win_get_cursor(window.float.window)[1] == last
  local is_following = is_at_end and not is_selecting_or_searching()
  if is_following ~= window.is_following then
    window.is_following = is_following
    ask(window)
    draw_frame(window)
  end
end

local function listen_for(window)
  local buffer = window.float.buffer
  vim.api.nvim_create_autocmd({ 'CursorMoved', 'ModeChanged' }, {
    buffer = buffer,
    callback = function()
      if is_shown(window) and vim.api.nvim_get_current_win() == window.float.window then
        follow_if_at_end(window)
      end
    end,
  })
  listen.to(buffer, { 'ChorusTaskChanged', 'ChorusRequestOpened', 'ChorusRequestClosed' }, function()
    draw_frame(window)
  end)
  listen.to(buffer, { 'ChorusConnected' }, function()
    ask(window)
  end)
  listen.every(buffer, 10, function()
    draw_frame(window)
  end)
  local group = vim.api.nvim_create_augroup('chorus_output', {})
  vim.api.nvim_create_autocmd({ 'TabLeave', 'TabEnter' }, {
    group = group,
    callback = function(event)
      local is_here = window.float:is_open()
        and vim.api.nvim_win_get_tabpage(window.float.window) == vim.api.nvim_get_current_tabpage()
      if is_here and event.event == 'TabEnter' then
        watch(window)
      elseif is_here then
        stream.finish(window.stream)
      end
    end,
  })
end

--- Shows the output of a task. One window shows one task: another task takes its place.
---@param task chorus.Task
---@param where? table as `chorus.ui.kit.place` takes it, in place of what the options say
function M.open(task, where)
  require('chorus.highlight').setup()
  if shown and shown.float:is_open() then
    if shown.uuid == task.uuid then
      vim.api.nvim_set_current_win(shown.float.window)
      return
    end
    shown.float:close()
  end
  local options = require('chorus.config').get().output
  where = where or docked.PLACES[options.window]
  local buffer = float.scratch('output', task.number)
  require('chorus.ui.kit.buffer_task').set(buffer, task.number, task.uuid)
  local window = {
    uuid = task.uuid,
    memory = screen.memory(),
    history = {},
    screen = {},
    is_alternate = false,
    is_following = true,
    asked_at = 0,
    is_asking = false,
  }
  local wish = {
    width = options.width,
    height = options.height,
    title = status.title(task, status.now()),
    on_close = function()
      stream.finish(window.stream)
      if shown == window then
        shown = nil
      end
    end,
    on_resize = function()
      draw(window)
      draw_frame(window)
      watch_resized()
    end,
  }
  window.stream = {
    uuid = task.uuid,
    yields = false,
    receive = function(output)
      receive(window, output)
    end,
    on_refused = function(err)
      if is_shown(window) and err.code ~= 'wrong_state' then
        require('chorus.message').failure(err)
      end
    end,
  }
  window.float = where and docked.open(buffer, wish, where) or float.open(buffer, wish)
  shown = window
  vim.wo[window.float.window][0].wrap = true
  vim.wo[window.float.window][0].linebreak = true
  vim.wo[window.float.window][0].breakindent = true
  vim.wo[window.float.window][0].scrolloff = 0
  vim.wo[window.float.window][0].sidescrolloff = 0
  local answers = require('chorus.ui.requests.answer_keys').of(function()
    return task
  end)
  require('chorus.ui.kit.keys').set('output', buffer, {
    approve = answers.approve,
    deny = answers.deny,
    close = function()
      window.float:close()
    end,
    wrap = function()
      vim.wo[window.float.window].wrap = not vim.wo[window.float.window].wrap
    end,
  }, function()
    return task.uuid
  end)
  listen_for(window)
  draw_frame(window)
  watch(window)
  ask(window)
  require('chorus.ui.kit.report_seen').watch(buffer, task.uuid)
end

return M
