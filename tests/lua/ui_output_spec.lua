local world = require('ui_world')

describe('colors of a terminal', function()
  local sgr

  before_each(function()
    world.start()
    sgr = require('chorus.ui.pane.sgr')
  end)

  local function parse(line, style)
    local chunks, after = sgr.parse(line, style or '')
    return vim.tbl_map(function(chunk)
      return { chunk[1], chunk[2] and chunk[2]:gsub('^ChorusSgr_', '') or '' }
    end, chunks),
      after
  end

  it('become pieces with groups', function()
    for line, pieces in pairs({
      ['plain'] = { { 'plain', '' } },
      ['\27[1;31mred\27[0m x'] = { { 'red', 'oF1' }, { ' x', '' } },
      ['\27[38;5;208mo\27[48;2;1;2;3mb\27[39mx\27[49my'] = {
        { 'o', 'F208' },
        { 'b', 'F208Bx010203' },
        { 'x', 'Bx010203' },
        { 'y', '' },
      },
      ['\27[38:2::1:2:3mA\27[m'] = { { 'A', 'Fx010203' } },
      ['\27[38:2:1:2:3mA\27[m'] = { { 'A', 'Fx010203' } },
      ['\27[38:5:9mA'] = { { 'A', 'F9' } },
      ['\27[4:3mu\27[4:0mn\27[4mx'] = { { 'u', 'c' }, { 'n', '' }, { 'x', 'u' } },
      ['\27[58;5;3;1mx'] = { { 'x', 'o' } },
      ['\27[97;104mx'] = { { 'x', 'F15B12' } },
      ['\27[1m\27[2mx\27[22my'] = { { 'x', 'od' }, { 'y', '' } },
      ['\27[38mx'] = { { 'x', '' } },
      ['\27[38;5;999mx'] = { { 'x', '' } },
      ['\27[;mx'] = { { 'x', '' } },
      ['\27]8;;http://x\27\\link\27]8;;\27\\\27[2Jx\7'] = { { 'linkx', '' } },
      [''] = {},
    }) do
      assert.are.same(pieces, (parse(line)), vim.inspect(line))
    end
  end)

  it('go on in the next line', function()
    local _, style = parse('\27[1;32mfirst')
    assert.are.same({ { 'second', 'oF2' } }, (parse('second', style)))
  end)

  it('survive a change of the color scheme', function()
    parse('\27[31mx')
    vim.cmd.colorscheme('habamax')
    assert.is_truthy(vim.api.nvim_get_hl(0, { name = 'ChorusSgr_F1' }).fg)
    vim.cmd.colorscheme('default')
    assert.is_truthy(vim.api.nvim_get_hl(0, { name = 'ChorusSgr_F1' }).fg)
  end)

  it('do not use up every group for a rainbow', function()
    for red = 0, 255 do
      for green = 0, 15 do
        sgr.parse(('\27[38;2;%d;%d;0mx'):format(red, green), '')
      end
    end
    local count = #vim.tbl_filter(function(name)
      return name:match('^ChorusSgr_') ~= nil
    end, vim.fn.getcompletion('ChorusSgr_', 'highlight'))
    assert.is_true(count <= 1100, tostring(count))
  end)
end)

