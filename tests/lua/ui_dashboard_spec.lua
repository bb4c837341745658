local helpers = require('helpers')
local world = require('ui_world')

describe('dashboard', function()
  local dashboard

  before_each(function()
    world.start()
    dashboard = require('chorus.ui.tasks.dashboard')
    world.record_verbs()
  end)

  local function agent(status, kind, ago)
    return { agent_status = { status = status, kind = kind, detail = {}, since = world.now - (ago or 120) * 1000 } }
  end

  --- The line of a task and its text.
  local function line_of(number)
    for index, line in ipairs(world.lines()) do
      if line:match('#' .. number .. ' ') then
        return index, line
      end
    end
  end

  local function go_to(number)
    vim.api.nvim_win_set_cursor(0, { (assert(line_of(number))), 0 })
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
  end

  --- The numbers of the rows and the headings, from the top.
  local function outline()
    local shown = {}
    for _, line in ipairs(world.lines()) do
      shown[#shown + 1] = line:match('#(%d+) ') or line:match('── ([%a ]-) %d')
    end
    return table.concat(shown, ' ')
  end

  local function bar()
    return vim.api.nvim_eval_statusline(vim.wo.winbar, { use_winbar = true, maxwidth = 200 }).str
  end

  it('stays true while it is open', function()
    world.know({ world.task(1), world.task(2) })
    dashboard.open()
    assert.are.equal('working 1 2', outline())
    world.event('task_changed', world.task(2, { revision = 2, title = 'Renamed' }))
    world.wait(function()
      return world.lines()[3]:find('Renamed', 1, true)
    end)
    world.event('task_changed', world.task(3))
    world.event('task_deleted', { uuid = 'uuid-1', number = 1 })
    world.wait(function()
      return outline() == 'working 2 3'
    end)
  end)

  it('begins with the cursor on the first task', function()
    world.know({})
    dashboard.open()
    world.event('task_changed', world.task(7))
    world.wait(function()
      return vim.b.chorus_task == 7
    end)
    assert.are.equal(7, dashboard.task_under_cursor().number)
  end)

  it('keeps the cursor on its task, and tells which it is', function()
    world.know({ world.task(2), world.task(3) })
    dashboard.open()
    go_to(3)
    assert.are.equal(3, vim.b.chorus_task)
    world.event('task_changed', world.task(1))
    world.wait(function()
      return line_of(1)
    end)
    assert.are.equal(3, dashboard.task_under_cursor().number)
    assert.are.same({ 3, 'uuid-3' }, { vim.b.chorus_task, vim.b.chorus_uuid })
    vim.api.nvim_win_set_cursor(0, { 1, 0 })
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    assert.is_nil(vim.b.chorus_uuid)
  end)

  it('moves a row only when the cursor has left it', function()
    world.know({ world.task(1, agent('idle')), world.task(2, agent('idle')), world.task(3, agent('idle')) })
    dashboard.open()
    go_to(2)
    world.event('task_changed', world.task(2, vim.tbl_extend('force', agent('waiting', 'plan'), { revision = 2 })))
    world.wait(function()
      return select(2, line_of(2)):find('^ »')
    end)
    assert.are.equal('idle 1 2 3', outline())
    go_to(3)
    world.wait(function()
      return outline() == 'needs you 2 idle 1 3'
    end)
    assert.are.equal(3, dashboard.task_under_cursor().number)
    assert.is_nil(select(2, line_of(2)):find('»', 1, true))
  end)

  it('moves a row when the person goes to another window, but not below a float', function()
    world.know({ world.task(1, agent('idle')), world.task(2, { requests = 1 }) }, { world.request('r', 2) })
    dashboard.open()
    go_to(2)
    world.press('a')
    world.event('task_changed', world.task(2, vim.tbl_extend('force', agent('busy'), { revision = 2 })))
    helpers.settle()
    world.press('q')
    assert.are.equal('needs you 2 idle 1', outline())
    local function first_heading()
      return vim.api.nvim_buf_get_lines(vim.fn.bufnr('chorus://dashboard'), 0, 1, false)[1]
    end
    vim.cmd.new()
    world.wait(function()
      return first_heading():find('working')
    end)
  end)

  it('moves a row when the person goes on from a float to another window', function()
    world.know({ world.task(1, agent('idle')), world.task(2, { requests = 1 }) }, { world.request('r', 2) })
    vim.cmd.new()
    local other = vim.api.nvim_get_current_win()
    vim.cmd.wincmd('p')
    dashboard.open()
    go_to(2)
    world.press('a')
    world.event('task_changed', world.task(2, vim.tbl_extend('force', agent('busy'), { revision = 2 })))
    helpers.settle()
    local list = vim.fn.bufnr('chorus://dashboard')
    assert.is_truthy(vim.api.nvim_buf_get_lines(list, 0, 1, false)[1]:find('needs you'))
    vim.api.nvim_set_current_win(other)
    world.wait(function()
      return vim.api.nvim_buf_get_lines(list, 0, 1, false)[1]:find('working')
    end)
  end)

  it('draws once for many changes in a turn', function()
    world.know({ world.task(1) })
    dashboard.open()
    local drawn, buffer = 0, vim.api.nvim_get_current_buf()
    local canvas = require('chorus.ui.kit.canvas')
    local draw = canvas.draw
    canvas.draw = function(of, ...)
      drawn = drawn + (of == buffer and 1 or 0)
      draw(of, ...)
    end
    for number = 2, 50 do
      world.event('task_changed', world.task(number))
    end
    world.wait(function()
      return #world.lines() == 51
    end)
    assert.are.equal(1, drawn)
  end)

  describe('keys', function()
    it('run a verb on the task under the cursor', function()
      world.know({ world.task(4), world.task(12) })
      dashboard.open()
      go_to(12)
      for keys, expected in pairs({
        ['<CR>'] = 'output',
        o = 'output',
        s = 'start',
        S = 'send',
        i = 'interrupt',
        t = 'attach',
        c = 'complete',
        f = 'fail',
        U = 'reopen',
        x = 'delete',
        e = 'explain',
        p = 'show',
        r = 'restart',
        M = 'mend',
      }) do
        world.ran = {}
        world.press(keys)
        assert.are.same({ { expected, { task = 'uuid-12', bang = false } } }, world.ran)
      end
      world.ran = {}
      world.press('R')
      assert.are.same({ { 'restart', { task = 'uuid-12', bang = true } } }, world.ran)
    end)

    it('go from row to row over the headings of open sections', function()
      world.know({ world.task(1), world.task(2), world.task(3, agent('idle')), world.task(4, { status = 'completed' }) })
      dashboard.open()
      assert.are.equal('working 1 2 idle 3 ended', outline())
      local seen = {}
      for _, keys in ipairs({ 'j', 'j', 'j', 'j', 'k', 'k', '2k', '9j' }) do
        world.press(keys)
        local task = dashboard.task_under_cursor()
        seen[#seen + 1] = task and task.number or 'heading'
      end
      assert.are.same({ 2, 3, 'heading', 'heading', 3, 2, 1, 'heading' }, seen)
    end)

    it('open the page of a task that does not run', function()
      world.know({ world.task(4, { status = 'pending' }) })
      dashboard.open()
      world.press('<CR>')
      assert.are.same({ { 'show', { task = 'uuid-4', bang = false } } }, world.ran)
    end)

    it('do nothing on a heading but open and fold its section', function()
      world.know({ world.task(1), world.task(2, { status = 'completed' }) })
      dashboard.open()
      assert.are.equal('working 1 ended', outline())
      vim.api.nvim_win_set_cursor(0, { 3, 0 })
      world.press('sxi')
      assert.are.same({}, world.ran)
      world.press('<CR>')
      assert.are.equal('working 1 ended 2', outline())
      go_to(2)
      world.press('<Tab>')
      assert.are.equal('working 1 ended', outline())
      world.press('zM')
      assert.are.equal('working ended', outline())
      world.press('zR')
      assert.are.equal('working 1 ended 2', outline())
    end)

    it('show the request before it is approved', function()
      world.know({ world.task(12, { requests = 1 }) }, { world.request('r1', 12) })
      dashboard.open()
      world.press('a')
      assert.are.same({}, world.asked)
      assert.are.same({}, world.ran)
      assert.is_truthy(table.concat(world.lines(), '\n'):find('$ rm -rf build', 1, true))
      world.press('a')
      assert.are.same({ { 'task_approve', { task = 'uuid-12', request = 'r1' } } }, world.asked)
    end)

    it('say so when there is nothing to approve', function()
      world.know({ world.task(12) })
      dashboard.open()
      world.press('a')
      assert.are.same({ { 'info', '#12 has no open request' } }, world.notified)
    end)

    it('change the priority', function()
      world.know({ world.task(12, { priority = 2 }) })
      dashboard.open()
      world.press('+')
      world.press('-')
      assert.are.same({
        { 'task_edit', { task = 'uuid-12', priority = 3 } },
        { 'task_edit', { task = 'uuid-12', priority = 2 } },
      }, world.asked)
    end)

    it('change the priority from the one asked for last, until the daemon has answered', function()
      world.replies.task_edit = function(params)
        return nil, world.task(12, { priority = params.priority, revision = params.priority })
      end
      world.know({ world.task(12) })
      dashboard.open()
      world.press('+++')
      local function priorities()
        return vim
          .iter(world.asked)
          :map(function(each)
            return each[2].priority
          end)
          :totable()
      end
      assert.are.same({ 1, 2, 3 }, priorities())
      world.wait(function()
        return require('chorus.tasks').get(12).priority == 3
      end)
      world.press('+')
      assert.are.same({ 1, 2, 3, 4 }, priorities())
    end)

    it('take the last command back on an empty list, too', function()
      world.know({})
      dashboard.open()
      world.press('u')
      assert.are.equal('undo', world.ran[1][1])
    end)

    it('come from the configuration', function()
      vim.g.chorus = { keys = { dashboard = { start = 'gz', send = false, output = { 'O' } } } }
      require('chorus.config').reset()
      world.know({ world.task(1) })
      dashboard.open()
      world.press('gz')
      world.press('O')
      assert.are.same({ 'start', 'output' }, { world.ran[1][1], world.ran[2][1] })
      assert.are.equal('', vim.fn.maparg('S', 'n'))
    end)

    it('go from one task that needs attention to the next', function()
      world.know({
        world.task(1, agent('waiting', 'plan')),
        world.task(2, agent('busy')),
        world.task(3, vim.tbl_extend('force', agent('idle'), { unread = true })),
        world.task(4, agent('idle')),
      })
      dashboard.open()
      local seen = {}
      for _, keys in ipairs({ ']t', ']t', '[t' }) do
        world.press(keys)
        seen[#seen + 1] = dashboard.task_under_cursor().number
      end
      assert.are.same({ 3, 1, 3 }, seen)
    end)

    it('group by number and tag, and name the grouping above', function()
      world.know({ world.task(3, { tags = { 'web' } }), world.task(1, agent('idle')), world.task(2) })
      dashboard.open()
      assert.are.equal('working 2 3 idle 1', outline())
      world.press('gs')
      assert.are.equal('1 2 3', outline())
      assert.is_truthy(bar():find('by number', 1, true))
      world.press('gs')
      assert.are.same({ '3', 'no tag', '2', '1' }, { outline():match('(3) (no tag) (2) (1)') })
      world.press('gs')
      assert.are.equal('working 2 3 idle 1', outline())
    end)
  end)

  describe('marks', function()
    local picks

    before_each(function()
      picks = {}
      require('chorus.picker').confirm = function(question, yes, on_yes)
        table.insert(picks, { question, yes })
        on_yes()
      end
    end)

    it('are seen, and the next verb is for all marked tasks', function()
      world.know({ world.task(1), world.task(2), world.task(3), world.task(4) })
      dashboard.open()
      world.press('mm')
      assert.are.same(
        { '▌', '▌' },
        { vim.fn.strcharpart(world.lines()[2], 0, 1), vim.fn.strcharpart(world.lines()[3], 0, 1) }
      )
      assert.is_truthy(bar():find('▌ 2 marked', 1, true), bar())
      assert.are.equal(3, dashboard.task_under_cursor().number)
      world.press('c')
      local all = { 'uuid-1', 'uuid-2' }
      assert.are.same({ { 'complete', { task = all, bang = false, confirmed = true } } }, world.ran)
      assert.are.same({
        {
          'Complete 2 tasks and end their agents?\n  #1 Task 1\n  #2 Task 2',
          'Complete 2 tasks and end their agents',
        },
      }, picks)
      assert.is_nil(world.lines()[2]:find('▌', 1, true))
    end)

    it('are for those tasks only that the verb applies to, and harmless verbs do not ask', function()
      world.know({ world.task(1, { status = 'pending' }), world.task(2), world.task(3, { status = 'pending' }) })
      dashboard.open()
      world.press('ggVGm')
      world.press('s')
      local pending = { 'uuid-1', 'uuid-3' }
      assert.are.same({ { 'start', { task = pending, bang = false, confirmed = true } } }, world.ran)
      assert.are.same({}, picks)
      world.press('ggVGm')
      world.press('x')
      assert.is_truthy(picks[1][1]:find('1 other task marked: not in a state for it', 1, true), picks[1][1])
    end)

    it('are acted on also where a filter hides them, and the task under the cursor is not', function()
      world.know({
        world.task(1, { title = 'alpha', requests = 1 }),
        world.task(2, { title = 'beta', requests = 1 }),
      }, { world.request('r1', 1), world.request('r2', 2) })
      dashboard.open()
      world.press('m/beta<CR>')
      assert.are.equal(2, dashboard.task_under_cursor().number)
      world.press('+')
      world.press('gr')
      assert.are.same(
        { { 'task_edit', { task = 'uuid-1', priority = 1 } }, { 'task_seen', { task = 'uuid-1' } } },
        world.asked
      )
      world.press('a')
      assert.are.equal('uuid-1', vim.api.nvim_buf_get_name(0):match('request') and 'uuid-1')
      assert.is_truthy(vim.inspect(vim.api.nvim_win_get_config(0).title):find('#1', 1, true))
      world.press('q')
      world.press('c')
      assert.are.same({ { 'complete', { task = { 'uuid-1' }, bang = false, confirmed = false } } }, world.ran)
    end)

    it('are not denied together', function()
      world.know(
        { world.task(1, { requests = 1 }), world.task(2, { requests = 1 }) },
        { world.request('r1', 1), world.request('r2', 2) }
      )
      dashboard.open()
      world.press('mmd')
      assert.are.same({}, world.asked)
      local words = 'cannot deny several requests at once: 2 tasks are marked: #1, #2'
      assert.are.same({ { 'info', words, '`<Esc>` clears the marks' } }, world.notified)
    end)

    it('leave the cursor where no task stands below', function()
      world.know({ world.task(1), world.task(2), world.task(3, { status = 'completed' }) })
      dashboard.open()
      world.press('jm')
      assert.are.equal(2, dashboard.task_under_cursor().number)
    end)

    it('run nothing where the person says no', function()
      require('chorus.picker').confirm = function() end
      world.know({ world.task(1), world.task(2) })
      dashboard.open()
      world.press('mmi')
      assert.are.same({}, world.ran)
      assert.is_truthy(bar():find('2 marked', 1, true))
    end)

    it('say so when the verb applies to none of them', function()
      world.know({ world.task(1), world.task(2) })
      dashboard.open()
      world.press('mms')
      assert.are.same({ { 'info', 'cannot start any of #1, #2', 'none of them is pending' } }, world.notified)
    end)

    it('go by Escape, after the filter', function()
      world.know({ world.task(1), world.task(2) })
      dashboard.open()
      world.press('m/busy<CR>')
      assert.is_truthy(bar():find('/ busy', 1, true), bar())
      world.press('<Esc>')
      assert.is_nil(bar():find('/ busy', 1, true))
      assert.is_truthy(bar():find('1 marked', 1, true))
      world.press('<Esc>')
      assert.is_nil(bar():find('marked', 1, true))
    end)

    it('may be a Visual selection alone', function()
      world.know({ world.task(1), world.task(2), world.task(3), world.task(4, { status = 'completed' }) })
      dashboard.open()
      world.press('Vji')
      local all = { 'uuid-1', 'uuid-2' }
      assert.are.same({ { 'interrupt', { task = all, bang = false, confirmed = true } } }, world.ran)
      assert.are.equal('n', vim.fn.mode())
    end)

    it('allow equal requests of several tasks after showing them', function()
      world.know(
        { world.task(1, { requests = 1 }), world.task(2, { requests = 1 }) },
        { world.request('r1', 1), world.request('r2', 2) }
      )
      dashboard.open()
      world.press('Vja')
      local title = vim.iter(vim.api.nvim_win_get_config(0).title):map(function(piece)
        return piece[1]
      end)
      assert.is_truthy(title:join(''):find('#1, #2', 1, true))
      assert.is_truthy(table.concat(world.lines(), '\n'):find('$ rm -rf build', 1, true))
    end)
  end)

  describe('login', function()
    local task, asked

    before_each(function()
      local missing = { status = 'login_required', detail = { message = 'Not logged in' } }
      task, asked = world.task(4, { agent_status = missing }), nil
      world.know({ task }, {})
      world.replies.task_show = function()
        -- As the journal keeps it: one line.
        local advice = 'The agent says: Not logged in Attach and run `/login`. Or run `x`.'
        local journal = {
          { at = world.now, who = 'chorus', what = 'login_required', text = advice },
          { at = world.now, who = 'person', what = 'edited', text = 'something later' },
        }
        local page = { task = task, journal = journal, commits = {}, requests = {}, references = {} }
        return nil, page
      end
      require('chorus.picker').confirm = function(question, _, on_yes)
        asked = question
        on_yes()
      end
    end)

    local function advised()
      world.wait(function()
        return asked ~= nil
      end, 'the advice')
      return asked
    end

    it('is explained by the key that answers, which leads to the terminal', function()
      dashboard.open()
      world.press('a')
      assert.are.equal(
        '#4 has no login.\nThe agent says: Not logged in\nAttach and run `/login`.\nOr run `x`.',
        advised()
      )
      assert.are.same({ { 'attach', { task = task.uuid } } }, world.ran)
    end)

    it('is explained by that key in every window of the task', function()
      for key, open in pairs({
        a = function()
          require('chorus.ui.pane.output').open(task)
        end,
        ga = function()
          require('chorus.ui.tasks.page').open(task)
        end,
      }) do
        asked = nil
        open()
        world.press(key)
        assert.is_truthy(vim.startswith(advised(), '#4 has no login.\n'), key)
        assert.are.same({}, world.notified)
      end
    end)

    it('is explained as it is now, not as it was when the window was opened', function()
      require('chorus.ui.pane.output').open(task)
      world.event('task_changed', world.task(4, { revision = 2 }))
      world.press('a')
      assert.is_nil(asked)
      assert.are.equal('#4 has no open request', world.notified[1][2])
    end)
  end)

  describe('filter', function()
    it('narrows the list while it is typed', function()
      world.know({ world.task(1, { title = 'Fix the login' }), world.task(2, agent('idle')) })
      dashboard.open()
      local list = vim.api.nvim_get_current_buf()
      world.press('/')
      assert.are_not.equal(list, vim.api.nvim_get_current_buf())
      local function type_in(text)
        vim.api.nvim_buf_set_lines(0, 0, -1, false, { text })
        vim.api.nvim_exec_autocmds('TextChangedI', { buffer = 0 })
        return table.concat(vim.api.nvim_buf_get_lines(list, 0, -1, false), '\n')
      end
      assert.is_nil(type_in('log'):find('#2', 1, true))
      assert.is_truthy(type_in('status:id'):find('#2', 1, true))
      assert.is_nil(type_in('status:id'):find('#1', 1, true))
      assert.is_truthy(type_in('nothing'):find('No task matches nothing', 1, true))
      assert.is_truthy(type_in('#1'):find('#1', 1, true))
      world.press('<CR>')
      assert.are.equal(list, vim.api.nvim_get_current_buf())
      assert.are.equal('working 1', outline())
    end)

    it('is kept where its line is closed', function()
      world.know({ world.task(1), world.task(2) })
      dashboard.open()
      for _, leave in ipairs({ 'quit', 'wincmd p' }) do
        world.press('/')
        vim.api.nvim_buf_set_lines(0, 0, -1, false, { '#2' })
        vim.cmd(leave)
        helpers.settle()
        vim.cmd.stopinsert()
        assert.are.equal('chorus://dashboard', vim.api.nvim_buf_get_name(0), leave)
        assert.are.equal('working 2', outline())
        assert.is_truthy(bar():find('/ #2', 1, true), bar())
        world.press('<Esc>')
        assert.are.equal('working 1 2', outline())
      end
    end)

    it('is cleared by Escape', function()
      world.know({ world.task(1), world.task(2) })
      dashboard.open()
      world.press('/#2<Esc>')
      assert.are.equal('working 1 2', outline())
      assert.are.equal('chorus://dashboard', vim.api.nvim_buf_get_name(0))
    end)

    it('shows what it leaves of a folded section', function()
      world.know({ world.task(1), world.task(2, { status = 'completed' }) })
      dashboard.open()
      world.press('/completed<CR>')
      assert.are.equal('ended 2', outline())
    end)
  end)

  describe('header', function()
    it('counts, with a hostile project name as text', function()
      world.welcome.project = '/tmp/%{evil}'
      world.know({ world.task(1), world.task(2, { unread = true, agent_status = { status = 'idle' } }) }, {}, 3)
      dashboard.open()
      local shown = bar()
      assert.is_truthy(shown:find('Chorus · %{evil}   2 tasks · ● 1 · ✓ 1 · (+3 elsewhere)', 1, true), shown)
    end)

    it('names a fault of the configuration, and a row that its task is not isolated', function()
      local fault = '/home/me/.config/chorus/chorus.toml:2:1: unknown key `permision_mode`'
      require('chorus.tasks').snapshot({
        tasks = { world.task(12, { isolation = 'none', isolation_reason = 'git does not know who you are' }) },
        requests = {},
        elsewhere = 0,
        configuration_fault = fault,
      })
      dashboard.open()
      assert.is_truthy(world.lines()[2]:find('⚠ not isolated', 1, true), world.lines()[2])
      assert.is_truthy(vim.wo.winbar:find('⚠ chorus.toml:2:1: unknown key `permision_mode`', 1, true), vim.wo.winbar)
      world.event('configuration_fault', {})
      world.wait(function()
        return not vim.wo.winbar:find('chorus.toml', 1, true)
      end)
    end)

    it('keeps a warning of the daemon until somebody dismisses it', function()
      require('chorus.message').notice = function() end
      world.know({ world.task(1) })
      dashboard.open()
      world.event('notice', { level = 'info', text = 'something happened' })
      world.event('notice', { level = 'warn', text = 'the disk is full\27[31m', hint = 'make room' })
      world.wait(function()
        return bar():find('⚠ the disk is full · make room', 1, true)
      end)
      assert.is_nil(bar():find('something happened', 1, true))
      world.press('<Esc>')
      assert.is_nil(bar():find('disk', 1, true))
    end)
  end)

  describe('all projects', function()
    local function elsewhere(number, fields)
      return world.task(
        number,
        vim.tbl_extend('force', { uuid = 'else-' .. number, project = '/home/me/other' }, fields or {})
      )
    end

    before_each(function()
      require('chorus.tasks').snapshot({ tasks = { world.task(1) }, requests = {}, elsewhere = 1 }, '/home/me/shop')
      world.replies.others = function()
        return nil, { tasks = { elsewhere(1, { requests = 1 }) }, requests = {} }
      end
    end)

    -- An answer that comes later would reach the next test.
    after_each(helpers.settle)

    it('stand in one list, live, each with the name of its project', function()
      dashboard.open()
      world.press('gp')
      world.wait(function()
        return outline() == 'needs you 1 working 1'
      end)
      assert.is_truthy(world.lines()[2]:find('in other', 1, true), world.lines()[2])
      assert.is_truthy(bar():find('all projects   2 tasks · ⚑ 1 · ● 1', 1, true), bar())
      world.event('task_changed', elsewhere(2, { revision = 2 }))
      world.wait(function()
        return outline() == 'needs you 1 working 1 2'
      end)
      assert.are.equal(1, #require('chorus.tasks').all())
      world.press('gp')
      assert.are.equal('working 1', outline())
    end)

    it('are acted on where they are', function()
      dashboard.open()
      world.press('gp')
      world.wait(function()
        return outline() == 'needs you 1 working 1'
      end)
      vim.api.nvim_win_set_cursor(0, { 2, 0 })
      vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
      world.press('r')
      assert.are.same({ { 'restart', { task = 'else-1', bang = false } } }, world.ran)
      assert.are.equal('else-1', vim.b.chorus_uuid)
      assert.are.equal('/home/me/other', require('chorus.tasks').get('else-1').project)
    end)

    it('are asked for again after a reconnect', function()
      dashboard.open()
      world.press('gp')
      world.asked = {}
      world.tell('ChorusConnected', {})
      assert.are.same({ { 'others', {} } }, world.asked)
    end)
  end)

  it('comes back with its keys after :bdelete, and listens once', function()
    vim.cmd.edit('some_file')
    world.know({ world.task(1) })
    dashboard.open()
    vim.cmd.bdelete()
    helpers.settle()
    assert.are.equal('some_file', vim.fn.expand('%:t'))
    assert.are.equal(1, #vim.api.nvim_list_wins())
    dashboard.open()
    assert.are.equal('nofile', vim.bo.buftype)
    assert.are.equal('dashboard', vim.b.chorus_view)
    world.press('o')
    assert.are.same({ { 'output', { task = 'uuid-1', bang = false } } }, world.ran)
    local redraws, plan = 0, require('chorus.ui.tasks.worklist_plan')
    local make = plan.plan
    plan.plan = function(...)
      redraws = redraws + 1
      return make(...)
    end
    world.event('task_changed', world.task(1, { revision = 2, title = 'Later' }))
    helpers.settle()
    plan.plan = make
    assert.are.equal(1, redraws)
    assert.is_truthy(world.lines()[2]:find('Later', 1, true))
  end)

  it('of all projects from a session starts no daemon', function()
    vim.g.chorus = { dashboard = { group = 'project' } }
    require('chorus.config').reset()
    world.connected = false
    local buffer = vim.api.nvim_get_current_buf()
    vim.api.nvim_buf_set_name(buffer, 'chorus://dashboard')
    dashboard.read(buffer)
    assert.are.same({}, world.asked)
    world.connected = true
    world.tell('ChorusConnected', {})
    assert.are.same({ { 'others', {} } }, world.asked)
  end)

  it('folds, helps and closes', function()
    vim.cmd.edit('some_file')
    world.know({ world.task(1), world.task(2, { status = 'completed' }) })
    dashboard.open()
    world.press('zR')
    world.press('g?')
    assert.is_truthy(table.concat(world.lines(), '\n'):find('explain its status', 1, true))
    world.press('q')
    assert.are.equal('chorus://dashboard', vim.api.nvim_buf_get_name(0))
    world.press('q')
    assert.are.equal('some_file', vim.fn.expand('%:t'))
    dashboard.open()
    assert.is_truthy(line_of(2))
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
    local task_rows = require('chorus.ui.tasks.dashboard_rows')
    local render_all = task_rows.render
    local rendered = 0
    task_rows.render = function(...)
      rendered = rendered + 1
      return render_all(...)
    end
    world.event('task_changed', world.task(1, { revision = 2, title = 'Later' }))
    helpers.settle()
    assert.are.equal(0, rendered)
    dashboard.open()
    assert.is_truthy(world.lines()[2]:find('Later', 1, true))
  end)
end)
