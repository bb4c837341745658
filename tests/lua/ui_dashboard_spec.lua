local world = require('ui_world')

describe('dashboard', function()
  local task_rows, text

  before_each(function()
    world.start()
    task_rows = require('chorus.ui.tasks.dashboard_rows')
    text = require('chorus.text')
  end)

  local function render(tasks, options)
    local rows = task_rows.render(
      tasks,
      vim.tbl_extend('force', {
        width = 80,
        now = world.now,
        requests = {},
        shows_ended = false,
        keys = { new = 'n', ended = '<Tab>', filter = '/' },
      }, options or {})
    )
    return vim.tbl_map(function(row)
      return row.text
    end, rows), rows
  end

  local function agent(status, kind, detail)
    return { agent_status = { status = status, kind = kind, detail = detail or {}, since = world.now - 120000 } }
  end

  describe('rows', function()
    it('say number, state, age, title and what is asked', function()
      local waiting = world.task(12, agent('waiting', 'permission'))
      waiting.title, waiting.status, waiting.requests = 'Fix the login flow', 'waiting', 1
      local lines = render({ waiting }, { requests = { [waiting.uuid] = world.request('r', 12) }, width = 100 })
      assert.are.same({ ' #12  ⚑ permission    2m  Fix the login flow                    Bash: rm -rf build' }, lines)
    end)

    it('name every state', function()
      local status = require('chorus.ui.kit.status')
      for word, task in pairs({
        busy = world.task(1, agent('busy')),
        retrying = world.task(1, agent('busy', nil, { retry = 'attempt 4/10' })),
        idle = world.task(1, agent('idle')),
        unread = world.task(1, vim.tbl_extend('force', agent('idle'), { unread = true })),
        plan = world.task(1, agent('waiting', 'plan')),
        waiting = world.task(1, agent('waiting')),
        login = world.task(1, agent('login_required')),
        ['rate limit'] = world.task(1, agent('error', 'rate_limit')),
        ['exit 1'] = world.task(1, agent('exited', 'code', { code = 1 })),
        ['signal 9'] = world.task(1, agent('exited', 'signal', { signal = 9 })),
        suspended = world.task(1, agent('exited', 'suspended')),
        lost = world.task(1, agent('exited', 'lost')),
        unknown = world.task(1, agent('unknown')),
        pending = world.task(1, { status = 'pending' }),
        completed = world.task(1, { status = 'completed' }),
        failed = world.task(1, { status = 'failed' }),
      }) do
        assert.are.equal(word, status.word(task))
        assert.is_true(text.width(word) <= 11)
        assert.is_string(status.group(task))
        assert.is_true(text.width(status.icon(task)) <= 2)
      end
    end)

    it('never get wider than the window, and keep their columns, whatever a title holds', function()
      local hostile = {
        'a plain title',
        '\27[31mred\27[0m\7 and \27]0;owned\7 more',
        ('very long '):rep(500),
        '日本語のとても長いタイトルを持つタスクです、これは切られます',
        'שלום עולם זהו שם ארוך מאוד של משימה',
        '🚀🚀🚀👨‍👩‍👧🚀🚀',
        'two\nlines\r\nand\tmore',
        '%{evil} %#Error# 100%',
        ('e' .. ('\204\129'):rep(50)):rep(10),
        '',
      }
      for _, width in ipairs({ 20, 40, 80, 120, 250 }) do
        local tasks = {}
        for index, title in ipairs(hostile) do
          tasks[index] = world.task(index, agent('idle', nil, { message = title }))
          tasks[index].title = title
          tasks[index].tags = { title, 'x' }
        end
        local lines = render(tasks, { width = width })
        for index, line in ipairs(lines) do
          assert.is_nil(line:find('[%z\1-\31\127]'), line)
          if width >= 40 then
            assert.is_true(text.width(line) <= width, ('%d > %d: %s'):format(text.width(line), width, line))
          end
          assert.is_truthy(line:match('^ +#' .. index .. ' '), line)
        end
      end
    end)

    it('show priority, tags and labels only where there are any', function()
      local plain = world.task(1)
      local special =
        world.task(2, { priority = 3, tags = { 'web', 'auth' }, demo = true, permission_mode = 'bypassPermissions' })
      assert.is_nil(render({ plain })[1]:find('P0', 1, true))
      local lines = render({ plain, special }, { width = 140 })
      assert.is_truthy(lines[2]:find('P3 [demo] [asks nothing] Task 2 +web +auth', 1, true))
      assert.are.equal(lines[1]:find('Task 1', 1, true), lines[2]:find('[demo]', 1, true))
    end)

    it('show commits, uncommitted files, overlaps and trouble where there are any', function()
      local plain = world.task(1)
      local busy = world.task(2, { commits = 3, uncommitted = 2, overlaps = { 4, 5 } })
      busy.agent_status.detail.message = 'on it'
      local trouble = { kind = 'depends', text = 'depends on \27[31m#2', remedy = 'move it', files = { 'a' } }
      local troubled = world.task(3, { commits = 1, trouble = trouble })
      local lines, rows = render({ plain, busy, troubled }, { width = 120 })
      assert.is_truthy(lines[2]:find('2m  ⎇ 3 ✎ 2  Task 2 ', 1, true), lines[2])
      assert.is_truthy(lines[2]:find('with #4 #5 · on it', 1, true), lines[2])
      assert.is_truthy(lines[3]:find('⚠ ⎇ 1    Task 3 ', 1, true), lines[3])
      assert.is_truthy(lines[3]:find('depends on #2', 1, true), lines[3])
      local function column(line)
        return text.width(line:sub(1, line:find('Task', 1, true)))
      end
      assert.are.equal(column(lines[2]), column(lines[1]))
      assert.are.equal('ChorusTrouble', rows[3].marks[#rows[3].marks][3])
      local maybe = world.task(4, { unclaimed = 2 })
      maybe.agent_status.status = 'idle'
      assert.is_truthy(render({ maybe }, { width = 120 })[1]:find('2 unclaimed edits may be of it', 1, true))
      local asked = render({ troubled }, { requests = { [troubled.uuid] = world.request('r', 3) }, width = 100 })
      assert.is_truthy(asked[1]:find('⚠ ⎇ 1  Task 3', 1, true), asked[1])
      assert.is_truthy(asked[1]:find('Bash: rm -rf build', 1, true), asked[1])
      vim.g.chorus = { statusline = { ascii = true } }
      require('chorus.config').reset()
      assert.is_truthy(render({ busy }, { width = 120 })[1]:find('^ 3 ~ 2', 1, true))
    end)

    it('do not move when an agent needs somebody', function()
      local tasks = { world.task(1), world.task(2), world.task(3) }
      local before = render(tasks)
      tasks[3] = world.task(3, agent('waiting', 'permission'))
      local after = render(tasks)
      assert.are.same({ before[1], before[2] }, { after[1], after[2] })
      assert.is_truthy(after[3]:find('#3', 1, true))
    end)

    it('fold ended tasks below a rule', function()
      local tasks = {
        world.task(1),
        world.task(2, { status = 'completed', completed_at = world.now - 86400000, result = 'merged' }),
      }
      local lines = render(tasks)
      assert.are.equal(3, #lines)
      assert.is_truthy(lines[3]:find('── 1 ended · <Tab> shows them ─', 1, true))
      lines = render(tasks, { shows_ended = true })
      assert.is_truthy(lines[4]:find('✔ completed     1d', 1, true))
      assert.is_truthy(lines[4]:find('merged', 1, true))
    end)

    it('say what to do when there are none', function()
      local lines = render({})
      assert.is_truthy(table.concat(lines, '\n'):find('Press n or type :Chorus new', 1, true))
      lines = render({ world.task(1) }, { filter = 'nothing\27[31m' })
      assert.is_truthy(lines[2]:find('No task matches nothing', 1, true))
    end)

    it('are filtered by words, states and tags', function()
      local task = world.task(7, { title = 'Fix the Login', tags = { 'web' }, unread = true })
      for filter, is_shown in pairs({
        [''] = true,
        login = true,
        ['fix LOGIN'] = true,
        ['+web'] = true,
        busy = true,
        live = true,
        unread = true,
        ['#7'] = true,
        ['+auth'] = false,
        pending = false,
        ['login pending'] = false,
        ['%w'] = false,
      }) do
        assert.are.equal(is_shown, task_rows.matches(task, filter), filter)
      end
    end)

    it('are made again only for a task that changed', function()
      local cache = {}
      local tasks = { world.task(1), world.task(2) }
      local _, first = render(tasks, { cache = cache })
      tasks[2] = world.task(2, { revision = 2, title = 'Other' })
      local _, second = render(tasks, { cache = cache })
      assert.are.equal(first[1], second[1])
      assert.are_not.equal(first[2], second[2])
      local _, older = render(tasks, { cache = cache, now = world.now + 3600000 })
      assert.are_not.equal(second[1], older[1])
    end)
  end)

  describe('window', function()
    local dashboard

    before_each(function()
      dashboard = require('chorus.ui.tasks.dashboard')
      world.record_verbs()
    end)

    local function line_of(number)
      for index, line in ipairs(world.lines()) do
        if line:match('^ *#' .. number .. ' ') then
          return index, line
        end
      end
    end

    it('stays true while it is open', function()
      world.know({ world.task(1), world.task(2) })
      dashboard.open()
      assert.are.equal(2, #world.lines())
      world.event('task_changed', world.task(2, { revision = 2, title = 'Renamed' }))
      world.wait(function()
        return world.lines()[2]:find('Renamed', 1, true)
      end)
      world.event('task_changed', world.task(3))
      world.event('task_deleted', { uuid = 'uuid-1', number = 1 })
      world.wait(function()
        return not line_of(1) and line_of(3)
      end)
    end)

    it('keeps the cursor on its task, and tells which it is', function()
      world.know({ world.task(2), world.task(3) })
      dashboard.open()
      vim.api.nvim_win_set_cursor(0, { 2, 0 })
      vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
      assert.are.equal(3, vim.b.chorus_task)
      world.event('task_changed', world.task(1))
      world.wait(function()
        return line_of(1)
      end)
      assert.are.equal(3, dashboard.task_under_cursor().number)
      assert.are.equal(3, vim.b.chorus_task)
    end)

    it('draws once for many changes in a turn', function()
      world.know({ world.task(1) })
      dashboard.open()
      local drawn = 0
      local canvas = require('chorus.ui.kit.canvas')
      local draw = canvas.draw
      canvas.draw = function(...)
        drawn = drawn + 1
        draw(...)
      end
      for number = 2, 50 do
        world.event('task_changed', world.task(number))
      end
      world.wait(function()
        return #world.lines() == 50
      end)
      assert.are.equal(1, drawn)
    end)

    it('runs a verb on the task under the cursor', function()
      world.know({ world.task(4), world.task(12) })
      dashboard.open()
      vim.api.nvim_win_set_cursor(0, { 2, 0 })
      for keys, expected in pairs({
        ['<CR>'] = 'output',
        s = 'start',
        S = 'send',
        i = 'interrupt',
        t = 'attach',
        c = 'complete',
        f = 'fail',
        u = 'reopen',
        x = 'delete',
        e = 'explain',
        p = 'show',
        r = 'restart',
      }) do
        world.ran = {}
        world.press(keys)
        assert.are.same({ { expected, { task = 'uuid-12', bang = false } } }, world.ran)
      end
      world.ran = {}
      world.press('R')
      assert.are.same({ { 'restart', { task = 'uuid-12', bang = true } } }, world.ran)
    end)

    it('runs a verb on every task selected', function()
      world.know({ world.task(1), world.task(2), world.task(3), world.task(4, { status = 'completed' }) })
      dashboard.open()
      vim.api.nvim_win_set_cursor(0, { 2, 0 })
      world.press('Vjjjs')
      assert.are.same({ { 'start', { task = { 2, 3 }, bang = false } } }, world.ran)
      assert.are.equal('n', vim.fn.mode())
    end)

    it('marks a task that is not isolated, and names a fault of the configuration', function()
      local fault = '/home/me/.config/chorus/chorus.toml:2:1: unknown key `permision_mode`'
      require('chorus.tasks').snapshot({
        tasks = { world.task(12, { isolation = 'none', isolation_reason = 'git does not know who you are' }) },
        requests = {},
        elsewhere = 0,
        configuration_fault = fault,
      })
      dashboard.open()
      assert.is_truthy(world.lines()[1]:find('⚠ not isolated', 1, true), world.lines()[1])
      assert.is_truthy(vim.wo.winbar:find('⚠ chorus.toml:2:1: unknown key `permision_mode`', 1, true), vim.wo.winbar)
      world.event('configuration_fault', {})
      world.wait(function()
        return not vim.wo.winbar:find('chorus.toml', 1, true)
      end)
    end)

    it('shows the request before it is approved', function()
      world.know({ world.task(12, { requests = 1 }) }, { world.request('r1', 12) })
      dashboard.open()
      world.press('a')
      assert.are.same({}, world.asked)
      assert.are.same({}, world.ran)
      assert.is_truthy(table.concat(world.lines(), '\n'):find('$ rm -rf build', 1, true))
      world.press('a')
      assert.are.same({ { 'task_approve', { task = 'uuid-12', request = 'r1' } } }, world.asked)
    end)

    it('says so when there is nothing to approve', function()
      world.know({ world.task(12) })
      dashboard.open()
      world.press('a')
      assert.are.same({ { 'info', '#12 has no open request' } }, world.notified)
    end)

    it('changes the priority', function()
      world.know({ world.task(12, { priority = 2 }) })
      dashboard.open()
      world.press('+')
      world.press('-')
      assert.are.same({
        { 'task_edit', { task = 'uuid-12', priority = 3 } },
        { 'task_edit', { task = 'uuid-12', priority = 1 } },
      }, world.asked)
    end)

    it('takes keys from the configuration', function()
      vim.g.chorus = { keys = { dashboard = { start = 'gs', send = false, output = { 'O', '<CR>' } } } }
      require('chorus.config').reset()
      world.know({ world.task(1) })
      dashboard.open()
      world.press('gs')
      world.press('O')
      assert.are.same({ 'start', 'output' }, { world.ran[1][1], world.ran[2][1] })
      assert.are.equal('', vim.fn.maparg('S', 'n'))
    end)

    it('folds, filters, helps and closes', function()
      vim.cmd.edit('some_file')
      world.know({ world.task(1), world.task(2, { status = 'completed' }) })
      dashboard.open()
      world.press('<Tab>')
      assert.is_truthy(line_of(2))
      local input = vim.ui.input
      vim.ui.input = function(_, on_confirm)
        on_confirm('completed')
      end
      world.press('/')
      vim.ui.input = input
      assert.is_nil(line_of(1))
      world.press('g?')
      assert.is_truthy(table.concat(world.lines(), '\n'):find('explain its status', 1, true))
      world.press('q')
      assert.are.equal('chorus://dashboard', vim.api.nvim_buf_get_name(0))
      world.press('q')
      assert.are.equal('some_file', vim.fn.expand('%:t'))
      dashboard.open()
      assert.is_truthy(line_of(2))
    end)

    it('writes counts above, with a hostile project name as text', function()
      world.welcome.project = '/tmp/%{evil}'
      world.know({ world.task(1), world.task(2, { unread = true, agent_status = { status = 'idle' } }) }, {}, 3)
      dashboard.open()
      local shown = vim.api.nvim_eval_statusline(vim.wo.winbar, { use_winbar = true }).str
      assert.is_truthy(shown:find('Chorus · %{evil}   ● 1 busy   ✓ 1 unread   (+3 elsewhere)', 1, true), shown)
    end)

    it('leaves no window options behind', function()
      vim.wo.number = true
      world.know({ world.task(1) })
      dashboard.open()
      assert.is_false(vim.wo.number)
      vim.cmd.edit('some_file')
      assert.is_true(vim.wo.number)
      assert.are.equal('', vim.wo.winbar)
      vim.o.number = false
    end)

    it('costs nothing while it is not on screen', function()
      world.know({ world.task(1) })
      dashboard.open()
      vim.cmd.enew()
      local render_all = task_rows.render
      local rendered = 0
      task_rows.render = function(...)
        rendered = rendered + 1
        return render_all(...)
      end
      world.event('task_changed', world.task(1, { revision = 2, title = 'Later' }))
      vim.wait(20)
      assert.are.equal(0, rendered)
      dashboard.open()
      assert.is_truthy(world.lines()[1]:find('Later', 1, true))
    end)
  end)
end)
