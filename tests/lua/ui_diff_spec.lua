local world = require('ui_world')

local PATCH = table.concat({
  'diff --git a/src/a.lua b/src/a.lua',
  'index 1..2 100644',
  '--- a/src/a.lua',
  '+++ b/src/a.lua',
  '@@ -1,3 +1,4 @@ local function one()',
  ' one',
  '--- two',
  '+TWO',
  '+and a half',
  ' three',
  '@@ -20 +21 @@',
  '-twenty',
  '+20',
  '\\ No newline at end of file',
  'diff --git "a/b\\303\\251 \\"x\\".txt" "b/b\\303\\251 \\"x\\".txt"',
  'deleted file mode 100644',
  '--- "a/b\\303\\251 \\"x\\".txt"',
  '+++ /dev/null',
  '@@ -1 +0,0 @@',
  '-gone',
  'diff --git a/some pic.png b/some pic.png',
  'Binary files a/some pic.png and b/some pic.png differ',
  '',
}, '\n')

describe('a patch', function()
  local patch

  before_each(function()
    world.start()
    patch = require('chorus.ui.edits.patch_rows')
  end)

  local function at(rows, line)
    local data = rows[line].data
    return { data.file.path, data.line, data.starts }
  end

  it('knows file and line of every row', function()
    local found = patch.parse(PATCH)
    local rows = found.rows
    assert.are.same({ 'src/a.lua', 1, 'file' }, at(rows, 1))
    assert.are.same({ 'src/a.lua', 1, 'hunk' }, at(rows, 5))
    assert.are.same({ 'src/a.lua', 2 }, at(rows, 7))
    assert.are.same({ 'src/a.lua', 2 }, at(rows, 8))
    assert.are.same({ 'src/a.lua', 3 }, at(rows, 9))
    assert.are.same({ 'src/a.lua', 4 }, at(rows, 10))
    assert.are.same({ 'src/a.lua', 21, 'hunk' }, at(rows, 11))
    assert.are.same({ 'bé "x".txt', 1, 'file' }, at(rows, 15))
    assert.are.same({ 'bé "x".txt', 1 }, at(rows, 20))
    assert.are.same({ 'some pic.png', 1, 'file' }, at(rows, 21))
    assert.are.same({ 3, 3, 3 }, { found.files, found.added, found.removed })
    assert.are.equal(22, #rows)
  end)

  it('goes from hunk to hunk and from file to file', function()
    local rows = patch.parse(PATCH).rows
    assert.are.equal(5, patch.jump(rows, 1, 'hunk', 1))
    assert.are.equal(19, patch.jump(rows, 5, 'hunk', 2))
    assert.are.equal(19, patch.jump(rows, 5, 'hunk', 9))
    assert.are.equal(11, patch.jump(rows, 12, 'hunk', -1))
    assert.are.equal(1, patch.jump(rows, 7, 'file', -1))
    assert.is_nil(patch.jump(rows, 21, 'file', 1))
  end)

  it('shows what could hide or reorder something', function()
    local rows = patch.parse('--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\27[2Jb\n+a\226\128\174b\n+tab\there \n').rows
    assert.are.equal('-a<1b>[2Jb', rows[4].text)
    assert.are.equal('+a<202e>b', rows[5].text)
    assert.are.equal('+tab\there ', rows[6].text)
    assert.are.same({ 'x', 2 }, at(rows, 6))
  end)

  it('shows line endings only where they differ within a file', function()
    local function shown(body)
      return patch.parse('--- a/x\n+++ b/x\n@@ -1 +1 @@\n' .. body).rows
    end
    assert.are.equal('-a', shown('-a\r\n+b\r\n')[4].text)
    assert.are.equal('+a<0d>', shown('-a\n+a\r\n')[5].text)
  end)

  it('takes garbage as it comes', function()
    for _, garbage in ipairs({
      '',
      '\n',
      '@@ -1 +1 @@\n',
      '@@ -1 +1\n-x',
      'diff --git \n@@ -9999999999 +0 @@\n+',
      '+++ \n--- ',
    }) do
      assert.has_no.errors(function()
        patch.parse(garbage)
      end)
    end
  end)
end)

describe('the diff of a task', function()
  local folder, reply

  before_each(function()
    world.start()
    vim.cmd('runtime plugin/chorus.lua')
    folder = vim.fn.tempname()
    vim.fn.mkdir(folder .. '/src', 'p')
    vim.fn.writefile(vim.fn.map(vim.fn.range(1, 30), '"line " .. v:val'), folder .. '/src/a.lua')
    reply = { number = 12, title = '#12 Fix it: stack', root = folder, text = PATCH, cut = false }
    world.replies.task_diff = function()
      return nil, reply
    end
    world.know({ world.task(12, { commits = 1 }) })
  end)

  local function open(part, where)
    require('chorus.ui.edits.diff').open(world.task(12), part or 'stack', where)
    world.wait(function()
      return vim.api.nvim_buf_line_count(0) > 5
    end, 'the diff')
  end

  local function asked(method)
    return vim.tbl_filter(function(each)
      return each[1] == method
    end, world.asked)
  end

  it('is a diff buffer that cannot be changed, with title and size', function()
    open()
    assert.are.equal('chorus://diff/12/stack', vim.api.nvim_buf_get_name(0))
    assert.are.equal('diff', vim.bo.filetype)
    assert.is_false(vim.bo.modifiable)
    assert.are.equal(12, vim.b.chorus_task)
    assert.are.equal('@@ -1,3 +1,4 @@ local function one()', world.lines()[5])
    assert.truthy(vim.wo.winbar:find('#12 Fix it: stack', 1, true))
    assert.truthy(vim.wo.winbar:find('3 files', 1, true))
    assert.are.same({ { 'task_diff', { task = 'uuid-12', part = 'stack' } } }, asked('task_diff'))
  end)

  it('opens the file at the line, in the window one came from', function()
    vim.cmd.edit(folder .. '/other.lua')
    local came_from = vim.api.nvim_get_current_win()
    open('stack', { vertical = true })
    assert.are_not.equal(came_from, vim.api.nvim_get_current_win())
    vim.api.nvim_win_set_cursor(0, { 13, 0 })
    world.press('gf')
    assert.are.equal(came_from, vim.api.nvim_get_current_win())
    assert.are.equal(vim.fn.resolve(folder .. '/src/a.lua'), vim.fn.resolve(vim.api.nvim_buf_get_name(0)))
    assert.are.equal(21, vim.api.nvim_win_get_cursor(0)[1])
  end)

  it('opens the file in its own window where there is no other', function()
    open()
    vim.api.nvim_win_set_cursor(0, { 9, 0 })
    world.press('<CR>')
    assert.are.equal('line 3', vim.api.nvim_get_current_line())
  end)

  it('says that a file is gone, and leaves no root', function()
    open()
    vim.api.nvim_win_set_cursor(0, { 20, 0 })
    world.press('gf')
    assert.are.equal('bé "x".txt no longer exists', world.notified[1][2])
    local place = require('chorus.ui.kit.place')
    for _, path in ipairs({ '/etc/passwd', '../x', 'a/../../x', '', 'a\0b' }) do
      assert.is_nil(place.below(folder, path))
    end
    assert.are.equal(folder .. '/a..b', place.below(folder, 'a..b'))
  end)

  it('moves by hunks and files', function()
    open()
    local function line()
      return vim.api.nvim_win_get_cursor(0)[1]
    end
    world.press(']c')
    assert.are.equal(5, line())
    world.press('2]c')
    assert.are.equal(19, line())
    world.press('[f')
    assert.are.equal(15, line())
    world.press(']f')
    assert.are.equal(21, line())
  end)

  it('switches between its parts', function()
    open()
    world.press('u')
    assert.are.equal('chorus://diff/12/uncommitted', vim.api.nvim_buf_get_name(0))
    world.press('<Tab>')
    assert.are.equal('chorus://diff/12/stack', vim.api.nvim_buf_get_name(0))
    world.press('t')
    assert.are.equal('chorus://diff/12/turn', vim.api.nvim_buf_get_name(0))
  end)

  it('stays true while it is on screen, and keeps the cursor on its line', function()
    open()
    vim.api.nvim_win_set_cursor(0, { 13, 0 })
    reply = vim.tbl_extend('force', reply, {
      text = 'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+new\n' .. PATCH,
    })
    world.tell('ChorusEditsChanged', { paths = { 'a' } })
    world.wait(function()
      return vim.api.nvim_buf_line_count(0) == 27
    end, 'the newer diff')
    assert.are.equal(18, vim.api.nvim_win_get_cursor(0)[1])
    assert.are.equal('+20', vim.api.nvim_get_current_line())
  end)

  it('is read again only when its task has other edits', function()
    open()
    local before = #asked('task_diff')
    world.event('task_changed', world.task(12, { commits = 1, revision = 2, unread = true }))
    world.event('task_changed', world.task(12, { commits = 2, revision = 3 }))
    world.wait(function()
      return #asked('task_diff') == before + 1
    end)
    vim.cmd.enew()
    world.tell('ChorusEditsChanged', { paths = {} })
    vim.wait(200, function()
      return false
    end)
    assert.are.equal(before + 1, #asked('task_diff'))
    vim.cmd.buffer('chorus://diff/12/stack')
    world.wait(function()
      return #asked('task_diff') == before + 2
    end, 'reading it when it is on screen again')
  end)

  it('keeps what it shows when it cannot be read again', function()
    open()
    world.replies.task_diff = function()
      return { code = 'internal', message = 'git is away' }
    end
    world.press('R')
    world.wait(function()
      return vim.wo.winbar:find('git is away', 1, true)
    end, 'the reason')
    assert.are.equal(22, vim.api.nvim_buf_line_count(0))
  end)

  it('says why there is nothing', function()
    world.replies.task_diff = function()
      return { code = 'unsupported', message = 'not \27[31myet' }
    end
    require('chorus.ui.edits.diff').open(world.task(12), 'turn')
    world.wait(function()
      return world.lines()[1] == 'not yet'
    end, 'the reason')
    world.replies.task_diff = function()
      return nil, vim.tbl_extend('force', reply, { text = '' })
    end
    world.press('R')
    world.wait(function()
      return world.lines()[1] == 'No turn has been committed yet.'
    end, 'what an empty one says')
  end)

  it('tells that something was left out', function()
    reply.cut = true
    open()
    assert.are.equal('The rest is omitted: the diff is too large.', world.lines()[23])
    assert.truthy(vim.wo.winbar:find('(cut)', 1, true))
  end)

  it('opens in a tab or a split when asked to', function()
    package.loaded['chorus.verbs'] = nil
    vim.cmd('tab Chorus diff 12')
    world.wait(function()
      return vim.fn.tabpagenr('$') == 2
    end)
    world.press('q')
    assert.are.equal(1, vim.fn.tabpagenr('$'))
    vim.cmd('vertical Chorus diff 12 turn')
    world.wait(function()
      return #vim.api.nvim_tabpage_list_wins(0) == 2
    end)
    assert.are.equal('row', vim.fn.winlayout()[1])
    assert.are.equal('chorus://diff/12/turn', vim.api.nvim_buf_get_name(0))
    vim.cmd('Chorus diff 12 nonsense')
    assert.are.equal('a diff has no part `nonsense`', world.notified[1][2])
  end)
end)