describe('screen', function()
  local screen

  before_each(function()
    world.start()
    screen = require('chorus.ui.pane.output_rows')
  end)

  it('parses each line of a whole history once', function()
    local sgr, memory = require('chorus.ui.pane.sgr'), screen.memory()
    local parse, count, lines = sgr.parse, 0, {}
    sgr.parse = function(...)
      count = count + 1
      return parse(...)
    end
    for index = 1, screen.MOST_HISTORY + 100 do
      lines[index] = 'line ' .. index
    end
    screen.rows(lines, 80, memory)
    screen.rows(lines, 80, memory)
    sgr.parse = parse
    assert.are.equal(#lines, count)
  end)

  local function rows(lines, width)
    return vim.tbl_map(function(row)
      return row.text
    end, screen.rows(lines, width or 40, screen.memory()))
  end

  it('leaves out the blank lines at the end', function()
    assert.are.same({ 'a', '', 'b' }, rows({ 'a', '', 'b', '  ', '\27[0m', '' }))
    assert.are.same({}, rows({ '', '' }))
  end)

  it('shortens frames that are wider than the window, and nothing else', function()
    assert.are.same({ ('─'):rep(40) }, rows({ ('─'):rep(120) }))
    assert.are.same({ '╭' .. ('─'):rep(38) .. '╮' }, rows({ '\27[2m╭' .. ('─'):rep(118) .. '╮\27[m' }))
    assert.are.same({ '│ text' .. (' '):rep(33) .. '│' }, rows({ '│ text' .. (' '):rep(113) .. '│' }))
    local long = '│ ' .. ('word '):rep(20) .. '│'
    assert.are.same({ long }, rows({ long }))
    assert.are.same({ 'code' .. (' '):rep(60) .. 'x' }, rows({ 'code' .. (' '):rep(60) .. 'x' }))
  end)
end)

describe('output', function()
  local output
  local history, lines, alternate

  local function pane(asked)
    local first = math.max(#history - asked, 0)
    local all = vim.list_extend(vim.list_slice(history, first + 1), lines)
    return { task = 'uuid-12', columns = 120, rows = #lines, lines = all, alternate = alternate }
  end

  local function asked(method)
    return vim.tbl_filter(function(each)
      return each[1] == method
    end, world.asked)
  end

  before_each(function()
    world.start()
    history, lines, alternate = {}, {}, false
    for index = 1, 50 do
      history[index] = 'history ' .. index
    end
    for index = 1, 24 do
      lines[index] = 'screen ' .. index
    end
    world.replies.task_output = function(params)
      return nil, pane(params.history)
    end
    world.replies.task_watch = function()
      return nil, {}
    end
    world.know({ world.task(12, { title = 'Fix the login' }), world.task(13) })
    output = require('chorus.ui.pane.output')
  end)

  --- The screen scrolls by one line.
  local function scroll(text)
    history[#history + 1] = table.remove(lines, 1)
    lines[#lines + 1] = text
    world.event('output', pane(0))
  end

  local function open()
    output.open(require('chorus.tasks').get(12))
    world.wait(function()
      return #world.lines() > 70
    end)
  end

  it('shows history and screen, at the end, and watches the task', function()
    open()
    assert.are.equal(74, #world.lines())
    assert.are.equal('screen 24', vim.api.nvim_get_current_line())
    assert.are.equal(74, vim.fn.line('.'))
    local columns, rows = vim.api.nvim_win_get_width(0), vim.api.nvim_win_get_height(0)
    assert.are.same(
      { { 'task_watch', { task = 'uuid-12', on = true, columns = columns, rows = rows } } },
      asked('task_watch')
    )
    assert.are.equal(12, vim.b.chorus_task)
    local config = vim.api.nvim_win_get_config(0)
    assert.is_truthy(vim.inspect(config.title):find('Fix the login', 1, true))
    assert.is_truthy(vim.inspect(config.footer):find('terminal', 1, true))
  end)

  it('leaves the pane its size when that is wished for', function()
    vim.g.chorus = { output = { resize = false } }
    require('chorus.config').reset()
    open()
    assert.are.same({ { 'task_watch', { task = 'uuid-12', on = true } } }, asked('task_watch'))
  end)

  for name, expected in pairs({
    split = function(before)
      return #vim.api.nvim_tabpage_list_wins(0) == before + 1
    end,
    vsplit = function()
      return vim.api.nvim_win_get_width(0) < vim.o.columns
    end,
    tab = function()
      return vim.fn.tabpagenr('$') == 2
    end,
  }) do
    it('is a window of the layout where the options say so: ' .. name, function()
      vim.g.chorus = { output = { window = name } }
      require('chorus.config').reset()
      vim.cmd.enew()
      local before, windows = vim.api.nvim_get_current_win(), #vim.api.nvim_tabpage_list_wins(0)
      open()
      assert.are.equal('', vim.api.nvim_win_get_config(0).relative)
      assert.is_true(expected(windows))
      assert.are.equal('chorus://output/12', vim.api.nvim_buf_get_name(0))
      local bar = vim.api.nvim_eval_statusline(vim.wo.winbar, { maxwidth = 200, use_winbar = true }).str
      assert.is_truthy(bar:find('Fix the login', 1, true), bar)
      assert.is_truthy(vim.wo.breakindent)
      local watched = asked('task_watch')[1][2]
      assert.are.equal(vim.api.nvim_win_get_height(0) - 1, watched.rows)
      scroll('a new line')
      world.wait(function()
        return world.lines()[#world.lines()] == 'a new line'
      end)
      output.open(require('chorus.tasks').get(13))
      world.wait(function()
        return #asked('task_watch') >= 3
      end)
      assert.are.equal('chorus://output/13', vim.api.nvim_buf_get_name(0))
      world.press('q')
      assert.are.equal(before, vim.api.nvim_get_current_win())
      local last = asked('task_watch')
      assert.are.same({ task = 'uuid-13', on = false }, last[#last][2])
      assert.are.equal(1, vim.fn.tabpagenr('$'))
    end)
  end

  it('moves to a tab page of its own', function()
    output.open(require('chorus.tasks').get(12), { split = 'botright' })
    world.wait(function()
      return #world.lines() == 74
    end)
    local window, buffer = vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf()
    vim.cmd.wincmd('T')
    world.settle()
    world.settle()
    assert.are_not.equal(window, vim.api.nvim_get_current_win())
    assert.are.equal(buffer, vim.api.nvim_get_current_buf())
    scroll('a new line')
    world.wait(function()
      return world.lines()[#world.lines()] == 'a new line'
    end)
    world.press('gwq')
    world.wait(function()
      return not vim.api.nvim_buf_is_valid(buffer)
    end)
    assert.are.equal(1, vim.fn.tabpagenr('$'))
  end)

  it('goes where the command says', function()
    output.open(require('chorus.tasks').get(12), { split = 'botright', vertical = true })
    assert.are.equal('', vim.api.nvim_win_get_config(0).relative)
    world.press('q')
  end)

  it('follows the end', function()
    open()
    scroll('a new line')
    world.wait(function()
      return vim.api.nvim_get_current_line() == 'a new line'
    end)
    assert.are.equal(vim.fn.line('$'), vim.fn.line('.'))
  end)

  it('stands still where somebody scrolled, with the whole history above', function()
    for index = 1, 3000 do
      history[index] = 'history ' .. index
    end
    open()
    vim.api.nvim_win_set_cursor(0, { vim.fn.line('$') - 30, 0 })
    local line = vim.api.nvim_get_current_line()
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.wait(function()
      return #world.lines() > 2000
    end, 'the history')
    assert.are.equal(line, vim.api.nvim_get_current_line())
    local top = vim.fn.getline('w0')
    scroll('one')
    scroll('two')
    vim.wait(30)
    assert.are.equal(line, vim.api.nvim_get_current_line())
    assert.are.equal(top, vim.fn.getline('w0'))
    assert.is_truthy(vim.inspect(vim.api.nvim_win_get_config(0).footer):find('standing still', 1, true))
    vim.cmd('normal! G')
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.wait(function()
      return vim.api.nvim_get_current_line() == 'two'
    end)
    assert.is_nil(vim.inspect(vim.api.nvim_win_get_config(0).footer):find('standing still', 1, true))
  end)

  it('gets the lines that scrolled away between two looks', function()
    open()
    for index = 1, 40 do
      scroll('line ' .. index)
    end
    world.wait(function()
      return vim.api.nvim_get_current_line() == 'line 40'
    end)
    vim.api.nvim_win_set_cursor(0, { 1, 0 })
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    world.wait(function()
      return #world.lines() == 114
    end)
    assert.are.equal('history 1', world.lines()[1])
    assert.are.equal('line 40', world.lines()[114])
  end)

  it('says that the alternate screen has no history', function()
    history, alternate = {}, true
    output.open(require('chorus.tasks').get(12))
    world.wait(function()
      return vim.wo.winbar:find('alternate screen', 1, true)
    end)
  end)

  it('shows why there is nothing to show', function()
    world.replies.task_output = function()
      return { code = 'wrong_state', message = 'cannot show #12: it has not been started', hint = 'use `start` first' }
    end
    output.open(require('chorus.tasks').get(12))
    world.wait(function()
      return table.concat(world.lines(), '\n'):find('it has not been started', 1, true)
    end)
    assert.is_truthy(table.concat(world.lines(), '\n'):find('use `start` first', 1, true))
  end)

  it('does not take the output of another task, or any after it is closed', function()
    open()
    world.event('output', { task = 'uuid-13', columns = 80, rows = 1, lines = { 'not mine' }, alternate = false })
    world.settle()
    assert.is_nil(table.concat(world.lines(), '\n'):find('not mine', 1, true))
    world.press('q')
    assert.are.same({ 'task_watch', { task = 'uuid-12', on = false } }, asked('task_watch')[2])
    world.event('output', pane(0))
  end)

  it('watches one task at a time', function()
    open()
    output.open(require('chorus.tasks').get(13))
    local watched = vim.tbl_map(function(each)
      return { each[2].task, each[2].on }
    end, asked('task_watch'))
    assert.are.same({ { 'uuid-12', true }, { 'uuid-12', false }, { 'uuid-13', true } }, watched)
  end)

  it('does not watch from another tab page, and does again after a reconnection', function()
    open()
    local function last()
      return asked('task_watch')[#asked('task_watch')][2].on
    end
    vim.cmd.tabnew()
    assert.is_false(last())
    vim.cmd.tabprevious()
    assert.is_true(last())
    local count = #asked('task_watch')
    world.tell('ChorusConnected', {})
    assert.are.equal(count + 1, #asked('task_watch'))
    vim.cmd.tabonly()
  end)

  it('keeps escapes out of the buffer', function()
    lines = { 'a\27]0;owned\7b\27[2Jc\0\27[31md\27[m' }
    history = {}
    output.open(require('chorus.tasks').get(12))
    world.wait(function()
      return world.lines()[1] == 'abcd'
    end)
  end)

  it('names the keys that the task needs', function()
    open()
    world.event(
      'task_changed',
      world.task(
        12,
        { requests = 1, status = 'waiting', revision = 2, agent_status = { status = 'waiting', kind = 'plan' } }
      )
    )
    assert.is_truthy(vim.inspect(vim.api.nvim_win_get_config(0).footer):find('approve', 1, true))
    assert.is_truthy(vim.inspect(vim.api.nvim_win_get_config(0).title):find('plan', 1, true))
  end)

  it('marks the task as seen after a second in a focused Neovim', function()
    local defer, run = vim.defer_fn, nil
    vim.defer_fn = function(callback, milliseconds)
      assert.are.equal(1000, milliseconds)
      run = callback
    end
    world.event('task_changed', world.task(12, { unread = true, revision = 2 }))
    open()
    assert.are.same({}, asked('task_seen'))
    vim.api.nvim_exec_autocmds('FocusLost', {})
    run()
    assert.are.same({}, asked('task_seen'))
    vim.api.nvim_exec_autocmds('FocusGained', {})
    run()
    vim.defer_fn = defer
    assert.are.same({ { 'task_seen', { task = 'uuid-12' } } }, asked('task_seen'))
  end)
end)
