local world = require('ui_world')

describe('canvas', function()
  local canvas, buffer

  before_each(function()
    world.start()
    canvas = require('chorus.ui.kit.canvas')
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_win_set_buf(0, buffer)
  end)

  local function rows(...)
    return vim.tbl_map(function(word)
      return canvas.row({ '  ', { word, 'ChorusNumber' } }, { word = word }, word)
    end, { ... })
  end

  --- Groups of the highlights, by line.
  local function groups()
    local found = {}
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, -1, 0, -1, { details = true })) do
      found[mark[2] + 1] = { mark[3], mark[4].end_col, mark[4].hl_group }
    end
    return found
  end

  it('writes lines, colors and data', function()
    canvas.draw(buffer, rows('one', 'three'))
    assert.are.same({ '  one', '  three' }, world.lines(buffer))
    assert.are.same({ { 2, 5, 'ChorusNumber' }, { 2, 7, 'ChorusNumber' } }, groups())
    assert.are.equal('three', canvas.data(buffer, 2).word)
    assert.is_nil(canvas.data(buffer, 3))
    assert.is_false(vim.bo[buffer].modifiable)
    assert.is_false(vim.bo[buffer].modified)
  end)

  it('writes only what differs', function()
    canvas.draw(buffer, rows('a', 'b', 'c', 'd'))
    local touched = {}
    vim.api.nvim_buf_attach(buffer, false, {
      on_lines = function(_, _, _, first, last, new_last)
        table.insert(touched, { first, last, new_last })
      end,
    })
    canvas.draw(buffer, rows('a', 'b', 'c', 'd'))
    assert.are.same({}, touched)
    canvas.draw(buffer, rows('a', 'x', 'c', 'd'))
    assert.are.same({ { 1, 2, 2 } }, touched)
    canvas.draw(buffer, rows('a', 'x', 'new', 'c', 'd'))
    assert.are.same({ 2, 2, 3 }, touched[2])
    assert.are.same({ '  a', '  x', '  new', '  c', '  d' }, world.lines(buffer))
    assert.are.equal(5, #groups())
  end)

  it('writes a changed color even where the text stays', function()
    canvas.draw(buffer, { canvas.row({ { 'a', 'ChorusNumber' } }) })
    canvas.draw(buffer, { canvas.row({ { 'a', 'ChorusTag' } }) })
    assert.are.same({ { 0, 1, 'ChorusTag' } }, groups())
  end)

  it('goes to the next row when the one under the cursor is gone, and shows what there is', function()
    canvas.draw(buffer, rows('a', 'b', 'c', 'd', 'e'))
    vim.api.nvim_win_set_cursor(0, { 2, 0 })
    canvas.draw(buffer, rows('x', 'y', 'a', 'e'))
    assert.are.equal(4, vim.api.nvim_win_get_cursor(0)[1])
    assert.are.equal(1, vim.fn.winsaveview().topline)
    canvas.draw(buffer, rows('x', 'y', 'a'))
    assert.are.equal(3, vim.api.nvim_win_get_cursor(0)[1])
  end)

  it('goes through empty and back', function()
    canvas.draw(buffer, {})
    assert.are.same({ '' }, world.lines(buffer))
    canvas.draw(buffer, rows('a', 'b'))
    assert.are.same({ '  a', '  b' }, world.lines(buffer))
    canvas.draw(buffer, {})
    assert.are.same({ '' }, world.lines(buffer))
  end)

  it('keeps the cursor on its row when rows come and go', function()
    canvas.draw(buffer, rows('a', 'b', 'c'))
    vim.api.nvim_win_set_cursor(0, { 2, 2 })
    canvas.draw(buffer, rows('new', 'newer', 'a', 'b', 'c'))
    assert.are.same({ 4, 2 }, vim.api.nvim_win_get_cursor(0))
    canvas.draw(buffer, rows('c', 'b', 'a'))
    assert.are.equal(2, vim.api.nvim_win_get_cursor(0)[1])
    canvas.draw(buffer, rows('b', 'c', 'a'))
    assert.are.equal(1, vim.api.nvim_win_get_cursor(0)[1])
  end)

  it('keeps cursors of windows that are not current', function()
    canvas.draw(buffer, rows('a', 'b', 'c'))
    local window = vim.api.nvim_get_current_win()
    vim.api.nvim_win_set_cursor(window, { 3, 0 })
    vim.cmd.new()
    canvas.draw(buffer, rows('z', 'a', 'b', 'c'))
    assert.are.equal(4, vim.api.nvim_win_get_cursor(window)[1])
  end)

  it('recovers when somebody else has written into the buffer', function()
    canvas.draw(buffer, rows('a', 'b'))
    vim.bo[buffer].modifiable = true
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { 'x' })
    canvas.draw(buffer, rows('a', 'b'))
    assert.are.same({ '  a', '  b' }, world.lines(buffer))
  end)

  it('gives a bar in which a percent sign is text', function()
    assert.are.equal('%#ChorusTag#100%% %%{evil}%* x', canvas.bar({ { '100% %{evil}', 'ChorusTag' }, ' x' }))
  end)

  it('cuts what stands at the left of a bar, and leaves out the right', function()
    local left, right =
      { { '#12 ', 'ChorusNumber' }, { ('long '):rep(20), 'ChorusTitle' } }, { { 'q close', 'ChorusKey' } }
    local bar = canvas.bar_of_two(left, right, 20)
    local shown = vim.api.nvim_eval_statusline(bar, { maxwidth = 20 }).str
    assert.are.equal('#12 long long long …', shown)
    shown = vim.api.nvim_eval_statusline(canvas.bar_of_two(left, right, 130), { maxwidth = 130 }).str
    assert.is_truthy(shown:find('q close$'), shown)
  end)

  it('leaves out hints of which only the beginning would fit', function()
    local hints =
      { { ' q', 'ChorusKey' }, { ' close ', 'ChorusHint' }, { ' g?', 'ChorusKey' }, { ' help ', 'ChorusHint' } }
    local function shown(width)
      return table.concat(vim.tbl_map(function(chunk)
        return chunk[1]
      end, canvas.fitting_hints(hints, width)))
    end
    assert.are.equal('', shown(8))
    assert.are.equal(' q close ', shown(9))
    assert.are.equal(' q close ', shown(17))
    assert.are.equal(' q close  g? help ', shown(18))
    local bar = canvas.bar_of_two({ { '#12', 'ChorusNumber' } }, hints, 14)
    assert.are.equal('#12   q close ', vim.api.nvim_eval_statusline(bar, { maxwidth = 14 }).str)
  end)

  describe('what is written again', function()
    local plan

    before_each(function()
      plan = require('chorus.ui.kit.line_plan')
    end)

    local function rows_of(keys)
      return vim.tbl_map(function(key)
        return { text = key:match('^%a*'), key = key:match('%d*$'), marks = {} }
      end, keys)
    end

    local function is_same(a, b)
      return a.text == b.text and a.key == b.key
    end

    --- How many lines are taken away and written.
    local function cost(old, new)
      local lines = 0
      for _, hunk in ipairs(plan.hunks(rows_of(old), rows_of(new), is_same)) do
        lines = lines + hunk.count + hunk.size
      end
      return lines
    end

    it('is the row that moved, wherever it goes', function()
      local keys = {}
      for index = 1, 100 do
        keys[index] = 'a' .. index
      end
      local up, down = vim.list_slice(keys), vim.list_slice(keys)
      table.insert(up, 3, table.remove(up, 90))
      table.insert(down, 90, table.remove(down, 3))
      assert.are.equal(2, cost(keys, up))
      assert.are.equal(2, cost(keys, down))
      local scrolled = vim.list_slice(keys, 2)
      scrolled[#scrolled + 1] = 'a101'
      assert.are.equal(2, cost(keys, scrolled))
      local changed = vim.list_slice(keys)
      changed[50] = 'b50'
      assert.are.equal(2, cost(keys, changed))
      assert.are.equal(0, cost(keys, vim.list_slice(keys)))
    end)

    it('always leads to the new lines', function()
      local state = 7
      local function random(most)
        state = (state * 1103515245 + 12345) % 2147483648
        return math.floor(state / 65536) % most + 1
      end
      local target = vim.api.nvim_create_buf(false, true)
      for _ = 1, 300 do
        local drawn = {}
        for index = 1, random(12) do
          local key = random(9)
          local has_key = random(4) > 1
          drawn[index] =
            canvas.row({ { ('t%d'):format(random(3)), 'Title' }, ' of ' .. key }, nil, has_key and 'k' .. key or nil)
        end
        canvas.draw(target, drawn)
        local lines = vim.tbl_map(function(row)
          return row.text
        end, drawn)
        assert.are.same(lines, vim.api.nvim_buf_get_lines(target, 0, -1, false))
        local marks = vim.api.nvim_buf_get_extmarks(target, vim.api.nvim_create_namespace('chorus'), 0, -1, {})
        assert.are.equal(#drawn, #marks)
        for index, mark in ipairs(marks) do
          assert.are.same({ index - 1, 0 }, { mark[2], mark[3] })
        end
      end
    end)
  end)
end)
