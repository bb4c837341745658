local world = require('ui_world')

describe('notifications', function()
  local notifications, presence

  before_each(function()
    world.start()
    world.record_verbs()
    vim.env.TMUX = nil
    notifications = require('chorus.editor.notifications')
    presence = require('chorus.editor.presence')
  end)

  local function asked(method)
    return vim.tbl_filter(function(request)
      return request[1] == method
    end, world.asked)
  end

  local function ring(by)
    return { title = '#1 asks; x\27]52;c;eA==\7', body = 'one\ntwo\27[2J', by = by }
  end

  it('ring the terminal by a sequence that foreign text cannot leave', function()
    local osc9 = notifications.sequence(ring('osc9'))
    assert.equal('\27]9;#1 asks, x: one · two\a', osc9)
    assert.equal('\27]777;notify;#1 asks, x;one · two\a', notifications.sequence(ring('osc777')))
    assert.equal('\a', notifications.sequence(ring('bell')))
    assert.equal('\a', notifications.sequence(ring('a later one')))
  end)

  it('pass through tmux', function()
    vim.env.TMUX = '/tmp/tmux,1,0'
    assert.equal('\27Ptmux;\27\27]9;#1 asks, x: one · two\a\27\\', notifications.sequence(ring('osc9')))
    assert.equal('\a', notifications.sequence(ring('bell')))
  end)

  it('open what was clicked on', function()
    notifications.attach()
    local asks = world.task(2, { status = 'waiting', requests = 1 })
    local older = world.request('older', 3, { task = 'uuid-3', opened_at = world.now - 900000 })
    local ended = world.task(4, { status = 'completed' })
    world.know({ world.task(1), asks, world.task(3), ended }, { older, world.request('r', 2, { task = 'uuid-2' }) })
    world.event('clicked', { task = 'uuid-1' })
    world.event('clicked', { task = 'uuid-4' })
    world.event('clicked', {})
    world.event('clicked', { task = 'uuid-9', request = 'gone' })
    world.event('clicked', { task = 'uuid-2', request = 'r' })
    assert.same({
      { 'output', { task = 'uuid-1' } },
      { 'show', { task = 'uuid-4' } },
      { 'next', {} },
      { 'next', {} },
      { 'next', {} },
    }, world.ran)
    -- `next` would begin with the oldest one.
    assert.equal('r', require('chorus.tasks.needs').take().id)
    assert.equal('older', require('chorus.tasks.needs').take().id)
  end)

  local function settled()
    vim.wait(20, function()
      return false
    end)
    return asked('presence')
  end

  it('do not concern what is before a person’s eyes', function()
    presence.attach()
    local function shows(number)
      local buffer = vim.api.nvim_create_buf(false, true)
      require('chorus.ui.kit.buffer_task').set(buffer, number, 'uuid-' .. number)
      vim.cmd.sbuffer(buffer)
      return buffer
    end
    assert.same({}, settled())
    shows(2)
    local first = shows(1)
    assert.same({ { 'presence', { visible = { 'uuid-1', 'uuid-2' } } } }, settled())
    -- Another task in the same window.
    require('chorus.ui.kit.buffer_task').set(first, 3, 'uuid-3')
    assert.same({ visible = { 'uuid-2', 'uuid-3' } }, settled()[2][2])
    -- A row under the cursor is not the task.
    vim.b[first].chorus_view = 'dashboard'
    vim.api.nvim_exec_autocmds('FocusLost', {})
    vim.api.nvim_exec_autocmds('FocusLost', {})
    local told = settled()
    assert.equal(3, #told)
    assert.same({ focused = false, visible = { 'uuid-2' } }, told[3][2])
    -- A new daemon knows nothing.
    world.tell('ChorusConnected', {})
    assert.equal(4, #settled())
    world.connected = false
    vim.api.nvim_exec_autocmds('FocusGained', {})
    assert.equal(4, #settled())
    vim.cmd.only({ bang = true })
  end)

  it('do not concern the task whose request or preview is on the screen', function()
    presence.attach()
    local asks = world.task(2, { status = 'waiting', requests = 1 })
    world.know({ world.task(1), asks }, { world.request('r', 2, { task = 'uuid-2' }) })
    require('chorus.ui.requests.inbox').open()
    local told = settled()
    assert.same({ 'uuid-2' }, told[#told][2].visible)
    vim.cmd.close()
    told = settled()
    assert.same({}, told[#told][2].visible)
  end)
end)
