local world = require('ui_world')

describe('the rows of a request', function()
  local view

  before_each(function()
    world.start()
    view = require('chorus.ui.requests.request_rows')
  end)

  local function rows_of(fields, options)
    return view.render(
      world.request('r1', 12, fields),
      vim.tbl_extend('force', {
        project = '/home/me/shop',
        worktree = '/state/worktrees/12',
        read = function() end,
      }, options or {})
    )
  end

  local function render(fields, options)
    local lines = vim.tbl_map(function(row)
      return row.text
    end, rows_of(fields, options))
    return table.concat(lines, '\n') .. '\n'
  end

  ---@return string[] the pieces of the text that have this group
  local function marked(rows, group)
    local found = {}
    for _, row in ipairs(rows) do
      for _, mark in ipairs(row.marks) do
        if mark[3] == group then
          found[#found + 1] = row.text:sub(mark[1] + 1, mark[2])
        end
      end
    end
    return found
  end

  it('say in which folder a command runs', function()
    for folder, shown in pairs({
      ['/home/me/shop'] = '  in the project’s folder\n',
      ['/home/me/shop/src/web'] = '  in src/web of the project\n',
      ['/state/worktrees/12/a'] = '  in a of its worktree\n',
      ['/home/me/shopping\27[8m'] = '  in /home/me/shopping<1b>[8m\n',
    }) do
      assert.is_truthy(render({ folder = folder }):find(shown, 1, true), render({ folder = folder }))
    end
  end)

  it('mark the host of an address, and what only looks like one', function()
    local function fetch(url)
      return rows_of({ tool = 'WebFetch', input = { url = url } })
    end
    assert.are.same({ 'example.com' }, vim.list_slice(marked(fetch('https://example.com/a?b'), 'ChorusTitle'), 2))
    local decoy = fetch('https://github.com@evil.example/x')
    assert.are.same({ 'evil.example' }, vim.list_slice(marked(decoy, 'ChorusTitle'), 2))
    assert.are.same({ '  What stands before “@” is not the host.' }, marked(decoy, 'ChorusFailed'))
    assert.are.equal(1, #marked(fetch('https://gith\208\176b.com/'), 'ChorusFailed'))
    assert.is_truthy(render({ tool = 'WebFetch', input = { url = 'a\nb' } }):find('url\n    │ a\n    │ b', 1, true))
  end)

  it('begin with what decides: the address, the plan', function()
    local shown =
      render({ tool = 'WebFetch', input = { url = 'https://example.com/', prompt = 'Sum\nit up', odd = 1 } })
    assert.is_truthy(
      shown:find('  odd  1\n\n  https://example.com/\n\n  prompt\n    │ Sum\n    │ it up\n', 1, true),
      shown
    )
    local plan = { plan = '# Plan', planFilePath = '/home/me/plans/a.md' }
    shown = render({ kind = 'plan', tool = 'ExitPlanMode', input = plan })
    assert.is_truthy(shown:find('  ExitPlanMode  /home/me/plans/a.md\n\n  # Plan\n', 1, true), shown)
    plan.planFilePath = 'a\nb'
    shown = render({ kind = 'plan', tool = 'ExitPlanMode', input = plan })
    assert.is_truthy(shown:find('planFilePath\n    │ a\n    │ b\n\n  # Plan\n', 1, true), shown)
  end)

  it('say of which server an MCP tool is, unless its name can be read in two ways', function()
    local shown = render({ tool = 'mcp__fake__greet', input = { name = 'bob' } })
    assert.is_truthy(
      shown:find('  mcp__fake__greet\n\n  greet, a tool of the MCP server fake\n\n  name  bob\n', 1, true),
      shown
    )
    shown = render({ tool = 'mcp__a__b__c\27[8m', input = { name = 'bob' } })
    assert.is_truthy(shown:find('  mcp__a__b__c<1b>[8m\n\n  name  bob\n', 1, true), shown)
  end)

  it('mark the words of a line that differ', function()
    local input = { file_path = '/f.txt', old_string = 'the cat sat', new_string = 'the dog sat' }
    local rows = rows_of({ tool = 'Edit', input = input })
    assert.are.same({ 'cat' }, marked(rows, 'ChorusRemovedWord'))
    assert.are.same({ 'dog' }, marked(rows, 'ChorusAddedWord'))
    input.old_string, input.new_string = 'nothing alike', 'xyz'
    rows = rows_of({ tool = 'Edit', input = input })
    assert.are.same({}, marked(rows, 'ChorusAddedWord'))
    assert.are.same({ '  +xyz' }, marked(rows, 'ChorusAdded'))
  end)

  it('have the syntax of the file, by treesitter or by its syntax file', function()
    vim.cmd('syntax on | filetype on')
    local syntax = require('chorus.ui.requests.syntax').of
    local function edit(path, line)
      local input = { file_path = path, old_string = 'x', new_string = line }
      return rows_of({ tool = 'Edit', input = input }, { syntax = syntax })
    end
    assert.are.same({ 'return' }, marked(edit('/f.lua', 'return 1'), '@keyword.return.lua'))
    local of_python = syntax('/f.py', 'def x(): pass')
    assert.are.same({ 0, 3 }, vim.list_slice(of_python[1][1], 1, 2))
    assert.is_true(vim.list_contains(marked(edit('/f.py', 'def x(): pass'), of_python[1][1][3]), 'def'))
    assert.are.same({ '  +while' }, marked(edit('/f.unknown', 'while'), 'ChorusAdded'))
    assert.are.same({}, syntax('/f.lua', ('x'):rep(300000)))
    local plan = rows_of({ kind = 'plan', tool = 'ExitPlanMode', input = { plan = '# Plan' } }, { syntax = syntax })
    assert.are.same({ '# Plan' }, marked(plan, '@markup.heading.1.markdown'))
  end)

  it('leave out the carriage returns of a file that has them everywhere, and no others', function()
    local input = { file_path = '/f', old_string = 'a\r\nb\r\n', new_string = 'a\r\nc\r\n' }
    assert.is_truthy(render({ tool = 'Edit', input = input }):find('   a\n  -b\n  +c\n', 1, true))
    input.new_string = 'a\r\nc\n'
    assert.is_truthy(render({ tool = 'Edit', input = input }):find('   a<0d>\n  -b<0d>\n  +c\n', 1, true))
  end)

  it('number the ways to go on after a plan', function()
    local plan =
      { kind = 'plan', tool = 'ExitPlanMode', input = { plan = 'Read' }, suggestions = { 'accept\27 edits' } }
    local shown = render(plan)
    assert.is_truthy(shown:find('    1  Approve, and accept<1b> edits\n    2  Keep planning', 1, true), shown)
    assert.is_nil(shown:find('Allow always', 1, true))
  end)

  it('show single and multiple choices apart', function()
    local function question(is_multiple)
      return { question = 'Which?', multiSelect = is_multiple, options = { { label = 'A' }, { label = 'B' } } }
    end
    local shown = render(
      { kind = 'question', tool = 'AskUserQuestion', input = { questions = { question(false), question(true) } } },
      { answers = { at = 1, chosen = { { true }, { false, true } }, words = {} } }
    )
    for _, line in ipairs({ '  (•) 1  A', '  ( ) 2  B', '  [ ]    A', '  [x]    B', '  choose one or more' }) do
      assert.is_truthy(shown:find(line .. '\n', 1, true), line .. ' not in\n' .. shown)
    end
  end)

  it('parse and compare no more of a large file than is shown, and nothing twice', function()
    vim.cmd('filetype on')
    local syntax, compared, parsed = require('chorus.ui.requests.syntax').of, 0, {}
    local word_diff, get_parser = require('chorus.ui.requests.word_diff'), vim.treesitter.get_string_parser
    local of = word_diff.of
    word_diff.of = function(old, new)
      compared = compared + #old + #new
      return of(old, new)
    end
    vim.treesitter.get_string_parser = function(content, ...)
      parsed[#parsed + 1] = #content
      return get_parser(content, ...)
    end
    local line = 'return "x" -- a line of some length\n'
    local before, after = line:rep(8000), line:gsub('x', 'y'):rep(8000)
    local write = { tool = 'Write', input = { file_path = '/f.lua', content = after }, cut = true }
    local options = {
      syntax = syntax,
      read = function()
        return before, true
      end,
    }
    local shown = render(write, options)
    assert.is_truthy(shown:find('… 13001 more lines; the terminal shows them all', 1, true), shown:sub(-300))
    assert.are.equal(1, (shown:find('  This is not all of it', 1, true)))
    render(write, options)
    assert.is_true(compared <= 2 * 64 * 1024, tostring(compared))
    assert.is_true(#parsed <= 1 and (parsed[1] or 0) <= 33000, vim.inspect(parsed))
    -- Of a change far down in a large file, the lines around it.
    parsed, write.input.content = {}, line:rep(7000) .. 'local x = 1\n' .. line:rep(1000)
    local rows = rows_of(write, options)
    assert.is_true(vim.list_contains(marked(rows, '@keyword.lua'), 'local'), vim.inspect(marked(rows, '@keyword.lua')))
    assert.is_true(#parsed == 1 and parsed[1] < 1000, vim.inspect(parsed))
    word_diff.of, vim.treesitter.get_string_parser = of, get_parser
    write.cut, write.input.content = nil, after
    assert.are.equal(1, (render(write, options):find('  This is not all of it', 1, true)))
  end)
end)
