local world = require('ui_world')

local function hunk(id, line, owner, tasks, lines)
  return { id = id, line = line, owner = owner, tasks = tasks or {}, lines = lines or { '-old ' .. id, '+new ' .. id } }
end

local function file(path, change, ...)
  return { path = path, change = change, hunks = { ... } }
end

describe('hunks', function()
  local hunks

  before_each(function()
    world.start()
    hunks = require('chorus.ui.edits.hunk_ids')
  end)

  local function keys(known, path)
    return vim.tbl_map(function(each)
      return each.key
    end, known[path])
  end

  it('are recognised by id, by their lines, and by where they are', function()
    local first = hunks.follow({}, { file('a', 'modified', hunk('1', 10, 'user'), hunk('2', 50, 'user')) })
    local one, two = unpack(keys(first, 'a'))
    assert.are_not.equal(one, two)
    first.a[2].is_open = true
    local by_lines = hunks.follow(first, {
      file(
        'a',
        'modified',
        hunk('9', 3, 'user'),
        hunk('x', 14, 'user', {}, { '-old 1', '+new 1' }),
        hunk('2', 54, 'user')
      ),
    })
    assert.are.same({ one, two }, { keys(by_lines, 'a')[2], keys(by_lines, 'a')[3] })
    assert.are.same({ false, false, true }, {
      by_lines.a[1].is_open,
      by_lines.a[2].is_open,
      by_lines.a[3].is_open,
    })
    local by_place = hunks.follow(first, { file('a', 'modified', hunk('7', 48, 'user', {}, { '+other' })) })
    assert.are.same({ two }, keys(by_place, 'a'))
    local gone = hunks.follow(first, { file('a', 'modified', hunk('7', 200, 'user', {}, { '+other' })) })
    assert.is_false(vim.list_contains({ one, two }, keys(gone, 'a')[1]))
    assert.are.same({}, hunks.follow(first, {}))
  end)
end)

