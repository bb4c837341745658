local world = require('ui_world')

describe('placeholders in a text', function()
  local plan

  before_each(function()
    world.start()
    plan = require('chorus.editor.placeholder_plan')
  end)

  local function sources(text)
    return vim.tbl_map(function(each)
      return each.source
    end, plan.placeholders(text))
  end

  it('are known by name, outside of code', function()
    assert.same({ '{file}', '{line}' }, sources('in {file}:{line}, {file} and {other} {doc} {doc: }'))
    assert.same({ '{doc:the plan}' }, sources('read {doc:the plan} {{file}'))
    assert.same({}, sources('`f"{file}"` and ``a ` {line}`` and \\{file}'))
    assert.same({ '{hunk}' }, sources('```py\nf"{file}"\n```\n{hunk}\n~~~\n{line}\n~~~'))
    assert.same({ '{file}' }, sources('an open ` before {file}'))
  end)

  it('give way to words inside of lines, and to lines of their own', function()
    local values = { ['{file}'] = 'a.lua', ['{diagnostics}'] = { '- one', '- two' } }
    assert.equal('a.lua and {line}', plan.fill('{file} and {line}', values))
    assert.equal('fix\n\n- one\n- two\n\nin a.lua', plan.fill('fix {diagnostics} in {file}', values))
    assert.equal('- one\n- two', plan.fill('{diagnostics}', values))
    assert.equal('a\n- one\n- two\nb', plan.fill('a\n{diagnostics}\nb', values):gsub('\n\n', '\n'))
    assert.equal('as {file} is', plan.fill('as \\{file} is', values))
    assert.same({ 'Fix in a.lua', { '- one', '- two' } }, { plan.fill_title('Fix {diagnostics} in {file}', values) })
  end)
end)

