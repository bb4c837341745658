local helpers = require('helpers')

describe(':Chorus', function()
  local world, command, ran

  helpers.in_a_world(function(fresh)
    world = fresh
    vim.cmd.runtime('plugin/chorus.lua')
    command = require('chorus.command')
    ran = {}
    package.loaded['chorus.verbs'] = {
      run = function(name, opts)
        ran[#ran + 1] = vim.tbl_extend('error', { name }, opts)
      end,
    }
    local tasks = require('chorus.tasks')
    for _, task in ipairs({
      helpers.task({ number = 3, tags = { 'ui', 'urgent' }, stack = 'fix-it-3' }),
      helpers.task({ number = 12, status = 'pending', agent_status = 'stopped' }),
      helpers.task({ number = 31, agent_status = 'busy' }),
    }) do
      tasks.apply({ name = 'task_changed', data = task })
    end
  end)

  local function check(line, expected)
    ran = {}
    vim.cmd(line)
    assert.same({ vim.tbl_extend('keep', expected, { args = '', bang = false }) }, ran)
  end

  it('reads verb, task and text', function()
    check('Chorus', { 'dashboard' })
    check('Chorus start', { 'start' })
    check('Chorus start 12', { 'start', task = '12' })
    check('Chorus start #12 fix the  bug', { 'start', task = '#12', args = 'fix the  bug' })
    check('Chorus send 3 31 hello', { 'send', task = '3 31', args = 'hello' })
    check('Chorus restart 3,31', { 'restart', task = '3,31' })
    check('Chorus restart all', { 'restart', task = 'all' })
    check('Chorus complete +urgent', { 'complete', task = '+urgent' })
    check('Chorus deny 3 not on a Friday', { 'deny', task = '3', args = 'not on a Friday' })
    check('Chorus deny 3 4 times is enough', { 'deny', task = '3', args = '4 times is enough' })
    check('Chorus new Fix 12 bugs | and more', { 'new', args = 'Fix 12 bugs | and more' })
    check('Chorus list waiting', { 'list', args = 'waiting' })
  end)

  it('takes a text that begins like a task after --', function()
    check('Chorus send -- 3 tests fail', { 'send', args = '3 tests fail' })
    check('Chorus send 12 -- 3 tests fail', { 'send', task = '12', args = '3 tests fail' })
    check('Chorus send -- all tests must pass', { 'send', args = 'all tests must pass' })
  end)

  it('knows ! on either word, and the commands of the verbs', function()
    check('Chorus! restart 3', { 'restart', task = '3', bang = true })
    check('Chorus restart! 3', { 'restart', task = '3', bang = true })
    check('ChorusRestart! 3', { 'restart', task = '3', bang = true })
    check('ChorusNew! Title', { 'new', args = 'Title', bang = true })
    check('ChorusDashboard', { 'dashboard' })
  end)

  it('hands over a range where one means something', function()
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'two', 'three' })
    check('2,3Chorus send 3 look', { 'send', task = '3', args = 'look', range = { first = 2, last = 3 } })
    check('2ChorusNew', { 'new', range = { first = 2, last = 2 } })
    check('2,3Chorus start 12', { 'start', task = '12' })
  end)

  it('refuses what it does not know with the nearest, in one line', function()
    local function refused(line, text)
      world.said, ran = {}, {}
      vim.cmd(line)
      assert.same({}, ran)
      assert.equal(1, #world.said)
      assert.equal(text, world:words())
    end
    refused('Chorus strat 12', 'Chorus: unknown command `strat` — did you mean `:Chorus start`?')
    refused('Chorus xyzzy', 'Chorus: unknown command `xyzzy` — `:Chorus <Tab>` lists the verbs')
    refused('Chorus! interrupt 12', 'Chorus: `!` means nothing to `interrupt`')
    refused('Chorus interrupt 3 now', 'Chorus: `interrupt` does not take `now` — use `:Chorus interrupt [task]`')
    refused('Chorus delete foo', 'Chorus: `delete` does not take `foo` — use `:Chorus delete [task]`')
    refused('Chorus inbox 3', 'Chorus: `inbox` does not take `3` — use `:Chorus inbox`')
  end)

  it('completes verbs', function()
    assert.same({ 'resend', 'restart', 'reopen', 'ref', 'refs', 'retie' }, vim.fn.getcompletion('Chorus re', 'cmdline'))
    assert.equal(#command.verbs, #vim.fn.getcompletion('Chorus ', 'cmdline'))
    assert.same({}, vim.fn.getcompletion('Chorus xyz', 'cmdline'))
  end)

  it('completes the tasks for which the verb makes sense, filters and tags', function()
    assert.same({ '12' }, command.complete('1', 'Chorus start 1', 14))
    local words = vim.fn.getcompletion('Chorus interrupt ', 'cmdline')
    assert.equal('31', words[1])
    assert.is_true(vim.list_contains(words, 'busy'))
    assert.same({ '+ui', '+urgent' }, vim.fn.getcompletion('ChorusRestart +u', 'cmdline'))
    assert.same({ '31' }, vim.fn.getcompletion('Chorus send 3 ', 'cmdline'))
    assert.same({ '3', '31' }, vim.fn.getcompletion('Chorus output ', 'cmdline'))
    assert.same({}, vim.fn.getcompletion('Chorus output 3 ', 'cmdline'))
    assert.same({}, vim.fn.getcompletion('Chorus send 3 fix ', 'cmdline'))
    assert.same({}, vim.fn.getcompletion('Chorus restart busy ', 'cmdline'))
    assert.same({}, vim.fn.getcompletion('Chorus inbox ', 'cmdline'))
    assert.same({ 'waiting' }, vim.fn.getcompletion('Chorus list wai', 'cmdline'))
    assert.same('12', vim.fn.getcompletion('Chorus start! ', 'cmdline')[1])
  end)

  it('has a map for each verb', function()
    for _, verb in ipairs(command.verbs) do
      assert.equal(('<Cmd>Chorus %s<CR>'):format(verb.name), vim.fn.maparg('<Plug>(chorus-' .. verb.name .. ')', 'n'))
      assert.equal(verb.range, vim.fn.maparg('<Plug>(chorus-' .. verb.name .. ')', 'x') ~= '')
    end
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'two', 'three' })
    vim.cmd.normal({ '2GVj' .. vim.keycode('<Plug>(chorus-send)') })
    assert.same({ { 'send', args = '', bang = false, range = { first = 2, last = 3 } } }, ran)
  end)

  it('passes on where a window was asked for', function()
    check('Chorus diff 12', { 'diff', task = '12' })
    check('vertical Chorus diff 12 turn', {
      'diff',
      task = '12',
      args = 'turn',
      place = { tab = -1, vertical = true, horizontal = false, split = '' },
    })
    check('tab ChorusChanges', {
      'changes',
      place = { tab = vim.fn.tabpagenr(), vertical = false, horizontal = false, split = '' },
    })
  end)

  it('completes the parts of a diff', function()
    local function completed(line)
      return vim.fn.getcompletion(line, 'cmdline')
    end
    assert.same({ 'stack', 'turn', 'uncommitted' }, completed('Chorus diff 3 '))
    assert.same({ 'turn' }, completed('ChorusDiff 3 t'))
    assert.is_true(vim.list_contains(completed('Chorus diff '), '3'))
    assert.same({ 'uncommitted' }, completed('Chorus diff u'))
    assert.same({}, completed('Chorus diff 3 turn '))
  end)
end)
