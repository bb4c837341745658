--- The person's own buffers of files in which tasks work.
local world = require('ui_world')

describe('a file that is open here', function()
  local folder, path, buffer, reply

  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    folder = vim.fn.resolve(vim.fn.tempname())
    vim.fn.mkdir(folder .. '/tree', 'p')
    path = folder .. '/a.txt'
    vim.fn.writefile({ 'one', 'two', 'three', 'four' }, path)
    world.welcome.project = folder
    reply = { root = folder, notices = {}, files = {} }
    world.replies.changes = function()
      return nil, vim.deepcopy(reply)
    end
    world.know({ world.task(12, { title = 'Fix it', worktree = folder .. '/tree' }), world.task(3) })
    require('chorus.attach').features()
    vim.cmd.edit(path)
    buffer = vim.api.nvim_get_current_buf()
  end)

  after_each(function()
    vim.cmd('silent! %bwipeout!')
    for _, name in ipairs({ 'chorus_authors', 'chorus_worktree_files', 'chorus_reload', 'chorus_conflict' }) do
      pcall(vim.api.nvim_del_augroup_by_name, name)
    end
    vim.fn.delete(folder, 'rf')
  end)

  --- The words behind lines, by line.
  local function words()
    local found = {}
    local namespace = vim.api.nvim_get_namespaces().chorus_authors
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, { details = true })) do
      found[mark[2] + 1] = vim.trim(mark[4].virt_text[1][1])
    end
    return found
  end

  it('says which task edits it now, until that is done', function()
    world.event('editing', { uuid = 'uuid-12', number = 12, path = 'a.txt', on = true })
    assert.is_truthy(words()[1]:find('#12 Fix it is editing this file', 1, true))
    world.event('editing', { uuid = 'uuid-3', number = 3, path = 'a.txt', on = true })
    assert.is_truthy(words()[1]:find('#3 Task 3, #12 Fix it', 1, true), words()[1])
    assert.are.same({ 3, 12 }, vim.b.chorus_editing)
    world.event('editing', { uuid = 'uuid-12', number = 12, path = 'a.txt', on = false })
    world.event('editing', { uuid = 'uuid-3', number = 3, path = 'a.txt', on = false })
    assert.are.same({}, words())
    assert.is_nil(vim.b.chorus_editing)
  end)

  it('says so also when it is opened meanwhile', function()
    vim.fn.writefile({ 'x' }, folder .. '/b.txt')
    world.event('editing', { uuid = 'uuid-12', number = 12, path = 'b.txt', on = true })
    vim.cmd.edit(folder .. '/b.txt')
    buffer = vim.api.nvim_get_current_buf()
    assert.is_truthy(words()[1]:find('#12', 1, true))
    world.tell('ChorusConnected', {})
    assert.are.same({}, words())
  end)

  it('says who made the last change in it', function()
    local function hunk(line, task, text)
      return {
        id = text,
        line = line,
        owner = task and 'task' or 'user',
        tasks = { task },
        lines = { ' x', '+' .. text },
      }
    end
    local function count()
      return #vim.tbl_filter(function(each)
        return each[1] == 'changes'
      end, world.asked)
    end
    reply.files = { { path = 'a.txt', change = 'modified', hunks = { hunk(1, 3, 'old') } } }
    vim.cmd('edit!')
    world.wait(function()
      return count() > 0
    end, 'the edits that are there already')
    world.tell('ChorusEditsChanged', { paths = { 'a.txt' } })
    local before = count()
    world.wait(function()
      return count() > before
    end, 'another look')
    world.settle()
    assert.are.same({}, words())
    reply.files[1].hunks = { hunk(1, 3, 'old'), hunk(2, nil, 'mine'), hunk(3, 12, 'new') }
    world.tell('ChorusEditsChanged', { paths = { 'a.txt' } })
    world.wait(function()
      return words()[4]
    end, 'the newest author')
    assert.are.same({ [4] = '#12 Fix it changed this' }, words())
  end)

  it('asks what to do where there are unsaved edits: load, keep or compare', function()
    local offered
    local select, choose = vim.ui.select, nil
    vim.ui.select = function(items, opts, on_choice)
      offered = { prompt = opts.prompt, lines = vim.tbl_map(opts.format_item, items) }
      on_choice(choose and items[choose])
    end
    local function ask(...)
      require('chorus.editor.conflict').ask(...)
      vim.api.nvim_exec_autocmds('CursorHold', { buffer = buffer })
      local is_over = false
      vim.schedule(function()
        is_over = true
      end)
      world.wait(function()
        return is_over
      end)
    end
    vim.api.nvim_buf_set_lines(buffer, 0, 1, false, { 'typed' })
    vim.fn.writefile({ 'theirs' }, path)
    choose = 2
    ask(buffer, 'a.txt', ' by #12 Fix it')
    assert.are.equal('a.txt was changed on disk by #12 Fix it, and you have unsaved edits:', offered.prompt)
    assert.are.equal(3, #offered.lines)
    assert.are.equal('typed', world.lines(buffer)[1])
    offered = nil
    ask(buffer, 'a.txt', '')
    assert.is_nil(offered, 'the person keeps the text')
    vim.bo.modified = false
    vim.api.nvim_exec_autocmds('BufModifiedSet', { buffer = buffer })
    vim.bo.modified = true
    choose = 3
    -- The window of the comparison is a copy of this one.
    vim.wo.winfixbuf = true
    ask(buffer, 'a.txt', '')
    assert.is_true(vim.wo.diff)
    assert.are.equal(2, #vim.api.nvim_tabpage_list_wins(0))
    vim.cmd.wincmd('w')
    assert.are.same({ 'theirs' }, world.lines())
    world.press('q')
    assert.is_false(vim.wo.diff)
    vim.wo.winfixbuf = false
    choose = 1
    ask(buffer, 'a.txt', '')
    assert.are.same({ 'theirs' }, world.lines(buffer))
    vim.cmd('silent undo')
    assert.are.equal('typed', world.lines(buffer)[1])
    vim.ui.select = select
  end)

  it('is not asked about any more once the person has settled it', function()
    local count, select = 0, vim.ui.select
    vim.ui.select = function(_, _, on_choice)
      count = count + 1
      on_choice(nil)
    end
    local function is_scheduled_done()
      local is_over = false
      vim.schedule(function()
        vim.schedule(function()
          is_over = true
        end)
      end)
      world.wait(function()
        return is_over
      end)
    end
    for _, settle in ipairs({ 'edit!', 'silent write!' }) do
      vim.api.nvim_buf_set_lines(buffer, 0, 1, false, { 'typed' })
      require('chorus.editor.conflict').ask(buffer, 'a.txt', '')
      vim.cmd(settle)
      is_scheduled_done()
      vim.api.nvim_buf_set_lines(buffer, 0, 1, false, { 'typed later' })
      vim.api.nvim_exec_autocmds('CursorHold', { buffer = buffer })
      is_scheduled_done()
      assert.are.equal(0, count, settle)
    end
    vim.ui.select = select
  end)

  it('is read again, or asked about, in whatever tree an agent wrote to it', function()
    local inside = folder .. '/tree/b.txt'
    vim.fn.writefile({ 'before' }, inside)
    vim.cmd.edit(inside)
    local other = vim.api.nvim_get_current_buf()
    world.settle()
    local function first(of)
      return vim.api.nvim_buf_get_lines(of, 0, 1, false)[1]
    end
    local events = {
      { 'edits_changed', { paths = { inside }, by = 12 }, other, inside },
      { 'edits_changed', { paths = {}, more = true }, other, inside },
      { 'edits_changed', { paths = { 'a.txt' }, by = 3 }, buffer, path },
      { 'edits_changed', { paths = {}, more = true }, buffer, path },
      { 'document_changed', { paths = { 'a.txt' } }, buffer, path },
    }
    for index, each in ipairs(events) do
      local written = 'written by event ' .. index .. ('!'):rep(index)
      vim.fn.writefile({ written }, each[4])
      world.event(each[1], each[2])
      world.wait(function()
        return first(each[3]) == written
      end, written)
    end

    world.asked, world.notified = {}, {}
    local function warned(written, at, event)
      vim.api.nvim_buf_set_lines(at, 0, 1, false, { 'typed' })
      vim.fn.writefile({ written }, event[4])
      world.event(event[1], event[2])
      world.wait(function()
        return #world.notified > 0
      end, 'the warning')
      assert.are.equal('typed', first(at))
      return table.remove(world.notified)[2]
    end
    local said = warned('theirs, and much longer', other, events[1])
    assert.is_truthy(said:find('b.txt was changed on disk by #12 Fix it', 1, true), said)
    said = warned('theirs, and even much longer', other, events[2])
    assert.is_truthy(said:find('b.txt was changed on disk by #12 Fix it', 1, true), said)
    said = warned('theirs, and much longer', buffer, events[3])
    assert.is_truthy(said:find('a.txt was changed on disk by #3 Task 3', 1, true), said)
    assert.are.same({}, world.asked)
    vim.fn.delete(path)
    world.event('edits_changed', { paths = {}, more = true })
    world.wait(function()
      return #world.notified > 0
    end, 'the warning')
    said = table.remove(world.notified)[2]
    assert.is_truthy(said:find('a.txt was deleted', 1, true), said)
    vim.api.nvim_set_current_buf(buffer)
    vim.api.nvim_exec_autocmds('CursorHold', { buffer = buffer })
    world.settle()
    assert.are.equal('typed', first(buffer))
    vim.fn.writefile({ 'again' }, path)
    world.event('edits_changed', { paths = { 'a.txt' }, by = 3 })
    world.wait(function()
      return #world.notified > 0
    end, 'the warning')
    said = table.remove(world.notified)[2]
    assert.is_truthy(said:find('a.txt was changed on disk by #3', 1, true), said)
  end)

  it('is asked about once by all who want to know whose the edits are', function()
    vim.api.nvim_buf_set_lines(buffer, 0, 1, false, { 'typed' })
    require('chorus.ui.edits.changes').open({})
    vim.wait(700, function()
      return false
    end)
    vim.fn.writefile({ 'theirs, and longer' }, path)
    world.asked = {}
    world.tell('ChorusEditsChanged', { paths = { 'a.txt' } })
    world.wait(function()
      return #world.notified > 0
    end, 'the warning')
    local asked = vim.tbl_filter(function(each)
      return each[1] == 'changes'
    end, world.asked)
    assert.are.equal(1, #asked)
  end)

  it('is looked at alone when it is read, however many others are open', function()
    vim.fn.writefile({ 'x' }, folder .. '/hidden.txt')
    vim.fn.bufload(vim.fn.bufadd(folder .. '/hidden.txt'))
    local function asked()
      return #vim.tbl_filter(function(each)
        return each[1] == 'changes'
      end, world.asked)
    end
    world.wait(function()
      return asked() > 0
    end)
    world.asked = {}
    local realpath, looked = vim.uv.fs_realpath, {}
    vim.uv.fs_realpath = function(name, ...)
      looked[name] = true
      return realpath(name, ...)
    end
    for index = 1, 3 do
      vim.fn.writefile({ 'x' }, ('%s/other-%d.txt'):format(folder, index))
      vim.cmd.edit(('%s/other-%d.txt'):format(folder, index))
    end
    vim.uv.fs_realpath = realpath
    assert.is_true(looked[folder .. '/other-1.txt'])
    assert.is_nil(looked[folder .. '/hidden.txt'])
    world.wait(function()
      return asked() > 0
    end, 'the question for authors')
  end)

  it('is read again where an event names no more than the first of many, a few files at a time', function()
    local buffers, others = {}, {}
    for index = 1, 12 do
      local file = ('%s/other-%d.txt'):format(folder, index)
      vim.fn.writefile({ 'x' }, file)
      buffers[index] = vim.fn.bufadd(file)
      vim.fn.bufload(buffers[index])
      vim.fn.writefile({ 'theirs, and longer' }, file)
    end
    for index = 1, 50 do
      others[index] = ('elsewhere-%d.txt'):format(index)
    end
    local function read()
      return #vim.tbl_filter(function(each)
        return vim.api.nvim_buf_get_lines(each, 0, 1, false)[1] == 'theirs, and longer'
      end, buffers)
    end
    local hrtime, now = vim.uv.hrtime, 0
    vim.uv.hrtime = function()
      now = now + 6 * 1000 * 1000
      return now
    end
    world.tell('ChorusEditsChanged', { paths = others })
    local at_once = read()
    world.tell('ChorusEditsChanged', { paths = { 'a.txt' } })
    vim.uv.hrtime = hrtime
    world.wait(function()
      return read() == 12
    end, 'all files')
    assert.is_true(at_once < 12, tostring(at_once))
    for _, each in ipairs(buffers) do
      vim.api.nvim_buf_delete(each, { force = true })
    end
  end)

  it('starts no daemon to know its authors, and learns them from the next', function()
    local function asked()
      return #vim.tbl_filter(function(each)
        return each[1] == 'changes'
      end, world.asked)
    end
    world.wait(function()
      return asked() > 0
    end)
    world.connected = false
    world.asked = {}
    world.tell('ChorusEditsChanged', { paths = { 'a.txt' } })
    vim.wait(700, function()
      return asked() > 0
    end)
    assert.are.equal(0, asked())
    world.connected = true
    world.tell('ChorusConnected', {})
    world.wait(function()
      return asked() > 0
    end)
  end)

  it('is not asked about when it is closed before its turn comes', function()
    local function asked()
      return #vim.tbl_filter(function(each)
        return each[1] == 'changes'
      end, world.asked)
    end
    world.wait(function()
      return asked() > 0
    end)
    world.asked, world.connected = {}, false
    world.tell('ChorusEditsChanged', { paths = { 'a.txt' } })
    vim.cmd('silent! %bwipeout!')
    world.connected = true
    world.tell('ChorusConnected', {})
    vim.wait(700, function()
      return asked() > 0
    end)
    assert.are.equal(0, asked())
  end)

  it('has its references asked for once when it is opened', function()
    local function refs()
      return #vim.tbl_filter(function(each)
        return each[1] == 'refs' and vim.endswith(each[2].path, '/b.txt')
      end, world.asked)
    end
    vim.fn.writefile({ 'x' }, folder .. '/b.txt')
    vim.cmd.edit(folder .. '/b.txt')
    world.wait(function()
      return refs() > 0
    end)
    world.settle()
    assert.are.equal(1, refs())
    local paths = {}
    for index = 1, 50 do
      paths[index] = ('other-%d.txt'):format(index)
    end
    world.tell('ChorusDocumentChanged', { paths = paths })
    assert.are.equal(2, refs(), 'there may be more than an event names')
    world.tell('ChorusDocumentChanged', { paths = { 'other.txt' } })
    assert.are.equal(2, refs())
  end)

  it('is not asked about at once, but when the person is back', function()
    local count, select = 0, vim.ui.select
    vim.ui.select = function(_, _, on_choice)
      count = count + 1
      on_choice(nil)
    end
    vim.api.nvim_buf_set_lines(buffer, 0, 1, false, { 'typed' })
    require('chorus.editor.conflict').ask(buffer, 'a.txt', '')
    vim.cmd('split | enew')
    assert.are.equal(0, count)
    vim.cmd('close')
    world.wait(function()
      return count == 1
    end, 'the question')
    vim.ui.select = select
  end)

  it('in a worktree is about its task', function()
    vim.fn.writefile({ 'x' }, folder .. '/tree/c.txt')
    assert.is_nil(vim.b.chorus_task)
    vim.cmd.edit(folder .. '/tree/c.txt')
    assert.are.equal(12, vim.b.chorus_task)
    assert.are.equal('uuid-12', vim.b.chorus_uuid)
    local meant
    require('chorus.verbs.target').resolve({ name = 'diff', takes = 'one', fits = 'any' }, nil, function(found)
      meant = found[1].uuid
    end)
    assert.are.equal('uuid-12', meant)
    world.event('task_changed', world.task(12, { revision = 2 }))
    assert.is_nil(vim.b.chorus_uuid)
    world.event('task_changed', world.task(3, { worktree = folder .. '/tree', revision = 2 }))
    assert.are.equal(3, vim.b.chorus_task)
  end)
end)
