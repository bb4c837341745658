local helpers = require('helpers')

describe('the task meant', function()
  local world, target, find, got

  helpers.in_a_world(function(fresh)
    world = fresh
    require('chorus.verbs')
    target, find = require('chorus.verbs.target'), require('chorus.verbs.find')
    got = nil
  end)

  after_each(function()
    vim.b.chorus_task = nil
  end)

  local function known(...)
    for _, over in ipairs({ ... }) do
      require('chorus.tasks').apply({ name = 'task_changed', data = helpers.task(over) })
    end
  end

  local function resolve(verb, typed)
    got = nil
    target.resolve(assert(find(verb)), typed, function(found)
      got = vim.tbl_map(function(task)
        return task.number
      end, found)
    end)
    return got
  end

  local pending, live = { status = 'pending', agent_status = 'stopped' }, {}
  local function as(kind, over)
    return vim.tbl_extend('force', kind, over)
  end

  it('is the one typed, by number or uuid', function()
    known(as(live, { number = 1 }), as(live, { number = 2 }))
    assert.same({ 2 }, resolve('send', '2'))
    assert.same({ 2 }, resolve('send', '#2'))
    assert.same({ 2 }, resolve('send', 2))
    assert.same({ 2 }, resolve('output', 'uuid-2'))
    assert.same({ 2, 1 }, resolve('send', '2, 1 2'))
    assert.same({ 2, 1 }, resolve('send', { 2, 1 }))
    assert.same({}, world.offered)
  end)

  it('is refused when it does not exist', function()
    known(as(live, { number = 1 }))
    assert.is_nil(resolve('send', '7'))
    assert.equal('Chorus: there is no task `7` in this project — run `:Chorus` to see the tasks', world:words())
  end)

  it('may be a filter, cut down to the tasks for which the verb makes sense', function()
    known(
      as(live, { number = 1, agent_status = 'busy' }),
      as(live, { number = 2, tags = { 'ui' } }),
      as(pending, { number = 3, tags = { 'ui' } })
    )
    assert.same({ 1, 2 }, resolve('restart', 'all'))
    assert.same({ 1 }, resolve('restart', 'busy'))
    assert.same({ 2 }, resolve('restart', '+ui'))
    assert.same({ 3 }, resolve('start', '+ui'))
    assert.same({ 3 }, resolve('delete', 'all'))
    assert.is_nil(resolve('restart', 'exited'))
    assert.equal('Chorus: cannot restart: no task is `exited` — run `:Chorus` to see the tasks', world:words())
  end)

  it('is one that the daemon would accept', function()
    local ended = { status = 'completed', agent_status = 'stopped' }
    known(
      as(live, { number = 1, agent_status = 'busy', stack = 'one-1', isolation = 'stack' }),
      as(live, { number = 2, agent_status = 'waiting', requests = 1, isolation = 'none', uncommitted = 2 }),
      as(ended, { number = 3, stack = 'three-3', isolation = 'worktree', uncommitted = 1 }),
      as(pending, { number = 4, isolation = 'worktree' }),
      as(ended, { number = 5, trouble = { kind = 'hook', text = 'a hook refused it', files = {} } })
    )
    local function candidates(verb)
      return vim.tbl_map(function(task)
        return task.number
      end, target.candidates(assert(find(verb))))
    end
    assert.same({ 1 }, candidates('interrupt'))
    assert.same({ 1, 3 }, candidates('diff'))
    assert.same({ 3 }, candidates('commit'))
    assert.same({ 3 }, candidates('preview'))
    assert.same({ 5 }, candidates('mend'))
    assert.same({ 2 }, candidates('deny'))
    assert.same({ 3, 4, 5 }, candidates('delete'))
    assert.same({ 1, 2, 3, 4, 5 }, candidates('show'))
  end)

  it('is picked among several when the verb takes one', function()
    known(as(live, { number = 1 }), as(live, { number = 2 }))
    world.choices = { 2 }
    assert.same({ 2 }, resolve('output', 'all'))
    assert.equal('chorus_task', world.offered[1].opts.kind)
  end)

  it('is the one of the buffer or under the cursor', function()
    known(as(live, { number = 1 }), as(live, { number = 2 }))
    vim.b.chorus_task = 'uuid-2'
    assert.same({ 2 }, resolve('send'))
    assert.same({ 2 }, resolve('complete'))
    vim.b.chorus_task = 'uuid-gone'
    world.choices = { 1 }
    assert.same({ 1 }, resolve('send'))
  end)

  it('is the only candidate, but never silently for a careful verb', function()
    known(as(live, { number = 1 }), as(pending, { number = 2 }))
    assert.same({ 1 }, resolve('send'))
    assert.same({ 2 }, resolve('start'))
    assert.same({}, world.offered)
    for _, verb in ipairs({ 'complete', 'fail', 'delete' }) do
      assert.is_nil(resolve(verb))
    end
    assert.equal(3, #world.offered)
    world.choices = { 1 }
    assert.same({ 1 }, resolve('complete'))
  end)

  it('is picked among the candidates otherwise', function()
    known(as(live, { number = 1, title = 'A\27[31m\nB' }), as(live, { number = 2 }), as(pending, { number = 3 }))
    world.choices = { '#2' }
    assert.same({ 2 }, resolve('send'))
    assert.same({ '  #1  ○ idle        A ↵ B', '  #2  ○ idle        Task 2' }, world.offered[1].lines)
    assert.is_nil(resolve('send'))
  end)

  it('is told when there is none', function()
    assert.is_nil(resolve('send'))
    known(as(pending, { number = 3 }))
    assert.is_nil(resolve('send'))
    assert.is_nil(resolve('approve'))
    assert.same({
      'Chorus: there are no tasks here yet — run `:Chorus new` to write one',
      'Chorus: there is no task to send — run `:Chorus` to see the tasks',
      'Chorus: there is no task to approve — run `:Chorus` to see the tasks',
    }, vim.split(world:words(), '\n'))
  end)
end)
