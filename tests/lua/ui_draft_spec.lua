local world = require('ui_world')

describe('front matter', function()
  local front_matter

  before_each(function()
    world.start()
    front_matter = require('chorus.ui.tasks.front_matter')
  end)

  it('is read with types', function()
    local read = front_matter.parse({
      '---',
      'title:  Fix: the login  ',
      'priority: -2',
      'tags: +web auth, web [docs]',
      'agent: claude',
      'isolation: worktree',
      'on: #3',
      '---',
      '',
      '# Why',
      'text: not a field',
      '---',
      'more',
      '',
    })
    assert.are.same({}, read.faults)
    assert.are.same({
      title = 'Fix: the login',
      priority = -2,
      tags = { 'web', 'auth', 'docs' },
      agent = 'claude',
      isolation = 'worktree',
      on = 3,
    }, read.fields)
    assert.are.equal('# Why\ntext: not a field\n---\nmore', read.description)
  end)

  it('leaves out what is empty', function()
    local read = front_matter.parse({ '---', 'title: x', 'priority:', 'tags:', 'agent:', 'isolation:', 'on:', '---' })
    assert.are.same({}, read.faults)
    assert.are.same({ title = 'x', priority = 0, tags = {} }, read.fields)
    assert.are.equal('', read.description)
  end)

  it('names the line of every fault', function()
    for fault, lines in pairs({
      ['1: the first line is'] = { 'just text' },
      ['1: a title is required: `title'] = { '---', 'priority: 1', '---' },
      ['2: a title is required: one line'] = { '---', 'title:', '---' },
      ['2: a title has at most 200'] = { '---', 'title: ' .. ('é'):rep(201), '---' },
      ['3: a priority is a whole number'] = { '---', 'title: x', 'priority: high', '---' },
      ['3: isolation is auto'] = { '---', 'title: x', 'isolation: vm', '---' },
      ['3: `on` is the number'] = { '---', 'title: x', 'on: that one', '---' },
      ['3: this must be one word'] = { '---', 'title: x', 'agent: two words', '---' },
      ['3: unknown field `prio`'] = { '---', 'title: x', 'prio: 1', '---' },
      ['3: `title` is already on line 2'] = { '---', 'title: x', 'title: y', '---' },
      ['3: a line here is `name: value`'] = { '---', 'title: x', 'what?', '---' },
      ['2: the second `---` is missing'] = { '---', 'title: x' },
    }) do
      local found = vim.tbl_map(function(each)
        return each.line .. ': ' .. each.text
      end, front_matter.parse(lines).faults)
      assert.is_truthy(
        vim.iter(found):any(function(each)
          return vim.startswith(each, fault)
        end),
        fault .. ' not in ' .. vim.inspect(found)
      )
    end
  end)

  it('goes there and back', function()
    local fields =
      { title = 'Fix the login', priority = 3, tags = { 'a', 'b' }, agent = 'claude', isolation = 'none', on = 4 }
    for _, description in ipairs({ '', 'one line', 'two\n\nlines', '---\nlooks: like\n---' }) do
      local read = front_matter.parse(front_matter.render(fields, description, front_matter.NAMES))
      assert.are.same({}, read.faults)
      assert.are.same(fields, read.fields)
      assert.are.equal(description, read.description)
    end
  end)
end)

