--- What holds for every window of Chorus.
local world = require('ui_world')

describe('a buffer of a task', function()
  local stranger

  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    world.know({ world.task(12, { uuid = 'uuid-12', title = 'Of this project' }) })
    stranger = world.task(12, { uuid = 'stranger', title = 'Of another', project = '/home/me/other' })
    world.replies.task_show = function(params)
      local task = params.task == 'stranger' and stranger or world.task(12)
      return nil, { task = task, requests = {}, references = {}, commits = {}, journal = {} }
    end
    world.replies.task_diff = function()
      return nil, { title = '#12', root = '/project', text = '', cut = false }
    end
  end)

  after_each(function()
    vim.cmd('silent! tabonly! | silent! only!')
  end)

  local function asked(method)
    local found = {}
    for _, each in ipairs(world.asked) do
      found[#found + 1] = each[1] == method and each[2].task or nil
    end
    return found
  end

  it('is of the task it was opened for, whatever its number is here', function()
    vim.cmd.runtime('plugin/chorus.lua')
    require('chorus.ui.tasks.page').open(stranger)
    assert.are.equal('stranger', vim.b.chorus_uuid)
    require('chorus.ui.edits.diff').open(stranger, 'stack')
    assert.are.equal('stranger', vim.b.chorus_uuid)
    for _, method in ipairs({ 'task_show', 'task_diff' }) do
      assert.is_truthy(#asked(method) > 0)
      for _, uuid in ipairs(asked(method)) do
        assert.are.equal('stranger', uuid)
      end
    end
  end)

  it('that was read by its name is of the task of this project', function()
    require('chorus.ui.edits.diff').read(vim.fn.bufadd('chorus://diff/12/turn'))
    assert.are.equal('uuid-12', vim.b[vim.fn.bufnr('^chorus://diff/12/turn$')].chorus_uuid)
  end)

  it('is not typed into when a key of Insert or Visual mode opened it', function()
    vim.cmd.runtime('plugin/chorus.lua')
    require('chorus.attach').features()
    local modes = {}
    vim.keymap.set({ 'n', 'i', 'x' }, '<F3>', function()
      table.insert(modes, vim.api.nvim_get_mode().mode)
    end)
    for _, command in ipairs({ 'dashboard', 'diff 12', 'inbox', 'new a title' }) do
      vim.keymap.set({ 'i', 'x' }, '<F2>', '<Cmd>Chorus ' .. command .. '<CR>')
      for _, mode in ipairs({ 'i', 'v' }) do
        vim.cmd('silent! tabonly! | silent! only! | enew!')
        world.press(mode .. '<F2><F3><Esc>')
      end
    end
    -- A draft is for writing.
    assert.same({ 'n', 'n', 'n', 'n', 'n', 'n', 'i', 'n' }, modes)
    -- Who typed on since the verb is still typing: the window has keys that answer requests.
    modes = {}
    vim.keymap.set('i', '<F2>', function()
      require('chorus.ui.kit.typing').note()
    end)
    vim.keymap.set('i', '<F4>', function()
      require('chorus.ui.kit.place').show(vim.api.nvim_create_buf(false, true))
    end)
    vim.cmd('silent! tabonly! | silent! only! | enew!')
    world.press('i<F2>x<F4><F3><Esc>')
    assert.same({ 'i' }, modes)
    for _, key in ipairs({ '<F2>', '<F3>', '<F4>' }) do
      pcall(vim.keymap.del, { 'i' }, key)
    end
    vim.keymap.del({ 'x' }, '<F2>')
    vim.keymap.del({ 'n', 'x' }, '<F3>')
    vim.cmd('enew!')
  end)

  it('is whole where an autocommand of the person fails for its filetype', function()
    local autocommand = vim.api.nvim_create_autocmd('FileType', {
      pattern = { 'chorus', 'markdown', 'diff' },
      callback = function()
        error('there is no parser')
      end,
    })
    local said, warn = {}, require('chorus.message').warn
    require('chorus.message').warn = function(text)
      table.insert(said, text)
    end
    require('chorus.ui.tasks.dashboard').open()
    vim.cmd.only()
    require('chorus.ui.tasks.dashboard').open()
    assert.are.equal('chorus', vim.bo.filetype)
    assert.is_truthy(table.concat(world.lines(), '\n'):find('Of this project', 1, true))
    require('chorus.ui.edits.diff').open(world.task(12), 'stack')
    assert.are.equal('chorus://diff/12/stack', vim.api.nvim_buf_get_name(0))
    assert.are.equal('diff', vim.b.chorus_view)
    require('chorus.ui.tasks.page').open(world.task(12))
    assert.are.equal('acwrite', vim.bo.buftype)
    world.wait(function()
      return #said >= 3
    end)
    vim.api.nvim_del_autocmd(autocommand)
    require('chorus.message').warn = warn
    assert.are.equal(3, #said)
    for _, text in ipairs(said) do
      assert.is_truthy(text:match('^an autocommand for the filetype `%l+` failed: [^"]*there is no parser$'), text)
    end
  end)

  it('always says which task, not only its number', function()
    for name, kind in vim.fs.dir(world.root .. '/lua/chorus', { depth = 10 }) do
      if kind == 'file' and name ~= 'ui/kit/buffer_task.lua' then
        for _, line in ipairs(vim.fn.readfile(world.root .. '/lua/chorus/' .. name)) do
          assert.is_nil(line:match('chorus_task *='), name .. ' sets b:chorus_task without b:chorus_uuid')
        end
      end
    end
  end)

  it('has its bar in every window, and counts as seen in whichever is on screen', function()
    local defer, runs = vim.defer_fn, {}
    local unread = world.task(12, { unread = true })
    world.know({ unread })
    world.replies.task_show = function()
      return nil, { task = unread, requests = {}, references = {}, commits = {}, journal = {} }
    end
    vim.cmd.enew()
    local first = vim.api.nvim_get_current_win()
    require('chorus.ui.tasks.page').open(unread)
    vim.cmd.tabnew()
    vim.api.nvim_win_set_buf(0, vim.fn.bufnr('^chorus://task/12$'))
    local second = vim.api.nvim_get_current_win()
    local renamed = world.task(12, { title = 'Renamed', revision = 2, unread = true })
    unread = renamed
    world.event('task_changed', renamed)
    for _, window in ipairs({ first, second }) do
      world.wait(function()
        return vim.wo[window].winbar:find('Renamed', 1, true)
      end, 'the bar')
    end
    vim.defer_fn = function(callback)
      table.insert(runs, callback)
    end
    world.wait(function()
      return true
    end)
    vim.api.nvim_exec_autocmds('BufWinLeave', { buffer = 0 })
    vim.api.nvim_win_close(first, true)
    vim.api.nvim_exec_autocmds('TabEnter', {})
    for _, run in ipairs(runs) do
      run()
    end
    vim.defer_fn = defer
    assert.are.same({ 'uuid-12' }, asked('task_seen'))
  end)
end)

describe('a narrow window', function()
  local document, task

  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    vim.cmd.runtime('plugin/chorus.lua')
    task = world.task(12, { title = ('A title that goes on '):rep(5), unread = true, tags = { 'auth' }, commits = 2 })
    world.know({ task, world.task(3, { agent_status = { status = 'waiting', kind = 'permission' } }) }, {}, 2)
    document = world.document('docs/login.md', { title = ('Login '):rep(9), tasks = { 12 }, changed_for = { 12 } })
    world.replies = {
      task_show = function()
        return nil, { task = task, requests = {}, references = {}, commits = {}, journal = {}, prompts = {} }
      end,
      task_context = function()
        return nil,
          {
            task = task.uuid,
            number = 12,
            title = task.title,
            text = 'Words.',
            units = 6,
            limit = 10000,
            parts = { { heading = 'Your task', units = 6 } },
            references = {},
          }
      end,
      changes = function()
        local hunk = { id = 'a', line = 3, lines = { '-old', '+new' }, owner = 'task', tasks = { 12 } }
        return nil,
          { root = '/home/me/shop', files = { { path = 'a.md', change = 'modified', hunks = { hunk } } }, notices = {} }
      end,
      docs = function()
        return nil, { documents = { document }, cut = false, revision = 'one', same = false }
      end,
    }
  end)

  after_each(function()
    vim.cmd('silent! tabonly! | silent! only! | silent! %bwipeout!')
    vim.fn.delete(world.state_dir, 'rf')
  end)

  local windows = {
    dashboard = function()
      require('chorus.ui.tasks.dashboard').open()
    end,
    page = function()
      require('chorus.ui.tasks.page').open(task)
    end,
    context = function()
      require('chorus.ui.documents.context').open(task)
    end,
    changes = function()
      require('chorus.ui.edits.changes').open()
    end,
    tell = function()
      require('chorus.ui.documents.tell').open(task, { text = 'Words.', versions = {} }, function() end)
    end,
    queue = function()
      vim.cmd.edit('chorus://list')
    end,
  }

  for name, open in pairs(windows) do
    it(('has a bar that fits: %s'):format(name), function()
      vim.cmd.enew()
      open()
      world.settle()
      local buffer = vim.api.nvim_get_current_buf()
      for _, width in ipairs({ 60, 40, 20 }) do
        vim.cmd('silent! only!')
        vim.cmd('vertical topleft vsplit | enew | wincmd p')
        vim.api.nvim_win_set_width(0, width)
        vim.api.nvim_exec_autocmds('WinResized', {})
        vim.api.nvim_exec_autocmds('User', { pattern = 'ChorusConnected', modeline = false })
        vim.wait(20)
        world.settle()
        local window = vim.fn.win_findbuf(buffer)[1]
        assert.is_truthy(window)
        local bar = vim.wo[window].winbar:gsub('%%=', '')
        local cells = vim.api.nvim_eval_statusline(bar, { maxwidth = 999 }).width
        assert.is_true(vim.api.nvim_win_get_width(window) <= width)
        assert(cells <= vim.api.nvim_win_get_width(window), ('%d cells in %d: %s'):format(cells, width, bar))
      end
    end)
  end
end)

describe('a page that says why nothing else is there', function()
  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    vim.cmd.runtime('plugin/chorus.lua')
  end)

  after_each(function()
    vim.cmd('silent! tabonly! | silent! only! | silent! %bwipeout!')
    vim.fn.delete(world.state_dir, 'rf')
  end)

  local function open_message()
    require('chorus.ui.edits.commit_message').open({
      task = world.task(3),
      message = { text = 'Fix it', files = {} },
      does = 'commits this',
      send = function() end,
      on_done = function() end,
    })
  end

  it('gives way to the message, and a message that is written stays', function()
    vim.cmd.edit('chorus://message/3')
    assert.is_truthy(world.lines()[1]:find('The message of a commit was here', 1, true))
    open_message()
    assert.are.equal('Fix it', world.lines()[1])
    assert.is_true(vim.bo.modifiable)
    assert.are.equal('acwrite', vim.bo.buftype)
    vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'Mine' })
    vim.cmd.tabnew()
    open_message()
    assert.are.equal('Mine', world.lines()[1])
  end)

  it('keeps what is typed while the message is under way', function()
    local answer
    require('chorus.ui.edits.commit_message').open({
      task = world.task(3),
      message = { text = 'Fix it', files = {} },
      does = 'commits this',
      send = function(_, on_reply)
        answer = on_reply
      end,
      on_done = function() end,
    })
    world.press(':w<CR>')
    vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'Fix it well' })
    answer()
    world.wait_notified(1)
    assert.are.equal('the message was sent without what you typed since `:w`', world.notified[1][2])
    assert.are.equal('Fix it well', world.lines()[1])
    assert.is_true(vim.bo.modified)
  end)

  it('names the keys that lead out of a window, however narrow it is', function()
    local function named(actions, width)
      local words = vim.tbl_map(function(chunk)
        return vim.trim(chunk[1])
      end, require('chorus.ui.kit.keys').hints('request', actions, width))
      return table.concat(words, ' ')
    end
    local actions = { 'approve', 'deny', 'output', 'close', 'help' }
    assert.are.equal('a approve d deny o output q close g? help', named(actions, 80))
    assert.are.equal('a approve d deny q close g? help', named(actions, 44))
    assert.are.equal('q close g? help', named(actions, 20))
    assert.are.equal('g? help', named(actions, 10))
    assert.are.equal('', named(actions, 5))
    assert.are.equal('a approve', named({ 'approve', 'deny' }, 14))
  end)

  it('says how to open each window that comes and goes', function()
    for name, words in pairs({
      ['output/12'] = '`:Chorus output 12` opens it again',
      ['tell/12-ab12cd34'] = '`:Chorus tell 12` opens it again',
      ['tell/12'] = '`:Chorus tell 12` opens it again',
      ['inbox'] = '`:Chorus inbox` opens it again',
      ['policy'] = '`:Chorus policy` opens it again',
      ['explain'] = '`:Chorus explain` opens it again',
      ['help'] = '`g?` in a window of Chorus opens it again',
    }) do
      vim.cmd.edit('chorus://' .. name)
      assert.is_truthy(world.lines()[1]:find(words, 1, true), world.lines()[1])
    end
    require('chorus.ui.requests.audit').open({ answers = {} })
    local before = world.lines()
    vim.cmd.edit()
    assert.are.same(before, world.lines())
  end)

  it('is of its task, also beside one of another project with that number', function()
    local sent = {}
    local function open(project)
      require('chorus.ui.edits.commit_message').open({
        task = world.task(3, { project = '/home/me/' .. project, uuid = project .. '-3' }),
        message = { text = 'Fix ' .. project, files = {} },
        does = 'commits this',
        send = function(text, on_reply)
          table.insert(sent, project .. ': ' .. text)
          on_reply()
        end,
        on_done = function() end,
      })
    end
    open('shop')
    vim.cmd.tabnew()
    open('other')
    assert.are.same({ 'Fix other', 'other-3' }, { world.lines()[1], vim.b.chorus_uuid })
    vim.cmd('silent edit!')
    assert.are.equal('Fix other', world.lines()[1])
    world.press(':w<CR>')
    world.wait(function()
      return sent[1]
    end)
    assert.are.same({ 'other: Fix other' }, sent)
  end)

  it('gives way to the draft once that can be opened', function()
    require('chorus.ui.tasks.draft').open({ title = 'Half' })
    vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
    local name = vim.api.nvim_buf_get_name(0)
    local path = vim.fn.glob(world.state_dir .. '/drafts/*.md', true, true)[1]
    local elsewhere = require('chorus.ui.tasks.draft_files').is_elsewhere
    vim.cmd('stopinsert | only! | bwipeout!')
    require('chorus.ui.tasks.draft_files').is_elsewhere = function()
      return true
    end
    vim.cmd.edit(name)
    assert.are.equal('Another Neovim has this draft open.', world.lines()[1])
    require('chorus.ui.tasks.draft_files').is_elsewhere = elsewhere
    assert.are.equal(1, #require('chorus.ui.tasks.draft_files'):unfinished())
    require('chorus.ui.tasks.draft').resume(path)
    assert.are.equal('title: Half', world.lines()[2])
    assert.is_true(vim.bo.modifiable)
  end)

  it('is read again by `:e`, and left by `q`', function()
    local name = 'chorus://draft/shop_1-20260101000000-1.md'
    vim.cmd.edit(name)
    assert.is_truthy(world.lines()[1]:find('This draft is gone', 1, true))
    vim.cmd.edit()
    assert.is_truthy(world.lines()[1]:find('This draft is gone', 1, true))
    world.press('q')
    assert.are_not.equal(name, vim.api.nvim_buf_get_name(0))
  end)
end)

