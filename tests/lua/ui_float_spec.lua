local world = require('ui_world')

describe('float', function()
  local float

  before_each(function()
    world.start()
    float = require('chorus.ui.kit.float')
  end)

  it('fits any screen', function()
    for columns = 1, 200, 13 do
      for lines = 1, 60, 7 do
        for _, wish in ipairs({
          { width = 0.9, height = 0.9 },
          { width = 500, height = 500 },
          { width = 20, height = 3 },
        }) do
          local place = float.layout(wish, columns, lines, true)
          assert.is_true(place.width >= 1 and place.height >= 1)
          assert.is_true(place.row >= 0 and place.col >= 0)
          assert.is_true(place.width <= math.max(columns - 2, 1) and place.height <= math.max(lines - 2, 1))
        end
      end
    end
  end)

  it('uses a small screen whole and a large one in part', function()
    assert.are.same(
      { width = 78, height = 20, row = 0, col = 0 },
      float.layout({ width = 0.9, height = 0.9 }, 80, 22, true)
    )
    local large = float.layout({ width = 0.9, height = 0.9 }, 200, 60, true)
    assert.are.same({ width = 178, height = 52, row = 3, col = 10 }, large)
  end)

  it('closes with q, tells so, and takes its buffer with it', function()
    local buffer, closed = float.scratch(), 0
    local window = float.open(buffer, {
      width = 20,
      height = 3,
      title = { { ' hello ', 'ChorusTitle' } },
      on_close = function()
        closed = closed + 1
      end,
    })
    assert.are.equal(window.window, vim.api.nvim_get_current_win())
    world.press('q')
    assert.is_false(window:is_open())
    assert.is_false(vim.api.nvim_buf_is_valid(buffer))
    assert.are.equal(1, closed)
  end)

  it('of one line is one line high', function()
    assert.are.equal(1, float.layout({ width = 20, height = 1 }, 120, 40, true).height)
  end)

  it('closes when it is left for a window that does not float, if it is asked to', function()
    local below = vim.api.nvim_get_current_win()
    local first = float.open(float.scratch(), { width = 20, height = 3, closes_on_leave = {} })
    local second = float.open(float.scratch(), { width = 20, height = 3 })
    world.settle()
    assert.is_true(first:is_open())
    vim.api.nvim_set_current_win(first.window)
    vim.api.nvim_set_current_win(below)
    world.wait(function()
      return not first:is_open()
    end)
    assert.is_true(second:is_open())
    second:close()
  end)

  it('is the only window of its buffer, on which its keys act', function()
    local window = float.open(float.scratch(), { width = 20, height = 3, closes_on_leave = {} })
    for _, split in ipairs({ 'split', 'vertical split', 'tab split' }) do
      local windows = #vim.api.nvim_list_wins()
      vim.cmd(split)
      world.wait(function()
        return #vim.api.nvim_list_wins() == windows
      end, split)
      assert.are.equal(window.window, vim.api.nvim_get_current_win())
      assert.is_true(window:is_open())
    end
    local below = vim.fn.win_getid(1)
    vim.api.nvim_set_current_win(below)
    vim.api.nvim_win_set_buf(below, window.buffer)
    world.wait(function()
      return vim.api.nvim_win_get_buf(below) ~= window.buffer
    end)
  end)

  it('stays where a person has put it', function()
    local window = float.open(float.scratch(), { width = 20, height = 3, title = { { 'Title', 'ChorusTitle' } } })
    vim.cmd.wincmd('H')
    assert.are.equal('', vim.api.nvim_win_get_config(window.window).relative)
    window:update({ title = { { 'Another', 'ChorusTitle' } } })
    vim.api.nvim_exec_autocmds('VimResized', {})
    assert.are.equal('', vim.api.nvim_win_get_config(window.window).relative)
    assert.is_truthy(vim.wo[window.window].winbar:find('Another', 1, true))
    window:close()
    assert.is_false(window:is_open())
  end)

  it('takes its buffer along, also out of another window', function()
    local buffer = float.scratch()
    local window = float.open(buffer, { width = 20, height = 3 })
    local below = vim.fn.win_getid(1)
    vim.cmd('noautocmd call nvim_win_set_buf(' .. below .. ',' .. buffer .. ')')
    window:close()
    world.wait(function()
      return not vim.api.nvim_buf_is_valid(buffer)
    end)
    assert.is_true(vim.api.nvim_win_is_valid(below))
  end)

  it('can leave the cursor where it is', function()
    local before = vim.api.nvim_get_current_win()
    local window = float.open(float.scratch(), { width = 20, height = 3, enter = false })
    assert.are.equal(before, vim.api.nvim_get_current_win())
    window:close()
  end)

  it('follows the size of the editor', function()
    local child = vim.fn.jobstart({ vim.v.progpath, '--clean', '--embed' }, { rpc = true })
    local function call(...)
      return vim.rpcrequest(child, ...)
    end
    call('nvim_ui_attach', 120, 40, vim.empty_dict())
    local lua = [[
      local path = ...
      dofile(path).start()
      local float = require('chorus.ui.kit.float')
      WINDOW = float.open(float.scratch(), { width = 0.9, height = 0.9 })
      return { WINDOW:size() }
    ]]
    assert.are.same({ 106, 32 }, call('nvim_exec_lua', lua, { world.root .. '/tests/lua/ui_world.lua' }))
    call('nvim_ui_try_resize', 80, 24)
    assert.are.same({ 78, 20 }, call('nvim_exec_lua', 'return { WINDOW:size() }', {}))
    vim.fn.jobstop(child)
  end)

  it("follows 'winborder' where it exists", function()
    if vim.fn.exists('+winborder') == 0 then
      return
    end
    vim.o.winborder = 'none'
    local window = float.open(float.scratch(), { width = 30, height = 3, title = { ' 100% ' }, footer = { ' x ' } })
    assert.is_true(vim.tbl_contains({ 'none', vim.NIL }, vim.api.nvim_win_get_config(window.window).border or 'none'))
    assert.are.equal('%* 100%% %=%* x ', vim.wo[window.window].winbar)
    window:close()
    vim.o.winborder = 'double'
    window = float.open(float.scratch(), { width = 30, height = 3, title = { ' t ' } })
    assert.are.equal('╔', vim.api.nvim_win_get_config(window.window).border[1])
    window:close()
    vim.o.winborder = ''
  end)

  it('cuts a title that is too long', function()
    local pieces = require('chorus.ui.kit.canvas').border_text({ { ('x'):rep(30), 'A' }, { ('y'):rep(30), 'B' } }, 40)
    assert.are.same({ { ('x'):rep(30), 'A' }, { ('y'):rep(9) .. '…', 'B' } }, pieces)
    assert.is_nil(require('chorus.ui.kit.canvas').border_text({}, 10))
  end)
end)
