local helpers = require('helpers')

local function type_keys(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'xt', false)
end

describe('the verb', function()
  local world, verbs

  helpers.in_a_world(function(fresh)
    world = fresh
    verbs = require('chorus.verbs')
  end)

  after_each(function()
    vim.cmd('silent! %bwipeout!')
  end)

  --- What the peer was asked by `run`, once it is `count` requests.
  local function asked_by(run, count)
    local before = #world:asked()
    run()
    local all
    helpers.wait_for('the request', function()
      all = world:asked()
      return #all >= before + (count or 1)
    end)
    helpers.settle()
    return unpack(all, before + 1)
  end

  local function runs(name, opts)
    return function()
      verbs.run(name, opts)
    end
  end

  local function wait_said(words)
    helpers.wait_for('`' .. words .. '`', function()
      return world:words():find(words, 1, true)
    end)
  end

  local stacked = helpers.task({ number = 1, isolation = 'stack', stack = 'fix-1', commits = 1, uncommitted = 2 })

  it('commit takes a message or has one made', function()
    world:tell('script', { task_commit = { result = vim.tbl_extend('force', stacked, { commits = 2 }) } })
    world:connect({ stacked })
    assert.same({ task = 'uuid-1' }, asked_by(runs('commit', { task = '1' })).params)
    wait_said('#1 has 2 commits on fix-1')
    assert.same(
      { task = 'uuid-1', message = 'Fix the login' },
      asked_by(runs('commit', { task = '1', args = 'Fix the login' })).params
    )
  end)

  it('mend says what it would do, and does it after a yes', function()
    world:tell('script', {
      task_mend = {
        { result = { text = 'Moves #1 above #2.\nTouches a\27[31m.lua.', done = false } },
        { result = { text = 'Moved.', done = true } },
        { result = { text = 'Would move.', done = false } },
      },
    })
    world:connect({ stacked })
    world.choices = { 'Mend #1' }
    local first, second = asked_by(runs('mend', { task = '1' }), 2)
    assert.same({ task = 'uuid-1', confirmed = false }, first.params)
    assert.same({ task = 'uuid-1', confirmed = true }, second.params)
    assert.equal('Moves #1 above #2.\nTouches a.lua.', world.offered[1].opts.prompt)
    wait_said('Moved.')
    asked_by(runs('mend', { task = '1' }))
    helpers.wait_for('the question', function()
      return #world.offered == 2
    end)
    helpers.settle()
    assert.equal(3, #world:asked(), 'nothing without a yes')
  end)

  it('setup and preview ask likewise, ! does not', function()
    world:tell('script', {
      setup = { result = { text = 'Done.', done = true } },
      task_preview = { result = { text = 'Shown.', done = true } },
    })
    world:connect({ stacked })
    assert.same({ confirmed = true }, asked_by(runs('setup', { bang = true })).params)
    assert.same({ confirmed = false }, asked_by(runs('setup', {})).params)
    assert.same({ task = 'uuid-1', confirmed = true }, asked_by(runs('preview', { task = '1', bang = true })).params)
    assert.equal(0, #world.offered)
    wait_said('Shown.')
  end)

  it('tells why a step is refused', function()
    world:tell(
      'script',
      { setup = { error = { code = 'unsupported', message = 'not a repository', hint = 'git init' } } }
    )
    world:connect({})
    verbs.run('setup', {})
    wait_said('not a repository — git init')
  end)

  describe('complete', function()
    local message = { text = 'Fix the login\n\nIt was flaky.\n#3 is another\n', files = { 'a.lua', 'b\27[2J.lua' } }

    local function open(task, script)
      world:tell('script', vim.tbl_extend('force', { task_message = { result = message } }, script or {}))
      world:connect({ task or stacked })
      asked_by(runs('complete', { task = '1' }))
      helpers.wait_for('the message', function()
        return vim.bo.filetype == 'gitcommit'
      end)
    end

    it('opens the message of the last commit', function()
      open()
      assert.same({
        'Fix the login',
        '',
        'It was flaky.',
        ' #3 is another',
        '',
        '# `:w` commits this and completes #1; closing without writing leaves the task as it is.',
        "# Lines that begin with '#' are dropped.",
        '#',
        '# On branch fix-1',
        '# Changes to be committed:',
        '#\ta.lua',
        '#\tb.lua',
      }, vim.api.nvim_buf_get_lines(0, 0, -1, false))
      assert.is_false(vim.bo.modified)
      assert.equal(1, vim.b.chorus_task)
      local windows = #vim.api.nvim_list_wins()
      vim.cmd('quit!')
      assert.equal(windows - 1, #vim.api.nvim_list_wins())
      assert.equal('task_message', world:asked()[#world:asked()].method)
    end)

    it('completes with what is written', function()
      open(nil, { task_complete = { result = vim.tbl_extend('force', stacked, { result = 'branch fix-1' }) } })
      vim.api.nvim_buf_set_lines(0, 0, 4, false, { '', 'Mend the login  ', '', '', 'Really.' })
      local request = asked_by(function()
        type_keys(':w<CR>')
      end)
      assert.same({ task = 'uuid-1', force = false, message = 'Mend the login\n\nReally.' }, request.params)
      wait_said('#1 is completed: branch fix-1')
      assert.not_equal('gitcommit', vim.bo.filetype)
      assert.equal(-1, vim.fn.bufnr('chorus://message/1'))
    end)

    it('is over after :wq', function()
      open()
      asked_by(function()
        type_keys(':wq<CR>')
      end)
      wait_said('#1 is completed')
      assert.equal(-1, vim.fn.bufnr('chorus://message/1'))
    end)

    it('refuses an empty message', function()
      open()
      vim.api.nvim_buf_set_lines(0, 0, 4, false, {})
      vim.bo.modified = true
      type_keys(':w<CR>')
      wait_said('the message is empty')
      assert.equal('task_message', world:asked()[#world:asked()].method)
      assert.is_true(vim.bo.modified)
    end)

    it('keeps the message when it is refused', function()
      open(nil, { task_complete = { error = { code = 'task_busy', message = 'a turn runs', hint = 'wait' } } })
      vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'Mine' })
      type_keys(':w<CR>')
      wait_said('a turn runs — wait')
      assert.equal('Mine', vim.api.nvim_buf_get_lines(0, 0, 1, false)[1])
      assert.is_true(vim.bo.modified)
    end)

    it('asks for no message where there is nothing to commit, no branch, or !', function()
      local function method(task, opts)
        require('chorus.client').disconnect()
        world:tell('script', { task_message = { result = { text = 'x', files = {} } } })
        world:connect({ task })
        return asked_by(runs('complete', vim.tbl_extend('force', { task = '1' }, opts or {}))).method
      end
      assert.equal('task_complete', method(stacked, { bang = true }))
      assert.equal('task_complete', method(helpers.task({ isolation = 'none' })))
      assert.equal(
        'task_complete',
        method(
          vim.tbl_extend('force', stacked, { agent_status = helpers.task({ agent_status = 'busy' }).agent_status })
        )
      )
      assert.equal('task_message', method(stacked))
      helpers.wait_for('the end', function()
        return world:asked()[2] and world:asked()[2].method == 'task_complete'
      end)
    end)

    it('says why there is no message', function()
      world:tell('script', { task_message = { error = { code = 'internal', message = 'git is away' } } })
      world:connect({ stacked })
      verbs.run('complete', { task = '1' })
      wait_said('git is away')
      assert.equal(1, #world:asked())
    end)
  end)
end)

describe('a commit message', function()
  it('is stripped as git does', function()
    local strip = require('chorus.ui.edits.commit_message').strip
    assert.equal('', strip({}))
    assert.equal('', strip({ '', '# a', '  ', '#' }))
    assert.equal('a\n\nb\nc\n #d', strip({ '', 'a  ', '', '# x', '', 'b', '#y', 'c', ' #d', '', '' }))
  end)
end)

describe('saving a file', function()
  local world, project

  helpers.in_a_world(function(fresh)
    world = fresh
    project = vim.fn.resolve(world.folder) .. '/project'
    vim.fn.mkdir(project .. '/src', 'p')
    vim.cmd.cd(project)
  end)

  after_each(function()
    vim.cmd.cd(helpers.root)
    vim.cmd('silent! %bwipeout!')
  end)

  local function told()
    local paths = {}
    for _, request in ipairs(world:asked()) do
      paths[#paths + 1] = request.method == 'file_saved' and request.params.path or nil
    end
    return paths
  end

  local function write(path)
    vim.cmd.edit(path)
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { tostring(vim.uv.hrtime()) })
    vim.cmd('silent write')
  end

  local stacked = helpers.task({ isolation = 'stack' })

  it('is told at once, with the absolute path, and again in one when it goes on', function()
    world:connect({ stacked })
    write('src/a.lua')
    assert.same({ project .. '/src/a.lua' }, told())
    write('src/b.lua')
    for _ = 1, 5 do
      write('src/b.lua')
    end
    helpers.wait_for('the last of the saves', function()
      return #told() >= 3
    end)
    assert.equal(project .. '/src/b.lua', told()[2])
    assert.equal(project .. '/src/b.lua', told()[#told()])
  end)

  it('is told of every place, for the daemon knows where agents work, and of no other buffers', function()
    world:connect({ stacked })
    local elsewhere = vim.fn.resolve(world.folder) .. '/elsewhere.lua'
    write(elsewhere)
    local buffer = vim.api.nvim_create_buf(true, false)
    vim.bo[buffer].buftype = 'acwrite'
    vim.api.nvim_buf_set_name(buffer, project .. '/src/ours')
    vim.api.nvim_exec_autocmds('BufWritePost', { buffer = buffer })
    write('src/last.lua')
    helpers.wait_for('both', function()
      return #told() == 2
    end)
    assert.same({ elsewhere, project .. '/src/last.lua' }, told())
  end)

  it('is told with the time of the file, to see whether somebody else wrote since', function()
    world:connect({ stacked })
    write('src/a.lua')
    local about, saved = vim.uv.fs_stat(project .. '/src/a.lua'), nil
    for _, request in ipairs(world:asked()) do
      saved = request.method == 'file_saved' and request.params or saved
    end
    assert.same({ about.mtime.sec, about.mtime.nsec }, { saved.seconds, saved.nanoseconds })
  end)

  it('is kept until a daemon hears of it', function()
    require('chorus.attach').features()
    write('src/early.lua')
    world:connect({ stacked })
    helpers.wait_for('the early one', function()
      return #told() == 1
    end)
    assert.same({ project .. '/src/early.lua' }, told())
  end)

  it('is kept in its newest state, and the newest files of many', function()
    require('chorus.attach').features()
    vim.fn.mkdir(project .. '/many', 'p')
    for number = 1, 101 do
      write(('many/%d.lua'):format(number))
    end
    write('many/2.lua')
    -- What is written again within a moment is told at its end, or when Neovim leaves.
    vim.api.nvim_exec_autocmds('VimLeavePre', { group = 'chorus_report_saves' })
    world:connect({ stacked })
    helpers.wait_for('the kept ones', function()
      return #told() == 100
    end)
    assert.same({ project .. '/many/3.lua', project .. '/many/2.lua' }, { told()[1], told()[100] })
  end)

  it('tells what is not told yet when Neovim leaves', function()
    world:connect({ stacked })
    write('src/a.lua')
    write('src/a.lua')
    vim.api.nvim_exec_autocmds('VimLeavePre', { group = 'chorus_report_saves' })
    assert.same({ project .. '/src/a.lua', project .. '/src/a.lua' }, told())
  end)

  describe('from outside', function()
    local function edit(path, modified)
      helpers.write(path, 'before\n')
      vim.cmd.edit(path)
      if modified then
        vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'typed' })
      end
      return vim.api.nvim_get_current_buf()
    end

    local function line(buffer)
      return vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1]
    end

    it('reads a clean buffer again at once', function()
      world:connect({ stacked })
      local buffer, other = edit(project .. '/a.txt'), edit(project .. '/b.txt')
      helpers.write(project .. '/a.txt', 'after, and longer\n')
      helpers.write(project .. '/b.txt', 'after, and longer\n')
      world:emit({ name = 'edits_changed', data = { paths = { 'a.txt' } } })
      helpers.wait_for('the new content', function()
        return line(buffer) == 'after, and longer'
      end)
      assert.equal('before', line(other))
      assert.equal('', world:words())
    end)

    it('leaves unsaved edits alone and says which task it was, once', function()
      world:tell('script', {
        changes = {
          result = {
            root = project,
            notices = {},
            files = {
              {
                path = 'a.txt',
                change = 'modified',
                hunks = { { id = '1', line = 1, lines = { '+x' }, owner = 'task', tasks = { 1 } } },
              },
            },
          },
        },
      })
      world:connect({ stacked })
      local buffer = edit(project .. '/a.txt', true)
      world:emit({ name = 'edits_changed', data = { paths = { 'a.txt' } } })
      helpers.write(project .. '/a.txt', 'after, and longer\n')
      world:emit({ name = 'edits_changed', data = { paths = { 'a.txt' } } })
      world:emit({ name = 'edits_changed', data = { paths = { 'a.txt' } } })
      helpers.wait_for('the warning', function()
        return #world.said > 0
      end)
      helpers.settle()
      assert.equal('typed', line(buffer))
      assert.equal(
        'Chorus: a.txt was changed on disk by #1 Task 1 — `:e!` loads the file, `:w!` keeps your edits',
        world:words()
      )
    end)
  end)
end)