describe('a screen without room for another window', function()
  it('shows what was asked for in the current one', function()
    world.state_dir = vim.fn.tempname()
    world.start()
    local split = vim.cmd.split
    -- 'lines' cannot be set in a Neovim without a screen.
    vim.cmd.split = function() -- luacheck: ignore
      error('Vim(split):E36: Not enough room')
    end
    for _, open in ipairs({
      function()
        require('chorus.ui.tasks.dashboard').open({ tab = 1, split = '' })
      end,
      function()
        require('chorus.ui.tasks.draft').open({ title = 'x' })
      end,
    }) do
      local ok, fault = pcall(open)
      assert.is_true(ok, fault)
    end
    vim.cmd.split = split -- luacheck: ignore
    assert.are.equal('title: x', world.lines()[2])
    vim.cmd('stopinsert')
    world.press('<Esc>')
    vim.cmd('silent! %bwipeout!')
    vim.fn.delete(world.state_dir, 'rf')
  end)
end)

describe('the help of a window', function()
  local keys, key_help

  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    keys, key_help = require('chorus.ui.kit.keys'), require('chorus.ui.kit.key_help')
    world.know({ world.task(12), world.task(13) })
    world.record_verbs()
  end)

  after_each(function()
    world.press('<Esc>')
    vim.cmd('silent! only!')
  end)

  local function texts(rows)
    return vim.tbl_map(function(row)
      return row.text
    end, rows)
  end

  it('groups the keys by what they are for', function()
    local shown = table.concat(texts((key_help.render(keys.of('dashboard'), 60, 120))), '\n')
    local at = 0
    for _, heading in ipairs({ 'look', 'answer', 'steer', 'finish', 'edits', 'list' }) do
      local found = shown:find('\n?  ' .. heading .. '\n', at)
      assert.is_truthy(found, heading .. ' in ' .. shown)
      at = found --[[@as integer]]
    end
    local few = table.concat(texts((key_help.render(keys.of('explain'), 60, 120))), '\n')
    assert.is_nil(few:find('  look\n', 1, true))
  end)

  it('fits the screen: without commands, then in two columns', function()
    for _, screen in ipairs({ 40, 44, 60, 76, 90, 116 }) do
      for _, height in ipairs({ 10, 20, 60 }) do
        local rows = key_help.render(keys.of('dashboard'), height, screen)
        for _, line in ipairs(texts(rows)) do
          assert.is_true(vim.fn.strdisplaywidth(line) <= screen or screen < 44, line)
        end
      end
    end
    assert.is_true(#key_help.render(keys.of('dashboard'), 20, 76) < #key_help.render(keys.of('dashboard'), 60, 76))
  end)

  it('says what a Visual selection can do, and runs the line under the cursor', function()
    require('chorus.ui.tasks.dashboard').open()
    vim.fn.search('#13')
    world.press('g?')
    local shown = table.concat(world.lines(), '\n')
    assert.is_truthy(shown:find('V interrupt', 1, true), shown)
    assert.is_truthy(shown:find('V: also on a selection', 1, true), shown)
    assert.is_nil(shown:find('V open its page', 1, true))
    vim.fn.search('open the page')
    world.press('<CR>')
    world.press('')
    assert.are.equal('show', world.ran[1][1])
    assert.are.equal('uuid-13', world.ran[1][2].task)
  end)

  it('says what `:w` does where one writes', function()
    require('chorus.ui.tasks.list').open()
    world.press('g?')
    local shown = table.concat(world.lines(), '\n')
    assert.is_truthy(shown:find(':w .*change the tasks'), shown)
    assert.is_truthy(shown:find('a new line', 1, true), shown)
  end)
end)

