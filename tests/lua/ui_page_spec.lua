local world = require('ui_world')

describe('page', function()
  local page, view, task

  before_each(function()
    world.start()
    page, view = require('chorus.ui.tasks.page'), require('chorus.ui.tasks.page_rows')
    task =
      world.task(12, { title = 'Fix the login', priority = 2, tags = { 'web' }, description = '# Why\n\nBecause.' })
    world.know({ task })
    world.replies.task_show = function()
      return nil,
        {
          task = task,
          requests = { world.request('r', 12) },
          references = {},
          commits = {},
          journal = {
            { at = world.now, what = 'created', who = 'person', text = 'created\n\27[31m' .. view.SEPARATOR },
          },
        }
    end
    world.replies.task_edit = function()
      return nil, task
    end
  end)

  local function open()
    page.open(task)
    world.wait(function()
      return view.separator(world.lines())
    end)
  end

  local function params()
    return vim.tbl_map(
      function(each)
        return each[2]
      end,
      vim.tbl_filter(function(each)
        return each[1] == 'task_edit'
      end, world.asked)
    )
  end

  it('says how to save and to leave, and leads back', function()
    vim.cmd.enew()
    local before = vim.api.nvim_get_current_buf()
    vim.bo.buflisted = true
    open()
    assert.is_truthy(vim.wo.winbar:find('saves', 1, true), vim.wo.winbar)
    assert.is_truthy(vim.wo.winbar:find('back', 1, true), vim.wo.winbar)
    world.press('q')
    assert.are.equal(before, vim.api.nvim_get_current_buf())
    assert.are.equal('', vim.wo.winbar)
  end)

  it('shows what can be edited, then what happened', function()
    open()
    local lines = world.lines()
    assert.are.same(
      { '---', 'title: Fix the login', 'priority: 2', 'tags: web', '---', '', '# Why', '', 'Because.', '' },
      vim.list_slice(lines, 1, 10)
    )
    assert.are.equal(11, view.separator(lines))
    local below = table.concat(lines, '\n', 12)
    assert.is_truthy(below:find('● busy', 1, true))
    assert.is_truthy(below:find('permission rm -rf build', 1, true))
    assert.is_truthy(below:find('you     created', 1, true))
    assert.is_false(vim.bo.modified)
    assert.are.equal('chorus://task/12', vim.api.nvim_buf_get_name(0))
    assert.are.equal(12, vim.b.chorus_task)
    assert.are.equal('markdown', vim.bo.filetype)
  end)

  it('tells of branch, commits and trouble, and opens a commit', function()
    task.isolation, task.stack, task.commits, task.uncommitted, task.overlaps = 'stack', 'fix-12', 2, 1, { 4 }
    task.trouble = { kind = 'conflict', text = 'conflicts\27 with main', remedy = 'Rebases.', files = { 'a', 'b' } }
    world.replies.task_show = function()
      local commit = { oid = '1a2b3c4d5e6f', subject = 'Fix \27[31mit', at = world.now - 60000, files = 2 }
      return nil, { task = task, requests = {}, references = {}, commits = { commit }, journal = {} }
    end
    open()
    local below = table.concat(world.lines(), '\n')
    for _, words in ipairs({
      'isolation  stack · fix-12',
      'edits      2 commits, 1 file uncommitted',
      'overlaps   with #4, in the same files',
      'trouble    conflicts',
      '           a, b',
      '           `:Chorus mend 12` fixes it: Rebases.',
      '  What happened',
      'commit  1a2b3c4d  Fix it  2 files',
    }) do
      assert.is_truthy(below:find(words, 1, true), words)
    end
    assert.is_nil(below:find('\27', 1, true))
    vim.fn.search('1a2b3c4d .*Fix it  2 files')
    world.press('<CR>')
    assert.are.equal('chorus://diff/12/1a2b3c4d5e6f', vim.api.nvim_buf_get_name(0))
  end)

  describe('history', function()
    local history

    local function entry(at, who, what, text)
      return { at = world.now + at * 1000, who = who, what = what, text = text }
    end

    local JOURNAL = {
      entry(0, 'person', 'created', 'Created as `x`'),
      entry(1, 'person', 'prompt', 'Fix the login\nin both tabs'),
      entry(2, 'agent', 'prompt', 'Got a prompt: Context first.\nFix the login\nin both tabs'),
      entry(3, 'agent', 'request_opened', 'Asks: rm -rf build'),
      entry(4, 'person', 'prompt', 'Then the logout'),
      entry(5, 'person', 'request_closed', 'Allowed: rm -rf build'),
      entry(62, 'agent', 'turn_ended', 'The turn ended: Fixed.\nIn both.'),
      entry(63, 'chorus', 'committed', 'Committed 1 file'),
      entry(64, 'agent', 'prompt', 'Got a prompt: Then the logout'),
      entry(70, 'agent', 'prompt', 'Got a prompt: typed in the terminal'),
      entry(80, 'person', 'prompt', 'Not there yet'),
    }
    local COMMITS = { { oid = '1a2b3c4d5e', subject = 'Fix it', at = world.now + 63000, files = 1 } }

    before_each(function()
      history = require('chorus.ui.tasks.history_rows')
    end)

    it('has one turn for each prompt, with who gave it, what came of it and its commits', function()
      local turns, before = history.turns(JOURNAL, COMMITS)
      assert.are.same(
        { 'Fix the login\nin both tabs', 'Then the logout', 'typed in the terminal', 'Not there yet' },
        vim.tbl_map(function(turn)
          return turn.prompt
        end, turns)
      )
      assert.are.same(
        { 'person', 'person', 'agent', 'person' },
        vim.tbl_map(function(turn)
          return turn.who
        end, turns)
      )
      assert.are.equal(world.now + 62000, turns[1].ended)
      assert.are.equal('1a2b3c4d5e', turns[1].commits[1].oid)
      assert.is_false(turns[4].is_taken)
      assert.are.equal(1, #before.entries)
    end)

    it('is drawn newest first, one line a prompt, each turn a fold', function()
      local rows = history.rows({ journal = JOURNAL, commits = COMMITS }, world.now + 90000)
      local lines, folds = {}, {}
      for _, row in ipairs(rows) do
        lines[#lines + 1] = row.text:gsub('%d%d:%d%d', 'HH:MM')
        folds[#folds + 1] = row.data and tostring(row.data.fold) or '-'
      end
      assert.are.same({
        '',
        '  Turns',
        '  HH:MM  you      Not there yet   not taken yet',
        '  HH:MM  terminal typed in the terminal',
        '  HH:MM  you      Then the logout',
        '  HH:MM  you      Fix the login …   1m, 1 commit',
        '      prompt  Fix the login',
        '              in both tabs',
        '      asked   Asks: rm -rf build  HH:MM',
        '      answer  Allowed: rm -rf build  HH:MM',
        '      said    Fixed.  HH:MM',
        '              In both.',
        '      commit  1a2b3c4d  Fix it  1 file',
        '',
        '  Before the first turn',
        '      you     Created as `x`  HH:MM',
      }, lines)
      assert.are.same({ '-', '-', '>1', '>1', '>1', '>1', '1', '1' }, vim.list_slice(folds, 1, 8))
      assert.is_true(rows[4].data.opens)
    end)

    it('tells which tools the agent used for a prompt, and which files they edited', function()
      local journal = vim.deepcopy(JOURNAL)
      journal[3].work = {
        tools = {
          { tool = 'Edit', calls = 2, failed = 0 },
          { tool = 'Ba\27[31msh', calls = 3, failed = 1 },
        },
        other_calls = 4,
        files = { 'src/a b.rs', 'x\226\128\174\n.rs' },
        other_files = 5,
      }
      journal[10].work =
        { tools = { { tool = 'Read', calls = 1, failed = 0 } }, other_calls = 0, files = {}, other_files = 0 }
      local function shown(now)
        return vim.tbl_map(
          function(row)
            return { (row.text:gsub('%d%d:%d%d', 'HH:MM')), row.data.fold }
          end,
          vim.tbl_filter(function(row)
            return row.text:find('^%s+tools ') or row.text:find('^%s+files ')
          end, history.rows({ journal = journal, commits = COMMITS }, now))
        )
      end
      assert.are.same({
        { '      tools   Read 1', 1 },
        { '      tools   Edit 2, Bash 3 (1 failed), 4 more', 1 },
        { '      files   src/a b.rs, x ↵ .rs, 5 more', 1 },
      }, shown(world.now + 90000))
    end)
  end)

  it('says above it how the task is, and runs verbs on it', function()
    open()
    local shown = vim.api.nvim_eval_statusline(vim.wo.winbar, { maxwidth = 200, use_winbar = true }).str
    assert.is_truthy(shown:find('#12  ● busy', 1, true), shown)
    world.record_verbs()
    for keys, name in pairs({ go = 'output', gl = 'attach', gD = 'diff', gS = 'send', gE = 'explain' }) do
      world.ran = {}
      world.press(keys)
      assert.are.same({ name, { task = 'uuid-12', bang = false } }, world.ran[1])
    end
  end)

  it('names the key that moves a stale reference only where it does', function()
    local reference = {
      id = 4,
      number = 12,
      path = 'PLAN.md',
      state = 'stale',
      start_line = 1,
      end_line = 2,
      nearest_start = 3,
      nearest_end = 5,
      text = 'x',
      included = true,
    }
    local rows = require('chorus.ui.documents.reference_rows')
    assert.are.equal('stale, perhaps now in 3-5', rows.state(reference))
    assert.is_nil(rows.rows({ reference })[3].text:find('moves it', 1, true))
    vim.g.chorus = { keys = { page = { retie = '<M-m>' } } }
    require('chorus.config').reset()
    local show = world.replies.task_show
    world.replies.task_show = function()
      local _, page_now = show()
      return nil, vim.tbl_extend('force', page_now, { references = { reference } })
    end
    open()
    local text = table.concat(world.lines(), '\n')
    assert.is_truthy(text:find('stale, perhaps now in 3-5 (`<M-m>` moves it there)', 1, true), text)
  end)

  it('shows the request before it is allowed', function()
    world.know({ task }, { world.request('r', 12) })
    open()
    world.asked = {}
    world.press('ga')
    assert.are.same({}, world.asked)
    assert.is_truthy(table.concat(world.lines(), '\n'):find('$ rm -rf build', 1, true))
    world.press('a')
    assert.are.same({ { 'task_approve', { task = 'uuid-12', request = 'r' } } }, world.asked)
  end)

  it('is opened from a float in a window of the layout', function()
    local before = vim.api.nvim_get_current_win()
    require('chorus.ui.pane.output').open(task)
    page.open(task)
    assert.are.equal(before, vim.api.nvim_get_current_win())
    assert.are.equal('chorus://task/12', vim.api.nvim_buf_get_name(0))
    assert.are.equal(1, #vim.api.nvim_list_wins())
  end)

  it('goes beside a window that keeps its buffer, and is left', function()
    vim.cmd.edit('some_file')
    vim.wo.winfixbuf = true
    local before = vim.api.nvim_get_current_win()
    page.open(task)
    assert.are_not.equal(before, vim.api.nvim_get_current_win())
    assert.are.equal('chorus://task/12', vim.api.nvim_buf_get_name(0))
    assert.is_false(vim.wo.winfixbuf)
    world.press('q')
    assert.are.equal(before, vim.api.nvim_get_current_win())
    vim.wo.winfixbuf = false
  end)

  it('takes no window from a text that was not written', function()
    local function begin(bufhidden)
      vim.cmd('silent! only! | enew!')
      vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'begun' })
      vim.bo.bufhidden = bufhidden
      return vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf()
    end
    for _, bufhidden in ipairs({ '', 'wipe' }) do
      vim.o.hidden = bufhidden == 'wipe'
      -- Alone on the screen.
      local window, buffer = begin(bufhidden)
      page.open(task)
      assert.are.equal('chorus://task/12', vim.api.nvim_buf_get_name(0))
      assert.are.equal(buffer, vim.api.nvim_win_get_buf(window))
      world.press('q')
      assert.are.same({ window }, vim.api.nvim_list_wins())
      -- Beside a window that may be taken.
      vim.cmd.new('some_file')
      local other = vim.api.nvim_get_current_win()
      vim.api.nvim_set_current_win(window)
      page.open(task)
      assert.are.equal(other, vim.api.nvim_get_current_win())
      assert.are.equal(2, #vim.api.nvim_list_wins())
      assert.are.same({ 'begun' }, vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
      world.press('q')
      vim.cmd('bwipeout! ' .. buffer)
    end
    vim.o.hidden = true
  end)

  it('opens in a window for files, not in a file tree or a list below', function()
    for option, command in pairs({ winfixwidth = 'topleft 30vnew', winfixheight = 'botright new' }) do
      vim.cmd('silent! only! | edit some_file')
      local files = vim.api.nvim_get_current_win()
      vim.cmd(command)
      local aside = vim.api.nvim_get_current_win()
      vim.wo[aside][option] = true
      page.open(task)
      assert.are.equal(files, vim.api.nvim_get_current_win())
      world.press('q')
      assert.are.equal('some_file', vim.fn.expand('%:t'))
      -- What is to be written opens across the bottom all the same.
      world.state_dir = world.state_dir or vim.fn.tempname()
      vim.api.nvim_set_current_win(aside)
      require('chorus.ui.tasks.draft').open({ title = 'A title' })
      assert.are.equal('markdown', vim.bo.filetype)
      assert.are.equal(3, #vim.api.nvim_list_wins())
      vim.cmd('bwipeout!')
      -- Alone, it serves.
      vim.api.nvim_win_close(files, true)
      page.open(task)
      assert.are.same({ aside }, vim.api.nvim_list_wins())
      world.press('q')
      vim.wo[aside][option] = false
    end
  end)

  it("goes beside unsaved text that 'nohidden' keeps on the screen", function()
    vim.cmd.edit('some_file')
    vim.o.hidden = false
    local before = vim.api.nvim_get_current_win()
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'unsaved' })
    page.open(task)
    assert.are.equal('chorus://task/12', vim.api.nvim_buf_get_name(0))
    world.press('q')
    assert.are.equal(before, vim.api.nvim_get_current_win())
    assert.are.same({ 'unsaved' }, world.lines())
    -- Neither does a page of text leave the screen so.
    require('chorus.ui.kit.plain_text').lead_out(vim.api.nvim_get_current_buf(), 'Log')
    world.press('q')
    assert.are.same({ 'unsaved' }, world.lines())
    assert.is_truthy(vim.fn.execute('1messages'):find('E37', 1, true))
    vim.bo.modified, vim.o.hidden = false, true
  end)

  it('needs no line for the bar above it', function()
    vim.o.laststatus, vim.o.showtabline = 2, 2
    while pcall(vim.cmd.split) do
    end
    assert.are.equal(1, vim.api.nvim_win_get_height(0))
    vim.cmd.messages('clear')
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      require('chorus.ui.kit.page_buffer').set_bar(window, 'a bar')
    end
    local said = vim.fn.execute('messages')
    vim.o.showtabline = 1
    vim.cmd.only()
    assert.are.equal('', said)
  end)

  it('comes back with its keys after :bdelete', function()
    vim.cmd.edit('some_file')
    open()
    vim.cmd.bdelete()
    page.open(task)
    world.wait(function()
      return view.separator(world.lines())
    end)
    assert.are.equal('acwrite', vim.bo.buftype)
    assert.are.equal('uuid-12', vim.b.chorus_uuid)
    world.asked = {}
    world.event('task_changed', world.task(12, { revision = 9 }))
    world.wait(function()
      return #world.asked > 0
    end)
    assert.are.same({ { 'task_show', { task = 'uuid-12' } } }, world.asked)
    world.press('q')
    assert.are.equal('some_file', vim.fn.expand('%:t'))
  end)

  it('leaves <CR> what it is elsewhere', function()
    open()
    world.press('gg<CR>')
    assert.are.same({ 2, 0 }, vim.api.nvim_win_get_cursor(0))
  end)

  it('leaves a key what it is elsewhere where that fails, too', function()
    open()
    vim.api.nvim_buf_set_lines(0, 0, 1, false, { '' })
    world.press('gggd')
    assert.is_truthy(vim.fn.execute('1messages'):find('E349: No identifier under cursor', 1, true))
    assert.is_nil(vim.fn.execute('messages'):find('traceback', 1, true))
  end)

  it('saves what was edited and nothing else', function()
    open()
    vim.api.nvim_buf_set_lines(0, 2, 3, false, { 'priority: 5' })
    vim.api.nvim_buf_set_lines(0, 8, 9, false, { 'Because', 'of this.' })
    world.press(':w<CR>')
    assert.are.same({ { task = 'uuid-12', priority = 5, description = '# Why\n\nBecause\nof this.' } }, params())
    world.wait(function()
      return not vim.bo.modified
    end)
  end)

  it('shows a description to edit with every character that draws nothing', function()
    local description = 'می\226\128\140خواهم\27[8m \226\154\160\239\184\143'
    local lines = require('chorus.ui.tasks.page_rows').edited(world.task(12, { description = description }))
    assert.is_true(vim.list_contains(lines, (description:gsub('\27%[8m', ''))), vim.inspect(lines))
  end)

  it('asks nobody when nothing was edited', function()
    open()
    vim.bo.modified = true
    world.press(':w<CR>')
    assert.are.same({}, params())
    assert.is_false(vim.bo.modified)
  end)

  it('saves nothing while something is wrong', function()
    open()
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title:' })
    world.press(':w<CR>')
    world.wait_notified(1)
    assert.is_truthy(world.notified[1][2]:find('line 2: a title is required', 1, true))
    vim.cmd.undo()
    vim.api.nvim_buf_set_lines(0, 10, 11, false, {})
    world.press(':w<CR>')
    world.wait_notified(2)
    assert.is_truthy(world.notified[2][2]:find('is gone: `u` restores it', 1, true))
    assert.are.same({}, params())
    assert.is_true(vim.bo.modified)
  end)

  it('stays modified when the daemon refuses', function()
    world.replies.task_edit = function()
      return { code = 'bad_input', message = 'cannot edit #12: no' }
    end
    open()
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: Other' })
    world.press(':w<CR>')
    world.wait(function()
      return #world.notified == 1
    end)
    assert.is_true(vim.bo.modified)
  end)

  it('follows changes, but not over what is being typed', function()
    open()
    task = world.task(12, { title = 'Renamed', revision = 2 })
    world.event('task_changed', task)
    world.wait(function()
      return world.lines()[2] == 'title: Renamed'
    end)
    assert.is_false(vim.bo.modified)
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: Mine' })
    task = world.task(12, { title = 'Theirs', revision = 3, result = 'news below' })
    world.event('task_changed', task)
    world.wait(function()
      return table.concat(world.lines(), '\n'):find('news below', 1, true)
    end)
    assert.are.equal('title: Mine', world.lines()[2])
    assert.is_true(vim.bo.modified)
  end)

  it('saves what was edited, not what others changed meanwhile', function()
    open()
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: Mine' })
    task = world.task(12, { title = 'Theirs', priority = 7, tags = { 'db' }, revision = 2, result = 'news below' })
    world.event('task_changed', task)
    world.wait(function()
      return table.concat(world.lines(), '\n'):find('news below', 1, true)
    end)
    world.press(':w<CR>')
    assert.are.same({ { task = 'uuid-12', title = 'Mine' } }, params())
    world.wait(function()
      return world.lines()[3] == 'priority: 7'
    end)
    assert.is_false(vim.bo.modified)
  end)

  it('keeps what is typed while the daemon answers, and saves that next', function()
    open()
    local request, answer = require('chorus.client').request, nil
    require('chorus.client').request = function(method, asked, on_reply)
      if method ~= 'task_edit' then
        return request(method, asked, on_reply)
      end
      table.insert(world.asked, { method, asked })
      answer = on_reply
    end
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: First' })
    world.press(':w<CR>')
    vim.api.nvim_buf_set_lines(0, 2, 3, false, { 'priority: 4' })
    task = world.task(12, { title = 'First', revision = 2, priority = 2 })
    answer(nil, task)
    world.wait_notified(1)
    assert.are.same(
      { 'info', '#12 was saved, without what you typed since', '`:w` saves that, too' },
      world.notified[1]
    )
    assert.is_true(vim.bo.modified)
    world.press(':w<CR>')
    assert.are.same({ task = 'uuid-12', priority = 4 }, params()[2])
    answer(nil, task)
    assert.is_false(vim.bo.modified)
  end)

  it('finds the separator that is its own, when a description quotes it', function()
    local quoting = world.task(1, { description = 'a\n' .. view.SEPARATOR .. '\nb' })
    local lines = view.edited(quoting)
    lines[#lines + 1] = view.SEPARATOR
    lines[#lines + 1] = '  told'
    local changes, faults = view.changes(lines, quoting)
    assert.are.same({}, changes)
    assert.are.same({}, faults)
  end)

  it('counts as looked at only while it is in the window', function()
    local defer, runs = vim.defer_fn, {}
    vim.defer_fn = function(callback)
      table.insert(runs, callback)
    end
    task.unread = true
    world.know({ task })
    open()
    vim.cmd.enew()
    runs[1]()
    page.open(task)
    runs[2]()
    vim.defer_fn = defer
    local seen = vim.tbl_filter(function(each)
      return each[1] == 'task_seen'
    end, world.asked)
    assert.are.equal(1, #seen)
  end)

  it('is read by its name', function()
    vim.api.nvim_create_autocmd('BufReadCmd', {
      pattern = 'chorus://*',
      callback = function(event)
        require('chorus.ui.url').read(event.buf)
      end,
    })
    vim.cmd.edit('chorus://task/12')
    world.wait(function()
      return view.separator(world.lines())
    end)
    vim.cmd.edit('chorus://dashboard')
    assert.is_truthy(world.lines()[2]:find('#12', 1, true))
    vim.cmd.edit()
    assert.is_truthy(world.lines()[2]:find('#12', 1, true))
    vim.cmd.edit('chorus://list')
    assert.is_truthy(world.lines()[1]:find('#12', 1, true))
    vim.cmd.edit('chorus://nonsense')
    world.wait_notified(1)
    assert.is_truthy(world.notified[1][2]:find('no buffer named', 1, true))
  end)
end)

describe('explain', function()
  it('shows the rule, and each piece of evidence with its age', function()
    world.start()
    local rows = require('chorus.ui.tasks.explain_rows').render({
      task = world.task(1),
      rule = 'an open request wins',
      evidence = {
        { source = 'hook', says = 'PermissionRequest for \27[31mBash', at = world.now - 120000, used = true },
        {
          source = 'session file',
          says = ('long '):rep(40),
          at = world.now,
          expires = world.now + 60000,
          used = false,
        },
        { source = 'screen', says = 'not read', used = false, expires = world.now - 1 },
      },
    }, world.now, 70)
    local lines = vim.tbl_map(function(row)
      assert.is_true(require('chorus.text').width(row.text) <= 70)
      return row.text
    end, rows)
    local shown = table.concat(lines, '\n')
    assert.is_truthy(shown:find('rule          an open request wins', 1, true), shown)
    assert.is_truthy(shown:find('▶ hook          PermissionRequest for Bash (2m ago)', 1, true), shown)
    assert.is_truthy(shown:find('valid for 1m', 1, true), shown)
    assert.is_truthy(shown:find('  screen        not read (expired)', 1, true), shown)
  end)

  it('says when there is no evidence', function()
    world.start()
    require('chorus.ui.tasks.explain').open({ task = world.task(1), rule = 'nothing is known', evidence = {} })
    assert.is_truthy(table.concat(world.lines(), '\n'):find('no evidence', 1, true))
    world.press('q')
  end)
end)

describe('terminal', function()
  local terminal

  before_each(function()
    world.start()
    terminal = require('chorus.ui.pane.terminal')
    world.know({ world.task(12) })
    vim.env.TMUX = '/tmp/outer,1,0'
  end)

  after_each(function()
    vim.env.TMUX = nil
  end)

  local function attach(script)
    world.replies.task_attach = function()
      return nil, { argv = { 'sh', '-c', script } }
    end
    terminal.open(require('chorus.tasks').get(12))
    world.wait(function()
      return vim.bo.buftype == 'terminal'
    end)
  end

  it('runs in a terminal that is not inside another tmux, and goes when the client does', function()
    attach('printf "tmux=[%s] term=[%s]" "${TMUX-unset}" "$TERM"; read line')
    local window, buffer = vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf()
    world.wait(function()
      return table.concat(world.lines(buffer), '\n'):find('tmux=[unset] term=[xterm-256color]', 1, true)
    end)
    assert.are.equal(12, vim.b.chorus_task)
    vim.api.nvim_chan_send(vim.bo[buffer].channel, '\r')
    world.wait(function()
      return not vim.api.nvim_win_is_valid(window)
    end)
  end)

  it('ends the client, not the task, when it is closed', function()
    attach('echo $$; exec sleep 1000')
    local buffer = vim.api.nvim_get_current_buf()
    local pid
    world.wait(function()
      pid = tonumber(world.lines(buffer)[1])
      return pid
    end)
    vim.cmd.stopinsert()
    vim.api.nvim_win_close(0, true)
    world.wait(function()
      return vim.uv.kill(pid, 0) ~= 0
    end)
  end)

  it('says why it cannot', function()
    world.replies.task_attach = function()
      return { code = 'wrong_state', message = 'cannot attach to #12: it has not been started' }
    end
    terminal.open(require('chorus.tasks').get(12))
    world.wait(function()
      return #world.notified == 1
    end)
    world.replies.task_attach = function()
      return nil, { argv = { '/no/such/program' } }
    end
    terminal.open(require('chorus.tasks').get(12))
    world.wait(function()
      return #world.notified == 2
    end)
    assert.are.equal('', vim.api.nvim_win_get_config(0).relative)
  end)
end)
