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
      return nil, { task = task, requests = {}, commits = {}, journal = {} }
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
      return nil, { task = unread, requests = {}, commits = {}, journal = {} }
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
    assert.are.equal(1, #require('chorus.ui.tasks.draft_files').unfinished())
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
