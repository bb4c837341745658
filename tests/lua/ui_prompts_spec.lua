local world = require('ui_world')

describe('prompts', function()
  local composer, queue, files

  before_each(function()
    world.state_dir = vim.fn.resolve(vim.fn.tempname())
    world.start()
    composer, queue = require('chorus.ui.prompts.composer'), require('chorus.ui.prompts.queue')
    files = require('chorus.ui.prompts.prompt_files')
    world.know({ world.task(12, { title = 'Fix the login' }), world.task(3, { status = 'pending' }) })
    world.replies.task_prompts = function()
      return nil, { waiting = {}, sent = { 'newest\nof all', 'older' } }
    end
  end)

  after_each(function()
    vim.cmd('silent! stopinsert')
  end)

  local function task(number)
    return require('chorus.tasks').get(number)
  end

  --- What was asked by that method.
  local function asked(method)
    return vim.tbl_filter(function(each)
      return each[1] == method
    end, world.asked)
  end

  local function type_lines(lines)
    vim.cmd.stopinsert()
    vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
    vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
  end

  local function kept()
    return vim.fn.glob(world.state_dir .. '/prompts/*.md', true, true)
  end

  describe('the composer', function()
    it('sends all lines by :w, and leaves', function()
      world.replies.task_send = function()
        return nil, { queued = false }
      end
      composer.open_for({ task(12) })
      assert.is_truthy(vim.wo.winbar:find('Prompt for #12', 1, true), vim.wo.winbar)
      type_lines({ 'one', '', 'two' })
      assert.are.equal(1, #kept())
      world.press(':w<CR>')
      world.wait(function()
        return #kept() == 0 and #vim.api.nvim_list_wins() == 1
      end, 'the composer to close')
      assert.are.same({ task = 'uuid-12', text = 'one\n\ntwo', raw = false }, asked('task_send')[1][2])
      assert.are.same({ 'info', 'prompt sent to #12' }, world.notified[1])
    end)

    it('keeps the text when the daemon refuses it', function()
      world.replies.task_send = function()
        return { code = 'wrong_state', message = 'cannot send' }
      end
      composer.open_for({ task(12) })
      type_lines({ 'precious' })
      world.press(':w<CR>')
      world.wait_notified(1)
      assert.are.same({ { 'precious' }, true, 1 }, { world.lines(), vim.bo.modified, #kept() })
    end)

    it('asks before a task is started with the prompt, and keeps the text otherwise', function()
      local select, choice = vim.ui.select, nil
      vim.ui.select = function(items, _, on_choice)
        on_choice(choice and items[choice])
      end
      world.replies.task_start = function()
        return nil, {}
      end
      composer.open_for({ task(3) })
      type_lines({ 'begin' })
      world.press(':w<CR>')
      world.wait(function()
        return vim.bo.modified
      end)
      assert.are.same({ { 'begin' }, {} }, { world.lines(), asked('task_start') })
      choice = 1
      world.press(':w<CR>')
      world.wait(function()
        return #asked('task_start') == 1
      end)
      vim.ui.select = select
      assert.are.equal('begin', asked('task_start')[1][2].prompt)
    end)

    it('offers what was not sent, after a crash too', function()
      composer.open_for({ task(12) })
      type_lines({ 'half a prompt' })
      world.press('q')
      assert.are.equal(1, #vim.api.nvim_list_wins())
      local select, offered = vim.ui.select, nil
      vim.ui.select = function(items, options, on_choice)
        offered = vim.tbl_map(options.format_item, items)
        on_choice(items[2])
      end
      composer.open_for({ task(3) })
      vim.ui.select = select
      assert.is_truthy(offered[2]:find('#12: half a prompt', 1, true), offered[2])
      assert.are.same({ { 'half a prompt' }, true }, { world.lines(), vim.bo.modified })
      assert.is_truthy(vim.wo.winbar:find('Prompt for #12', 1, true))
      assert.are.same({ { 12 }, { 'half a prompt' } }, { files.read(kept()[1]) })
    end)

    it('goes through the prompts that were sent, and back to the own text', function()
      composer.open_for({ task(12) })
      world.wait(function()
        return #asked('task_prompts') == 1
      end)
      vim.wait(20)
      type_lines({ 'mine' })
      local seen = {}
      for _, key in ipairs({ '<C-p>', '<C-p>', '<C-p>', '<C-n>', '<C-n>', '<C-n>' }) do
        world.press(key)
        seen[#seen + 1] = table.concat(world.lines(), '|')
      end
      assert.are.same({ 'newest|of all', 'older', 'older', 'newest|of all', 'mine', 'mine' }, seen)
    end)
  end)

  describe('the queue', function()
    local waiting

    before_each(function()
      waiting = {
        { id = 7, text = 'first\27[8m\nmore', raw = false, sending = false, queued_at = world.now },
        { id = 9, text = '/compact', raw = true, sending = false, queued_at = world.now },
      }
      world.replies.task_prompts = function()
        return nil, { waiting = waiting, sent = {} }
      end
      queue.open(task(12))
      world.wait(function()
        return #world.lines() == 2 and world.lines()[1] ~= ''
      end)
      world.asked = {}
    end)

    it('lists what waits, in one line each', function()
      assert.is_truthy(world.lines()[1]:find('1%.  .*first more  2 lines$'), world.lines()[1])
      assert.is_truthy(world.lines()[2]:find('2%.  .*! /compact$'))
    end)

    it('moves and removes, and keeps the removed text in a register', function()
      world.press('J')
      world.press('x')
      assert.are.same({
        { 'task_prompts', { task = 'uuid-12', prompt = 7, place = 2 } },
        { 'task_prompts', { task = 'uuid-12', prompt = 7, remove = true } },
      }, world.asked)
      world.wait_notified(1)
      assert.are.equal('first\27[8m\nmore', vim.fn.getreg('"'))
      world.press('K')
      assert.are.equal(2, #world.asked)
    end)

    it('opens a prompt in the composer, which changes it', function()
      world.press('<CR>')
      assert.are.same({ 'first', 'more' }, world.lines())
      assert.are.equal(0, #kept())
      type_lines({ 'changed' })
      world.press(':w<CR>')
      world.wait(function()
        return #kept() == 0 and #vim.api.nvim_list_wins() == 1
      end)
      local change = { task = 'uuid-12', prompt = 7, text = 'changed' }
      assert.are.same(change, asked('task_prompts')[#asked('task_prompts')][2])
    end)
  end)
end)
