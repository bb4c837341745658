local standins = require('picker_standins')
local world = require('ui_world')

--- What is open, for the tests that wait for events.
local function some()
  return {
    world.task(1, { title = 'One', agent_status = { status = 'waiting', kind = 'permission' }, requests = 1 }),
    world.task(2, { title = 'Two', tags = { 'web' } }),
    world.task(5, { title = 'Five of 2\27[31m\nred', status = 'pending' }),
  }
end

local function numbers(found)
  return vim.tbl_map(function(task)
    return task.number
  end, found)
end

local document = world.document

for _, name in ipairs({ 'telescope', 'fzf-lua', 'snacks', 'mini' }) do
  describe('the picker ' .. name, function()
    local plugin, select

    before_each(function()
      world.start()
      standins.remove()
      plugin = standins[name]()
      require('chorus.verbs')
      world.know(some(), { world.request('r1', 1) })
      world.record_verbs()
      select = vim.ui.select
      vim.ui.select = function()
        error('the list is not shown in the plugin')
      end
    end)

    after_each(function()
      vim.ui.select = select
      standins.remove()
    end)

    --- Shows a list and does something with it. mini.pick does it while its `start` runs.
    local function with(show, act)
      if name == 'mini' then
        plugin.script = act
        return show()
      end
      show()
      act()
    end

    local function lists()
      return require('chorus.ui.pick.lists')
    end

    local function eventually(is_true)
      world.wait(is_true)
    end

    it('shows tasks in the words of the dashboard, without numbers of lines', function()
      local shown
      with(function()
        lists().tasks({ title = 'Tasks' })
      end, function()
        shown = plugin.lines()
        assert.equal('Tasks', plugin.title())
        plugin.cancel()
      end)
      assert.same({
        '  #1  ⚑ permission  One  Bash: rm -rf build',
        '  #2  ● busy        Two +web',
        '  #5  · pending     Five of 2 ↵ red',
      }, shown)
    end)

    it('hands on what was chosen, or that nothing was', function()
      local chosen, left
      local function show()
        require('chorus.picker').pick_task(require('chorus.tasks').all(), 'Task to start:', function(task)
          chosen, left = task and task.number, task == nil
        end)
      end
      with(show, function()
        assert.equal('Task to start', plugin.title())
        plugin.go_to(2)
        plugin.choose()
      end)
      eventually(function()
        return chosen == 2
      end)
      with(show, function()
        plugin.cancel()
      end)
      eventually(function()
        return left
      end)
    end)

    it('hands on all that were marked', function()
      local chosen
      with(function()
        require('chorus.picker').pick_tasks(require('chorus.tasks').all(), 'Task to mute:', function(found)
          chosen = numbers(found)
        end)
      end, function()
        plugin.mark(1)
        plugin.mark(3)
        plugin.choose()
      end)
      eventually(function()
        return chosen
      end)
      assert.same({ 1, 5 }, chosen)
    end)

    it('runs verbs by keys, on the marked tasks', function()
      local function pick(act)
        world.ran = {}
        with(function()
          lists().tasks({ title = 'Tasks' })
        end, act)
        eventually(function()
          return #world.ran > 0
        end)
        return world.ran[1]
      end
      local ran = pick(function()
        plugin.go_to(2)
        plugin.press('<M-t>')
      end)
      assert.same({ 'attach', 'uuid-2' }, { ran[1], ran[2].task })
      ran = pick(function()
        plugin.mark(2)
        plugin.mark(3)
        plugin.press('<M-S>')
      end)
      assert.same({ 'send', { 'uuid-2', 'uuid-5' } }, { ran[1], ran[2].task })
      plugin = (standins.remove() or true) and standins[name]()
      ran = pick(function()
        plugin.go_to(3)
        plugin.choose()
      end)
      assert.same({ 'show', 'uuid-5' }, { ran[1], ran[2].task })
      plugin = (standins.remove() or true) and standins[name]()
      ran = pick(function()
        plugin.go_to(2)
        plugin.press('<C-v>')
      end)
      assert.same({ 'output', true }, { ran[1], ran[2].place.vertical })
    end)

    it('shows the request before it is allowed', function()
      with(function()
        lists().tasks({ title = 'Tasks' })
      end, function()
        plugin.go_to(1)
        plugin.press('<M-a>')
      end)
      eventually(function()
        return vim.b.chorus_view == 'request'
      end)
      assert.is_truthy(table.concat(world.lines(), '\n'):find('$ rm -rf build', 1, true))
      assert.same({ {}, {} }, { world.ran, world.asked })
    end)

    it('previews the request, the screen or the page', function()
      world.replies.task_output = function()
        return nil, { task = 'uuid-2', revision = 1, lines = { 'it works' }, title = '', width = 80, height = 24 }
      end
      world.replies.task_show = function()
        return { message = 'gone' }
      end
      with(function()
        lists().tasks({ title = 'Tasks' })
      end, function()
        local request = plugin.preview(1)
        assert.is_truthy(table.concat(request(), '\n'):find('rm -rf build', 1, true))
        local screen = plugin.preview(2)
        eventually(function()
          return table.concat(screen(), '\n'):find('it works', 1, true)
        end)
        plugin.cancel()
      end)
    end)

    it('follows what happens, and keeps each line in its place and marked', function()
      local chosen
      with(function()
        lists().tasks({
          title = 'Tasks',
          many = true,
          on_choice = function(found)
            chosen = numbers(found)
          end,
        })
      end, function()
        local channel = plugin.terminal and plugin.terminal()
        plugin.mark(2)
        world.event('task_changed', world.task(2, { title = 'Another', priority = 9, revision = 2 }))
        world.event('task_changed', world.task(7, { title = 'New', priority = 10 }))
        eventually(function()
          local now = table.concat(plugin.lines(), '\n')
          return now:find('Another', 1, true) and now:find('New', 1, true)
        end)
        local first = vim.tbl_map(function(line)
          return line:match('#%d+')
        end, plugin.lines())
        assert.same({ '#1', '#2', '#5', '#7' }, first)
        plugin.go_to(1)
        plugin.choose()
        if channel then
          vim.fn.jobstop(channel)
        end
      end)
      eventually(function()
        return chosen
      end)
      assert.same({ 2 }, chosen)
    end)

    it('shows documents with their outline, and opens all that were marked', function()
      local folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/picked'
      vim.fn.mkdir(folder, 'p')
      vim.fn.writefile(
        { '---', 'title: T', '---', '', '# Plan', '', '```', '# no', '```', '## Goals', 'Small.' },
        folder .. '/PLAN.md'
      )
      vim.fn.writefile({ 'x' }, folder .. '/we ird%#.md')
      world.welcome.project = folder
      world.replies.docs = function(params)
        assert.equal('plans', params.category)
        return nil,
          {
            documents = {
              document('PLAN.md', { pinned = true, title = 'The plan', tasks = { 2 }, changed_for = { 2 } }),
              document('we ird%#.md', { title = 'odd\27[31m' }),
            },
            cut = false,
          }
      end
      local is_done, shown, preview = false, nil, nil
      with(function()
        lists().documents('plans')
        if name ~= 'mini' then
          eventually(function()
            local is_open, now = pcall(plugin.lines)
            return is_open and #now > 0
          end)
        end
      end, function()
        shown = plugin.lines()
        preview = plugin.preview(1)()
        plugin.mark(1)
        plugin.mark(2)
        plugin.choose()
        is_done = true
      end)
      eventually(function()
        return is_done and vim.fn.bufloaded(folder .. '/PLAN.md') == 1
      end)
      assert.same({ '★ PLAN.md (changed since #2 read it) · The plan #2', 'we ird%#.md · odd' }, shown)
      assert.same({
        ' The plan',
        ' category   general, pinned',
        ' used by    #2 Two',
        ' changed    since it was read by #2 Two',
        '',
        '    5 Plan',
        '   10   Goals',
        '',
        ' # Plan',
        '',
        ' ```',
        ' # no',
        ' ```',
        ' ## Goals',
        ' Small.',
      }, preview)
      assert.equal(folder .. '/we ird%#.md', vim.api.nvim_buf_get_name(0))
      vim.fn.delete(folder, 'rf')
    end)
  end)