describe('the configuration', function()
  it('aligns where values are from, and hides the defaults until asked', function()
    world.start()
    require('chorus.ui.kit.config_page').open({
      notices = { 'chorus.toml:2:1: unknown key' },
      values = {
        { key = 'agent.default', value = '"demo"', origin = '/home/me/chorus.toml' },
        { key = 'git', value = '"git\27[31m"', origin = 'environment' },
        { key = 'commit.when', value = '"turn"', origin = 'default' },
      },
    })
    local hidden = {
      '# chorus.toml:2:1: unknown key',
      'agent.default = "demo"  # /home/me/chorus.toml',
      'git = "git"             # environment',
      '# 1 default hidden',
    }
    assert.are.same(hidden, world.lines())
    world.press('gd')
    assert.are.equal('commit.when = "turn"    # default', world.lines()[4])
    world.press('gd')
    assert.are.same(hidden, world.lines())
    world.press('q')
  end)
end)

describe('a key', function()
  it('never answers a request that its window does not show', function()
    for view, keys in pairs(require('chorus.window_keys')) do
      for _, key in ipairs(keys) do
        local answers = vim.list_contains({ 'approve', 'deny', 'answer' }, key.verb)
        assert.is_false(answers, ('%s of %s'):format(key.action, view))
      end
    end
  end)
end)

