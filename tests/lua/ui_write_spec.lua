local world = require('ui_world')

describe('a write', function()
  local group

  before_each(function()
    world.state_dir = vim.fn.tempname()
    world.start()
    world.record_verbs()
    world.replies.task_new = function(params)
      return nil, world.task(42, { title = params.title })
    end
    world.replies.task_edit = function()
      return nil, world.task(12)
    end
    group = vim.api.nvim_create_augroup('chorus_spec_auto_save', {})
  end)

  after_each(function()
    vim.api.nvim_del_augroup_by_id(group)
    vim.o.autowriteall = false
    pcall(vim.keymap.del, 'n', '<Space>w')
    pcall(vim.api.nvim_del_user_command, 'W')
    pcall(vim.api.nvim_del_user_command, 'Keep')
    vim.cmd('silent! only! | silent! %bwipeout!')
    vim.fn.delete(world.state_dir, 'rf')
  end)

  local function drafts()
    return vim.tbl_map(function(path)
      return table.concat(vim.fn.readfile(path), '\n')
    end, vim.fn.glob(world.state_dir .. '/drafts/*.md', true, true))
  end

  local function open_draft()
    require('chorus.ui.tasks.draft').open({ title = 'Fix the login' })
  end

  local function open_message()
    local message = require('chorus.ui.edits.commit_message')
    message.open({
      task = world.task(12, { stack = 'fix' }),
      message = { text = 'Fix it', files = { 'a.lua' } },
      does = 'commits this',
      send = function(text, on_reply)
        table.insert(world.asked, { 'commit', text })
        on_reply()
      end,
      on_done = function() end,
    })
  end

  local function open_list()
    world.know({ world.task(12, { title = 'Old' }) })
    require('chorus.ui.tasks.list').open()
    vim.api.nvim_buf_set_lines(0, 0, 1, false, { '#12  P0  New' })
  end

  local buffers = { draft = open_draft, message = open_message, list = open_list }

  --- Lets what is scheduled and due happen.
  local function rest()
    local is_over = false
    vim.defer_fn(function()
      is_over = true
    end, 30)
    world.wait(function()
      return is_over
    end)
  end

  for name, open in pairs(buffers) do
    describe('of the ' .. name, function()
      before_each(function()
        -- `:x` in the last window would end Neovim.
        vim.cmd('silent! only! | new')
        open()
      end)

      for way, act in pairs({
        [':w'] = function()
          world.press(':w<CR>')
        end,
        [':w!'] = function()
          world.press(':w!<CR>')
        end,
        [':silent write'] = function()
          world.press(':silent write<CR>')
        end,
        [':x'] = function()
          vim.bo.modified = true
          world.press(':x<CR>')
        end,
        ['ZZ'] = function()
          vim.bo.modified = true
          world.press('ZZ')
        end,
        [':update | nohlsearch'] = function()
          vim.bo.modified = true
          world.press(':update | nohlsearch<CR>')
        end,
        ['@:'] = function()
          world.press(':w<CR>')
          world.asked = {}
          vim.api.nvim_buf_set_lines(0, 0, 1, false, { '#12  P0  Newer' })
          world.press('@:')
        end,
        ['a mapping to :w'] = function()
          vim.keymap.set('n', '<Space>w', ':w<CR>')
          world.press('<Space>w')
        end,
        ['a mapping to <Cmd>w'] = function()
          vim.keymap.set('n', '<Space>w', '<Cmd>w<CR>')
          world.press('<Space>w')
        end,
        ['a mapping to a mapping to <Cmd>w'] = function()
          vim.keymap.set('n', '<Plug>(keep)', '<Cmd>w<CR>')
          vim.keymap.set('n', '<Space>w', '<Plug>(keep)')
          world.press('<Space>w')
        end,
        ['a readable mapping with ‘autowriteall’'] = function()
          vim.o.autowriteall = true
          vim.keymap.set('n', '<Space>w', '<Cmd>silent write<CR>')
          world.press('<Space>w')
        end,
        ['a register'] = function()
          vim.fn.setreg('q', ':w\r')
          world.press('@q')
        end,
        ['a mapping to a function'] = function()
          vim.keymap.set('n', '<Space>w', function()
            vim.cmd.write()
          end)
          world.press('<Space>w')
        end,
        ['a command of the person'] = function()
          vim.api.nvim_create_user_command('Keep', 'w', {})
          world.press(':Keep<CR>')
        end,
        ['a command of the person with a function'] = function()
          vim.api.nvim_create_user_command('W', function()
            vim.cmd.write()
          end, {})
          world.press(':W<CR>')
        end,
        ['its key'] = function()
          world.press('<C-s>')
        end,
      }) do
        if not (way == '@:' and name ~= 'list') then
          it('acts: ' .. way, function()
            act()
            local acted = vim.tbl_filter(function(each)
              return each[1] ~= 'presence'
            end, world.asked)
            assert.are.equal(1, #acted)
          end)
        end
      end

      for way, act in pairs({
        ['a deferred write, as of auto-save plugins'] = function()
          vim.api.nvim_create_autocmd({ 'InsertLeave', 'TextChanged' }, {
            group = group,
            callback = function()
              vim.defer_fn(function()
                vim.cmd('silent! write')
              end, 5)
            end,
          })
          world.press('Gox<Esc>')
          vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
        end,
        ['a nested update'] = function()
          vim.api.nvim_create_autocmd('InsertLeave', {
            group = group,
            nested = true,
            command = 'silent! update',
          })
          world.press('Gox<Esc>')
        end,
        ['a write within a typed command that is none'] = function()
          vim.api.nvim_create_autocmd('CursorMoved', { group = group, nested = true, command = 'silent! write' })
          world.press(':normal! G<CR>')
          vim.api.nvim_exec_autocmds('CursorMoved', {})
        end,
        [':wall'] = function()
          vim.bo.modified = true
          world.press(':wall<CR>')
        end,
        ["'autowriteall'"] = function()
          vim.bo.modified = true
          vim.o.autowriteall = true
          pcall(world.press, ':enew<CR>')
        end,
        ['a mapping that leaves'] = function()
          vim.bo.modified = true
          vim.o.autowriteall = true
          vim.keymap.set('n', '<Space>w', '<Cmd>silent! bnext<CR>')
          world.press('<Space>w')
        end,
        ['a mapping to a function that leaves'] = function()
          vim.bo.modified = true
          vim.o.autowriteall = true
          vim.keymap.set('n', '<Space>w', function()
            pcall(vim.cmd.enew)
          end)
          world.press('<Space>w')
        end,
        ['a mapping to an expression that leaves'] = function()
          vim.bo.modified = true
          vim.o.autowriteall = true
          vim.keymap.set('n', '<Space>w', function()
            return '<Cmd>lua pcall(vim.cmd.enew)<CR>'
          end, { expr = true })
          world.press('<Space>w')
        end,
        ['<Cmd> keys that a plugin feeds'] = function()
          vim.api.nvim_feedkeys(vim.keycode('<Cmd>silent write<CR>'), 'nx', false)
        end,
        ['a command line that a plugin feeds'] = function()
          vim.api.nvim_feedkeys(vim.keycode(':silent write<CR>'), 'nx', false)
        end,
        ['a mapping whose keys a plugin feeds'] = function()
          vim.keymap.set('n', '<Space>w', '<Cmd>silent write<CR>')
          vim.api.nvim_feedkeys(vim.keycode('<Space>w'), 'mx', false)
          vim.keymap.set('n', '<Space>w', function()
            vim.cmd('silent write')
          end)
          vim.api.nvim_feedkeys(vim.keycode('<Space>w'), 'mx', false)
        end,
        ['ZZ that a plugin feeds'] = function()
          vim.bo.modified = true
          vim.api.nvim_feedkeys('ZZ', 'nx', false)
        end,
        ['keys that a plugin feeds after a key of the person'] = function()
          vim.api.nvim_create_autocmd('CursorMoved', {
            group = group,
            once = true,
            callback = function()
              vim.api.nvim_feedkeys(vim.keycode('<Cmd>silent write<CR>'), 'n', false)
            end,
          })
          world.press('G')
          vim.api.nvim_exec_autocmds('CursorMoved', {})
          world.press('')
        end,
        ['another program’s'] = function()
          vim.cmd('silent! write')
        end,
      }) do
        it('does not act: ' .. way, function()
          act()
          rest()
          assert.are.same({}, world.asked)
        end)
      end
    end)
  end

  it('that nobody typed keeps the draft, and says so once', function()
    open_draft()
    vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'Half a tho' })
    vim.cmd('silent! write')
    vim.cmd('silent! write')
    rest()
    assert.is_truthy(drafts()[1]:find('Half a tho', 1, true))
    assert.is_true(vim.bo.modified)
    assert.are.same({
      {
        'info',
        'the draft is kept, and no task was created',
        '`:w`, typed in its window, creates the task',
      },
    }, world.notified)
  end)

  it('by `:saveas` or after `:file` is a copy, and the buffer stays what it is', function()
    for _, keys in ipairs({ ':saveas %s<CR>', ':file %s<CR>:w<CR>' }) do
      open_draft()
      local name, buffer, path = vim.api.nvim_buf_get_name(0), vim.api.nvim_get_current_buf(), vim.fn.tempname()
      world.press(keys:format(path))
      world.wait_notified(1)
      assert.are.same({}, world.asked)
      assert.are.equal('title: Fix the login', vim.fn.readfile(path)[2])
      assert.are.equal(name, vim.api.nvim_buf_get_name(buffer))
      assert.are.equal('acwrite', vim.bo[buffer].buftype)
      assert.is_true(vim.bo[buffer].modified)
      assert.is_truthy(world.notified[1][2]:find('no task was created; a copy', 1, true), world.notified[1][2])
      assert.are.equal(-1, vim.fn.bufnr('^' .. path .. '$'))
      world.press(':w<CR>')
      assert.are.equal(1, #world.asked)
      world.wait_notified(2)
      world.asked, world.notified = {}, {}
    end
  end)

  it('to another file is a copy', function()
    open_draft()
    local path = vim.fn.tempname()
    world.press((':w %s<CR>'):format(path))
    assert.are.same({}, world.asked)
    assert.are.equal('title: Fix the login', vim.fn.readfile(path)[2])
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: Other' })
    world.press((':w %s<CR>'):format(path))
    assert.are.equal('title: Fix the login', vim.fn.readfile(path)[2])
    world.press((':w! %s<CR>'):format(path))
    assert.are.equal('title: Other', vim.fn.readfile(path)[2])
  end)

  it('of all buffers saves a page', function()
    world.know({ world.task(12, { title = 'Old' }) })
    world.replies.task_show = function()
      return nil,
        { task = world.task(12, { title = 'Old' }), requests = {}, references = {}, commits = {}, journal = {} }
    end
    require('chorus.ui.tasks.page').open(world.task(12))
    world.wait(function()
      return world.lines()[2] == 'title: Old'
    end)
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { 'title: New' })
    local function edits()
      return vim.tbl_filter(function(asked)
        return asked[1] == 'task_edit'
      end, world.asked)
    end
    vim.cmd('silent! write')
    assert.are.same({}, edits())
    world.press(':wall<CR>')
    assert.are.same({ { 'task_edit', { task = 'uuid-12', title = 'New' } } }, edits())
  end)
end)