describe('a placeholder', function()
  local folder, placeholders

  before_each(function()
    world.start()
    placeholders = require('chorus.editor.placeholders')
    folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/place'
    vim.fn.mkdir(folder .. '/src', 'p')
    world.welcome.project = folder
    local lines = { 'local M = {}', '', 'function M.add(a, b)', '  return a + b', 'end', '', 'return M' }
    vim.fn.writefile(lines, folder .. '/src/add.lua')
    vim.cmd.edit(folder .. '/src/add.lua')
    vim.bo.filetype = 'lua'
    vim.api.nvim_win_set_cursor(0, { 4, 2 })
  end)

  after_each(function()
    vim.diagnostic.reset()
    vim.fn.setqflist({}, 'r')
    vim.cmd('silent! %bwipeout!')
    vim.fn.delete(folder, 'rf')
  end)

  local function expand(text, range)
    local excerpt = range and require('chorus.editor.excerpt').take(range) or nil
    local filled
    placeholders.expand(text, placeholders.origin(excerpt), function(result)
      filled = result
    end)
    world.wait(function()
      return filled
    end, text)
    return filled
  end

  it('names the file from the root of the project, and the line', function()
    assert.equal('src/add.lua:4', expand('{file}:{line}'))
  end)

  it('holds the range, or what was selected last', function()
    local fenced = 'src/add.lua:3-5\n\n```lua\nfunction M.add(a, b)\n  return a + b\nend\n```'
    assert.equal('see\n\n' .. fenced, expand('see {selection}', { first = 3, last = 5 }))
    assert.equal('{selection}', expand('{selection}'))
    assert.matches('{selection}: nothing was selected in this buffer', world.notified[1][2], 1, true)
    world.press('3GVjj<Esc>')
    assert.equal(fenced, expand('{selection}'))
  end)

  it('lists diagnostics, without what they could hide', function()
    local namespace = vim.api.nvim_create_namespace('placeholders_spec')
    local found = {}
    for index = 1, 60 do
      found[index] =
        { lnum = index % 7, col = 1, message = 'bad\27[31m\nthing', severity = 1, source = 'ls', code = 'E' .. index }
    end
    vim.diagnostic.set(namespace, 0, found)
    local lines = vim.split(expand('{diagnostics}'), '\n')
    assert.equal(51, #lines)
    assert.equal('- src/add.lua:1:2 error: bad ↵ thing (ls E7)', lines[1])
    assert.equal('- … and 10 more', lines[51])
    assert.equal(8, #vim.split(expand('{diagnostics}', { first = 2, last = 2 }), '\n') - 1)
  end)

  it('lists the quickfix list', function()
    vim.fn.setqflist({ { filename = folder .. '/src/add.lua', lnum = 4, col = 3, text = 'here' }, { text = 'loose' } })
    assert.equal('- src/add.lua:4:3: here\n- loose', expand('{quickfix}'))
  end)

  it('holds the function around the cursor', function()
    assert.equal('src/add.lua:3-5\n\n```lua\nfunction M.add(a, b)\n  return a + b\nend\n```', expand('{symbol}'))
    vim.api.nvim_win_set_cursor(0, { 7, 0 })
    assert.equal('{symbol}', expand('{symbol}'))
    local symbols = {
      {
        range = { start = { line = 0 }, ['end'] = { line = 9 } },
        children = {
          { range = { start = { line = 2 }, ['end'] = { line = 4 } } },
        },
      },
      { location = { range = { start = { line = 20 }, ['end'] = { line = 22 } } } },
    }
    local around = require('chorus.editor.symbol').around
    assert.same({ 3, 5 }, { around(symbols, 4) })
    assert.same({ 1, 10 }, { around(symbols, 8) })
    assert.same({ 21, 23 }, { around(symbols, 21) })
    assert.same({}, { around(symbols, 40) })
  end)

  it('holds the function, not the variable on one of its lines', function()
    local kinds = vim.lsp.protocol.SymbolKind
    local function symbol(kind, first, last, more)
      local range = { start = { line = first - 1, character = 2 }, ['end'] = { line = last - 1, character = 3 } }
      return vim.tbl_extend('force', { name = kind, kind = kinds[kind], range = range }, more or {})
    end
    local symbols = {
      symbol('Variable', 1, 1),
      symbol('Class', 3, 20, {
        children = {
          symbol('Property', 4, 4),
          symbol('Method', 6, 9, {
            children = { symbol('Constant', 7, 7, { children = { symbol('Function', 7, 7) } }) },
          }),
          symbol('Method', 16, 16),
          symbol('Property', 11, 14, { children = { symbol('Variable', 12, 12) } }),
        },
      }),
      -- As some servers end one: before the first character of the next line.
      symbol('Function', 21, 24, {
        range = { start = { line = 20, character = 0 }, ['end'] = { line = 23, character = 0 } },
      }),
    }
    local around = require('chorus.editor.symbol').around
    for line, expected in pairs({
      { 1, 1 },
      [4] = { 3, 20 },
      [7] = { 6, 9 },
      [12] = { 11, 14 },
      [16] = { 16, 16 },
      [23] = { 21, 23 },
      [24] = {},
    }) do
      assert.same(expected, { around(symbols, line) }, 'line ' .. line)
    end
  end)

  it('says that the language server does not answer, or fails', function()
    local answer, close
    --- A language server in this Neovim.
    local function serve(dispatchers)
      local is_closing = false
      function close()
        is_closing = true
        dispatchers.on_exit(0, 0)
      end
      return {
        request = function(method, _, on_reply)
          if method == 'initialize' then
            on_reply(nil, { capabilities = { documentSymbolProvider = true } })
          elseif answer then
            on_reply(unpack(answer))
          end
          return true, 1
        end,
        notify = function()
          return true
        end,
        is_closing = function()
          return is_closing
        end,
        terminate = close,
      }
    end
    vim.cmd.edit(folder .. '/src/rates.py')
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'def rate(x):', '  return x' })
    vim.lsp.start({ name = 'scripted', cmd = serve, root_dir = folder })
    world.wait(function()
      return #vim.lsp.get_clients({ bufnr = 0, method = 'textDocument/documentSymbol' }) > 0
    end, 'the server')
    local symbol = require('chorus.editor.symbol')
    assert.is_true(symbol.patience >= 3000)
    symbol.patience = 50
    assert.equal('{symbol}', expand('{symbol}'))
    assert.matches('{symbol}: the language server did not answer within 0.05 s', world.notified[1][2], 1, true)
    answer = { { code = -32603, message = 'no\27[31m tree' } }
    assert.equal('{symbol}', expand('{symbol}'))
    assert.matches('{symbol}: the language server failed: no tree', world.notified[2][2], 1, true)
    local range = { start = { line = 0, character = 0 }, ['end'] = { line = 1, character = 10 } }
    answer = { nil, { { name = 'rate', kind = 12, range = range, selectionRange = range } } }
    assert.matches('src/rates.py:1-2\n\n```python\ndef rate(x):', expand('{symbol}'), 1, true)
    close()
  end)

  it('holds the change under the cursor', function()
    local function git(...)
      local result = vim.system({ 'git', '-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ... }):wait()
      assert(result.code == 0, result.stderr)
    end
    git('init', '--quiet')
    assert.equal('{hunk}', expand('{hunk}'))
    git('add', '.')
    git('commit', '--quiet', '--message=x')
    assert.equal('{hunk}', expand('{hunk}'))
    vim.api.nvim_buf_set_lines(0, 3, 4, false, { '  return b + a' })
    local hunk = expand('{hunk}')
    assert.matches('src/add.lua:4\n\n```diff\n@@', hunk, 1, true)
    assert.matches('\n-  return a + b\n+  return b + a\n', hunk, 1, true)
    -- Files that end without a newline.
    for name, bytes in pairs({ ['ends.txt'] = 'one\ntwo', ['empty.txt'] = '', ['line.txt'] = '\n' }) do
      local file = assert(io.open(folder .. '/' .. name, 'wb'))
      file:write(bytes)
      file:close()
    end
    git('add', '.')
    git('commit', '--quiet', '--message=y')
    for _, name in ipairs({ 'ends.txt', 'empty.txt', 'line.txt' }) do
      vim.cmd.edit({ folder .. '/' .. name, bang = true })
      assert.equal('{hunk}', expand('{hunk}'), name)
    end
    vim.cmd.edit(folder .. '/ends.txt')
    vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'ONE' })
    assert.matches('\n-one\n+ONE\n two\n', expand('{hunk}'), 1, true)
  end)

  it('holds a document by its path, name or title', function()
    vim.fn.writefile({ '# The Plan', '', 'Go.', '```', 'x', '```' }, folder .. '/PLAN.md')
    world.replies.docs = function()
      return nil,
        {
          documents = {
            { path = 'PLAN.md', title = 'The Plan' },
            { path = 'a/notes.md', title = 'Notes' },
            { path = 'b/notes.md', title = 'Notes' },
          },
        }
    end
    require('chorus.client').is_connected = function()
      return true
    end
    local text = 'PLAN.md:1-6\n\n````markdown\n# The Plan\n\nGo.\n```\nx\n```\n````'
    assert.equal(text, expand('{doc:plan}'))
    assert.equal(text, expand('{doc:the plan}'))
    assert.equal('{doc:notes} {doc:none}', expand('{doc:notes} {doc:none}'))
    local said = world.notified[1][2]
    assert.matches('{doc:notes}: it may be a/notes.md or b/notes.md', said, 1, true)
    assert.matches('{doc:none}: there is no document of that name', said, 1, true)
    assert.equal('{doc:a/notes.md}', expand('{doc:a/notes.md}'))
    assert.matches('no longer exists', world.notified[2][2], 1, true)
  end)

  it('names a document although its name holds what begins the name of a heading', function()
    local documents = { { path = 'a.md', title = 'A' }, { path = 'c#/a#b.md', title = 'C# notes' } }
    local function found(name)
      return (require('chorus.editor.document_names').find(documents, name) or {}).path
    end
    for _, name in ipairs({ 'c#/a#b.md', 'C#/A#B', 'a#b', 'c# notes' }) do
      assert.equal('c#/a#b.md', found(name), name)
    end
    assert.equal('a.md', found('a#goals'))
    assert.is_nil(found('#goals'))
  end)

  it('stands for nothing where there is no file', function()
    vim.cmd.enew()
    vim.bo.buftype = 'nofile'
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'Error one', 'Error two' })
    assert.equal('{file} {hunk}', expand('{file} {hunk}'))
    assert.matches('{file}: there is no file here; {hunk}: there is no file here', world.notified[1][2], 1, true)
    -- What a terminal or a page of help shows can be selected all the same.
    assert.equal('```\nError two\n```', expand('{selection}', { first = 2, last = 2 }))
    vim.cmd.normal({ 'ggV\27', bang = true })
    assert.equal('```\nError one\n```', expand('{selection}'))
    vim.api.nvim_buf_set_name(0, 'chorus://task/12')
    assert.is_nil(placeholders.origin())
  end)

  describe('of a command', function()
    before_each(function()
      world.state_dir = folder .. '/state'
      world.welcome.state_dir = world.state_dir
      world.know({ world.task(12, { title = 'Fix it' }) })
    end)

    local function sent()
      return vim.iter(world.asked):find(function(each)
        return each[1] == 'task_send'
      end)
    end

    it('is seen in the composer before it is sent', function()
      require('chorus.verbs').run('send', { task = '12', args = 'look at {file}:{line}' })
      world.wait(function()
        return vim.b.chorus_view == 'prompt'
      end)
      assert.same({ 'look at src/add.lua:4' }, world.lines())
      assert.is_nil(sent())
      world.press(':w<CR>')
      world.wait(sent)
      assert.equal('look at src/add.lua:4', sent()[2].text)
    end)

    it('is sent as it is with `!`, and text without one at once', function()
      require('chorus.verbs').run('send', { task = '12', args = '/x {file}', bang = true })
      assert.equal('/x {file}', sent()[2].text)
      world.asked = {}
      require('chorus.verbs').run('send', { task = '12', args = 'plain `{file}`' })
      assert.equal('plain `{file}`', sent()[2].text)
    end)

    it('in the composer is filled in by the first `:w`, and by no other', function()
      require('chorus.verbs').run('send', { task = '12' })
      vim.cmd.stopinsert()
      vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'in {file}' })
      world.press(':w<CR>')
      world.wait(function()
        return world.lines()[1] == 'in src/add.lua'
      end)
      assert.is_nil(sent())
      assert.is_true(vim.bo.modified)
      vim.cmd('silent undo')
      assert.same({ 'in {file}' }, world.lines())
      world.press(':w<CR>')
      world.wait(sent)
      assert.equal('in {file}', sent()[2].text)
    end)

    it('in a new task fills its title and its description', function()
      require('chorus.verbs').run('new', { args = 'Tidy {file} {symbol}' })
      world.wait(function()
        return vim.b.chorus_view == 'draft'
      end)
      local lines = world.lines()
      assert.equal('title: Tidy src/add.lua', lines[2])
      assert.matches('function M.add', table.concat(lines, '\n'), 1, true)
      world.press(':w<CR>')
      world.wait(function()
        return vim.iter(world.asked):any(function(each)
          return each[1] == 'task_new'
        end)
      end)
    end)

    it('in a draft is filled in before the task is created', function()
      require('chorus.verbs').run('new', { args = 'Tidy' })
      vim.cmd.stopinsert()
      vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'see {file}' })
      world.press(':w<CR>')
      world.wait(function()
        return vim.list_contains(world.lines(), 'see src/add.lua')
      end)
      assert.equal('title: Tidy', world.lines()[2])
      assert.is_false(vim.iter(world.asked):any(function(each)
        return each[1] == 'task_new'
      end))
    end)

    describe('whose value comes later', function()
      local answer

      before_each(function()
        answer = nil
        require('chorus.editor.symbol').find = function(_, _, _, on_lines)
          answer = on_lines
        end
      end)

      --- Opens a window to write in, and writes.
      local function write(verb, opts, added)
        require('chorus.verbs').run(verb, opts)
        vim.cmd.stopinsert()
        vim.api.nvim_buf_set_lines(0, -1, -1, false, added)
        world.press(':w<CR>')
        world.wait(function()
          return answer
        end, 'the question for the symbol')
      end

      local function asked_for(method)
        return vim.iter(world.asked):any(function(each)
          return each[1] == method
        end)
      end

      it('leaves what is typed meanwhile, and is filled in by the next `:w`', function()
        write('send', { task = '12' }, { 'fix {symbol}' })
        vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'and more' })
        answer(3, 5)
        assert.same({ '', 'fix {symbol}', 'and more' }, world.lines())
        assert.is_true(vim.bo.modified)
        assert.matches('not filled in', world.notified[1][2], 1, true)
        answer = nil
        world.press(':w<CR>')
        world.wait(function()
          return answer
        end, 'the question for the symbol')
        answer(3, 5)
        local text = table.concat(world.lines(), '\n')
        assert.matches('function M.add', text, 1, true)
        assert.matches('and more', text, 1, true)
        assert.is_false(asked_for('task_send'))
      end)

      it('is sent by no `:w` before', function()
        write('send', { task = '12' }, { 'fix {symbol}' })
        world.press(':w<CR>')
        world.settle()
        assert.is_false(asked_for('task_send'))
        answer(3, 5)
        world.press(':w<CR>')
        world.wait(function()
          return asked_for('task_send')
        end)
        assert.matches('function M.add', sent()[2].text, 1, true)
      end)

      it('is of no use to a prompt that was left', function()
        write('send', { task = '12' }, { 'fix {symbol}' })
        world.press('q')
        answer(3, 5)
        local kept = vim.fn.glob(world.state_dir .. '/prompts/*.md', true, true)
        assert.equal(1, #kept)
        assert.matches('fix {symbol}', table.concat(vim.fn.readfile(kept[1]), '\n'), 1, true)
      end)

      it('leaves the fields of a draft, and the task uncreated', function()
        write('new', { args = 'Tidy' }, { 'see {symbol}' })
        world.press(':w<CR>')
        world.settle()
        assert.is_false(asked_for('task_new'))
        vim.api.nvim_buf_set_lines(0, 2, 2, false, { 'model: opus' })
        local before = world.lines()
        answer(3, 5)
        assert.same(before, world.lines())
        world.press('q')
        answer(3, 5)
      end)
    end)

    it('in a composer that an excerpt begins is filled in by the first `:w`', function()
      local range = { first = 3, last = 4 }
      require('chorus.verbs').run('send', { task = '12', range = range, composes = true })
      world.wait(function()
        return vim.b.chorus_view == 'prompt'
      end)
      vim.cmd.stopinsert()
      vim.api.nvim_buf_set_lines(0, -2, -1, false, { 'in {file}' })
      world.press(':w<CR>')
      world.wait(function()
        return world.lines()[#world.lines()] == 'in src/add.lua'
      end)
      assert.is_nil(sent())
    end)

    it('that was written as a word stays one in the composer', function()
      local range = { first = 3, last = 4 }
      require('chorus.verbs').run('send', { task = '12', args = 'fix \\{file}', range = range, composes = true })
      world.wait(function()
        return vim.b.chorus_view == 'prompt'
      end)
      world.press(':w<CR>')
      world.wait(sent)
      assert.matches('^fix {file}\n', sent()[2].text)
    end)

    it('is the range of an operator, to be written about', function()
      vim.cmd.source(world.root .. '/plugin/chorus.lua')
      vim.keymap.set('n', 'gS', '<Plug>(chorus-send-operator)', { buffer = true })
      vim.api.nvim_win_set_cursor(0, { 3, 0 })
      world.press('gSj')
      world.wait(function()
        return vim.b.chorus_view == 'prompt'
      end)
      local cwd_path = vim.fn.fnamemodify(folder .. '/src/add.lua', ':.')
      assert.same(
        { cwd_path .. ':3-4', '', '```lua', 'function M.add(a, b)', '  return a + b', '```', '', '' },
        world.lines()
      )
      assert.is_nil(sent())
    end)
  end)
