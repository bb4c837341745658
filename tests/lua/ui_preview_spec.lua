local helpers = require('helpers')
local world = require('ui_world')

describe('preview', function()
  local dashboard

  before_each(function()
    world.start()
    world.replies.task_output = function(params)
      return nil,
        {
          task = params.task,
          columns = 80,
          rows = 4,
          lines = { 'old', 'of ' .. params.task, '', '' },
          alternate = false,
        }
    end
    world.replies.task_show = function(params)
      local task = require('chorus.tasks').get(params.task)
      return nil,
        {
          task = vim.tbl_extend('force', task, { description = 'Why ' .. task.title .. '\nis needed' }),
          requests = {},
          commits = {},
          journal = { { at = world.now, what = 'created', who = 'person', text = 'Created as `it`' } },
        }
    end
    world.replies.task_watch = function()
      return nil, {}
    end
    dashboard = require('chorus.ui.tasks.dashboard')
  end)

  local function agent(status, kind)
    return { agent_status = { status = status, kind = kind, detail = {}, since = world.now - 120000 } }
  end

  ---@return integer? window
  local function window()
    for _, each in ipairs(vim.api.nvim_list_wins()) do
      if vim.b[vim.api.nvim_win_get_buf(each)].chorus_view == 'preview' then
        return each
      end
    end
  end

  local function shown()
    return window() and table.concat(world.lines(vim.api.nvim_win_get_buf(window())), '\n') or ''
  end

  local function wait_shown(words)
    world.wait(function()
      return shown():find(words, 1, true)
    end, words)
  end

  --- Which streams were begun and ended, such as `+uuid-1`.
  local function streams()
    local found = {}
    for _, asked in ipairs(world.asked) do
      if asked[1] == 'task_watch' then
        found[#found + 1] = (asked[2].on and '+' or '-') .. asked[2].task
      end
    end
    return table.concat(found, ' ')
  end

  it('shows the request, the screen or the page of the task under the cursor, and takes no focus', function()
    world.know({
      world.task(1, vim.tbl_extend('force', agent('waiting', 'permission'), { requests = 1 })),
      world.task(2, agent('idle')),
      world.task(3, { status = 'pending' }),
    }, { world.request('r1', 1) })
    dashboard.open()
    local list = vim.api.nvim_get_current_win()
    wait_shown('$ rm -rf build')
    assert.is_truthy(vim.wo[window()].winbar:find('#1', 1, true))
    world.press('j')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    wait_shown('of uuid-2')
    world.press('j')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    wait_shown('Why Task 3\n  is needed')
    wait_shown('Created as `it`')
    assert.are.equal(list, vim.api.nvim_get_current_win())
  end)

  it('draws only where the cursor rests', function()
    local tasks = {}
    for number = 1, 15 do
      tasks[number] = world.task(number, agent('idle'))
    end
    world.know(tasks)
    dashboard.open()
    for _ = 1, 10 do
      world.press('j')
      vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    end
    wait_shown('of uuid-11')
    local asked = vim.tbl_filter(function(each)
      return each[1] == 'task_output'
    end, world.asked)
    assert.are.same({ { 'task_output', { task = 'uuid-11', history = 50 } } }, asked)
  end)

  it('follows what comes: a request, its answer, a new screen', function()
    world.know({ world.task(1, agent('idle')) })
    dashboard.open()
    wait_shown('of uuid-1')
    world.event('request_opened', world.request('r1', 1))
    wait_shown('$ rm -rf build')
    world.event('request_closed', world.request('r1', 1))
    wait_shown('of uuid-1')
    world.replies.task_output = function(params)
      return nil, { task = params.task, columns = 80, rows = 1, lines = { 'newer' }, alternate = false }
    end
    world.event('task_changed', world.task(1, vim.tbl_extend('force', agent('idle'), { revision = 2 })))
    wait_shown('newer')
  end)

  it('streams a busy screen while the person is in the dashboard, and at no other time', function()
    world.know({ world.task(1, agent('busy')), world.task(2, agent('idle')) })
    dashboard.open()
    world.wait(function()
      return streams() == '+uuid-1'
    end)
    wait_shown('of uuid-1')
    world.event('output', { task = 'uuid-1', columns = 80, rows = 1, lines = { 'a new line' }, alternate = false })
    wait_shown('a new line')
    world.press('G')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.wait(function()
      return streams() == '+uuid-1 -uuid-1'
    end)
    world.press('gg')
    world.press('j')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.wait(function()
      return streams() == '+uuid-1 -uuid-1 +uuid-1'
    end)
    vim.cmd.new()
    assert.are.equal('+uuid-1 -uuid-1 +uuid-1 -uuid-1', streams())
  end)

  it('shows the page where there is no screen', function()
    world.replies.task_output = function()
      return { code = 'wrong_state', message = 'no pane' }
    end
    world.know({ world.task(1, agent('idle')) })
    dashboard.open()
    wait_shown('Why Task 1')
  end)

  it('shows the end of a long screen', function()
    world.replies.task_output = function(params)
      local lines = {}
      for line = 1, 60 do
        lines[line] = ('\27[32mline %d\27[0m'):format(line)
      end
      vim.list_extend(lines, { '', '', '' })
      return nil, { task = params.task, columns = 80, rows = 40, lines = lines, alternate = false }
    end
    world.know({ world.task(1, agent('idle')) })
    dashboard.open()
    wait_shown('line 60')
    assert.is_true(#world.lines(vim.api.nvim_win_get_buf(window())) <= vim.api.nvim_win_get_height(window()))
    assert.is_nil(shown():find('\27', 1, true))
  end)

  it('is read by who goes to an unread task and rests there', function()
    local delays = {}
    local new_timer = vim.uv.new_timer
    vim.uv.new_timer = function()
      local timer = new_timer()
      return {
        start = function(_, delay, again, run)
          delays[#delays + 1] = delay
          return timer:start(math.min(delay, 60), again, run)
        end,
        close = function()
          timer:close()
        end,
        is_closing = function()
          return timer:is_closing()
        end,
      }
    end
    local function seen()
      return vim.tbl_filter(function(each)
        return each[1] == 'task_seen'
      end, world.asked)
    end
    local unread = vim.tbl_extend('force', agent('idle'), { unread = true })
    world.know({ world.task(1, unread), world.task(2, unread) })
    dashboard.open()
    wait_shown('of uuid-1')
    vim.wait(100)
    assert.are.same({}, seen())
    world.press('j')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.wait(function()
      return #seen() == 1
    end)
    vim.uv.new_timer = new_timer
    assert.are.same({ { 'task_seen', { task = 'uuid-2' } } }, seen())
    assert.is_true(vim.list_contains(delays, 2000))
  end)

  it('is shown and hidden by a key, and stays hidden', function()
    world.know({ world.task(1, agent('idle')) })
    dashboard.open()
    assert.is_truthy(window())
    world.press('P')
    assert.is_nil(window())
    vim.cmd.enew()
    dashboard.open()
    assert.is_nil(window())
    world.press('P')
    wait_shown('of uuid-1')
  end)

  it('goes with the dashboard, and comes back with it', function()
    vim.cmd.edit('some_file')
    world.know({ world.task(1, agent('idle')) })
    dashboard.open()
    wait_shown('of uuid-1')
    world.press('q')
    assert.are.equal('some_file', vim.fn.expand('%:t'))
    world.wait(function()
      return not window()
    end)
    assert.are.equal(1, #vim.api.nvim_list_wins())
    dashboard.open()
    wait_shown('of uuid-1')
    vim.cmd.split('some_file')
    vim.cmd.wincmd('p')
    vim.cmd.quit()
    world.wait(function()
      return not window()
    end)
    assert.are.equal('some_file', vim.fn.expand('%:t'))
  end)

  it('opens where the options say', function()
    local plan = require('chorus.ui.tasks.preview_plan')
    assert.are.same({ split = 'right', width = 96 }, plan.place('auto', 200, 50))
    assert.are.same({ split = 'below', height = 16 }, plan.place('auto', 120, 40))
    assert.are.same({ split = 'below', height = 8 }, plan.place('auto', 80, 21))
    assert.is_nil(plan.place('auto', 80, 12))
    assert.are.equal('below', plan.place('below', 200, 12).split)
    assert.are.equal('right', plan.place('beside', 80, 12).split)
    vim.g.chorus = { dashboard = { preview = 'off' } }
    require('chorus.config').reset()
    world.know({ world.task(1, agent('idle')) })
    dashboard.open()
    assert.is_nil(window())
    world.press('P')
    assert.is_truthy(window())
  end)

  it('shows the request before it is allowed, and opens pages in the window of the dashboard', function()
    world.know({ world.task(1, { requests = 1 }) }, { world.request('r1', 1) })
    dashboard.open()
    local list = vim.api.nvim_get_current_win()
    wait_shown('$ rm -rf build')
    world.asked = {}
    vim.api.nvim_set_current_win(window() --[[@as integer]])
    assert.are.same({ 1, 'uuid-1' }, { vim.b.chorus_task, vim.b.chorus_uuid })
    world.press('a')
    assert.are.same({}, world.asked)
    assert.are.equal('editor', vim.api.nvim_win_get_config(0).relative)
    assert.is_truthy(table.concat(world.lines(), '\n'):find('$ rm -rf build', 1, true))
    world.press('q')
    vim.api.nvim_set_current_win(window() --[[@as integer]])
    world.press('p')
    assert.are.equal('chorus://task/1', vim.api.nvim_buf_get_name(0))
    assert.are.equal(list, vim.api.nvim_get_current_win())
    world.wait(function()
      return not window()
    end)
    assert.are.equal(1, #vim.api.nvim_list_wins())
  end)

  it('keeps its window for its buffer, and leaves it to the person who shows another one there', function()
    world.know({ world.task(1, agent('idle')), world.task(2, agent('idle')) })
    dashboard.open()
    wait_shown('of uuid-1')
    local list, its = vim.api.nvim_get_current_win(), window() --[[@as integer]]
    vim.api.nvim_set_current_win(its)
    assert.is_false((pcall(vim.cmd.edit, 'some_file')))
    vim.cmd.edit({ 'some_file', bang = true })
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'typed' })
    helpers.settle()
    vim.api.nvim_set_current_win(list)
    world.press('j')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.tell('ChorusTaskChanged', {})
    helpers.settle()
    assert.are.equal('', vim.wo[its].winbar)
    assert.is_false(vim.wo[its].winfixbuf)
    world.press('q')
    assert.is_true(vim.api.nvim_win_is_valid(its))
    assert.are.same({ 'typed' }, vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(its), 0, -1, false))
    vim.cmd('silent! %bwipeout!')
  end)

  it('leaves the stream to a window with the output, and asks for the screen instead', function()
    vim.g.chorus = { output = { window = 'split' } }
    require('chorus.config').reset()
    world.know({ world.task(1, agent('busy')) })
    local file = vim.api.nvim_get_current_win()
    require('chorus.ui.pane.output').open(require('chorus.tasks').get(1))
    local output = vim.api.nvim_get_current_buf()
    local defer, polls = vim.defer_fn, {}
    vim.defer_fn = function(run, milliseconds)
      if milliseconds == 1000 then
        polls[#polls + 1] = run
      end
      return defer(function() end, 0)
    end
    vim.api.nvim_set_current_win(file)
    dashboard.open()
    if not window() then
      world.press('P')
    end
    wait_shown('of uuid-1')
    world.wait(function()
      return #polls > 0
    end)
    world.event('output', { task = 'uuid-1', columns = 80, rows = 1, lines = { 'a new line' }, alternate = false })
    world.wait(function()
      return table.concat(world.lines(output), '\n'):find('a new line', 1, true)
    end)
    assert.is_nil(shown():find('a new line', 1, true))
    world.replies.task_output = function(params)
      return nil, { task = params.task, columns = 80, rows = 1, lines = { 'asked for' }, alternate = false }
    end
    polls[#polls]()
    wait_shown('asked for')
    assert.are.equal('+uuid-1', streams())
    vim.defer_fn = defer
    vim.api.nvim_set_current_win(vim.fn.bufwinid(output))
    world.press('q')
    vim.api.nvim_set_current_win(file)
    dashboard.redraw()
    world.wait(function()
      return streams() == '+uuid-1 -uuid-1 +uuid-1'
    end)
    world.tell('ChorusConnected', {})
    world.wait(function()
      return streams() == '+uuid-1 -uuid-1 +uuid-1 +uuid-1'
    end)
  end)

  it('is still wanted after its tab page was closed', function()
    world.know({ world.task(1, agent('idle')) })
    vim.cmd.tabnew()
    dashboard.open()
    wait_shown('of uuid-1')
    vim.cmd.tabclose()
    world.wait(function()
      return not window()
    end)
    helpers.settle()
    dashboard.open()
    world.press('j')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    wait_shown('of uuid-1')
    vim.api.nvim_win_close(window() --[[@as integer]], true)
    helpers.settle()
    vim.cmd.enew()
    dashboard.open()
    assert.is_nil(window())
  end)

  it('is left out where the screen has no room for a window', function()
    world.know({ world.task(1, agent('idle')) })
    local open = vim.api.nvim_open_win
    vim.api.nvim_open_win = function() -- luacheck: ignore
      error('Vim:E36: Not enough room')
    end
    dashboard.open()
    world.press('P')
    vim.api.nvim_open_win = open -- luacheck: ignore
    assert.is_nil(window())
    assert.are.same({ { 'info', 'the screen has no room for the preview' } }, world.notified)
  end)

  it('shows the prompts that wait below the request that they wait for', function()
    world.replies.task_prompts = function()
      local prompt = { id = 1, text = 'and then the tests', raw = false, sending = false, queued_at = world.now }
      return nil, { waiting = { prompt }, sent = {} }
    end
    world.know({ world.task(1, { requests = 1, queued = 1 }) }, { world.request('r1', 1) })
    dashboard.open()
    world.wait(function()
      return shown():find('$ rm -rf build', 1, true) and shown():find('and then the tests', 1, true)
    end, 'request and prompt')
  end)
end)
