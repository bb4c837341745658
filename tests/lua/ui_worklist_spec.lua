--- Sections, order, held rows, and what a row says: everything of the dashboard that needs no window.
local world = require('ui_world')

describe('work list', function()
  local plan, task_rows, text

  before_each(function()
    world.start()
    plan = require('chorus.ui.tasks.worklist_plan')
    task_rows = require('chorus.ui.tasks.dashboard_rows')
    text = require('chorus.text')
  end)

  local function agent(status, kind, detail, ago)
    local since = world.now - (ago or 120) * 1000
    return { agent_status = { status = status, kind = kind, detail = detail or {}, since = since } }
  end

  local function options(more)
    return vim.tbl_extend('force', { group = 'need', folds = {}, project = '/home/me/shop' }, more or {})
  end

  --- `needs_you: 3 1 | idle: 2`, a folded section in parentheses.
  local function outline(tasks, more)
    local shown = {}
    for _, section in ipairs(plan.plan(tasks, options(more)).sections) do
      local numbers = vim.tbl_map(function(task)
        return tostring(task.number)
      end, section.tasks)
      local line = ('%s: %s'):format(section.name, table.concat(numbers, ' '))
      shown[#shown + 1] = section.is_folded and '(' .. line .. ')' or line
    end
    return table.concat(shown, ' | ')
  end

  local KEYS = {
    new = 'n',
    everywhere = 'gp',
    fold = '<Tab>',
    filter = '/',
    mend = 'M',
    restart = 'r',
    approve = 'a',
    send = 'S',
    explain = 'e',
  }

  local function render(tasks, more, row_options)
    local rows = task_rows.render(
      plan.plan(tasks, options(more)),
      vim.tbl_extend(
        'force',
        { width = 80, now = world.now, requests = {}, keys = KEYS, filter = more and more.filter },
        row_options or {}
      )
    )
    return vim.tbl_map(function(row)
      return row.text
    end, rows), rows
  end

  --- The row of one task, without the heading of its section.
  local function row_of(task, row_options)
    local lines, rows = render({ task }, { folds = { ended = false } }, row_options)
    return lines[2], rows[2]
  end

  describe('sections', function()
    it('hold each task by what it needs, and empty ones are left out', function()
      local trouble = { kind = 'hook', text = 'the hook refuses', files = {} }
      local tasks = {
        world.task(1, agent('busy')),
        world.task(2, agent('starting')),
        world.task(3, agent('idle')),
        world.task(4, vim.tbl_extend('force', agent('idle'), { unread = true })),
        world.task(5, agent('waiting', 'permission')),
        world.task(6, agent('exited', 'code')),
        world.task(7, agent('error', 'server')),
        world.task(8, agent('login_required')),
        world.task(9, vim.tbl_extend('force', agent('idle'), { trouble = trouble })),
        world.task(10, vim.tbl_extend('force', agent('idle'), { alerts = { { kind = 'hooks', text = 'none run' } } })),
        world.task(11, vim.tbl_extend('force', agent('stopped'), { status = 'pending' })),
        world.task(12, vim.tbl_extend('force', agent('stopped'), { status = 'completed', completed_at = 2 })),
        world.task(13, vim.tbl_extend('force', agent('stopped'), { status = 'failed', completed_at = 3 })),
        world.task(14, agent('unknown')),
      }
      assert.are.equal(
        'needs_you: 5 6 7 8 9 10 | unread: 4 | working: 1 2 | idle: 3 14 | not_started: 11 | (ended: 13 12)',
        outline(tasks)
      )
      assert.are.equal('idle: 3', outline({ tasks[3] }))
      assert.are.equal('', outline({}))
    end)

    it('stand by priority inside, then by what has waited longest', function()
      local tasks = {
        world.task(1, agent('idle', nil, {}, 60)),
        world.task(2, agent('idle', nil, {}, 600)),
        world.task(3, vim.tbl_extend('force', agent('idle', nil, {}, 10), { priority = 2 })),
        world.task(4, vim.tbl_extend('force', agent('idle', nil, {}, 900), { priority = -1 })),
      }
      assert.are.equal('idle: 3 2 1 4', outline(tasks))
    end)

    it('fold many tasks that were not started, unless there is nothing else', function()
      local tasks = {}
      for number = 1, 9 do
        tasks[number] = world.task(number, { status = 'pending' })
      end
      assert.are.equal('not_started: 1 2 3 4 5 6 7 8 9', outline(tasks))
      tasks[10] = world.task(10, agent('busy'))
      assert.are.equal('working: 10 | (not_started: 1 2 3 4 5 6 7 8 9)', outline(tasks))
      assert.are.equal(
        'working: 10 | not_started: 1 2 3 4 5 6 7 8 9',
        outline(tasks, { folds = { not_started = false } })
      )
      assert.are.equal('not_started: 9', outline(tasks, { filter = '#9' }))
    end)

    it('may be by number, by tag or by project', function()
      local tasks = {
        world.task(3, vim.tbl_extend('force', agent('idle'), { tags = { 'web' } })),
        world.task(1, vim.tbl_extend('force', agent('busy'), { tags = { 'api', 'web' } })),
        world.task(2, vim.tbl_extend('force', agent('waiting', 'plan'), { project = '/home/me/other' })),
        world.task(4, { status = 'completed' }),
      }
      assert.are.equal('all: 1 2 3 | (ended: 4)', outline(tasks, { group = 'number' }))
      assert.are.equal('+api: 1 | +web: 3 | no tag: 2 | (ended: 4)', outline(tasks, { group = 'tag' }))
      assert.are.equal('/home/me/shop: 1 3 | /home/me/other: 2 | (ended: 4)', outline(tasks, { group = 'project' }))
      assert.are.equal(2, #vim.tbl_filter(function(line)
        return line:find('──', 1, true)
      end, (render(tasks, { group = 'tag', filter = '+web' }))))
    end)

    it('keep the row under the cursor where it was, with a mark, until the cursor leaves', function()
      local tasks = { world.task(1, agent('idle')), world.task(2, agent('idle')), world.task(3, agent('idle')) }
      local held = plan.place(tasks[2], options())
      tasks[2] = world.task(2, agent('waiting', 'permission'))
      assert.are.equal('idle: 1 2 3', outline(tasks, { held = held }))
      local lines = render(tasks, { held = held })
      assert.is_truthy(lines[3]:find('^ »%s+#2  ⚑ permission'), lines[3])
      assert.are.equal('needs_you: 2 | idle: 1 3', outline(tasks))
      tasks[2] = world.task(2, vim.tbl_extend('force', agent('idle'), { priority = 5 }))
      assert.are.equal('idle: 1 2 3', outline(tasks, { held = held }))
      assert.are.equal('idle: 2 1 3', outline(tasks))
    end)

    it('count the tasks that belong to them, not the row that is held', function()
      local idle, asks = world.task(1, agent('idle')), world.task(1, agent('waiting', 'plan'))
      local held = plan.place(asks, options())
      local sections = plan.plan({ idle, world.task(2, agent('idle')) }, options({ held = held })).sections
      local counts = {}
      for _, section in ipairs(sections) do
        counts[section.name] = section.count
      end
      assert.are.same({ needs_you = 0, idle = 2 }, counts)
    end)

    it('by number are never folded, and hold a row only where it goes to the ended ones', function()
      local task = world.task(1, agent('idle'))
      local by_number = { group = 'number', folds = { all = true } }
      assert.are.equal('all: 1', outline({ task }, by_number))
      by_number.held = plan.place(task, options(by_number))
      local busy = vim.tbl_extend('force', world.task(1, agent('busy')), { priority = 3 })
      assert.are.same({}, plan.plan({ busy }, options(by_number)).moved)
      local ended = world.task(1, { status = 'completed' })
      assert.are.same({ ['uuid-1'] = true }, plan.plan({ ended }, options(by_number)).moved)
    end)

    it('forget tasks that are gone', function()
      local cache, rows = plan.new_cache(), task_rows.new_cache()
      render({ world.task(1), world.task(2) }, { cache = cache }, { cache = rows })
      local function is_known(uuid)
        return uuid == 'uuid-2'
      end
      plan.prune(cache, is_known)
      task_rows.prune(rows, is_known)
      assert.are.same({ 'uuid-2' }, vim.tbl_keys(cache.standings))
      assert.are.same({ 'uuid-2' }, vim.tbl_keys(rows.rows))
      assert.is_truthy(rows.columns)
    end)

    it('keep the row under the cursor under a filter that it no longer fits', function()
      local tasks = { world.task(1, agent('busy')), world.task(2, agent('busy')) }
      local held = plan.place(tasks[1], options())
      tasks[1] = world.task(1, agent('idle'))
      assert.are.equal('working: 1 2', outline(tasks, { filter = 'busy', held = held }))
      assert.are.equal('working: 2', outline(tasks, { filter = 'busy' }))
    end)
  end)

  describe('filter', function()
    local filter

    before_each(function()
      filter = require('chorus.tasks.filter')
    end)

    local function fits(words, task, is_typing)
      return filter.matches(filter.parse(words, is_typing), task)
    end

    it('takes statuses, tags, numbers and words, all of which must hold', function()
      local task = world.task(7, { title = 'Fix the Login', tags = { 'web' }, unread = true })
      for words, is_shown in pairs({
        [''] = true,
        all = true,
        login = true,
        ['fix LOGIN'] = true,
        ['+web'] = true,
        busy = true,
        ['status:busy'] = true,
        ['status:unread'] = true,
        live = true,
        unread = true,
        ['#7'] = true,
        ['7'] = true,
        ['#70'] = false,
        ['+we'] = false,
        ['+auth'] = false,
        pending = false,
        ['status:idle'] = false,
        ['login pending'] = false,
        ['%w'] = false,
      }) do
        assert.are.equal(is_shown, fits(words, task), words)
      end
      assert.is_false(fits('#2', world.task(20)))
    end)

    it('takes a word that is being typed for the word it may become', function()
      local task = world.task(7, vim.tbl_extend('force', agent('waiting', 'permission'), { tags = { 'website' } }))
      for _, words in ipairs({ 'status:', 'status:perm', '+web', '+', '#', 'status:waiting +w' }) do
        assert.is_true(fits(words, task, true), words)
      end
      assert.is_false(fits('status:perm', task))
      assert.is_false(fits('+web status:waiting', task, true))
    end)
  end)

  describe('rows', function()
    it('say number, state, age, title and what is asked', function()
      local waiting = world.task(12, agent('waiting', 'permission'))
      waiting.title, waiting.status, waiting.requests = 'Fix the login flow', 'waiting', 1
      local lines = render({ waiting }, {}, { requests = { [waiting.uuid] = world.request('r', 12) }, width = 100 })
      assert.are.same({
        ' ── needs you 1 ' .. ('─'):rep(82),
        '  #12  ⚑ permission    2m  Fix the login flow                    Bash: rm -rf build',
      }, lines)
    end)

    it('say what a busy agent does, and how long nothing was heard of it', function()
      local function doing(detail)
        local line = row_of(world.task(1, agent('busy', nil, detail)), { width = 140 })
        return line:match('Task 1%s+(.*)$') or ''
      end
      assert.are.equal('Bash: npm run build', doing({ tool = 'Bash', summary = 'npm run build' }))
      assert.are.equal('Task', doing({ tool = 'Task' }))
      assert.are.equal('attempt 4/10', doing({ retry = 'attempt 4/10', tool = 'Bash' }))
      assert.are.equal('Add a test for it', doing({ prompt = 'Add a \27[31mtest for it' }))
      assert.are.equal('', doing({ prompt = 'Work on task #1: Task 1' }))
      local silent = { tool = 'Bash', summary = 'npm run build', heard_at = world.now - 9 * 60000 }
      assert.are.equal('quiet 9m · Bash: npm run build', doing(silent))
      assert.are.equal('', doing({ heard_at = world.now - 2 * 60000 }))
    end)

    it('say what to do about an agent that does not go on', function()
      for expected, state in pairs({
        ['its terminal is gone · r restarts it'] = agent('exited', 'lost'),
        ['stopped by job control · r starts it again'] = agent('exited', 'suspended'),
        ['r restarts it'] = agent('exited', 'code', { code = 1 }),
        ['You have hit your limit · S sends a prompt'] = agent(
          'error',
          'rate_limit',
          { message = 'You have hit your limit' }
        ),
        ['a says what to do'] = agent('login_required'),
        ['e explains'] = agent('unknown'),
      }) do
        local line = row_of(world.task(1, state), { width = 140 })
        assert.is_truthy(vim.endswith(line, '  ' .. expected), line)
      end
      local long = agent('error', 'rate_limit', { message = ('You have hit your limit '):rep(9) })
      local line = row_of(world.task(1, long), { width = 100 })
      assert.is_truthy(vim.endswith(line, '… · S sends a prompt'), line)
      assert.is_true(vim.fn.strdisplaywidth(line) <= 100, line)
    end)

    it('say how an ended task ended, and on which branch', function()
      local ended =
        { status = 'completed', completed_at = world.now - 86400000, result = 'all is merged', stack = 'chorus/1-it' }
      local line = row_of(world.task(1, ended), { width = 140 })
      assert.is_truthy(line:find('✔ completed     1d', 1, true), line)
      assert.is_truthy(vim.endswith(line, 'all is merged · chorus/1-it'), line)
      ended.result = '`git merge chorus/1-it` lands it'
      line = row_of(world.task(1, ended), { width = 140 })
      assert.is_truthy(vim.endswith(line, '  `git merge chorus/1-it` lands it'), line)
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
      for _, width in ipairs({ 20, 40, 60, 80, 120, 250 }) do
        local tasks = {}
        for index, title in ipairs(hostile) do
          tasks[index] = world.task(index, agent('idle', nil, { message = title }))
          tasks[index].title = title
          tasks[index].tags = { title, 'x' }
          tasks[index].commits, tasks[index].priority = 3, 2
        end
        local lines = render(tasks, {}, { width = width })
        for index = 2, #lines do
          local line = lines[index]
          assert.is_nil(line:find('[%z\1-\31\127]'), line)
          if width >= 40 then
            assert.is_true(text.width(line) <= width, ('%d > %d: %s'):format(text.width(line), width, line))
          end
          assert.is_truthy(line:match('^ +#' .. index - 1 .. ' '), line)
        end
      end
    end)

    it('keep their columns when a task gets commits, a priority or a tag', function()
      local plain = world.task(1, agent('idle', nil, { message = 'all is done' }))
      local special = world.task(2, agent('idle', nil, { message = 'all is done' }))
      special.commits, special.uncommitted, special.priority, special.tags = 3, 2, 4, { 'web', 'auth' }
      special.demo = true
      local lines = render({ plain, special }, {}, { width = 140 })
      assert.is_truthy(lines[2]:find('Task 2  [demo] ⎇ 3 ✎ 2 P4 +web +auth', 1, true), lines[2])
      assert.is_nil(lines[3]:find('P0', 1, true))
      local function column(line, words)
        return text.width(line:sub(1, line:find(words, 1, true)))
      end
      assert.are.equal(column(lines[2], 'Task'), column(lines[3], 'Task'))
      assert.are.equal(column(lines[2], 'all is done'), column(lines[3], 'all is done'))
    end)

    it('always show that a task asks nothing or is not isolated, however long the title', function()
      local task = world.task(1, agent('idle', nil, { message = 'done' }))
      task.title, task.isolation, task.isolation_reason = ('long '):rep(50), 'none', 'git does not know who you are'
      task.permission_mode, task.tags = 'bypassPermissions', { 'web' }
      local line = row_of(task, { width = 100 })
      assert.is_truthy(line:find('⚠ not isolated [asks nothing]', 1, true), line)
      assert.is_true(text.width(line) <= 100)
    end)

    it('show overlaps, trouble with what fixes it, and unclaimed edits', function()
      local busy = world.task(2, { overlaps = { 4, 5 } })
      busy.agent_status.detail.tool = 'Bash'
      assert.is_truthy(row_of(busy, { width = 120 }):find('with #4 #5 · Bash', 1, true))
      local trouble = { kind = 'depends', text = 'depends on \27[31m#2', remedy = 'move it', files = { 'a' } }
      local troubled = world.task(3, { commits = 1, trouble = trouble })
      local line, row = row_of(troubled, { width = 120 })
      assert.is_truthy(line:find('Task 3  ⚠ ⎇ 1', 1, true), line)
      assert.is_truthy(vim.endswith(line, 'depends on #2 · M fixes it'), line)
      assert.are.equal('ChorusTrouble', row.marks[#row.marks][3])
      local maybe = world.task(4, vim.tbl_extend('force', agent('idle'), { unclaimed = 2 }))
      assert.is_truthy(row_of(maybe, { width = 120 }):find('2 unclaimed edits may be of it', 1, true))
      local asked = row_of(troubled, { requests = { [troubled.uuid] = world.request('r', 3) }, width = 120 })
      assert.is_truthy(asked:find('Bash: rm -rf build', 1, true), asked)
    end)

    it('use plain letters where the options say so', function()
      vim.g.chorus = { statusline = { ascii = true } }
      require('chorus.config').reset()
      local task = world.task(2, { commits = 3, uncommitted = 2 })
      local line = row_of(task, { width = 120, marked = { [task.uuid] = true } })
      assert.is_truthy(line:find('^ 3 ~ 2', 1, true), line)
      assert.are.equal('|', line:sub(1, 1))
    end)

    it('say what to do when there are none', function()
      local lines = render({})
      assert.is_truthy(table.concat(lines, '\n'):find('Press n or type :Chorus new', 1, true))
      assert.are.equal(5, #lines)
      lines = render({}, {}, { elsewhere = 2 })
      assert.is_truthy(lines[6]:find('gp lists the tasks of other projects', 1, true))
      lines = render({ world.task(1) }, { filter = 'nothing\27[31m' })
      assert.is_truthy(lines[2]:find('No task matches nothing', 1, true))
    end)

    it('are made again only for a task that changed', function()
      local cache = task_rows.new_cache()
      local tasks = { world.task(1), world.task(2) }
      local _, first = render(tasks, {}, { cache = cache })
      tasks[2] = world.task(2, { revision = 2, title = 'Other' })
      local _, second = render(tasks, {}, { cache = cache })
      assert.are.equal(first[2], second[2])
      assert.are_not.equal(first[3], second[3])
      local _, older = render(tasks, {}, { cache = cache, now = world.now + 3600000 })
      assert.are_not.equal(second[2], older[2])
    end)
  end)
end)

describe('from task to task', function()
  before_each(function()
    world.start()
    world.record_verbs()
  end)

  local function agent(status, ago)
    return { agent_status = { status = status, detail = {}, since = world.now - ago * 1000 } }
  end

  --- Goes on from the task of a view; the verb that shows the next one.
  local function go(view, uuid, direction)
    world.ran = {}
    vim.b.chorus_uuid = uuid
    require('chorus.ui.kit.round').go(view, direction or 1)
    return world.ran[1] and world.ran[1][1] .. ' ' .. world.ran[1][2].task
  end

  it('goes through those that need somebody, in a window of the same kind', function()
    world.know({
      world.task(1, vim.tbl_extend('force', agent('waiting', 60), { requests = 1 })),
      world.task(2, agent('error', 50)),
      world.task(3, agent('busy', 40)),
      world.task(4, vim.tbl_extend('force', agent('idle', 30), { unread = true, stack = 'chorus/4' })),
    }, { world.request('r', 1) })
    assert.are.equal('output uuid-2', go('output', 'uuid-1'))
    assert.are.equal('output uuid-4', go('output', 'uuid-2'))
    assert.are.equal('output uuid-1', go('output', 'uuid-4'))
    assert.are.equal('output uuid-4', go('output', 'uuid-1', -1))
    assert.are.equal('output uuid-1', go('output', 'uuid-3', 1))
    assert.are.equal('show uuid-2', go('page', 'uuid-1'))
    assert.are.equal('explain uuid-2', go('explain', 'uuid-1'))
    assert.are.equal('diff uuid-4', go('diff', 'uuid-2'))
    assert.are.equal('answer uuid-1', go('request', 'uuid-4'))
    assert.are.equal('output uuid-4', go('request', 'uuid-2'))
    assert.are.equal('answer uuid-1', go('changes'))
  end)

  it('goes in the order of the dashboard', function()
    world.know({
      world.task(1, vim.tbl_extend('force', agent('waiting', 60), { requests = 1 })),
      world.task(2, vim.tbl_extend('force', agent('error', 50), { priority = 3 })),
    }, { world.request('r', 1) })
    require('chorus.ui.tasks.dashboard').open()
    assert.is_truthy(world.lines()[2]:find('#2', 1, true), world.lines()[2])
    assert.are.equal('output uuid-2', go('output', 'uuid-3'))
    assert.are.equal('output uuid-1', go('output', 'uuid-2'))
  end)

  it('says so where no other task needs anybody', function()
    world.know({ world.task(1, agent('error', 5)), world.task(2, agent('busy', 5)) })
    assert.is_nil(go('output', 'uuid-1'))
    assert.are.same({ { 'info', 'no other task needs you' } }, world.notified)
    assert.are.equal('output uuid-1', go('output', 'uuid-2'))
  end)
end)
