local helpers = require('helpers')

describe('the client', function()
  local world, client

  helpers.in_a_world(function(fresh)
    world = fresh
    client = require('chorus.client')
  end)

  local function pid()
    return client.welcome().pid
  end

  it('says hello first, takes a snapshot, and tells that it is connected', function()
    world:connect({ helpers.task() })
    local hello = vim.json.decode(world:noted('asked')[1])
    assert.equal('hello', hello.method)
    assert.equal(require('chorus.contract').protocol, hello.params.protocol)
    assert.equal(vim.fn.getcwd(), hello.params.folder)
    assert.equal('nvim', hello.params.client)
    assert.equal('snapshot', vim.json.decode(world:noted('asked')[2]).method)
    assert.is_true(client.is_connected())
    assert.equal('Task 1', require('chorus.tasks').get(1).title)
    assert.equal(1, #world:heard('ChorusConnected'))
    assert.same({}, world.said)
  end)

  it('sends what was asked before the handshake after it, in order', function()
    local answers = {}
    for _, filter in ipairs({ 'one', 'two', 'three' }) do
      client.request('task_list', { filter = filter }, function(err)
        answers[#answers + 1] = err or filter
      end)
    end
    helpers.wait_for('three answers', function()
      return #answers == 3
    end)
    assert.same({ 'one', 'two', 'three' }, answers)
    local filters = vim.tbl_map(function(request)
      return request.params.filter
    end, world:asked())
    assert.same({ 'one', 'two', 'three' }, filters)
  end)

  it('waits inside a coroutine', function()
    local err, result
    client.run(function()
      err, result = client.request('task_list', {})
    end)
    helpers.wait_for('the answer', function()
      return result
    end)
    assert.is_nil(err)
  end)

  it('turns nulls into nothing, however deep', function()
    world:tell('script', { task_list = { result = { tasks = { { a = vim.NIL, b = { c = vim.NIL, d = 1 } } } } } })
    local _, result = world:ask('task_list', {})
    assert.same({ tasks = { { b = { d = 1 } } } }, result)
  end)

  it('mends text that is not UTF-8, and sends empty tables as they are meant', function()
    world:connect()
    world:ask('task_new', { title = 'caf\233 \0', tags = {} })
    world:ask('task_answer', { task = 'x', answers = vim.empty_dict() })
    local asked = world:asked()
    assert.equal('caf? \0', asked[1].params.title)
    assert.same({}, asked[1].params.tags)
  end)

  it('hands over an error as it is', function()
    world:tell(
      'script',
      { task_start = { error = { code = 'wrong_state', message = 'cannot start #1', hint = vim.NIL } } }
    )
    local err, result = world:ask('task_start', { task = 'uuid-1' })
    assert.same({ code = 'wrong_state', message = 'cannot start #1' }, err)
    assert.is_nil(result)
  end)

  it('fails what is pending when the job ends, then connects again and takes a full snapshot', function()
    world:tell('script', { task_start = 'hold' })
    world:connect({ helpers.task(), helpers.task({ number = 2 }) })
    local before = pid()
    local err
    client.request('task_start', { task = 'uuid-1' }, function(told)
      err = told
    end)
    world:tell(
      'snapshot',
      { tasks = { helpers.task({ number = 2, title = 'Renamed' }) }, requests = {}, elsewhere = 0 }
    )
    client.request('fake', { exit = 7 }, function() end)
    helpers.wait_for('the failure', function()
      return err
    end)
    assert.equal('daemon_unreachable', err.code)
    assert.is_true(client.is_lost())
    helpers.wait_for('the next connection', function()
      return #world:heard('ChorusConnected') == 2
    end)
    assert.not_equal(before, pid())
    assert.is_false(client.is_lost())
    assert.equal(1, #world:heard('ChorusDisconnected'))
    assert.is_nil(require('chorus.tasks').get(1))
    assert.equal('Renamed', require('chorus.tasks').get(2).title)
  end)

  it('keeps trying while there is no daemon to be had, and recovers', function()
    world:connect()
    world:tell('fault', { error = { code = 'store_unusable', message = 'the disk is full', hint = 'make room' } })
    client.request('fake', { exit = 1 }, function() end)
    helpers.wait_for('three attempts', function()
      return #world:noted('starts') >= 4
    end)
    assert.is_true(client.is_lost())
    assert.equal('the disk is full', client.last_error().message)
    assert.same({}, world.said)
    world:tell('fault', nil)
    helpers.wait_for('the next connection', client.is_connected)
  end)

  it('goes on restoring what was lost after somebody only looked whether a daemon runs', function()
    world:connect()
    world:tell('fault', { error = { code = 'store_unusable', message = 'the disk is full' } })
    client.request('fake', { exit = 1 }, function() end)
    helpers.wait_for('an attempt', function()
      return #world:noted('starts') >= 2 and client.is_settled()
    end)
    world:tell('fault', nil)
    world:tell('down', '')
    client.connect({ start = false })
    helpers.wait_for('the next connection', client.is_connected)
    assert.is_true(vim.list_contains(world:noted('starts'), 'if running'))
  end)

  it('tells a request why there is no daemon, and does not try by itself', function()
    world:tell('fault', { error = { code = 'store_unusable', message = 'the disk is full', hint = 'make room' } })
    local err = world:ask('task_list', {})
    assert.same({ code = 'store_unusable', message = 'the disk is full', hint = 'make room' }, err)
    vim.wait(300)
    assert.equal(1, #world:noted('starts'))
    world:tell('fault', nil)
    assert.is_nil(world:ask('task_list', {}))
  end)

  it('connects in the background without a word, and starts no daemon', function()
    world:tell('down', '')
    client.connect({ start = false })
    helpers.wait_for('the attempt', function()
      return #world:noted('starts') == 1 and client.is_settled()
    end)
    assert.same({ 'if running' }, world:noted('starts'))
    assert.is_false(client.is_connected())
    assert.same({}, world.said)
    assert.is_nil(world:ask('task_list', {}))
    assert.same({ 'if running', 'start' }, world:noted('starts'))
  end)

  it('starts a daemon for a request that comes while it looks for one', function()
    world:tell('down', '')
    client.connect({ start = false })
    assert.is_nil(world:ask('task_list', {}))
    assert.same({ 'if running', 'start' }, world:noted('starts'))
  end)

  it('says nothing in the background without a program, and why to a request', function()
    vim.g.chorus = { binary = world.folder .. '/none' }
    require('chorus.config').reset()
    client.connect({ start = false })
    helpers.settle()
    assert.same({}, world.said)
    local err = world:ask('task_list', {})
    assert.equal('tool_missing', err.code)
    assert.matches('none', err.message, 1, true)
  end)

  it('is told once that the plugin is older, and does not try again by itself', function()
    world:connect()
    local older = { code = 'older_client', message = 'this Neovim runs an older plugin: restart it' }
    world:tell('script', { hello = { error = older } })
    client.request('fake', { exit = 1 }, function() end)
    helpers.wait_for('the refusal', function()
      return #world.said > 0
    end)
    vim.wait(500)
    assert.equal(1, #world.said)
    assert.matches(older.message, world:words(), 1, true)
    assert.equal(2, #world:noted('starts'))
    assert.same(older, (world:ask('task_list', {})))
    assert.equal(1, #world.said)
  end)

  it('connects again, losing nothing, when the daemon it met leaves for a newer one', function()
    local replaced =
      { code = 'replaced', message = 'the running daemon is older than this client and is shutting down' }
    world:tell('script', { hello = { error = replaced } })
    local err, result
    client.request('task_list', {}, function(...)
      err, result = ...
    end)
    helpers.wait_for('the refusal', function()
      return #world:noted('asked') == 1
    end)
    world:tell('script', nil)
    helpers.wait_for('the answer', function()
      return result
    end)
    assert.is_nil(err)
    assert.same({}, world.said)
  end)

  it('applies events that overtake the snapshot after it', function()
    local newer = helpers.task({ title = 'Newer', revision = 5 })
    world:tell(
      'snapshot',
      { tasks = { helpers.task({ revision = 4 }), helpers.task({ number = 2 }) }, requests = {}, elsewhere = 0 }
    )
    world:tell('script', {
      snapshot = {
        before = {
          { name = 'task_changed', data = newer },
          { name = 'task_deleted', data = { uuid = 'uuid-2', number = 2 } },
        },
      },
    })
    client.connect({ start = true })
    helpers.wait_for('the snapshot', function()
      return #world:heard('ChorusConnected') == 1
    end)
    assert.equal('Newer', require('chorus.tasks').get(1).title)
    assert.is_nil(require('chorus.tasks').get(2))
  end)

  it('greets again when the working folder is in another project', function()
    local before = vim.fn.getcwd()
    local one, two = world.folder .. '/project1', world.folder .. '/project2'
    vim.fn.mkdir(one .. '/sub', 'p')
    vim.fn.mkdir(two, 'p')
    vim.cmd.cd(one)
    world:connect({ helpers.task() })
    assert.equal(one, client.welcome().project)
    vim.cmd.cd('sub')
    helpers.wait_for('the second greeting', function()
      return #world:noted('asked') == 3
    end)
    helpers.settle()
    assert.equal(1, #world:heard('ChorusConnected'))
    world:tell('snapshot', { tasks = { helpers.task({ number = 9 }) }, requests = {}, elsewhere = 0 })
    vim.cmd.cd(two)
    helpers.wait_for('the other project', function()
      return client.welcome().project == two and #world:heard('ChorusConnected') == 2
    end)
    assert.is_nil(require('chorus.tasks').get(1))
    assert.equal('Task 9', require('chorus.tasks').get(9).title)
    vim.cmd.cd(before)
  end)

  it('takes further answers while a callback waits for a person', function()
    world:connect()
    local second, first
    client.request('task_list', {}, function()
      first = vim.wait(10000, function()
        return second
      end, 5)
    end)
    client.request('task_list', {}, function()
      second = true
    end)
    helpers.wait_for('both answers', function()
      return first ~= nil
    end)
    assert.is_true(first)
  end)
end)
