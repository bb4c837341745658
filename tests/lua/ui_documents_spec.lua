local world = require('ui_world')

describe('documents', function()
  local folder, task, chosen, offered

  local function reference(over)
    return vim.tbl_extend('force', {
      id = 7,
      task = 'uuid-12',
      number = 12,
      path = 'PLAN.md',
      start_line = 3,
      end_line = 4,
      whole = false,
      state = 'current',
      note = 'the plan',
      version = ('a'):rep(40),
      text = '## Goals\nSmall.',
      included = true,
    }, over or {})
  end

  local document = world.document

  local function asked(method)
    return vim
      .iter(world.asked)
      :filter(function(each)
        return each[1] == method
      end)
      :map(function(each)
        return each[2]
      end)
      :totable()
  end

  before_each(function()
    world.start()
    folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/documents'
    vim.fn.mkdir(folder, 'p')
    vim.fn.writefile({ '# Plan', '', '## Goals', 'Small.', '', '## Steps', 'Go.' }, folder .. '/PLAN.md')
    world.welcome.project = folder
    task = world.task(12, { title = 'Fix it' })
    world.know({ task })
    offered = nil
    vim.ui.select = function(items, opts, on_choice)
      offered = vim.tbl_map(opts.format_item, items)
      on_choice(items[chosen or 1])
    end
    chosen = nil
    world.replies.refs = function()
      return nil, { references = { reference() } }
    end
    world.replies.task_ref = function()
      return nil, reference()
    end
  end)

  local select, input = vim.ui.select, vim.ui.input

  after_each(function()
    vim.ui.select, vim.ui.input = select, input
    vim.cmd('silent! %bwipeout!')
    vim.fn.delete(folder, 'rf')
  end)

  local function open()
    vim.cmd.edit(folder .. '/PLAN.md')
    vim.bo.filetype = 'markdown'
  end

  it('are picked and opened as normal buffers', function()
    world.replies.docs = function()
      return nil,
        {
          documents = {
            document(
              'PLAN.md',
              { pinned = true, title = 'The plan', category = 'plans', tasks = { 3, 12 }, changed_for = { 12 } }
            ),
            document('docs/gone.md'),
          },
          cut = false,
        }
    end
    require('chorus.verbs').run('docs', { args = 'plans' })
    world.wait(function()
      return vim.api.nvim_buf_get_name(0) == folder .. '/PLAN.md'
    end, 'the document')
    assert.same({ category = 'plans' }, asked('docs')[1])
    assert.same({ '★ PLAN.md (changed since #12 read it) · The plan [plans] #3 #12', 'docs/gone.md' }, offered)
    assert.equal('', vim.bo.buftype)
    chosen = 2
    require('chorus.verbs').run('docs')
    world.wait_notified(1)
    assert.is_truthy(world.notified[1][2]:find('no longer exists', 1, true))
  end)

  it('are tied by a range, a heading, or as a whole', function()
    open()
    require('chorus.verbs').run('ref', { args = 'why', range = { first = 4, last = 4 } })
    vim.api.nvim_win_set_cursor(0, { 3, 0 })
    require('chorus.verbs').run('ref')
    require('chorus.verbs').run('ref', { bang = true })
    vim.api.nvim_win_set_cursor(0, { 4, 0 })
    require('chorus.verbs').run('ref')
    local file = folder .. '/PLAN.md'
    local section = { task = 'uuid-12', path = file, first = 3, last = 5, text = '## Goals\nSmall.\n' }
    assert.same({
      { task = 'uuid-12', path = file, first = 4, last = 4, text = 'Small.', note = 'why' },
      section,
      { task = 'uuid-12', path = file },
      { task = 'uuid-12', path = file },
    }, asked('task_ref'))
    world.wait_notified(1)
    assert.equal('#12 refers to PLAN.md:3-4', world.notified[1][2])
  end)

  it('are tied by an operator', function()
    open()
    vim.cmd.source(world.root .. '/plugin/chorus.lua')
    vim.api.nvim_win_set_cursor(0, { 3, 0 })
    vim.keymap.set('n', 'gR', '<Plug>(chorus-ref-operator)', { buffer = true })
    world.press('gRj')
    assert.equal(1, #asked('task_ref'))
    assert.same({ 3, 4 }, { asked('task_ref')[1].first, asked('task_ref')[1].last })
  end)

  it('show the tasks that refer to their lines', function()
    require('chorus.editor.reference_signs').attach()
    local function marks()
      return vim.api.nvim_buf_get_extmarks(
        0,
        vim.api.nvim_get_namespaces().chorus_references,
        0,
        -1,
        { details = true }
      )
    end
    open()
    world.wait(function()
      return #marks() == 1
    end, 'the mark')
    local mark = marks()[1]
    assert.equal(2, mark[2])
    local text = table.concat(vim.tbl_map(function(chunk)
      return chunk[1]
    end, mark[4].virt_text))
    assert.equal('  #12 ▏the plan', text)
    -- Edits that are not written move the mark.
    vim.api.nvim_buf_set_lines(0, 0, 0, false, { 'one', 'two' })
    local before = #asked('refs')
    world.event('document_changed', { paths = { 'PLAN.md' }, more = false })
    world.wait(function()
      return #asked('refs') > before
    end, 'another look')
    world.settle()
    assert.equal(4, marks()[1][2])
    world.replies.refs = function()
      return nil, { references = { reference({ state = 'stale', nearest_start = 1, nearest_end = 2 }) } }
    end
    world.event('document_changed', { paths = { 'other.md', 'PLAN.md' }, more = false })
    world.wait(function()
      return marks()[1][2] == 0
    end, 'the stale mark')
    assert.equal('stale, perhaps here (`:Chorus retie`): the plan', marks()[1][4].virt_text[3][1])
    -- Of more than are named, each may have changed.
    world.replies.refs = function()
      return nil, { references = { reference() } }
    end
    world.event('document_changed', { paths = { 'other.md' }, more = true })
    world.wait(function()
      return marks()[1][2] == 2
    end, 'the mark of a file that is not named')
  end)

  it('show the task behind a line that fills the window too', function()
    vim.fn.writefile({ ('x'):rep(30), '', ('y'):rep(26), 'Small.' }, folder .. '/PLAN.md')
    world.replies.refs = function()
      return nil, { references = { reference(), reference({ id = 8, start_line = 4, note = ('long '):rep(8) }) } }
    end
    require('chorus.editor.reference_signs').attach()
    open()
    local function places()
      local namespace = vim.api.nvim_get_namespaces().chorus_references
      return vim.tbl_map(function(mark)
        return mark[4].virt_text_pos
      end, vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }))
    end
    world.wait(function()
      return #places() == 2
    end, 'the marks')
    assert.same({ 'eol', 'eol' }, places())
    -- Without a screen no window tells that it was resized.
    vim.cmd.vsplit()
    vim.api.nvim_win_set_width(0, 30)
    vim.api.nvim_exec_autocmds('WinResized', {})
    world.settle()
    assert.same({ 'inline', 'inline' }, places())
    vim.wo.wrap = false
    vim.cmd.only()
    vim.wo.wrap = false
    vim.api.nvim_exec_autocmds('WinResized', {})
    world.settle()
    assert.same({ 'eol', 'eol' }, places())
  end)

  it('are sent only where the list differs from the one before', function()
    local documents = require('chorus.editor.documents')
    local lists = { { documents = { document('a.md') }, cut = false, revision = 'one', same = false } }
    world.replies.docs = function(params)
      local list = lists[#lists]
      local is_same = params.known == list.revision
      return nil,
        is_same and { documents = {}, cut = false, revision = list.revision, same = true } or vim.deepcopy(list)
    end
    local function paths(category)
      local found
      documents.get(category, function(_, reply)
        found = reply
      end)
      world.wait(function()
        return found
      end, 'the documents')
      return vim.tbl_map(function(each)
        return each.path
      end, found.documents)
    end
    for _ = 1, 2 do
      assert.same({ 'a.md' }, paths())
    end
    assert.same({ nil, 'one' }, { asked('docs')[1].known, asked('docs')[2].known })
    assert.same({ 'a.md' }, paths('plans'))
    assert.is_nil(asked('docs')[3].known)
    lists[2] = { documents = { document('b.md') }, cut = false, revision = 'two', same = false }
    assert.same({ 'b.md' }, paths())
    assert.same({ 'b.md' }, paths())
    assert.equal('two', asked('docs')[5].known)
    world.replies.docs = function()
      return { code = 'internal', message = 'no' }
    end
    documents.ask(nil, function()
      error('there is no list')
    end)
    world.wait(function()
      return #asked('docs') == 6
    end, 'the question')
  end)

  it('lead to the task, and the task leads to them', function()
    world.record_verbs()
    local documents = require('chorus.verbs.documents')
    open()
    documents.refs({ args = '', bang = false })
    world.wait(function()
      return #world.ran == 1
    end, 'the page')
    assert.same({ 'show', { task = 'uuid-12' } }, world.ran[1])
    vim.cmd.enew()
    documents.refs({ args = '', bang = false })
    world.wait(function()
      return vim.api.nvim_buf_get_name(0) == folder .. '/PLAN.md'
    end, 'the lines')
    assert.same({ 3, 0 }, vim.api.nvim_win_get_cursor(0))
    assert.equal('#12 PLAN.md:3-4 the plan', offered[1])
  end)

  it('move a stale reference to its nearest match or to a range', function()
    local stale = reference({ id = 9, state = 'stale', nearest_start = 2, nearest_end = 3 })
    world.replies.refs = function()
      return nil, { references = { reference(), stale, reference({ id = 8, state = 'stale' }) } }
    end
    world.replies.retie = function()
      return nil, reference({ start_line = 2, end_line = 3 })
    end
    open()
    vim.api.nvim_win_set_cursor(0, { 2, 0 })
    require('chorus.verbs').run('retie')
    world.wait_notified(1)
    assert.same({ { reference = 9, first = 2, last = 3 } }, asked('retie'))
    assert.equal('#12 now refers to PLAN.md:2-3', world.notified[1][2])
    require('chorus.verbs').run('retie', { args = '8' })
    world.wait_notified(2)
    assert.is_truthy(world.notified[2][2]:find('nothing in PLAN.md resembles the text', 1, true))
    require('chorus.verbs').run('retie', { args = '7' })
    world.wait_notified(3)
    assert.is_truthy(world.notified[3][2]:find('is not stale', 1, true))
    require('chorus.verbs').run('retie', { args = '9', range = { first = 4, last = 4 } })
    world.wait_notified(4)
    local moved = { task = 'uuid-12', reference = 9, path = folder .. '/PLAN.md', first = 4, last = 4, text = 'Small.' }
    assert.same({ moved }, asked('task_ref'))
    assert.equal(1, #asked('retie'))
  end)

  it('stay where they are when a range is in no file', function()
    world.replies.refs = function()
      return nil, { references = { reference({ state = 'stale', nearest_start = 2, nearest_end = 3 }) } }
    end
    vim.cmd.enew()
    vim.bo.buftype = 'nofile'
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'two' })
    require('chorus.verbs').run('retie', { range = { first = 1, last = 2 } })
    world.wait_notified(1)
    world.settle()
    assert.equal('this buffer is no file of the project', world.notified[1][2])
    assert.same({}, world.asked)
    assert.equal(1, #world.notified)
  end)

  it('lose the reference on the line', function()
    world.replies.refs = function()
      return nil, { references = { reference(), reference({ id = 8, start_line = 6, end_line = 7 }) } }
    end
    world.replies.unref = function()
      return nil, vim.empty_dict()
    end
    open()
    vim.api.nvim_win_set_cursor(0, { 6, 0 })
    require('chorus.verbs').run('unref')
    world.wait_notified(1)
    assert.same({ { reference = 8 } }, asked('unref'))
    require('chorus.verbs').run('unref', { args = 'x' })
    assert.equal('fail', world.notified[2][1])
  end)

  it('are made from templates', function()
    vim.fn.mkdir(folder .. '/docs/templates', 'p')
    vim.fn.writefile({ '# {{ title }}', '{{date}} by {{name}}', '{{title}}' }, folder .. '/docs/templates/adr.md')
    world.replies.docs = function()
      return nil,
        { documents = { document('PLAN.md'), document('docs/templates/adr.md', { template = true }) }, cut = false }
    end
    local prompts = {}
    vim.ui.input = function(opts, on_text)
      prompts[#prompts + 1] = opts.prompt
      on_text(({ ['title: '] = 'Why 50%? %1', ['name: '] = 'me' })[opts.prompt] or opts.default)
    end
    require('chorus.verbs').run('docs', { args = 'new adr' })
    world.wait(function()
      return vim.api.nvim_buf_get_name(0) == folder .. '/docs/why-50-1.md'
    end, 'the new document')
    assert.same({ 'title: ', 'date: ', 'name: ', 'File: ' }, prompts)
    local today = os.date('%Y-%m-%d') .. ' by me'
    assert.same({ '# Why 50%? %1', today, 'Why 50%? %1' }, world.lines())
    assert.is_true(vim.bo.modified)
    assert.is_nil(vim.uv.fs_stat(folder .. '/docs/why-50-1.md'))
  end)
end)

describe('a section', function()
  local outline, section = require('chorus.editor.outline'), require('chorus.editor.section')

  it('ends at the next heading of its level or above, however that is written', function()
    local lines = vim.split(
      '# A\n\n## B\n\nÜber\n====\n\nc\n\n<!--\n# hidden\n-->\n\n## D\n\nE\n---\n\n```\n# no\n```',
      '\n',
      { plain = true }
    )
    vim.cmd.enew()
    vim.bo.filetype = 'markdown'
    vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
    local found = {}
    for row = 1, #lines do
      vim.api.nvim_win_set_cursor(0, { row, 0 })
      local first, last = section.at_cursor()
      if first then
        found[#found + 1] = { first, last }
      end
    end
    vim.cmd.bwipeout({ bang = true })
    local expected = { { 1, 4 }, { 3, 4 }, { 5, #lines }, { 14, 15 }, { 16, #lines } }
    assert.same(expected, found)
    for _, headings in ipairs({ outline.of(lines), outline.by_lines(lines) }) do
      for _, each in ipairs(expected) do
        assert.same(each, { section.at(headings, each[1], #lines) })
      end
      assert.is_nil((section.at(headings, 11, #lines)))
    end
  end)

  it('is found by its lines', function()
    local lines = { '# A', 'a', '## B', '```', '# no', '```', 'b', 'C', '---', 'c', '## D', '# E' }
    local found = {}
    for row = 1, #lines do
      local first, last = section.at(outline.by_lines(lines), row, #lines)
      found[row] = first and { first, last } or false
    end
    assert.same({
      { 1, 11 },
      false,
      { 3, 7 },
      false,
      false,
      false,
      false,
      { 8, 10 },
      false,
      false,
      { 11, 11 },
      { 12, 12 },
    }, found)
  end)
end)

describe('a context', function()
  local rows = require('chorus.ui.documents.context_rows')

  local function reference(id, over)
    return vim.tbl_extend('force', {
      id = id,
      path = 'PLAN.md',
      start_line = id,
      end_line = id,
      whole = false,
      state = 'current',
      included = true,
    }, over or {})
  end

  local function page(over)
    return vim.tbl_extend('force', {
      task = 'uuid-12',
      number = 12,
      title = 'Fix it',
      text = '# Your task\n\ntext',
      units = 17,
      limit = 10000,
      parts = { { heading = 'Your task', units = 17 } },
      references = { reference(3, { note = 'why' }), reference(4, { included = false, state = 'stale' }) },
    }, over or {})
  end

  it('is read back as it is written', function()
    local lines = rows.lines(page())
    assert.equal('[x] 3 PLAN.md:3 why', lines[2])
    assert.equal('[ ] 4 PLAN.md:4 (stale)', lines[3])
    assert.same({ { id = 3, included = true }, { id = 4, included = false } }, rows.choices(lines))
    lines[2], lines[3] = lines[3]:gsub('%[ %]', '[x]'), lines[2]
    assert.same({ { id = 4, included = true }, { id = 3, included = true } }, rows.choices(lines))
  end)

  it('is refused where it cannot be understood', function()
    local lines = rows.lines(page())
    for _, wrong in ipairs({ 'words', '[x] 3 again' }) do
      local copy = vim.list_slice(lines)
      table.insert(copy, 4, wrong)
      local choices, faults = rows.choices(copy)
      assert.is_nil(choices)
      assert.equal(4, faults[1].line)
    end
    assert.is_nil(rows.choices({ '[x] 3' }))
  end)

  it('says what the agent got when that differs', function()
    local below = table.concat(rows.below(page({ given = 'another', given_at = world.now })), '\n')
    assert.is_truthy(below:find('what it got', 1, true) and below:find('another', 1, true))
    local same = table.concat(rows.below(page({ given = page().text, given_at = world.now })), '\n')
    assert.is_truthy(same:find('The agent got this on', 1, true))
    local cut = table.concat(rows.below(page({ parts = { { heading = 'x', units = 12000 } } })), '\n')
    assert.is_truthy(cut:find('cut from 12000', 1, true))
  end)

  it('is a buffer whose writes save the choice', function()
    world.start()
    world.know({ world.task(12) })
    world.replies.task_context = function()
      return nil, page()
    end
    world.replies.task_context_edit = function()
      return nil, page({ references = { reference(4), reference(3) } })
    end
    require('chorus.verbs').run('context', { task = 12 })
    world.wait(function()
      return world.lines()[2] == '[x] 3 PLAN.md:3 why'
    end, 'the context')
    assert.equal('chorus://context/12', vim.api.nvim_buf_get_name(0))
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { '[ ] 3' })
    world.press(':w<CR>')
    world.wait(function()
      return world.lines()[2] == '[x] 4 PLAN.md:4'
    end, 'what was saved')
    local params = vim.iter(world.asked):find(function(each)
      return each[1] == 'task_context_edit'
    end)[2]
    assert.same({ { id = 3, included = false }, { id = 4, included = false } }, params.references)
    local answer
    require('chorus.client').request = function(_, _, on_reply)
      answer = on_reply
    end
    vim.bo.modified = true
    world.press(':w<CR>')
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { '[ ] 4' })
    answer(nil, page())
    world.wait_notified(1)
    assert.equal('the context of #12 was saved, without what you typed since', world.notified[1][2])
    assert.equal('[ ] 4', world.lines()[2])
    assert.is_true(vim.bo.modified)
    vim.bo.modified = false
  end)
end)

describe('what changed', function()
  it('is shown before it is sent, task by task', function()
    world.start()
    world.know({ world.task(3, { outdated = 1 }), world.task(4, { outdated = 1 }), world.task(5) })
    world.replies.task_tell = function(params)
      if params.confirmed then
        return nil, { text = params.text, versions = params.versions, done = true, queued = false }
      end
      local versions = { { path = 'PLAN.md', version = params.task } }
      return nil, { text = 'PLAN.md changed', versions = versions, done = false, queued = false }
    end
    require('chorus.verbs').run('tell', { task = 'all' })
    world.wait(function()
      return vim.api.nvim_buf_get_name(0) == 'chorus://tell/3' and world.lines()[1] == 'PLAN.md changed'
    end, 'the first')
    vim.api.nvim_buf_set_lines(0, 0, 0, false, { 'Look:' })
    world.press(':w<CR>')
    world.wait(function()
      return vim.api.nvim_buf_get_name(0) == 'chorus://tell/4'
    end, 'the second')
    world.press(':q!<CR>')
    local sent = vim.tbl_filter(function(each)
      return each[1] == 'task_tell' and each[2].confirmed
    end, world.asked)
    assert.equal(1, #sent)
    assert.same({
      task = 'uuid-3',
      confirmed = true,
      text = 'Look:\nPLAN.md changed',
      versions = { { path = 'PLAN.md', version = 'uuid-3' } },
    }, sent[1][2])
  end)

  it('stays as the person has edited it, and is sent once', function()
    world.start()
    world.know({ world.task(3, { outdated = 1 }) })
    world.replies.task_tell = function(params)
      if params.confirmed then
        return { code = 'failed', message = 'cannot send' }
      end
      return nil, { text = 'PLAN.md changed \226\154\160\239\184\143', versions = {}, done = false, queued = false }
    end
    local function run_tell()
      local count = #world.asked
      require('chorus.verbs').run('tell', { task = '3' })
      world.wait(function()
        return #world.asked > count
      end)
      world.settle()
    end
    run_tell()
    assert.are.same({ 'PLAN.md changed \226\154\160\239\184\143' }, world.lines())
    world.press('ccmine<Esc>')
    run_tell()
    assert.are.same({ 'mine' }, world.lines())
    world.press('q')
    assert.are.same({ 'mine' }, world.lines())
    assert.are.equal('the prompt was edited', world.notified[#world.notified][2])
    local answer, request = nil, require('chorus.client').request
    local count = 0
    require('chorus.client').request = function(_, _, on_reply)
      count, answer = count + 1, on_reply
    end
    world.press(':w<CR>')
    world.press(':w<CR>')
    require('chorus.client').request = request
    assert.are.equal(1, count)
    answer({ code = 'failed', message = 'cannot send' })
    assert.are.same({ 'mine' }, world.lines())
    assert.is_true(vim.bo.modified)
    vim.cmd('bwipeout!')
  end)
end)