describe('the changes', function()
  local changes, rows

  before_each(function()
    world.start()
    rows = require('chorus.ui.edits.changes_rows')
    changes = {
      root = '/project',
      notices = {},
      files = {
        file('src/a.lua', 'modified', hunk('1', 3, 'task', { 12 }), hunk('2', 40, 'user')),
        file('b\27[31m.txt', 'added', hunk('3', 1, 'unclaimed', { 3, 4 }, { '+only' })),
        file('pic.png', 'modified', hunk('4', 1, 'mixed', { 3, 4 }, {})),
      },
    }
  end)

  local function render(width, is_open)
    local known = require('chorus.ui.edits.hunk_ids').follow({}, changes.files)
    for _, each in ipairs(is_open and known['src/a.lua'] or {}) do
      each.is_open = true
    end
    local drawn = rows.render(changes, {
      width = width or 100,
      known = known,
      is_ascii = false,
      title_of = function(number)
        return number == 12 and 'Fix the \27[1mlogin' or nil
      end,
    })
    return vim.tbl_map(function(row)
      return row.text
    end, drawn), drawn
  end

  it('say file, line, size, owner and the first line', function()
    assert.are.same({
      ' src/a.lua  +2 -2',
      '   ▸     3  +1 -1     #12 Fix the login                   -old 1',
      '   ▸    40  +1 -1     yours                               -old 2',
      ' b<1b>[31m.txt  added  +1',
      '   ▸     1  +1        unclaimed, may be of #3 #4          +only',
      ' pic.png',
      '   ▸     1            mixed #3 #4: too close to separate  not shown: binary, or very large',
    }, (render()))
  end)

  it('fit a narrow window', function()
    for _, line in ipairs((render(48))) do
      assert.is_true(vim.fn.strdisplaywidth(line) <= 48, line)
    end
  end)

  it('show the lines of an unfolded hunk, each with its line in the file', function()
    changes.files[1].hunks[1].lines = { ' same', '-gone\27[2J', '+here\r', ' end' }
    local lines, drawn = render(100, true)
    assert.are.equal('   ▾     4  +1 -1     #12 Fix the login', lines[2])
    assert.are.equal(4, drawn[1].data.line)
    assert.are.same({ '       same', '      -gone<1b>[2J', '      +here', '       end' }, vim.list_slice(lines, 3, 6))
    assert.are.same(
      { 3, 4, 4, 5 },
      vim.tbl_map(function(row)
        return row.data.line
      end, vim.list_slice(drawn, 3, 6))
    )
  end)

  it('say what could not be told, and that there is nothing', function()
    changes.notices, changes.files = { 'git is busy ' .. ('and more '):rep(12) }, {}
    local lines = render(80)
    assert.are.equal(2, #lines)
    assert.truthy(vim.startswith(lines[1], ' git is busy and more'))
    changes.notices = {}
    assert.are.same({ '', '  There are no uncommitted edits.' }, (render()))
  end)

  it('give hunks, or a file of which only its own row is chosen', function()
    local _, drawn = render()
    local function choices(...)
      return (
        rows.choices(
          changes,
          vim.tbl_map(function(line)
            return drawn[line].data
          end, { ... })
        )
      )
    end
    assert.are.same({ { path = 'src/a.lua', hunks = { '1' } } }, choices(1, 2))
    assert.are.same({ { path = 'src/a.lua', hunks = { '1', '2' } } }, choices(1))
    assert.are.same({ { path = 'src/a.lua', hunks = { '1', '2' } } }, choices(2, 3, 2))
    local both = { { path = 'src/a.lua', hunks = { '2' } }, { path = 'b\27[31m.txt', hunks = { '3' } } }
    assert.are.same(both, choices(3, 4))
  end)
end)

describe('the list of changes', function()
  local folder, reply

  before_each(function()
    world.start()
    vim.cmd('runtime plugin/chorus.lua')
    folder = vim.fn.tempname()
    vim.fn.mkdir(folder)
    vim.fn.writefile(vim.fn.map(vim.fn.range(1, 60), '"line " .. v:val'), folder .. '/a.lua')
    reply = {
      root = folder,
      notices = {},
      files = { file('a.lua', 'modified', hunk('1', 3, 'unclaimed', { 4 }), hunk('2', 40, 'task', { 12 })) },
    }
    world.replies.changes = function()
      return nil, vim.deepcopy(reply)
    end
    world.replies.changes_assign = world.replies.changes
    world.know({
      world.task(3, { isolation = 'worktree' }),
      world.task(4, { isolation = 'stack', status = 'completed' }),
      world.task(12, { title = 'Fix it', isolation = 'stack' }),
    })
    world.record_verbs()
    require('chorus.ui.edits.changes').open()
    world.wait(function()
      return vim.api.nvim_buf_line_count(0) == 3
    end, 'the changes')
  end)

  local function asked(method)
    local found = {}
    for _, each in ipairs(world.asked) do
      found[#found + 1] = each[1] == method and each[2] or nil
    end
    return found
  end

  local function wait_asked(method, count)
    world.wait(function()
      return #asked(method) == count
    end, method)
    return asked(method)
  end

  local function choose(index)
    local offered
    vim.ui.select = function(items, opts, on_choice)
      offered = { prompt = opts.prompt, kind = opts.kind, lines = vim.tbl_map(opts.format_item, items) }
      on_choice(items[index], index)
    end
    return function()
      return offered
    end
  end

  local original = vim.ui.select
  after_each(function()
    vim.ui.select = original
  end)

  it('is a buffer of its own with counts above it', function()
    assert.are.equal('chorus://changes', vim.api.nvim_buf_get_name(0))
    assert.are.equal('chorus', vim.bo.filetype)
    assert.is_false(vim.bo.modifiable)
    assert.truthy(vim.wo.winbar:find('1 file, 2 edits', 1, true))
    assert.truthy(vim.wo.winbar:find('1 unclaimed', 1, true))
  end)

  it('gives a hunk to a task that is picked, those it may be of first', function()
    local offered = choose(2)
    world.press('2Ga')
    local given = wait_asked('changes_assign', 1)[1]
    assert.are.same({ edits = { { path = 'a.lua', hunks = { '1' } } }, task = 'uuid-12' }, given)
    assert.are.equal('Assign this edit of a.lua to:', offered().prompt)
    assert.are.equal('chorus_task', offered().kind)
    assert.are.same(
      { '#4', '#12' },
      vim.tbl_map(function(line)
        return line:match('^%s*(#%d+)')
      end, offered().lines)
    )
  end)

  it('assigns all that may be of the candidate under the cursor', function()
    world.press('2GA')
    assert.are.same({ 'assign', { task = { 'uuid-4' }, bang = false } }, world.ran[1])
    world.press('3GA')
    assert.are.equal('info', world.notified[1][1])
    assert.are.equal(1, #world.ran)
  end)

  it('assigns what is shown and no more where others may be meant, once confirmed', function()
    reply.files = {
      file('a.lua', 'modified', hunk('1', 3, 'unclaimed', { 4, 12 }), hunk('2', 40, 'unclaimed', { 12 })),
      file('b.lua', 'modified', hunk('3', 3, 'unclaimed', { 4 }), hunk('5', 9, 'user')),
    }
    world.press('R')
    world.wait(function()
      return vim.api.nvim_buf_line_count(0) == 6
    end, 'the newer changes')
    local asks = {}
    vim.ui.select = function(items, opts, on_choice)
      table.insert(asks, opts.prompt)
      on_choice(#asks == 1 and items[2] or #asks == 2 and items[1] or nil)
    end
    world.press('2GA')
    local given = wait_asked('changes_assign', 1)
    assert.are.same({ edits = { { path = 'a.lua', hunks = { '1', '2' } } }, task = 'uuid-12' }, given[1])
    assert.are.equal('Assign 2 edits to #12, 1 of which may be of other tasks?', asks[2])
    world.press('2GA')
    assert.are.equal(3, #asks)
    assert.are.equal(1, #asked('changes_assign'))
  end)

  it('shows the worktrees of tasks below the project’s own tree, each file with its own', function()
    local tree = vim.fn.tempname()
    vim.fn.mkdir(tree)
    vim.fn.writefile({ 'in the worktree' }, tree .. '/a.lua')
    local of_task = file('a.lua', 'modified', hunk('0 1', 1, 'task', { 12 }))
    of_task.tree = tree
    reply.files = { file('a.lua', 'modified', hunk('0 3', 3, 'user')), of_task }
    world.press('R')
    world.wait(function()
      return #world.lines() == 6
    end, 'the trees')
    assert.are.same({
      ' The project’s own tree',
      ' a.lua  +1 -1',
      ' #12 Fix it  in its worktree',
      ' a.lua  +1 -1',
    }, { world.lines()[1], world.lines()[2], world.lines()[4], world.lines()[5] })
    world.press('6G')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    assert.are.equal('uuid-12', vim.b.chorus_uuid)
    world.press('<Tab>')
    assert.are.equal(8, #world.lines())
    world.press('<Tab>a')
    assert.are.equal('this edit is in the worktree of #12, so it is its task’s', world.notified[1][2])
    assert.are.same({}, asked('changes_assign'))
    world.press('d')
    assert.are.same({ 'diff', { task = { 'uuid-12' }, args = 'uncommitted' } }, world.ran[1])
    world.press('<CR>')
    assert.are.equal('in the worktree', vim.api.nvim_get_current_line())
  end)

  it('looks again when a task with a worktree has other edits', function()
    local before = #asked('changes')
    world.event('task_changed', world.task(3, { isolation = 'worktree', uncommitted = 2, revision = 2 }))
    wait_asked('changes', before + 1)
  end)

  it('makes what is shown of a file, or every hunk in a selection, yours, in one request', function()
    world.press('ggu')
    local both = { edits = { { path = 'a.lua', hunks = { '1', '2' } } } }
    assert.are.same({ both }, wait_asked('changes_assign', 1))
    reply.files[1].hunks[3] = hunk('3', 50, 'user')
    reply.files[2] = file('b.lua', 'renamed')
    world.press('R')
    world.wait(function()
      return #world.lines() == 5
    end, 'the newer changes')
    world.press('2GVju')
    assert.are.same(both, wait_asked('changes_assign', 2)[2])
    world.press('4GVGu')
    local last = wait_asked('changes_assign', 3)[3]
    assert.are.same({ { path = 'a.lua', hunks = { '3' } }, { path = 'b.lua', hunks = {} } }, last.edits)
    assert.are.equal('n', vim.fn.mode())
  end)

  it('shows the answer at once, and a refusal as what it is', function()
    reply.files[1].hunks[1].owner = 'user'
    world.press('2Gu')
    world.wait(function()
      return world.lines()[2]:find('yours', 1, true)
    end, 'the new owner')
    world.replies.changes_assign = function()
      return { code = 'wrong_state', message = 'the file has changed', hint = 'scan again' }
    end
    world.press('u')
    world.wait_notified(1)
    assert.are.same({ 'fail', 'the file has changed', 'scan again' }, world.notified[1])
  end)

  it('asks for one thing after the other, so that no older answer comes last', function()
    local answers = {}
    require('chorus.client').request = function(method, params, on_reply)
      table.insert(world.asked, { method, params })
      table.insert(answers, on_reply)
    end
    world.wait(function()
      world.press('R')
      return #asked('changes') == 2
    end, 'looking again')
    world.press('2Gu')
    assert.are.equal(0, #asked('changes_assign'))
    answers[1](nil, vim.deepcopy(reply))
    assert.are.equal(1, #asked('changes_assign'))
  end)

  it('unfolds hunks, and keeps them unfolded and the cursor on its hunk', function()
    world.press('3G<Tab>')
    assert.are.same({ '      -old 2', '      +new 2' }, vim.list_slice(world.lines(), 4, 5))
    world.press('5G')
    table.insert(reply.files, 1, file('0.txt', 'added', hunk('9', 1, 'user', {}, { '+x' })))
    reply.files[2].hunks[2].id, reply.files[2].hunks[2].line = 'other', 44
    world.tell('ChorusEditsChanged', { paths = { '0.txt' } })
    world.wait(function()
      return vim.api.nvim_buf_line_count(0) == 7
    end, 'the newer changes')
    assert.are.equal('      +new 2', vim.api.nvim_get_current_line())
    world.press('=')
    assert.are.equal(5, vim.api.nvim_buf_line_count(0))
    assert.are.equal(12, vim.b.chorus_task)
    world.press('<S-Tab>')
    assert.are.equal(10, vim.api.nvim_buf_line_count(0))
  end)

  it('opens the file at the line, shows the diff and commits', function()
    world.press('3Gd')
    assert.are.same({ 'diff', { task = { 'uuid-12' }, args = 'uncommitted' } }, world.ran[1])
    world.press('c')
    assert.are.same({ 'commit', { task = { 'uuid-12' } } }, world.ran[2])
    world.press('2Gc')
    assert.are.equal('no task owns this', world.notified[1][2])
    world.press('3G<Tab>')
    world.press('5G<CR>')
    assert.are.equal('line 40', vim.api.nvim_get_current_line())
  end)

  it('moves by hunks and files', function()
    world.press('gg]c')
    assert.are.equal(2, vim.fn.line('.'))
    world.press(']c')
    assert.are.equal(3, vim.fn.line('.'))
    world.press('[f')
    assert.are.equal(1, vim.fn.line('.'))
  end)

  it('is left to where one came from', function()
    vim.cmd.edit(folder .. '/a.lua')
    require('chorus.ui.tasks.dashboard').open()
    require('chorus.ui.edits.changes').open()
    local names = {}
    for _ = 1, 2 do
      world.press('q')
      names[#names + 1] = vim.fs.basename(vim.api.nvim_buf_get_name(0))
    end
    assert.are.same({ 'dashboard', 'a.lua' }, names)
  end)

  it('looks only while it is on screen', function()
    vim.cmd.enew()
    local before = #asked('changes')
    world.tell('ChorusEditsChanged', { paths = {} })
    vim.wait(200, function()
      return false
    end)
    assert.are.equal(before, #asked('changes'))
    vim.cmd.buffer('chorus://changes')
    wait_asked('changes', before + 1)
  end)

  it('keeps what it shows when it cannot look', function()
    world.replies.changes = function()
      return { code = 'internal', message = 'git is away' }
    end
    world.press('R')
    world.wait(function()
      return vim.wo.winbar:find('git is away', 1, true)
    end, 'the reason')
    assert.are.equal(3, vim.api.nvim_buf_line_count(0))
  end)
end)