end

for _, name in ipairs({ 'telescope', 'fzf-lua', 'snacks', 'mini' }) do
  describe('what a person began, in the picker ' .. name, function()
    local plugin, select, asked

    before_each(function()
      world.state_dir = vim.fn.resolve(vim.fn.tempname())
      world.start()
      standins.remove()
      plugin = standins[name]()
      require('chorus.verbs')
      world.know(some())
      select, asked = vim.ui.select, nil
      vim.ui.select = function(items, options, on_choice)
        assert.equal('chorus_confirm', options.kind)
        asked = options.prompt
        on_choice(items[1])
      end
    end)

    after_each(function()
      vim.ui.select = select
      standins.remove()
      vim.cmd('silent! stopinsert | silent! %bwipeout!')
      vim.fn.delete(world.state_dir, 'rf')
      world.state_dir = nil
    end)

    --- Keeps texts, the first of them as the oldest.
    local function keep(files, texts)
      return vim
        .iter(ipairs(texts))
        :map(function(index, lines)
          local path = files:new_path()
          assert.is_nil(files:save(path, lines))
          local at = os.time() - 3600 * (#texts + 1 - index)
          assert(vim.uv.fs_utime(path, at, at))
          return path
        end)
        :totable()
    end

    local function with(show, act)
      if name == 'mini' then
        plugin.script = act
        return show()
      end
      show()
      act()
    end

    it('is shown with its text, opened, and deleted after a question', function()
      local files = require('chorus.ui.tasks.draft_files')
      local paths = keep(files, {
        { '---', 'title: ', '---', 'half\27[31m a thought' },
        { '---', 'title: Fix it', '---', 'All of it.' },
      })
      local shown, preview, fresh
      with(function()
        require('chorus.ui.tasks.draft').open({})
      end, function()
        shown, preview, fresh = plugin.lines(), plugin.preview(3)(), plugin.preview(1)()
        plugin.go_to(2)
        plugin.choose()
      end)
      world.wait(function()
        return vim.b.chorus_view == 'draft'
      end)
      assert.same({ 'A new task', 'Fix it · 1h', '(no title yet) · 2h' }, shown)
      assert.same(
        { ' ---', ' title:', ' ---', ' half a thought' },
        vim.tbl_map(function(line)
          return (line:gsub('%s+$', ''))
        end, preview)
      )
      assert.same({ '' }, vim.tbl_map(vim.trim, fresh))
      assert.same({ '---', 'title: Fix it', '---', 'All of it.' }, world.lines())
      world.press('q')
      plugin = (standins.remove() or true) and standins[name]()
      with(function()
        require('chorus.pick').drafts()
      end, function()
        assert.equal('There are 2 unfinished drafts', plugin.title())
        plugin.mark(1)
        plugin.mark(2)
        plugin.press('<M-x>')
      end)
      world.wait(function()
        return not vim.uv.fs_stat(paths[1])
      end)
      assert.equal('Delete permanently: Fix it; (no title yet)?', asked)
      assert.same({}, files:unfinished())
      require('chorus.pick').drafts()
      assert.equal('there is no unfinished draft', world.notified[1][2])
    end)

    it('for an agent says for which one, and leaves the others where one is deleted', function()
      local files = require('chorus.ui.prompts.prompt_files')
      local paths = keep(files, {
        { 'prompt to #2 uuid-2', 'go on', 'and on' },
        { 'raw to #1 uuid-1', '/compact' },
      })
      local shown, preview
      with(function()
        require('chorus.ui.prompts.composer').open_for({ require('chorus.tasks').get(5) })
      end, function()
        shown, preview = plugin.lines(), plugin.preview(3)()
        plugin.go_to(2)
        plugin.press('<M-x>')
        -- What is left is offered again.
        if name == 'mini' then
          plugin.script = function()
            assert.equal('A prompt was not sent', plugin.title())
            plugin.go_to(2)
            plugin.choose()
          end
        end
      end)
      assert.same({ 'A new prompt for #5', '#1, typed as it is: /compact · 1h', '#2: go on · 2h' }, shown)
      assert.same({ ' Prompt for #2', '', ' go on', ' and on' }, preview)
      world.wait(function()
        return not vim.uv.fs_stat(paths[2])
      end)
      if name ~= 'mini' then
        world.wait(function()
          return plugin.title() == 'A prompt was not sent'
        end)
        plugin.go_to(2)
        plugin.choose()
      end
      world.wait(function()
        return vim.b.chorus_view == 'prompt'
      end)
      assert.same({ 'go on', 'and on' }, world.lines())
    end)
  end)
end

describe('a picker plugin that cannot be used', function()
  local select, offered

  before_each(function()
    world.start()
    standins.remove()
    require('chorus.verbs')
    world.know(some())
    select, offered = vim.ui.select, 0
    vim.ui.select = function(_, _, on_choice)
      offered = offered + 1
      on_choice(nil)
    end
  end)

  after_each(function()
    vim.ui.select = select
    standins.remove()
  end)

  local function pick()
    require('chorus.picker').pick_task(require('chorus.tasks').all(), 'Task:', function() end)
  end

  local function choose(name)
    vim.g.chorus = { picker = name }
    require('chorus.config').reset()
  end

  it('is named once, and the list is shown without it', function()
    choose('telescope')
    pick()
    pick()
    assert.equal(2, offered)
    assert.equal(1, #world.notified)
    assert.same({ 'warn', 'cannot pick with telescope: it is not installed' }, vim.list_slice(world.notified[1], 1, 2))
  end)

  it('of an old version is told from one that is not there', function()
    standins.telescope()
    package.loaded['telescope.previewers'] = { new = function() end }
    pick()
    assert.equal(1, offered)
    assert.equal(
      'cannot pick with telescope: its version has no `new_buffer_previewer` in `telescope.previewers`',
      world.notified[1][2]
    )
  end)

  it('that fails when it opens is left at once', function()
    standins.snacks()
    package.loaded['snacks.picker'].pick = function()
      error('no such option\nstack')
    end
    pick()
    assert.equal(1, offered)
    assert.equal('cannot pick with snacks: it failed: no such option', world.notified[1][2])
  end)

  it('because its program is missing says so', function()
    standins['fzf-lua']()
    package.loaded['fzf-lua'].config.globals.fzf_bin = 'no-such-fzf'
    choose('fzf-lua')
    pick()
    assert.equal('cannot pick with fzf-lua: the program `no-such-fzf` is not installed', world.notified[1][2])
  end)

  it('is left alone with the option `select`', function()
    standins.mini()
    choose('select')
    pick()
    assert.same({ 1, {} }, { offered, world.notified })
  end)
end)

describe('marks in fzf-lua', function()
  local plugin, chosen, channel

  before_each(function()
    world.start()
    standins.remove()
    plugin, chosen = standins['fzf-lua'](), nil
    require('chorus.verbs')
    world.know(some(), { world.request('r1', 1) })
  end)

  after_each(function()
    vim.fn.jobstop(channel)
    standins.remove()
  end)

  local function open()
    require('chorus.picker').pick_tasks(require('chorus.tasks').all(), 'Task to mute:', function(found)
      chosen = numbers(found)
    end)
    channel = plugin.terminal()
  end

  local function shows(expected)
    world.wait(function()
      return vim.deep_equal(plugin.marks(), expected)
    end)
  end

  it('are drawn, stay while the list changes, and are taken away by the same key', function()
    open()
    plugin.mark(1)
    plugin.mark(2)
    shows({ true, true, false })
    world.event('task_changed', world.task(2, { title = 'Another', revision = 2 }))
    world.wait(function()
      return plugin.lines()[2]:find('Another', 1, true)
    end)
    shows({ true, true, false })
    plugin.mark(1)
    shows({ false, true, false })
    plugin.go_to(3)
    plugin.choose()
    world.wait(function()
      return chosen
    end)
    assert.same({ 2 }, chosen)
  end)

  it('are set by the keys that the person has for them', function()
    plugin.keymap['ctrl-space'] = 'toggle'
    plugin.keymap['alt-a'] = { 'toggle-all', desc = 'all' }
    plugin.keymap['shift-tab'] = 'up'
    plugin.keymap[1] = true
    open()
    assert.equal('select-all,deselect-all', plugin.run('alt-a', { 2, 3 }))
    shows({ false, true, true })
    assert.equal(',', plugin.run('ctrl-space', { 3 }))
    shows({ false, true, false })
    assert.equal(',down', plugin.run('tab', { 1 }))
    shows({ true, true, false })
    assert.has_error(function()
      plugin.run('shift-tab', { 1 })
    end)
  end)

  it('are drawn though fzf takes no key while it reads the list', function()
    open()
    local sent, count = plugin.sent, 0
    function plugin.sent(bytes)
      count = count + 1
      if count > 1 then
        sent(bytes)
      end
    end
    plugin.mark(3)
    shows({ false, false, true })
    assert.equal(2, count)
  end)

  it('are those of skim where that is the program, and the list stays as it is from then on', function()
    package.loaded['fzf-lua'].config.globals.fzf_bin = '/usr/bin/sk'
    local executable = vim.fn.executable
    vim.fn.executable = function()
      return 1
    end
    open()
    vim.fn.executable = executable
    assert.equal('toggle+down+unbind(f12)', plugin.native().tab)
    assert.has_error(function()
      plugin.mark(1)
    end)
  end)
end)

describe('the requests of a task', function()
  it('of another project are picked from, and followed', function()
    world.start()
    standins.remove()
    local plugin = standins.telescope()
    require('chorus.verbs')
    world.know(some(), { world.request('r1', 1) })
    local elsewhere = { project = '/home/me/other', task = 'uuid-9' }
    local tasks = require('chorus.tasks')
    tasks.set_others({
      tasks = { world.task(9, { project = '/home/me/other', title = 'Nine' }) },
      requests = { world.request('r8', 9, elsewhere), world.request('r9', 9, elsewhere) },
    })
    local chosen
    require('chorus.picker').pick_request(tasks.requests('uuid-9'), 'Request to deny:', function(request)
      chosen = request.id
    end)
    assert.same({ '#9 Bash: rm -rf build  Nine', '#9 Bash: rm -rf build  Nine' }, plugin.lines())
    world.tell('ChorusElsewhereChanged', { count = 1 })
    world.event('request_closed', tasks.request('r8'))
    world.wait(function()
      return #plugin.lines() == 1
    end)
    plugin.choose()
    world.wait(function()
      return chosen == 'r9'
    end)
    standins.remove()
  end)
end)

describe('the list of tasks', function()
  before_each(function()
    world.start()
    standins.remove()
    require('chorus.verbs')
  end)

  after_each(standins.remove)

  it('follows tasks of other projects', function()
    local plugin = standins.telescope()
    local tasks = require('chorus.tasks')
    local other = { project = '/home/me/other', title = 'Nine' }
    tasks.snapshot({ tasks = some(), requests = {}, elsewhere = 0 }, '/home/me/shop')
    tasks.set_others({ tasks = { world.task(9, other) }, requests = {} })
    require('chorus.picker').pick_task(tasks.everywhere(), 'Task:', function() end)
    world.event('task_changed', world.task(9, { project = '/home/me/other', title = 'Renamed', revision = 2 }))
    world.wait(function()
      return table.concat(plugin.lines(), '\n'):find('Renamed', 1, true)
    end)
    plugin.cancel()
  end)

  it('looks through the requests once, however many tasks there are', function()
    world.know(some(), { world.request('r1', 1) })
    local tasks = require('chorus.tasks')
    local each, count = tasks.requests, 0
    tasks.requests = function(...)
      count = count + 1
      return each(...)
    end
    local items = require('chorus.ui.pick.tasks').list({ title = 'Tasks' }).items()
    assert.matches('rm -rf build', items[1].text, 1, true)
    assert.equal(0, count)
  end)

  it('takes every key of telescope that opens something for a choice', function()
    local plugin = standins.telescope()
    world.know(some())
    for _, key in ipairs({ '<C-x>', '<C-v>', '<C-t>' }) do
      local chosen
      require('chorus.picker').pick_task(require('chorus.tasks').all(), 'Task:', function(task)
        chosen = task.number
      end)
      plugin.go_to(2)
      plugin.press(key)
      world.wait(function()
        return chosen == 2
      end, key)
    end
  end)
end)

describe('the list of documents', function()
  it('ties no other file to a task where the document is gone', function()
    world.start()
    require('chorus.verbs')
    world.record_verbs()
    local folder = vim.fn.resolve(vim.fn.tempname())
    vim.fn.mkdir(folder, 'p')
    vim.fn.writefile({ 'x' }, folder .. '/here.md')
    world.welcome.project = folder
    local list = require('chorus.ui.pick.documents').list({ title = 'Documents', documents = { document('gone.md') } })
    local ref = vim.iter(list.actions):find(function(action)
      return vim.list_contains(action.keys, '<M-r>')
    end)
    ref.run({ document('gone.md') })
    assert.same({}, world.ran)
    assert.equal('gone.md no longer exists', world.notified[1][2])
    ref.run({ document('here.md') })
    assert.same({ { 'ref', { bang = true } } }, world.ran)
    assert.equal(folder .. '/here.md', vim.api.nvim_buf_get_name(0))
    vim.fn.delete(folder, 'rf')
  end)

  it('makes the items of thousands of documents once, not with each key', function()
    world.start()
    local documents = {}
    for number = 1, 1500 do
      documents[number] = document(('docs/%d.md'):format(number))
    end
    local rows = require('chorus.ui.pick.item_rows')
    local made, count = rows.document, 0
    rows.document = function(...)
      count = count + 1
      return made(...)
    end
    local picked
    vim.g.chorus = { picker = 'select' }
    require('chorus.config').reset()
    require('chorus.ui.pick.open').open(require('chorus.ui.pick.documents').list({
      title = 'Documents',
      documents = documents,
      on_choice = function(found)
        picked = found
      end,
    }))
    local drawn
    world.wait(function()
      for _, window in ipairs(vim.api.nvim_list_wins()) do
        local lines = world.lines(vim.api.nvim_win_get_buf(window))
        drawn = #lines > 500 and lines or drawn
      end
      return drawn
    end, 'the list')
    assert.equal(1001, #drawn)
    assert.matches('500 more: type to find them', drawn[1001], 1, true)
    world.press('A1477<CR>')
    world.wait(function()
      return picked
    end)
    rows.document = made
    assert.equal('docs/1477.md', picked.path)
    assert.equal(1500, count)
  end)
end)

describe(':Telescope chorus', function()
  it('shows tasks, requests and documents', function()
    world.start()
    standins.remove()
    local plugin = standins.telescope()
    world.know(some(), { world.request('r1', 1) })
    local extension = dofile(world.root .. '/lua/telescope/_extensions/chorus.lua')
    extension.exports.chorus({})
    assert.equal(3, #plugin.lines())
    plugin.cancel()
    extension.exports.requests()
    assert.same({ '#1 Bash: rm -rf build  One' }, plugin.lines())
    plugin.cancel()
    local asked
    world.replies.docs = function(params)
      asked = params
      return nil, { documents = { document('a.md') }, cut = false }
    end
    extension.exports.documents({ category = 'plans' })
    world.wait(function()
      return asked and plugin.title() == 'Documents: plans'
    end)
    assert.same({ 'a.md' }, plugin.lines())
    plugin.cancel()
    standins.remove()
  end)
end)

describe('the list of Chorus itself', function()
  local picked, select

  before_each(function()
    world.start()
    standins.remove()
    require('chorus.verbs')
    picked, select = nil, vim.ui.select
    -- Another spec may have left one of its own.
    vim.ui.select = dofile(vim.env.VIMRUNTIME .. '/lua/vim/ui.lua').select
    world.know({
      world.task(1, { title = 'One' }),
      world.task(2, { title = 'Two' }),
      world.task(3, { title = 'Three of 5' }),
      world.task(5, { title = 'Five' }),
    })
  end)

  after_each(function()
    vim.ui.select = select
  end)

  --- Opens the list, types, and leaves by the last key.
  local function pick(keys, option)
    picked = nil
    vim.g.chorus = { picker = option }
    require('chorus.config').reset()
    require('chorus.ui.pick.lists').tasks({
      title = 'Task to start',
      tasks = require('chorus.tasks').all(),
      many = true,
      on_choice = function(found)
        picked = numbers(found)
      end,
      on_leave = function()
        picked = 'none'
      end,
    })
    -- Insert mode begins only where Neovim waits for a key.
    world.press('A' .. keys)
    world.wait(function()
      return picked
    end)
    return picked
  end

  it('takes a number for that of a task, never for that of a line', function()
    assert.same({ 5 }, pick('5<CR>'))
    assert.same({ 3 }, pick('#3<CR>', 'select'))
    assert.equal('none', pick('4<CR>'))
  end)

  it('takes words, the keys that go through the list, marks, and Escape', function()
    assert.same({ 2 }, pick('two<CR>'))
    assert.same({ 1 }, pick('<CR>'))
    assert.same({ 3 }, pick('<Down><C-n><CR>'))
    assert.same({ 1, 3 }, pick('<Tab><Down><Tab><CR>'))
    assert.equal('none', pick('<Esc>'))
    assert.equal(1, #vim.api.nvim_list_wins())
  end)

  it('fits on every screen', function()
    local layout = require('chorus.ui.pick.own_plan').layout
    for columns = 1, 200, 3 do
      for lines = 1, 60 do
        for _, has_preview in ipairs({ true, false }) do
          for _, place in ipairs({ layout(columns, lines, 40, has_preview) }) do
            assert.is_true(place.width >= 1 and place.height >= 1 and place.row >= 0 and place.col >= 0)
            if columns >= 4 and lines >= 6 then
              local right, bottom = place.col + place.width + 2, place.row + place.height + 2
              assert.is_true(right <= columns and bottom <= lines, ('%d x %d'):format(columns, lines))
            end
          end
        end
      end
    end
  end)

  it('picks nothing where the person goes to another window, or closes its own', function()
    for _, leave in ipairs({ '<C-o>:wincmd p<CR>', '<C-o>:quit<CR>' }) do
      assert.equal('none', pick('two' .. leave), leave)
      world.wait(function()
        return #vim.api.nvim_list_wins() == 1
      end, 'the list to close after ' .. leave)
      vim.cmd.stopinsert()
    end
  end)

  it('shows the last item above the line to type in, and the chosen one in every color scheme', function()
    local all = {}
    for number = 1, 60 do
      all[number] = world.task(number)
    end
    world.know(all)
    require('chorus.ui.pick.lists').tasks({ title = 'Tasks' })
    local list = vim.iter(vim.api.nvim_list_wins()):find(function(window)
      return #world.lines(vim.api.nvim_win_get_buf(window)) == 60
    end)
    vim.cmd.stopinsert()
    for _ = 1, 59 do
      world.press('<Down>')
    end
    local info = vim.fn.getwininfo(list)[1]
    local line = vim.api.nvim_win_get_cursor(list)[1]
    local group = vim.wo[list].winhighlight
    world.press('<Esc>')
    assert.equal(60, line)
    assert.is_true(line - info.topline < info.height - 1, vim.inspect({ line, info.topline, info.height }))
    assert.matches('CursorLine:Visual', group, 1, true)
  end)

  it('is alone where the screen becomes too small for a preview, until there is a place for it again', function()
    local columns, lines = vim.o.columns, vim.o.lines
    vim.o.columns, vim.o.lines = 120, 20
    world.know({ world.task(1) }, { world.request('r1', 1) })
    require('chorus.ui.pick.lists').tasks({ title = 'Tasks' })
    local function floats()
      return vim.tbl_filter(function(window)
        return vim.api.nvim_win_get_config(window).relative == 'editor'
      end, vim.api.nvim_list_wins())
    end
    local before = #floats()
    vim.o.columns = 100
    vim.api.nvim_exec_autocmds('VimResized', {})
    local after = #floats()
    vim.o.columns = 120
    vim.api.nvim_exec_autocmds('VimResized', {})
    local again = floats()
    local shown = vim.tbl_map(function(window)
      local lines_of = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      return table.concat(lines_of, '\n'):find('rm -rf build', 1, true) ~= nil
    end, again)
    world.press('<Esc>')
    vim.o.columns, vim.o.lines = columns, lines
    assert.same({ 2, 1, { true, true } }, { before, after, shown })
  end)

  it('stands beside its preview, above it, or alone', function()
    local layout = require('chorus.ui.pick.own_plan').layout
    local list, preview = layout(160, 40, 10, true)
    assert.is_true(preview and preview.col == list.col + list.width + 2 and preview.height == list.height)
    list, preview = layout(80, 30, 3, true)
    assert.is_true(preview and preview.row == list.height + 2 and preview.row + preview.height <= 28)
    list, preview = layout(60, 14, 30, true)
    assert.is_nil(preview)
    assert.is_true(list.height <= 12 and list.width <= 58)
    list = layout(3, 1, 30, true)
    assert.is_true(list.height >= 1 and list.width >= 1)
  end)
end)

describe('the text of a document', function()
  local folder, read

  before_each(function()
    world.start()
    read = require('chorus.editor.read_document')
    folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/texts'
    vim.fn.mkdir(folder .. '/inside/sub', 'p')
  end)

  after_each(function()
    vim.fn.delete(folder, 'rf')
  end)

  local function write(name, bytes)
    local file = assert(io.open(folder .. '/' .. name, 'wb'))
    file:write(bytes)
    file:close()
  end

  local function of(name)
    return read(folder .. '/inside', folder .. '/inside/' .. name)
  end

  it('is read whatever it is', function()
    write('inside/crlf.md', '\239\187\191# One\r\n\r\ntwo\r\n')
    assert.same({ '# One', '', 'two' }, of('crlf.md').lines)
    write('inside/empty.md', '')
    assert.same({ lines = {}, is_cut = false }, of('empty.md'))
    write('inside/binary.md', 'a\0b')
    assert.equal('It is no text.', of('binary.md').fault)
    write('inside/long.md', ('x'):rep(99) .. '\n' .. (('y'):rep(99) .. '\n'):rep(2000))
    local long = of('long.md')
    assert.is_true(long.is_cut and #long.lines < 700)
    assert.equal(('y'):rep(99), long.lines[#long.lines])
    write('inside/line.md', ('z'):rep(100000))
    assert.same({}, of('line.md').lines)
  end)

  it('is not read where there is none, or out of the project', function()
    write('outside.md', 'secret')
    assert.equal('The file no longer exists.', of('none.md').fault)
    assert.equal('It is no regular file.', of('sub').fault)
    vim.uv.fs_symlink(folder .. '/outside.md', folder .. '/inside/link.md')
    assert.equal('It leads out of the project.', of('link.md').fault)
    vim.uv.fs_symlink(folder .. '/inside/loop.md', folder .. '/inside/loop.md')
    assert.equal('The file no longer exists.', of('loop.md').fault)
  end)

  it('is not read where a file of another place stands in while it is opened', function()
    write('outside.md', 'secret')
    write('inside/plan.md', 'plan')
    local path, open = folder .. '/inside/plan.md', vim.uv.fs_open
    vim.uv.fs_open = function(...)
      vim.uv.fs_rename(path, path .. '.away')
      vim.uv.fs_symlink(folder .. '/outside.md', path)
      local opened = { open(...) }
      vim.uv.fs_rename(path .. '.away', path)
      return unpack(opened)
    end
    local found = of('plan.md')
    vim.uv.fs_open = open
    assert.same({ lines = {}, is_cut = false, fault = 'It leads out of the project.' }, found)
    assert.same({ 'plan' }, of('plan.md').lines)
  end)

  it('is not waited for where a pipe takes its place', function()
    assert.equal(0, vim.system({ 'mkfifo', folder .. '/inside/pipe.md' }):wait().code)
    assert.equal('It is no regular file.', of('pipe.md').fault)
  end)

  it('has the same headings by its tree and by its lines', function()
    local outline = require('chorus.editor.outline')
    local lines = vim.split('---\ntitle: x\n---\n# A ##\n\nB\n===\n\n```\n# no\n```\n### C\n\n#not', '\n')
    local expected = {
      { line = 4, level = 1, title = 'A' },
      { line = 6, level = 1, title = 'B' },
      { line = 12, level = 3, title = 'C' },
    }
    assert.same(expected, outline.by_lines(lines))
    assert.same(expected, outline.of(lines))
    -- A line at the top is no front matter where nothing ends it.
    assert.equal('A', outline.by_lines({ '---', '', '# A' })[1].title)
  end)

  it('is shown without what it could hide', function()
    local rows = require('chorus.ui.pick.document_rows').rows(
      document('a.md', { title = 'T\27]0;x\7', description = 'd\nd', category = 'general' }),
      {},
      { lines = { 'a\27[31mb\226\128\174c', '\255\254' }, is_cut = true },
      {}
    )
    local shown = vim.tbl_map(function(row)
      return row.text
    end, rows)
    assert.same(
      { ' T', ' d ↵ d', ' category   general', '', ' abc', ' \255\254', ' … the document goes on' },
      shown
    )
  end)
end)