end)

describe('names in a prompt', function()
  local mentions, folder

  before_each(function()
    world.start()
    mentions = require('chorus.ui.prompts.mentions')
    folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/names'
    vim.fn.mkdir(folder .. '/docs', 'p')
    vim.fn.writefile({ '# Plan' }, folder .. '/docs/plan.md')
    world.welcome.project = folder
    world.know({ world.task(3, { title = 'Login' }), world.task(12, { title = 'Cache\27[31m' }) })
    world.replies.docs = function()
      return nil,
        {
          documents = {
            { path = 'docs/plan.md', title = 'The Plan' },
            { path = 'odd].md', title = 'odd' },
            { path = 'README.md', title = 'README.md' },
          },
        }
    end
    world.record_verbs()
  end)

  after_each(function()
    vim.cmd('silent! %bwipeout!')
    vim.fn.delete(folder, 'rf')
  end)

  local function words(line)
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { line })
    vim.wo.virtualedit = 'onemore'
    vim.api.nvim_win_set_cursor(0, { 1, #line })
    local start = mentions.complete(1, '')
    if type(start) == 'number' and start < 0 then
      return nil
    end
    return vim.tbl_map(function(each)
      return each.word
    end, mentions.complete(0, line:sub(start + 1)))
  end

  it('are completed', function()
    local is_loaded
    require('chorus.editor.document_names').load(function()
      is_loaded = true
    end)
    world.wait(function()
      return is_loaded
    end)
    assert.same({ 'docs/plan.md]]', 'README.md]]' }, words('see [['))
    assert.same({ 'docs/plan.md]]' }, words('see [[the pl'))
    assert.same({ '12' }, words('like #1'))
    assert.same({ '3' }, words('(#log'))
    assert.same({ 'selection}', 'symbol}' }, words('x {s'))
    assert.same({ 'doc:' }, words('{d' .. 'o'))
    assert.is_nil(words('plain'))
    assert.is_nil(words('a#1'))
    assert.is_nil(words('## Heading'))
  end)

  it('are followed by `gf`', function()
    local under = mentions.under
    assert.same({ 'document', 'a b' }, { under('x [[a b]] y', 4) })
    assert.same({ 'task', '12' }, { under('see #12.', 5) })
    assert.same({ 'task', '12' }, { under('#12', 1) })
    assert.is_nil((under('see #12.', 8)))
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'see [[the plan]], #12 and no/such/file' })
    vim.api.nvim_win_set_cursor(0, { 1, 19 })
    mentions.follow()
    assert.same({ 'show', '12' }, { world.ran[1][1], world.ran[1][2].task })
    vim.api.nvim_win_set_cursor(0, { 1, 28 })
    mentions.follow()
    assert.matches('E447', world.notified[1][2])
    vim.api.nvim_win_set_cursor(0, { 1, 8 })
    mentions.follow()
    world.wait(function()
      return vim.api.nvim_buf_get_name(0) == folder .. '/docs/plan.md'
    end)
  end)
end)
