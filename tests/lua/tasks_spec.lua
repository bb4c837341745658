local helpers = require('helpers')

describe('the tasks', function()
  local world, tasks

  helpers.in_a_world(function(fresh)
    world = fresh
    tasks = require('chorus.tasks')
  end)

  local function changed(over)
    tasks.apply({ kind = 'event', name = 'task_changed', data = helpers.task(over) })
  end

  local function numbers()
    return vim.tbl_map(function(task)
      return task.number
    end, tasks.all())
  end

  local function names()
    return vim.tbl_map(function(event)
      return event.name
    end, world.events)
  end

  it('stand by priority, then number, and move when it changes', function()
    changed({ number = 3 })
    changed({ number = 1 })
    changed({ number = 2, priority = 5 })
    assert.same({ 2, 1, 3 }, numbers())
    changed({ number = 3, title = 'Other', revision = 2 })
    assert.same({ 2, 1, 3 }, numbers())
    assert.equal('Other', tasks.all()[3].title)
    changed({ number = 3, priority = 9, revision = 3 })
    assert.same({ 3, 2, 1 }, numbers())
  end)

  it('are found by uuid and number', function()
    changed({ number = 12 })
    for _, ref in ipairs({ 'uuid-12', 12, '12', '#12' }) do
      assert.equal(12, tasks.get(ref).number)
    end
    assert.is_nil(tasks.get('1'))
    assert.is_nil(tasks.get('12x'))
  end)

  it('ignore news that are older than what is known', function()
    changed({ title = 'New', revision = 3 })
    changed({ title = 'Old', revision = 2 })
    assert.equal('New', tasks.get(1).title)
    assert.equal(1, #world.events)
  end)

  it('tell each change with plain data', function()
    changed({})
    tasks.apply({ name = 'task_deleted', data = { uuid = 'uuid-1', number = 1 } })
    tasks.apply({ name = 'task_deleted', data = { uuid = 'uuid-1', number = 1 } })
    assert.same({
      { name = 'ChorusTaskChanged', data = { uuid = 'uuid-1', number = 1, task = helpers.task() } },
      { name = 'ChorusTaskChanged', data = { uuid = 'uuid-1', number = 1 } },
    }, world.events)
    assert.same({}, tasks.all())
  end)

  it('know the open requests, oldest first, and tell when they open and close', function()
    local late = helpers.request({ id = 'b', opened_at = 20 })
    local early = helpers.request({ id = 'a', number = 2, opened_at = 10 })
    tasks.apply({ name = 'request_opened', data = late })
    tasks.apply({ name = 'request_opened', data = early })
    tasks.apply({ name = 'request_opened', data = vim.deepcopy(early) })
    assert.same({ early, late }, tasks.requests())
    assert.same({ late }, tasks.requests('uuid-1'))
    assert.same(early, tasks.request('a'))
    tasks.apply({ name = 'request_closed', data = early })
    tasks.apply({ name = 'request_closed', data = early })
    assert.same({ late }, tasks.requests())
    assert.same({ 'ChorusRequestOpened', 'ChorusRequestOpened', 'ChorusRequestClosed' }, names())
    assert.equal('a', world:heard('ChorusRequestClosed')[1].request.id)
  end)

  it('tell the end of a turn', function()
    local data = { uuid = 'uuid-1', number = 1, title = 'Task 1', message = 'done' }
    tasks.apply({ name = 'turn_ended', data = data })
    assert.same({ { name = 'ChorusTurnEnded', data = data } }, world.events)
  end)

  it('pass output on only where somebody shows it', function()
    local got = {}
    tasks.read_output('uuid-1', function(data)
      got[#got + 1] = data
    end)
    tasks.apply({ name = 'output', data = { task = 'uuid-1' } })
    tasks.apply({ name = 'output', data = { task = 'uuid-2' } })
    assert.same({ { task = 'uuid-1' } }, got)
    tasks.read_output('uuid-1', nil)
    tasks.apply({ name = 'output', data = { task = 'uuid-1' } })
    assert.equal(1, #got)
  end)

  it('leave an event they do not know alone', function()
    tasks.apply({ name = 'something_newer', data = {} })
    assert.same({}, world.events)
  end)

  it('show a notice of the daemon', function()
    tasks.apply({ name = 'notice', data = { level = 'warn', text = 'tmux did not answer', hint = 'wait' } })
    assert.same({ { text = 'Chorus: tmux did not answer — wait', level = vim.log.levels.WARN } }, world.said)
  end)

  it('are made what a snapshot says, telling only what differs', function()
    changed({})
    changed({ number = 2 })
    changed({ number = 3 })
    tasks.apply({ name = 'request_opened', data = helpers.request() })
    world.events = {}
    tasks.snapshot({
      tasks = {
        helpers.task(),
        helpers.task({ number = 3, title = 'Other', revision = 2 }),
        helpers.task({ number = 4 }),
      },
      requests = { helpers.request({ id = 'new', number = 3 }) },
      elsewhere = 2,
    })
    assert.same({ 1, 3, 4 }, numbers())
    assert.equal('Other', tasks.get(3).title)
    assert.equal('new', tasks.requests()[1].id)
    assert.same(2, tasks.counts().elsewhere)
    local told = {}
    for _, event in ipairs(world.events) do
      told[#told + 1] = event.name .. ' ' .. tostring(event.data.number or event.data.count or event.data.request.id)
    end
    assert.same({
      'ChorusRequestClosed request-1',
      'ChorusTaskChanged 2',
      'ChorusTaskChanged 3',
      'ChorusTaskChanged 4',
      'ChorusRequestOpened new',
      'ChorusElsewhereChanged 2',
    }, told)
  end)

  it('stay right when a listener fails', function()
    vim.api.nvim_create_autocmd('User', {
      group = 'chorus_spec',
      pattern = 'ChorusTaskChanged',
      callback = function()
        error('broken listener')
      end,
    })
    _G.change_both = function()
      changed({})
      changed({ number = 2 })
    end
    vim.cmd('silent! lua change_both()')
    assert.same({ 1, 2 }, numbers())
  end)

  it('count each task once, what needs a person first', function()
    changed({ number = 1, requests = 1, status = 'waiting', agent_status = 'busy', unread = true })
    changed({ number = 2, agent_status = 'login_required' })
    changed({ number = 3, agent_status = 'error' })
    changed({ number = 4, agent_status = 'exited' })
    changed({ number = 5, agent_status = 'busy', unread = true })
    changed({ number = 6, agent_status = 'starting' })
    changed({ number = 7, unread = true })
    changed({ number = 8, agent_status = 'unknown' })
    changed({ number = 9 })
    changed({ number = 10, status = 'pending', agent_status = 'stopped' })
    changed({ number = 11, status = 'failed', agent_status = 'exited' })
    changed({ number = 12, status = 'completed', trouble = { text = 'the hook refused', files = {} } })
    changed({ number = 13, agent_status = 'busy', trouble = { text = 'the hook refused', files = {} } })
    changed({ number = 14, agent_status = 'error', trouble = { text = 'the hook refused', files = {} } })
    tasks.apply({ name = 'elsewhere', data = { count = 3 } })
    assert.same({
      waiting = 5,
      trouble = 2,
      busy = 2,
      unread = 1,
      unknown = 1,
      elsewhere = 3,
      live = 11,
      total = 14,
    }, tasks.counts())
  end)
end)
