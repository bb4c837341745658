local helpers = require('helpers')

describe('a message', function()
  local world, message

  helpers.in_a_world(function(fresh)
    world = fresh
    message = require('chorus.message')
  end)

  it('is a sentence and what to do next', function()
    message.info('built')
    message.failure({ code = 'wrong_state', message = 'cannot start #1: it has ended', hint = 'use `reopen` first' })
    assert.same({
      { text = 'Chorus: built', level = vim.log.levels.INFO },
      { text = 'Chorus: cannot start #1: it has ended — use `reopen` first', level = vim.log.levels.ERROR },
    }, world.said)
  end)

  it('is not left behind by a prompt that was answered', function()
    local echo, cleared = vim.api.nvim_echo, 0
    vim.api.nvim_echo = function(chunks) -- luacheck: ignore
      cleared = cleared + (chunks[1][1] == '' and 1 or 0)
    end
    world.inputs = { 'a reason' }
    local given
    require('chorus.picker').input({ prompt = 'Why?' }, function(text)
      given = text
    end)
    vim.api.nvim_echo = echo -- luacheck: ignore
    assert.same({ 'a reason', 1 }, { given, cleared })
  end)

  it('reaches a person whose `vim.notify`, `vim.ui.select` and `vim.ui.input` are tables that can be called', function()
    local function callable(of)
      return setmetatable({}, {
        __call = function(_, ...)
          return of(...)
        end,
      })
    end
    local select, input = vim.ui.select, vim.ui.input
    finally(function()
      vim.ui.select, vim.ui.input = select, input
    end)
    vim.ui.select, vim.ui.input = callable(select), callable(input)
    vim.notify = callable(vim.notify) --[[@as function]]
    message.warn('one line\nand another')
    assert.equal('Chorus: one line\nand another', world:words())
    local picker, given = require('chorus.picker'), {}
    world.choices, world.inputs = { 'Delete' }, { 'why not' }
    picker.confirm_deletion({ 'a draft' }, function()
      table.insert(given, 'yes')
    end)
    picker.input({ prompt = 'Why?' }, function(text)
      table.insert(given, text)
    end)
    assert.same({ 'yes', 'why not' }, given)
    assert.equal('`vim.ui.select`, which a plugin has replaced', (require('chorus.ui.pick.open').place()))
  end)

  it('asks for Enter neither without a command line', function()
    local notified
    vim.notify = setfenv(loadstring('return function() said() end', '@vim/_editor.lua'), {
      said = function()
        notified = true
      end,
    })()
    local echo, shown = vim.api.nvim_echo, {}
    vim.api.nvim_echo = function(chunks, history, opts) -- luacheck: ignore
      assert.same({}, opts)
      table.insert(shown, not history and chunks[1][1] or nil)
    end
    vim.o.cmdheight = 0
    message.fail('cannot start #1')
    -- Not within the command that it is about.
    assert.same({}, shown)
    vim.wait(1000, function()
      return #shown > 0
    end)
    vim.o.cmdheight = 1
    vim.api.nvim_echo = echo -- luacheck: ignore
    assert.same({ 'Chorus: cannot start #1' }, shown)
    assert.is_nil(notified)
  end)

  it('is shown all the same where a replacement of `vim.notify` fails', function()
    local echo, kept = vim.api.nvim_echo, {}
    vim.notify = function()
      error('no window can be opened now')
    end
    vim.api.nvim_echo = function(chunks, history) -- luacheck: ignore
      table.insert(kept, history and chunks[1][1] or nil)
    end
    local is_done = pcall(message.fail, 'cannot start #1', 'do that')
    vim.api.nvim_echo = echo -- luacheck: ignore
    assert.is_true(is_done)
    assert.equal('Chorus: cannot start #1 — do that', table.concat(kept, ' '))
  end)

  it('carries no escapes, and keeps its lines', function()
    message.warn('a title \27]0;x\7\27[31mred\nsecond\rline', 'hint\27[0m')
    assert.equal('Chorus: a title red\nsecond line\nhint', world:words())
  end)

  it('never asks for Enter in Neovim’s own message area: one line there, the whole in `:messages`', function()
    vim.notify = setfenv(loadstring('return function() end', '@vim/_editor.lua'), {})()
    local echo, shown, kept = vim.api.nvim_echo, {}, {}
    vim.api.nvim_echo = function(chunks, history) -- luacheck: ignore
      table.insert(history and kept or shown, chunks[1][1])
    end
    local long = { code = 'config', message = ('chorus.toml:2:1: no '):rep(30) .. '\nsecond', hint = 'do that' }
    message.failure(long)
    message.warn(('title '):rep(10), ('hint '):rep(10))
    message.notice({ level = 'info', text = ('notice '):rep(40) })
    vim.api.nvim_echo = echo -- luacheck: ignore
    assert.equal(3, #shown)
    for _, line in ipairs(vim.list_extend(vim.list_slice(shown), kept)) do
      assert.is_true(vim.fn.strdisplaywidth(line) <= vim.v.echospace, line)
    end
    for _, line in ipairs(shown) do
      assert.truthy(vim.endswith(line, '… :messages'), line)
    end
    local whole = table.concat(kept, ' ')
    assert.truthy(whole:find(vim.trim(('chorus.toml:2:1: no '):rep(30)) .. ' second do that', 1, true), whole)
    assert.truthy(whole:find(vim.trim(('hint '):rep(10)), 1, true), whole)
  end)

  it('takes Ctrl-C in Neovim’s own question for leaving it', function()
    local select, input = vim.ui.select, vim.ui.input
    local function interrupted()
      error('Keyboard interrupt', 0)
    end
    vim.ui.select, vim.ui.input = interrupted, interrupted
    local left = 0
    local function leave(answer)
      left = left + (answer == nil and 1 or 0)
    end
    local picker = require('chorus.picker')
    picker.pick({ 'a' }, { prompt = '?', format = tostring }, leave)
    picker.input({ prompt = '?' }, leave)
    picker.confirm('?', 'Yes', leave)
    vim.ui.select = function(_, _, on_choice)
      on_choice('a')
    end
    local is_right, err = pcall(picker.pick, { 'a' }, { prompt = '?', format = tostring }, function()
      error('a fault of its own', 0)
    end)
    vim.ui.select, vim.ui.input = select, input
    assert.same({ 2, false, 'a fault of its own' }, { left, is_right, err })
  end)

  it('names the first of many tasks and counts the others', function()
    local tasks = {}
    for number = 1, 43 do
      tasks[number] = { number = number }
    end
    local numbers = require('chorus.phrase').numbers
    assert.equal('#1, #2, #3, #4, #5, #6, #7, #8 and 35 more', numbers(tasks))
    assert.equal('#1, #2', numbers({ tasks[1], tasks[2] }))
  end)

  it('leaves the end of the line to the ruler of a floating window', function()
    vim.notify = setfenv(loadstring('return function() end', '@vim/_editor.lua'), {})()
    vim.o.laststatus, vim.o.ruler = 2, true
    local text = ('x'):rep(vim.v.echospace - #'Chorus: ')
    local echo, shown = vim.api.nvim_echo, {}
    vim.api.nvim_echo = function(chunks, history) -- luacheck: ignore
      table.insert(not history and shown or {}, chunks[1][1])
    end
    message.info(text)
    local buffer = vim.api.nvim_create_buf(false, true)
    local window = vim.api.nvim_open_win(buffer, true, { relative = 'editor', row = 0, col = 0, width = 9, height = 3 })
    message.info(text)
    vim.o.rulerformat = '%30(%l%)'
    message.info(text)
    vim.api.nvim_win_close(window, true)
    vim.o.rulerformat = ''
    vim.api.nvim_echo = echo -- luacheck: ignore
    local widths = vim.tbl_map(vim.fn.strdisplaywidth, shown)
    assert.same({ vim.o.columns - 20, vim.o.columns - 32 }, widths)
  end)

  it('asks in lines that fit where Neovim’s own list would break a word', function()
    local asked
    local function select(_, opts)
      asked = opts.prompt
    end
    local before = vim.ui.select
    vim.ui.select = setfenv(
      loadstring('local f = ... return function(...) f(...) end', '@' .. vim.env.VIMRUNTIME .. '/lua/vim/ui.lua'),
      {}
    )(select)
    require('chorus.picker').confirm('  #1 indented\n' .. ('words '):rep(40), 'Yes', function() end)
    local lines = vim.split(asked, '\n')
    assert.equal('  #1 indented', lines[1])
    assert.is_true(#lines > 2)
    for _, line in ipairs(vim.list_slice(lines, 2)) do
      assert.truthy(#line < vim.o.columns and vim.endswith(line, 'words'), line)
    end
    vim.ui.select = select
    require('chorus.picker').confirm(('words '):rep(40), 'Yes', function() end)
    assert.equal(('words '):rep(40), asked)
    vim.ui.select = before
  end)

  it('is left out below the level wished for', function()
    vim.g.chorus = { notify = 'error' }
    message.info('a')
    message.warn('b')
    message.fail('c')
    assert.equal('Chorus: c', world:words())
    vim.g.chorus = { notify = 'off' }
    require('chorus.config').reset()
    message.fail('d')
    assert.equal('Chorus: c', world:words())
  end)

  it('of the daemon has the level it says, whatever that is', function()
    for _, level in ipairs({ 'error', 'warn', 'info', 'off', 'odd' }) do
      message.notice({ level = level, text = level })
    end
    local levels = vim.tbl_map(function(each)
      return each.level
    end, world.said)
    local L = vim.log.levels
    assert.same({ L.ERROR, L.WARN, L.INFO, L.INFO, L.INFO }, levels)
  end)

  it('shows progress where Neovim can', function()
    local shown = {}
    local echo = vim.api.nvim_echo
    vim.api.nvim_echo = function(chunks, _, options) -- luacheck: ignore
      shown[#shown + 1] = (options.status and options.status .. ' ' or '') .. chunks[1][1]
      return 1
    end
    local progress = message.progress('Chorus build')
    progress.report('serde', 10)
    progress.report('tokio\27[31m', 50)
    progress.done('done')
    progress.report('too late', 60)
    message.progress('Chorus build').done('broken', true)
    vim.api.nvim_echo = echo -- luacheck: ignore
    if vim.fn.has('nvim-0.12') == 1 then
      assert.same({ 'running serde', 'running tokio', 'success done', 'failed broken' }, shown)
    else
      local title = 'Chorus build: '
      assert.same({ title .. '10% serde', title .. '50% tokio', title .. 'done', '' }, shown)
    end
  end)
end)
