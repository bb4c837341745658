local world = require('ui_world')

describe('blame', function()
  local blame, file

  before_each(function()
    world.start()
    blame = require('chorus.ui.edits.blame')
    file = vim.fn.resolve(vim.fn.tempname())
    vim.fn.writefile({ 'one', 'two', 'three' }, file)
    vim.cmd.edit(file)
    world.know({ world.task(12, { title = 'Fix it' }) })
    world.replies.line = function()
      return nil, { owner = 'task', tasks = { 12 }, text = '#12 Fix it, 3h ago, in \27[31m1a2b3c4', commit = '1a2b3c4' }
    end
  end)

  local namespace = vim.api.nvim_create_namespace('chorus_blame')

  local function said()
    return vim.tbl_map(function(mark)
      return { mark[2] + 1, mark[4].virt_text[1][1] }
    end, vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }))
  end

  local function show(line)
    vim.api.nvim_win_set_cursor(0, { line, 0 })
    vim.api.nvim_exec_autocmds('CursorMoved', {})
    blame.show()
  end

  it('says behind the line who wrote it, until the cursor leaves it', function()
    show(2)
    world.wait(function()
      return #said() == 1
    end, 'the mark')
    assert.are.same({ { 2, '  #12 Fix it, 3h ago, in 1a2b3c4' } }, said())
    assert.are.same({ 'line', { path = file, line = 2 } }, world.asked[1])
    vim.api.nvim_win_set_cursor(0, { 2, 1 })
    vim.api.nvim_exec_autocmds('CursorMoved', {})
    assert.are.equal(1, #said())
    vim.api.nvim_win_set_cursor(0, { 3, 0 })
    vim.api.nvim_exec_autocmds('CursorMoved', {})
    assert.are.same({}, said())
  end)

  it('opens the page of the task the second time', function()
    show(2)
    world.wait(function()
      return #said() == 1
    end)
    blame.show()
    assert.are.equal('chorus://task/12', vim.api.nvim_buf_get_name(0))
  end)

  it('says that no task did it the second time', function()
    world.replies.line = function()
      return nil, { owner = 'user', tasks = {}, text = 'yours, not committed' }
    end
    show(1)
    world.wait(function()
      return #said() == 1
    end)
    blame.show()
    assert.are.same({ 'info', 'no task wrote this line' }, world.notified[1])
  end)

  it('says nothing when the cursor has moved meanwhile', function()
    show(1)
    vim.api.nvim_win_set_cursor(0, { 3, 0 })
    world.settle()
    assert.are.same({}, said())
  end)

  it('asks for the saved line of a buffer with unsaved edits', function()
    vim.api.nvim_buf_set_lines(0, 0, 0, false, { 'zero' })
    vim.api.nvim_buf_set_lines(0, 2, 3, false, { 'TWO' })
    show(4)
    assert.are.same({ path = file, line = 3 }, world.asked[1][2])
    show(3)
    assert.are.equal('this line is not saved yet: it is yours', world.notified[1][2])
    local saved = { 'a', 'b', 'c', 'd' }
    assert.are.equal(4, blame.saved_line(saved, { 'a', 'd' }, 2))
    assert.are.equal(1, blame.saved_line(saved, { 'a', 'd' }, 1))
    assert.are.equal(1, blame.saved_line(saved, { 'x', 'y', 'a', 'b', 'c', 'd' }, 3))
    assert.is_nil(blame.saved_line(saved, { 'x', 'y', 'a', 'b', 'c', 'd' }, 2))
  end)

  it('is for files, and tells a refusal', function()
    vim.cmd.enew()
    blame.show()
    assert.are.equal('this buffer is not a file', world.notified[1][2])
    vim.cmd.edit(file)
    world.replies.line = function()
      return { code = 'unsupported', message = 'not yet' }
    end
    blame.show()
    world.wait_notified(2)
    assert.are.equal('not yet', world.notified[2][2])
  end)
end)