describe('draft', function()
  local draft, select, choices, choose

  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    require('chorus.verbs')
    draft = require('chorus.ui.tasks.draft')
    world.record_verbs()
    world.replies.task_new = function(params)
      return nil, world.task(42, params)
    end
    select, choices, choose = vim.ui.select, nil, nil
    vim.ui.select = function(items, options, on_choice)
      choices = vim.tbl_map(options.format_item, items)
      on_choice(choose and items[choose])
    end
  end)

  after_each(function()
    vim.ui.select = select
    vim.fn.delete(world.state_dir, 'rf')
  end)

  local function files()
    return vim.fn.glob(world.state_dir .. '/drafts/*', true, true)
  end

  local function write_title(title)
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: ' .. title })
    vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
  end

  it('begins with the fields, and leaves no file when nothing was typed', function()
    draft.open({})
    assert.are.same(
      { '---', 'title: ', 'priority: 0', 'tags:', 'agent:', 'isolation:', 'on:', '---', '', '' },
      world.lines()
    )
    assert.is_false(vim.bo.modified)
    vim.cmd('stopinsert | quit')
    assert.are.same({}, files())
  end)

  it('says behind empty fields what goes in, and the defaults once they are known', function()
    world.replies.config = function()
      return nil, { notices = {}, values = { { key = 'agent.default', value = '"demo"', origin = 'user' } } }
    end
    draft.open({})
    vim.cmd('stopinsert')
    local function hints()
      local namespace = vim.api.nvim_get_namespaces().chorus_draft_hints
      local found = {}
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
        found[vim.api.nvim_buf_get_lines(0, mark[2], mark[2] + 1, false)[1]] = mark[4].virt_text[1][1]
      end
      return found
    end
    assert.is_truthy(hints()['title: ']:find('says what to do', 1, true))
    assert.is_truthy(hints()['on:']:find('number of a task', 1, true))
    assert.is_nil(hints()['priority: 0'])
    assert.is_truthy(hints()['']:find('<C-x><C-u>', 1, true))
    world.wait(function()
      return hints()['agent:']:find('demo, unless', 1, true)
    end)
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: Fix it' })
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'Do it well.' })
    vim.api.nvim_exec_autocmds('TextChanged', { buffer = 0 })
    assert.is_nil(hints()['title: Fix it'])
    assert.is_nil(hints()[''])
    assert.are.equal(0, #vim.tbl_filter(function(each)
      return each[1] == 'task_new'
    end, world.asked))
    vim.bo.modified = false
    vim.cmd('quit')
  end)

  it('creates the task on :w and is gone', function()
    draft.open({ title = 'Fix the login' })
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'Because of', '', 'this.' })
    world.press(':w<CR>')
    assert.are.same({
      { 'task_new', { title = 'Fix the login', priority = 0, tags = {}, description = 'Because of\n\nthis.' } },
    }, world.asked)
    world.wait(function()
      return vim.bo.buftype == ''
    end)
    assert.are.same({}, files())
    assert.are.same({}, world.ran)
    assert.are.equal('#42 Fix the login', world.notified[1][2])
  end)

  it('starts it at once when asked to', function()
    draft.open({ title = 'Go', start = true })
    world.press(':wq<CR>')
    world.wait(function()
      return #world.ran == 1
    end)
    assert.are.same({ { 'start', { task = 'uuid-42' } } }, world.ran)
    assert.are.same({}, files())
  end)

  it('keeps what is typed in a file that only the owner may read', function()
    draft.open({})
    write_title('Half a tho')
    assert.are.equal(1, #files())
    assert.is_truthy(table.concat(vim.fn.readfile(files()[1]), '\n'):find('Half a tho', 1, true))
    assert.are.equal('rw-------', vim.fn.getfperm(files()[1]))
    assert.are.equal('rwx------', vim.fn.getfperm(world.state_dir .. '/drafts'))
  end)

  it('stays, and says why, when creation is refused', function()
    world.replies.task_new = function()
      return { code = 'bad_input', message = 'cannot create the task: no agent is named `x`', hint = 'agents: claude' }
    end
    draft.open({ title = 'Fix' })
    world.press(':w<CR>')
    world.wait(function()
      return #world.notified == 1
    end)
    assert.are.equal(1, #files())
    assert.is_truthy(world.notified[1][2]:find('no agent is named `x`', 1, true))
    assert.is_true(vim.bo.modified)
    assert.are.equal('acwrite', vim.bo.buftype)
    world.press(':w<CR>')
    assert.are.equal(2, #world.asked)
    world.wait(function()
      return #world.notified == 2
    end)
  end)

  it('opens again when it was closed by :wq and creation is refused', function()
    world.replies.task_new = function()
      return { code = 'internal', message = 'no' }
    end
    draft.open({ title = 'Fix' })
    world.press(':wq<CR>')
    world.wait(function()
      return vim.bo.buftype == 'acwrite' and #world.notified == 1
    end)
    assert.are.equal('title: Fix', world.lines()[2])
    assert.are.equal(1, #files())
  end)

  it('keeps what is typed while the daemon answers, and saves that into the task it created', function()
    local answer
    require('chorus.client').request = function(method, params, on_reply)
      table.insert(world.asked, { method, params })
      answer = on_reply
    end
    draft.open({ title = 'Fix', start = true })
    world.press(':w<CR>')
    local waited = answer
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'typed late' })
    waited(nil, world.task(42, { title = 'Fix' }))
    world.wait_notified(1)
    assert.are.same(
      { 'info', '#42 was created, without what you typed since', '`:w` saves that, too' },
      world.notified[1]
    )
    assert.are.equal('typed late', world.lines()[#world.lines()])
    assert.is_true(vim.bo.modified)
    assert.are.same({}, world.ran)
    world.press(':w<CR>')
    local params = { task = 'uuid-42', title = 'Fix', priority = 0, tags = {}, description = 'typed late' }
    assert.are.same({ 'task_edit', params }, world.asked[#world.asked])
    answer(nil, world.task(42, { title = 'Fix' }))
    world.wait(function()
      return vim.bo.buftype == '' and #world.ran == 1
    end)
    assert.are.same({ { 'start', { task = 'uuid-42' } } }, world.ran)
    assert.are.same({}, files())
  end)

  --- Creates #42 from a draft in which a person types on meanwhile.
  local function create_while_typing()
    local answer
    require('chorus.client').request = function(method, params, on_reply)
      table.insert(world.asked, { method, params })
      answer = on_reply
    end
    draft.open({ title = 'Fix' })
    world.press(':w<CR>')
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'typed late' })
    answer(nil, world.task(42, { title = 'Fix' }))
    world.wait_notified(1)
  end

  it('that was left after its task was created saves into that task when it is opened again', function()
    create_while_typing()
    world.press('q')
    assert.are.equal(1, #files())
    choose = 2
    draft.open({})
    assert.is_truthy(choices[2]:find('Fix', 1, true))
    assert.are.same({ '---', 'title: Fix' }, vim.list_slice(world.lines(), 1, 2))
    assert.is_truthy(vim.wo.winbar:find('#42', 1, true))
    world.press(':edit!<CR>')
    assert.are.same({ '---', 'title: Fix' }, vim.list_slice(world.lines(), 1, 2))
    world.asked = {}
    world.press(':w<CR>')
    local params = { task = 'uuid-42', title = 'Fix', priority = 0, tags = {}, description = 'typed late' }
    assert.are.same({ { 'task_edit', params } }, world.asked)
  end)

  it('says which fields its created task no longer takes', function()
    create_while_typing()
    local agent = vim.fn.search('^agent:', 'nw')
    vim.api.nvim_buf_set_lines(0, agent - 1, agent, false, { 'agent: codex' })
    world.asked = {}
    world.press(':w<CR>')
    world.wait_notified(2)
    assert.are.same(
      { 'fail', '#42 exists, and its agent can no longer be changed' },
      vim.list_slice(world.notified[2], 1, 2)
    )
    assert.are.same({}, world.asked)
    vim.api.nvim_buf_set_lines(0, agent - 1, agent, false, { 'agent:' })
    world.press(':w<CR>')
    assert.are.equal('task_edit', world.asked[1][1])
  end)

  it('fills in the placeholders of its description when the title had some of its own', function()
    vim.cmd.edit(vim.fn.tempname() .. '.lua')
    local origin = require('chorus.editor.placeholders').origin()
    require('chorus.verbs.windows').new({ args = 'Fix line {line}', bang = false, origin = origin })
    world.wait(function()
      return vim.b.chorus_view == 'draft'
    end, 'the draft')
    assert.are.equal('title: Fix line 1', world.lines()[2])
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'It is on line {line}.' })
    world.press(':w<CR>')
    world.wait(function()
      return world.lines()[#world.lines()] == 'It is on line 1.'
    end, 'the line')
    assert.are.same({}, world.asked)
  end)

  describe('while its placeholders are looked up', function()
    local answer

    before_each(function()
      answer = nil
      local request = require('chorus.client').request
      require('chorus.client').request = function(method, params, on_reply)
        if method == 'docs' then
          answer = on_reply
        else
          request(method, params, on_reply)
        end
      end
      draft.open({ title = 'Fix', lines = {}, origin = require('chorus.editor.placeholders').origin() })
      vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'Read {doc:plan} on line {line}.' })
      world.press(':w<CR>')
      world.wait(function()
        return answer ~= nil
      end, 'the question for documents')
    end)

    it('keeps what is typed on, and fills them in with the next write', function()
      vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: Fix', 'model: opus' })
      vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'typed on' })
      local lines = world.lines()
      answer(nil, { documents = {} })
      world.wait_notified(2)
      assert.are.same({
        'info',
        'the placeholders are not filled in: the text has changed since `:w`',
        '`:w` fills them in',
      }, world.notified[2])
      assert.are.same(lines, world.lines())
      world.press(':w<CR>')
      world.wait_notified(4)
      assert.are.equal('the placeholders are filled in', world.notified[4][2])
      local expected = { '---', 'Read {doc:plan} on line 1.', 'typed on' }
      assert.are.same(expected, vim.list_slice(world.lines(), 9))
      assert.are.same({}, world.asked)
    end)

    it('creates nothing of a second write', function()
      world.press(':w<CR>')
      world.settle()
      assert.are.same({}, world.asked)
      answer(nil, { documents = {} })
      assert.are.equal('Read {doc:plan} on line 1.', world.lines()[#world.lines()])
      world.press(':w<CR>')
      assert.are.equal('Read {doc:plan} on line 1.', world.asked[1][2].description)
    end)

    it('may be closed', function()
      world.press('q')
      answer(nil, { documents = {} })
      local kept = vim.fn.readfile(files()[1])
      assert.are.equal('Read {doc:plan} on line {line}.', kept[#kept])
    end)
  end)

  it('is replaced only by a file that was written whole', function()
    draft.open({})
    write_title('All of it')
    local write = vim.uv.fs_write
    vim.uv.fs_write = function(descriptor, text) -- luacheck: ignore
      return write(descriptor, text:sub(1, 5))
    end
    write_title('All of it, and more')
    vim.uv.fs_write = write -- luacheck: ignore
    assert.is_truthy(table.concat(vim.fn.readfile(files()[1]), '\n'):find('title: All of it', 1, true))
    assert.are.equal(1, #files())
    assert.is_truthy(world.notified[1][2]:find('only 5 of', 1, true), world.notified[1][2])
    vim.cmd('stopinsert | quit!')
  end)

  it('asks nobody while a field is wrong', function()
    draft.open({ title = 'Fix' })
    vim.api.nvim_buf_set_lines(0, 2, 3, false, { 'priority: high' })
    world.press(':w<CR>')
    assert.are.same({}, world.asked)
    world.wait_notified(1)
    assert.is_truthy(world.notified[1][2]:find('line 3: a priority is a whole number', 1, true))
    assert.are.equal(2, vim.diagnostic.get(0)[1].lnum)
    assert.are.equal(1, #files())
  end)

  it('is offered again when it was left', function()
    draft.open({})
    write_title('Left behind \27[31m')
    vim.cmd('stopinsert | quit!')
    assert.are.equal(1, #files())
    choose = 2
    draft.open({})
    assert.are.equal('A new task', choices[1])
    assert.is_truthy(choices[2]:match('^Left behind · %S+$'))
    assert.is_truthy(world.lines()[2]:find('Left behind', 1, true))
    choices = nil
    draft.open({})
    assert.is_nil(choices)
  end)

  it('can be thrown away, after a question', function()
    draft.open({})
    write_title('Left behind')
    vim.cmd('stopinsert | quit!')
    local asked = {}
    vim.ui.select = function(items, options, on_choice)
      table.insert(asked, options.prompt)
      on_choice(#asked == 1 and items[3] or items[1])
    end
    draft.open({})
    assert.is_truthy(asked[2]:find('Left behind', 1, true))
    assert.are.same({}, files())
  end)

  it('belongs to its project', function()
    draft.open({})
    write_title('Left behind')
    vim.cmd('stopinsert | quit!')
    world.welcome.project = '/home/me/other'
    draft.open({})
    assert.is_nil(choices)
  end)

  it('in a linked worktree belongs to the main one, also before there is a connection', function()
    local folder = vim.fn.resolve(vim.fn.tempname())
    vim.fn.mkdir(folder .. '/main/.git/worktrees/side', 'p')
    vim.fn.mkdir(folder .. '/side/src', 'p')
    vim.fn.writefile({ 'gitdir: ' .. folder .. '/main/.git/worktrees/side' }, folder .. '/side/.git')
    vim.fn.writefile({ '../..' }, folder .. '/main/.git/worktrees/side/commondir')
    local project_of = require('chorus.client.folder').project_of
    assert.are.equal(folder .. '/main', project_of(folder .. '/side/src'))
    assert.are.equal(folder .. '/main', project_of(folder .. '/main'))
    vim.fn.mkdir(folder .. '/made_for')
    vim.fn.writefile({ folder .. '/made_for' }, folder .. '/main/.git/worktrees/side/chorus-project', 'b')
    assert.are.equal(folder .. '/made_for', project_of(folder .. '/side'))
    vim.fn.writefile({ 'gitdir: ../main/.git/modules/sub' }, folder .. '/side/.git')
    assert.are.equal(folder .. '/side', project_of(folder .. '/side'))
    world.welcome.project = folder .. '/main'
    draft.open({})
    write_title('Left behind')
    vim.cmd('stopinsert | quit!')
    world.welcome, world.folder = nil, folder .. '/main'
    choose = nil
    draft.open({})
    assert.is_truthy(choices[2]:find('Left behind', 1, true))
    vim.fn.delete(folder, 'rf')
  end)

  it('survives a Neovim that is killed while somebody types', function()
    local child = vim.fn.jobstart({ vim.v.progpath, '--clean', '--embed', '--headless' }, { rpc = true })
    local pid = vim.fn.jobpid(child)
    vim.fn.rpcrequest(
      child,
      'nvim_exec_lua',
      [[
      local path, state_dir = ...
      local world = dofile(path)
      world.state_dir = state_dir
      world.start()
      require('chorus.ui.tasks.draft').open({})
    ]],
      { world.root .. '/tests/lua/ui_world.lua', world.state_dir }
    )
    vim.fn.rpcrequest(child, 'nvim_input', 'Typed just now')
    world.wait(function()
      return files()[1] and table.concat(vim.fn.readfile(files()[1])):find('Typed just now', 1, true)
    end, 'the file')
    choices = nil
    draft.open({})
    assert.is_nil(choices, 'a draft that is being written elsewhere is not offered')
    vim.cmd('stopinsert | quit')
    vim.uv.kill(pid, 'sigkill')
    world.wait(function()
      return vim.fn.jobwait({ child }, 0)[1] ~= -1
    end, 'the end of the child')
    choose = 2
    draft.open({})
    assert.is_truthy(choices[2]:find('Typed just now', 1, true))
    assert.are.equal('title: Typed just now', world.lines()[2])
  end)

  it('takes an excerpt in, fenced', function()
    local excerpt = { path = 'src/a.lua', first = 3, last = 4, lines = { 'local x', '```' }, filetype = 'lua' }
    draft.open({ excerpt = excerpt })
    local shown = table.concat(world.lines(), '\n')
    assert.is_truthy(shown:find('src/a.lua:3-4\n\n````lua\nlocal x\n```\n````', 1, true), shown)
    vim.cmd('stopinsert')
  end)

  it('completes names and values', function()
    world.know({ world.task(3, { title = 'Other', tags = { 'web' } }) })
    draft.open({})
    vim.cmd('stopinsert')
    local function complete(line, base)
      vim.api.nvim_buf_set_lines(0, 1, 2, false, { line })
      vim.api.nvim_win_set_cursor(0, { 2, #line })
      return require('chorus.ui.tasks.draft_complete').complete(0, base)
    end
    assert.are.same({ 'isolation: ' }, complete('is', 'is'))
    assert.are.same({ 'worktree' }, complete('isolation: wo', 'wo'))
    assert.are.same({ 'web' }, complete('tags: w', 'w'))
    assert.are.same({ { word = '3', menu = 'Other' } }, complete('on: ', ''))
    vim.api.nvim_win_set_cursor(0, { 10, 0 })
    assert.are.same({}, require('chorus.ui.tasks.draft_complete').complete(0, ''))
  end)
end)
