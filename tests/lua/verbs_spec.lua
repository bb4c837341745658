local helpers = require('helpers')

describe('the verb', function()
  local world, verbs, shown

  local function window(module)
    local name = module:match('%.(%w+)$')
    package.loaded['chorus.ui.' .. module] = {
      open = function(what)
        shown[#shown + 1] = { name, what }
      end,
      open_in_turn = function(what)
        shown[#shown + 1] = { name, what }
      end,
      open_for = function(what, options)
        shown[#shown + 1] = { name, what, options }
      end,
      open_newer = function(what)
        shown[#shown + 1] = what and { 'newer ' .. name, what }
      end,
    }
  end

  helpers.in_a_world(function(fresh)
    world = fresh
    verbs = require('chorus.verbs')
    shown = {}
    for _, module in ipairs({
      'tasks.draft',
      'tasks.dashboard',
      'tasks.list',
      'tasks.page',
      'tasks.explain',
      'requests.inbox',
      'requests.request',
      'prompts.composer',
      'prompts.queue',
      'pane.output',
      'pane.terminal',
    }) do
      window(module)
    end
  end)

  after_each(function()
    vim.b.chorus_task = nil
  end)

  --- Runs a verb and waits until the peer was asked `count` times more.
  local function asked_by(name, opts, count)
    local before = #world:asked()
    verbs.run(name, opts)
    helpers.settle()
    local all
    helpers.wait_for('the request', function()
      all = world:asked()
      return #all >= before + (count or 1)
    end)
    helpers.settle()
    return unpack(all, before + 1)
  end

  local function nothing_asked_by(name, opts)
    local before = #world:asked()
    verbs.run(name, opts)
    helpers.settle()
    assert.equal(before, #world:asked())
  end

  local live = helpers.task({ number = 1 })
  local other = helpers.task({ number = 2 })
  local pending = helpers.task({ number = 3, status = 'pending', agent_status = 'stopped' })
  local ended = helpers.task({ number = 4, status = 'failed', agent_status = 'stopped' })

  it('start gives prompt and environment', function()
    world:connect({ live, pending })
    vim.env.CHORUS_SPEC = 'given'
    local request = asked_by('start', { task = '3', args = 'begin with the tests' })
    assert.equal('task_start', request.method)
    assert.equal('uuid-3', request.params.task)
    assert.equal('begin with the tests', request.params.prompt)
    assert.equal('given', request.params.environment.CHORUS_SPEC)
    assert.is_nil(asked_by('start', { task = '3' }).params.prompt)
    assert.truthy(world:words():find('#3 has started — `:Chorus output 3` shows it', 1, true))
  end)

  it('connects first, and says why it cannot', function()
    world:tell('snapshot', { tasks = { live }, requests = {}, elsewhere = 0 })
    verbs.run('show', { task = '1' })
    helpers.wait_for('the page', function()
      return #shown == 1
    end)
    assert.equal(1, shown[1][2].number)
    require('chorus.client').disconnect()
    world:tell('fault', { error = { code = 'store_unusable', message = 'the disk is full', hint = 'make room' } })
    verbs.run('show', { task = '1' })
    helpers.wait_for('the message', function()
      return #world.said == 1
    end)
    assert.equal('Chorus: the disk is full — make room', world:words())
  end)

  it('send takes the text, the lines of a range, or both', function()
    world:connect({ live })
    assert.same({ task = 'uuid-1', text = 'hello', raw = false }, asked_by('send', { args = 'hello' }).params)
    assert.same(
      { task = 'uuid-1', text = '/compact', raw = true },
      asked_by('send', { args = '/compact', bang = true }).params
    )
    vim.cmd.enew()
    vim.api.nvim_buf_set_name(0, vim.fn.getcwd() .. '/some/file.lua')
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'local x = "```"', 'three' })
    vim.bo.filetype = 'lua'
    assert.equal('one\nlocal x = "```"', asked_by('send', { range = { first = 1, last = 2 } }).params.text)
    assert.equal(
      'explain\n\nsome/file.lua:2\n\n````lua\nlocal x = "```"\n````',
      asked_by('send', { args = 'explain', range = { first = 2, last = 2 } }).params.text
    )
    vim.cmd.bwipeout({ bang = true })
  end)

  it('send opens the composer where there is no text, says that a prompt waits, and that one was sent', function()
    world:tell('script', { task_send = { result = { queued = true, reason = 'a request is open' } } })
    world:connect({ live })
    nothing_asked_by('send', { bang = true })
    assert.same({ 'composer', { live }, true }, { shown[1][1], shown[1][2], shown[1][3].raw })
    asked_by('send', { args = 'typed' })
    assert.truthy(world:words():find('Chorus: #1 will get the prompt later: a request is open', 1, true))
    world:tell('script', { task_send = { result = { queued = false } } })
    require('chorus.client').disconnect()
    world:connect({ live })
    asked_by('send', { args = 'typed' })
    assert.truthy(world:words():find('Chorus: prompt sent to #1', 1, true))
  end)

  it('send starts a task that waits to be started, after asking, and never throws the text away', function()
    world:connect({ live, pending, ended })
    nothing_asked_by('send', { task = '3', args = 'begin' })
    assert.equal('#3: not started yet.', world.offered[1].opts.prompt)
    assert.same({ raw = false, lines = { 'begin' }, is_kept = true, is_filled = true }, shown[1][3])
    world.choices = { 1 }
    local started = asked_by('send', { task = '3', args = 'begin' })
    assert.same({ 'task_start', 'begin' }, { started.method, started.params.prompt })
    nothing_asked_by('send', { task = '4', args = 'more' })
    assert.same({ 'more' }, shown[2][3].lines)
    assert.truthy(world:words():find('cannot send to #4: not running', 1, true))
  end)

  it('asks before a word that may have begun a text names the tasks', function()
    world:connect({ live, other })
    nothing_asked_by('send', { task = 'all', args = 'tests must pass' })
    assert.equal('send #1, #2 (all): tests must pass', world.offered[1].opts.prompt)
    world.choices = { 1 }
    local first, second = asked_by('send', { task = 'all', args = 'tests must pass' }, 2)
    assert.equal('uuid-1', first.params.task)
    assert.equal('uuid-2', second.params.task)
  end)

  it('restart starts two at a time, and ! means fresh', function()
    local tasks = { live, other, helpers.task({ number = 5 }) }
    world:tell('script', { task_restart = 'hold' })
    world:connect(tasks)
    asked_by('restart', { task = 'all' }, 2)
    assert.equal(2, #world:asked())
    require('chorus.client').disconnect()
    world:tell('script', nil)
    world:connect(tasks)
    local _, _, third = asked_by('restart', { task = 'all', bang = true }, 3)
    assert.equal('uuid-5', third.params.task)
    assert.is_true(third.params.fresh)
  end)

  it('a conversation is left for a new one only after a yes', function()
    local function with_conversation(task)
      return vim.tbl_extend('force', task, { session_id = 'session' })
    end
    world:connect({ with_conversation(live), with_conversation(other), with_conversation(pending) })
    nothing_asked_by('restart', { task = '1', bang = true })
    assert.equal('Begin a new conversation, without the one so far?\n  #1 Task 1', world.offered[1].opts.prompt)
    nothing_asked_by('restart', { task = 'all', bang = true })
    assert.equal(
      'Begin new conversations, without those so far?\n  #1 Task 1\n  #2 Task 2',
      world.offered[2].opts.prompt
    )
    world.choices = { 'Begin anew: #3' }
    assert.is_true(asked_by('start', { task = '3', bang = true }).params.fresh)
    assert.is_false(asked_by('start', { task = '3' }).params.fresh)
  end)

  it('a task that does not run is told before a prompt is typed', function()
    world:connect({ live, pending, ended })
    nothing_asked_by('send', { task = '3' })
    assert.equal('composer', shown[1][1])
    nothing_asked_by('send', { task = '4' })
    assert.equal(1, #shown)
    assert.truthy(world:words():find('cannot send to #4: not running', 1, true))
  end)

  it('approve names the request', function()
    world:connect({ live }, { helpers.request() })
    assert.same({ task = 'uuid-1', request = 'request-1' }, asked_by('approve', { task = '1' }).params)
    assert.equal('Chorus: #1 allowed: ls -la', world:words())
  end)

  it('approve shows which request there is before it is meant', function()
    world:connect({ vim.tbl_extend('force', live, { requests = 1 }) }, { helpers.request() })
    nothing_asked_by('approve', {})
    assert.equal(1, #world.offered)
  end)

  it('approve lets one of several be picked', function()
    world:connect(
      { live },
      { helpers.request(), helpers.request({ id = 'b', summary = 'rm -rf build', opened_at = 2000 }) }
    )
    world.choices = { 'rm -rf build' }
    assert.equal('b', asked_by('approve', { task = '1' }).params.request)
    assert.same({ '#1 Bash: ls -la  Task 1', '#1 Bash: rm -rf build  Task 1' }, world.offered[1].lines)
  end)

  it('approve opens a question instead, and tells a refusal', function()
    world:connect({ live, other }, { helpers.request({ kind = 'question' }), helpers.request({ number = 2 }) })
    nothing_asked_by('approve', { task = '1' })
    assert.equal('request', shown[1][1])
    require('chorus.client').disconnect()
    world:tell('script', {
      task_approve = {
        error = { code = 'request_changed', message = 'another request is open by now', hint = 'look at it' },
      },
    })
    world:connect({ other }, { helpers.request({ number = 2 }) })
    asked_by('approve', { task = '2' })
    assert.equal('Chorus: another request is open by now — look at it', world:words())
  end)

  it('deny asks for a reason, which may be empty', function()
    world:connect({ live }, { helpers.request({ summary = 'ls \27[8m-la' }) })
    assert.equal('not now', asked_by('deny', { task = '1', args = 'not now' }).params.reason)
    assert.equal('Chorus: #1 denied: ls -la', world:words())
    world.inputs = { '' }
    assert.is_nil(asked_by('deny', { task = '1' }).params.reason)
    assert.equal('Deny “ls -la” of #1. Reason for the agent (may be empty): ', world.prompts[1])
    nothing_asked_by('deny', { task = '1' })
  end)

  for name, args in pairs({ approve = '', deny = 'no', answer = 'Red' }) do
    it(name .. ' shows the newer request when the one that was meant is not open any more', function()
      local newer = helpers.request({ id = 'newer', opened_at = 2000 })
      world:tell('script', {
        ['task_' .. name] = {
          before = {
            { name = 'request_closed', data = helpers.request() },
            { name = 'request_opened', data = newer },
          },
          error = { code = 'request_changed', message = 'another request is open by now' },
        },
      })
      world:connect({ live }, { helpers.request() })
      assert.equal('request-1', asked_by(name, { task = '1', args = args }).params.request)
      assert.same({ { 'newer request', newer } }, shown)
      assert.equal('Chorus: another request is open by now', world:words())
    end)

    it(name .. ' leaves alone what only the terminal can answer', function()
      world:connect({ live }, { helpers.request({ kind = 'trust', answerable = 'terminal' }) })
      nothing_asked_by(name, { task = '1', args = name ~= 'deny' and args or '' })
      assert.same({}, world.prompts)
      assert.equal('Chorus: only the terminal of #1 can answer this — `:Chorus attach 1` opens it', world:words())
    end)
  end

  it('answer takes an option by number, a text, or opens the question', function()
    local question = helpers.request({
      kind = 'question',
      input = { questions = { { question = 'Which?', options = { { label = 'Red' }, { label = 'Blue' } } } } },
    })
    world:connect({ live }, { question })
    assert.same({ [''] = 'Blue' }, asked_by('answer', { task = '1', args = '2' }).params.answers)
    assert.same({ [''] = 'Green' }, asked_by('answer', { task = '1', args = 'Green' }).params.answers)
    assert.same({ [''] = '7' }, asked_by('answer', { task = '1', args = '7' }).params.answers)
    nothing_asked_by('answer', { task = '1' })
    assert.same({ 'request', question }, shown[1])
  end)

  it('answer takes one word for each of several questions', function()
    local function question(text, is_multiple)
      local options = { { label = 'A' }, { label = 'B' }, { label = 'C' } }
      return { question = text, multiSelect = is_multiple, options = options }
    end
    local both = { question('One?', false), question('Two?', true) }
    world:connect({ live }, { helpers.request({ kind = 'question', input = { questions = both } }) })
    local answers = asked_by('answer', { task = '1', args = '2 1,3' }).params.answers
    assert.same({ ['One?'] = 'B', ['Two?'] = 'A, C' }, answers)
    answers = asked_by('answer', { task = '1', args = '"my own" B' }).params.answers
    assert.same({ ['One?'] = 'my own', ['Two?'] = 'B' }, answers)
    nothing_asked_by('answer', { task = '1', args = '2' })
    assert.equal('request', shown[1][1])
  end)

  it('complete says how it ended; ! forces', function()
    world:tell('script', { task_complete = { result = vim.tbl_extend('force', live, { result = 'branch fix-it' }) } })
    world:connect({ live })
    assert.is_false(asked_by('complete', { task = '1' }).params.force)
    assert.equal('Chorus: #1 is completed: branch fix-it', world:words())
    assert.is_true(asked_by('complete', { task = '1', bang = true }).params.force)
  end)

  it('several are ended after one question that names them', function()
    world:connect({ live, other })
    nothing_asked_by('complete', { task = 'all' })
    assert.equal('Complete 2 tasks and end their agents?\n  #1 Task 1\n  #2 Task 2', world.offered[1].opts.prompt)
    world.choices = { 'Complete #1, #2' }
    asked_by('complete', { task = 'all' }, 2)
    world.choices, world.inputs = { 'Give up #1, #2' }, { 'no time' }
    local first = asked_by('fail', { task = 'all' }, 2)
    assert.equal('no time', first.params.reason)
    world.choices = { 'Yes, fail #1, #2' }
    asked_by('fail', { task = 'all', args = 'no time' }, 2)
    assert.equal(4, #world.offered)
  end)

  it('fail asks for the reason', function()
    world:connect({ live })
    world.inputs = { 'wrong idea' }
    assert.same({ task = 'uuid-1', reason = 'wrong idea' }, asked_by('fail', { task = '1' }).params)
    nothing_asked_by('fail', { task = '1' })
  end)

  it('fail! says what is discarded and where it is kept, and asks', function()
    local task = helpers.task({ number = 1, stack = 'fix-it-1', commits = 3, uncommitted = 1, title = 'Fix it' })
    world:connect({ task })
    nothing_asked_by('fail', { task = '1', args = 'no', bang = true })
    assert.equal(
      table.concat({
        'Give up #1 and discard:',
        '  #1 Fix it: its branch fix-it-1 with 3 commits, 1 file with uncommitted edits',
        'A backup is kept under refs/chorus/discarded/ in the repository; `:Chorus! reopen` restores it.',
      }, '\n'),
      world.offered[1].opts.prompt
    )
    world.choices = { 'Give up #1 and discard its edits' }
    assert.same(
      { task = 'uuid-1', reason = 'no', discard = true },
      asked_by('fail', { task = '1', args = 'no', bang = true }).params
    )
  end)

  it('reopen! brings back what was discarded', function()
    world:connect({ ended })
    assert.same({ task = 'uuid-4' }, asked_by('reopen', { task = '4' }).params)
    assert.same({ task = 'uuid-4', restore = true }, asked_by('reopen', { task = '4', bang = true }).params)
  end)

  it('undo says what it would do, and then does that', function()
    local offered = { step = 7, text = 'Take back `complete` of #4.', done = false }
    local done = { step = 7, text = '`complete` of #4 was taken back.', done = true }
    world:tell('script', { undo = { { result = offered }, { result = offered }, { result = done } } })
    world:connect({ ended })
    assert.same({ confirmed = false }, asked_by('undo', {}).params)
    assert.equal('Take back `complete` of #4.', world.offered[1].opts.prompt)
    world.choices = { 'Undo' }
    local _, second = asked_by('undo', {}, 2)
    assert.same({ step = 7, confirmed = true }, second.params)
    assert.equal('Chorus: `complete` of #4 was taken back.', world:words())
    assert.same({ confirmed = true }, asked_by('undo', { bang = true }).params)
  end)

  it('the tasks of one command have a word in common', function()
    world:connect({ live, other })
    world.choices = { 'Complete #1, #2' }
    local first, second = asked_by('complete', { task = 'all' }, 2)
    assert.is_string(first.params.command)
    assert.equal(first.params.command, second.params.command)
    assert.is_nil(asked_by('complete', { task = '1', bang = true }).params.command)
  end)

  it('delete asks first', function()
    world:connect({ ended })
    nothing_asked_by('delete', { task = '4' })
    assert.equal('Delete #4 Task 4?', world.offered[1].opts.prompt)
    world.choices = { 'Delete #4' }
    assert.equal('task_delete', asked_by('delete', { task = '4' }).method)
  end)

  it('tells what was refused of several in one message', function()
    world:tell('script', { task_interrupt = { { error = { code = 'wrong_state', message = 'it has ended' } } } })
    world:connect({
      helpers.task({ number = 1, agent_status = 'busy' }),
      helpers.task({ number = 2, agent_status = 'busy' }),
    })
    asked_by('interrupt', { task = 'all' }, 2)
    assert.equal(1, #world.said)
    assert.equal('Chorus: interrupt was refused for 1 of 2 tasks:\n#1: it has ended', world:words())
  end)

  it('new hands title, ! and lines to the draft', function()
    world:connect()
    vim.cmd.enew()
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'two' })
    verbs.run('new', { args = 'Title', bang = true, range = { first = 2, last = 2 } })
    local draft = shown[1][2]
    assert.equal('Title', draft.title)
    assert.is_true(draft.start)
    assert.same({ path = '', first = 2, last = 2, lines = { 'two' }, filetype = '' }, draft.excerpt)
    vim.cmd.bwipeout({ bang = true })
  end)

  it('opens the windows', function()
    world:tell('script', { task_explain = { result = { task = live, rule = 'session file', evidence = {} } } })
    world:connect({ live })
    for _, name in ipairs({ 'dashboard', 'inbox', 'list', 'show', 'edit', 'output', 'attach', 'explain', 'prompts' }) do
      verbs.run(name, { task = name ~= 'list' and '1' or nil })
      helpers.wait_for('a window for ' .. name, function()
        return #shown == 1
      end)
      local windows = { show = 'page', edit = 'page', attach = 'terminal', prompts = 'queue' }
      assert.equal(windows[name] or name, table.remove(shown)[1])
    end
  end)

  it('next goes to requests, then troubles, then what is unread, and round again', function()
    local trouble = { text = 'the hook refused', files = {} }
    local stuck = helpers.task({ number = 8, agent_status = 'busy', unread = true, trouble = trouble })
    local broken = helpers.task({ number = 6, agent_status = 'error' })
    local unread = helpers.task({ number = 7, unread = true })
    world:connect({ helpers.task({ number = 1, requests = 1 }), other, broken, unread, stuck }, {
      helpers.request({ id = 'late', number = 1, opened_at = 20 }),
      helpers.request({ id = 'early', number = 2, opened_at = 10 }),
    })
    local order = {}
    for _ = 1, 6 do
      verbs.run('next', {})
      local window_name, what = unpack(table.remove(shown))
      order[#order + 1] = window_name .. ' ' .. (what.id or what.number)
    end
    assert.same({ 'request early', 'request late', 'output 6', 'page 8', 'output 7', 'request early' }, order)
  end)

  it('next says when nobody needs anything', function()
    world:connect({ other })
    verbs.run('next', {})
    assert.equal('Chorus: no task needs you', world:words())
  end)

  it('pick opens what fits the task', function()
    world:connect({ live, pending })
    world.choices = { '#1', '#3' }
    verbs.run('pick', {})
    verbs.run('pick', { args = 'pending' })
    assert.same({ 'output', 'page' }, { shown[1][1], shown[2][1] })
    verbs.run('pick', { args = 'pendign' })
    assert.matches('no task matches `pendign`', world:words(), 1, true)
  end)

  it('config shows values and notices in a buffer of ours', function()
    world:tell('script', {
      config = {
        result = {
          notices = { '`[server]` is no longer used' },
          values = { { key = 'tmux.socket', value = '"chorus\27[31m"', origin = 'user' } },
        },
      },
    })
    world:connect()
    verbs.run('config', {})
    helpers.wait_for('the buffer', function()
      return vim.api.nvim_buf_get_name(0):match('chorus://config$')
    end)
    assert.same(
      { '# `[server]` is no longer used', 'tmux.socket = "chorus"  # user' },
      vim.api.nvim_buf_get_lines(0, 0, -1, false)
    )
    assert.is_false(vim.bo.modifiable)
    vim.cmd.normal('q')
    assert.is_nil(vim.api.nvim_buf_get_name(0):match('chorus://'))
  end)

  it('log opens the log', function()
    verbs.run('log', {})
    assert.matches('there is no log yet', world:words(), 1, true)
    helpers.write(world.folder .. '/state/log', 'first\nlast\n')
    verbs.run('log', {})
    assert.equal('last', vim.api.nvim_get_current_line())
    vim.cmd.bwipeout()
  end)

  it('is a function of the module', function()
    world:connect({ live, other })
    local chorus = require('chorus')
    chorus.send(1, 'hello')
    chorus.send({ task = 2, args = '/clear', bang = true })
    chorus.dashboard()
    chorus.new('Title')
    helpers.settle()
    assert.same({ 'hello', '/clear' }, {
      world:asked()[1].params.text,
      world:asked()[2].params.text,
    })
    assert.equal('dashboard', shown[1][1])
    assert.equal('Title', shown[2][2].title)
    assert.is_nil(chorus.detect)
    assert.is_nil(chorus.nonsense)
  end)
end)