describe('every window', function()
  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    vim.cmd.runtime('plugin/chorus.lua')
    world.know({ world.task(12) }, { world.request('r1', 12) })
    world.replies.task_show = function()
      return nil, { task = world.task(12), requests = {}, references = {}, commits = {}, journal = {} }
    end
    world.replies.task_diff = function()
      return nil, { title = '#12', root = '/project', text = '', cut = false }
    end
    world.replies.changes = function()
      return nil, { root = '/project', notices = {}, files = {} }
    end
    world.replies.task_output = function()
      return nil, { task = 'uuid-12', lines = {}, rows = 1, alternate = false }
    end
    world.replies.config = function()
      return nil, { notices = {}, values = {} }
    end
    vim.cmd.edit(vim.fn.tempname())
  end)

  after_each(function()
    vim.cmd('stopinsert')
    world.press('<Esc>')
    vim.cmd('silent! tabonly! | silent! only! | silent! %bwipeout!')
    vim.fn.delete(world.state_dir, 'rf')
  end)

  local windows = {
    dashboard = function()
      require('chorus.ui.tasks.dashboard').open()
    end,
    page = function()
      require('chorus.ui.tasks.page').open(world.task(12))
    end,
    list = function()
      require('chorus.ui.tasks.list').open()
    end,
    draft = function()
      require('chorus.ui.tasks.draft').open({ title = 'New' })
    end,
    message = function()
      require('chorus.ui.edits.commit_message').open({
        task = world.task(12),
        message = { text = 'Fix it', files = {} },
        does = 'commits this',
        send = function() end,
        on_done = function() end,
      })
    end,
    diff = function()
      require('chorus.ui.edits.diff').open(world.task(12), 'stack')
    end,
    changes = function()
      require('chorus.ui.edits.changes').open()
    end,
    config = function()
      require('chorus.verbs').run('config', {})
      world.wait(function()
        return vim.api.nvim_buf_get_name(0) == 'chorus://config'
      end, 'the configuration')
    end,
  }
  local floats = {
    explain = function()
      require('chorus.ui.tasks.explain').open({ task = world.task(12), rule = 'r', evidence = {} })
    end,
    inbox = function()
      require('chorus.ui.requests.inbox').open()
    end,
    request = function()
      require('chorus.ui.requests.request').open(world.request('r1', 12))
    end,
    output = function()
      require('chorus.ui.pane.output').open(world.task(12))
    end,
    help = function()
      require('chorus.ui.tasks.dashboard').open()
      world.press('g?')
    end,
  }

  for name, open in pairs(windows) do
    it('has a name, says its keys above, and leads back by q: ' .. name, function()
      local before = vim.api.nvim_get_current_buf()
      open()
      vim.cmd('stopinsert')
      assert.is_truthy(vim.startswith(vim.api.nvim_buf_get_name(0), 'chorus://'))
      local shown = vim.api.nvim_eval_statusline(vim.wo.winbar, { maxwidth = 200, use_winbar = true }).str
      assert.is_truthy(shown:find('g?', 1, true), shown)
      world.press('q')
      assert.are.equal(before, vim.api.nvim_get_current_buf())
      assert.are.equal('', vim.fn.reg_recording())
    end)
  end

  for name, open in pairs(floats) do
    it('that floats has a name, and closes by q and by <Esc>: ' .. name, function()
      for _, key in ipairs({ 'q', '<Esc>' }) do
        open()
        local window = vim.api.nvim_get_current_win()
        assert.are.equal('editor', vim.api.nvim_win_get_config(window).relative)
        assert.is_truthy(vim.startswith(vim.api.nvim_buf_get_name(0), 'chorus://'), vim.api.nvim_buf_get_name(0))
        world.press(key)
        assert.is_false(vim.api.nvim_win_is_valid(window))
      end
    end)
  end

  for _, name in ipairs({ 'explain', 'inbox', 'help' }) do
    it('that only shows goes when it is left, but not for its own help: ' .. name, function()
      floats[name]()
      local window = vim.api.nvim_get_current_win()
      if name ~= 'help' then
        world.press('g?')
        world.settle()
        assert.is_true(vim.api.nvim_win_is_valid(window))
        world.press('q')
      end
      vim.cmd.wincmd('w')
      world.wait(function()
        return not vim.api.nvim_win_is_valid(window)
      end, 'the window to close')
    end)
  end

  it('that only shows gives way to another one', function()
    floats.explain()
    local window = vim.api.nvim_get_current_win()
    floats.inbox()
    world.wait(function()
      return not vim.api.nvim_win_is_valid(window)
    end, 'the window to close')
  end)
end)
