local world = require('ui_world')

describe('prompts', function()
  local composer, queue, files

  before_each(function()
    world.state_dir = vim.fn.resolve(vim.fn.tempname())
    world.start()
    require('chorus.verbs')
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

  --- Opens a composer that knows the earlier prompts.
  local function open_with_history()
    composer.open_for({ task(12) })
    world.wait(function()
      return #asked('task_prompts') == 1
    end)
    world.settle()
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
      assert.are.same({
        { kind = 'prompt', to = { { number = 12, uuid = 'uuid-12' } } },
        { 'half a prompt' },
      }, { files.read(kept()[1]) })
    end)

    it('goes through the prompts that were sent, and back to the own text', function()
      open_with_history()
      type_lines({ 'mine' })
      local seen = {}
      for _, key in ipairs({ '<C-p>', '<C-p>', '<C-p>', '<C-n>', '<C-n>', '<C-n>' }) do
        world.press(key)
        seen[#seen + 1] = table.concat(world.lines(), '|')
      end
      assert.are.same({ 'newest|of all', 'older', 'older', 'newest|of all', 'mine', 'mine' }, seen)
    end)
  end)

  --- Answers the next `vim.ui.select` by the choice whose line has that word.
  local function choose(...)
    local select, words, offered = vim.ui.select, { ... }, {}
    vim.ui.select = function(items, options, on_choice)
      local word = table.remove(words, 1)
      if #words == 0 then
        vim.ui.select = select
      end
      offered[#offered + 1] = table.concat(vim.tbl_map(options.format_item, items), '|')
      for _, item in ipairs(items) do
        if options.format_item(item):find(word, 1, true) then
          return on_choice(item)
        end
      end
      on_choice(nil)
    end
    return offered
  end

  local function accept(method)
    world.replies[method] = function()
      return nil, { queued = false }
    end
  end

  describe('a composer for a task of another project', function()
    local other

    before_each(function()
      other = world.task(12, { project = '/home/me/other', uuid = 'other-12', title = 'Elsewhere' })
      accept('task_send')
      world.replies.others = function()
        return nil, { tasks = { world.task(12, { title = 'Fix the login' }) }, requests = {} }
      end
    end)

    --- The person goes to the other project, as after `:cd`.
    local function go_there()
      world.welcome.project = '/home/me/other'
      require('chorus.tasks').snapshot({ tasks = { other }, requests = {}, elsewhere = 0 }, '/home/me/other')
    end

    it('sends to that task and not to the one of its number', function()
      require('chorus.tasks').set_others({ tasks = { other }, requests = {} })
      composer.open_for({ other })
      assert.are.same({ 12, 'other-12' }, { vim.b.chorus_task, vim.b.chorus_uuid })
      assert.is_truthy(vim.wo.winbar:find('Prompt for #12 of other', 1, true), vim.wo.winbar)
      type_lines({ 'for them' })
      world.press(':w<CR>')
      world.wait(function()
        return #asked('task_send') == 1
      end)
      assert.are.equal('other-12', asked('task_send')[1][2].task)
      assert.are.same({ task = 'other-12', history = true }, asked('task_prompts')[1][2])
    end)

    it('sends to it after the person has gone to another project', function()
      composer.open_for({ task(12) })
      type_lines({ 'for shop' })
      go_there()
      world.press(':w<CR>')
      world.wait(function()
        return #asked('task_send') == 1
      end)
      assert.are.equal('uuid-12', asked('task_send')[1][2].task)
    end)

    it('is found again by its file, which an older version may have written', function()
      composer.open_for({ task(12) })
      type_lines({ 'for shop' })
      world.press('q')
      local path = kept()[1]
      go_there()
      composer.resume(path)
      world.press(':w<CR>')
      world.wait(function()
        return #asked('task_send') == 1
      end)
      assert.are.equal('uuid-12', asked('task_send')[1][2].task)
      vim.fn.writefile({ 'to #12 #3', 'old' }, path)
      assert.are.same({ kind = 'prompt', to = { { number = 12 }, { number = 3 } } }, (files.read(path)))
    end)
  end)

  it('keep what they are for, so that a kept one is sent as what it is', function()
    local composers = {
      { kind = 'raw', to = { { number = 12, uuid = 'uuid-12' } } },
      { kind = 'waiting', subject = '7', to = { { number = 12, uuid = 'uuid-12' } } },
      { kind = 'plan', subject = 'r7', to = { { number = 12, uuid = 'uuid-12' } } },
    }
    local sent = {
      raw = { 'task_send', { task = 'uuid-12', text = 'changed', raw = true } },
      waiting = { 'task_prompts', { task = 'uuid-12', prompt = 7, text = 'changed' } },
      plan = {
        'task_deny',
        {
          task = 'uuid-12',
          request = 'r7',
          reason = 'Keep planning. The user changed the plan; go on from this version:\n\nchanged',
        },
      },
    }
    for _, method in ipairs({ 'task_send', 'task_deny' }) do
      accept(method)
    end
    for _, purpose in ipairs(composers) do
      composer.open({ purpose = vim.deepcopy(purpose), lines = { 'as it was' } })
      type_lines({ 'changed' })
      world.press('q')
      assert.are.same(purpose, (files.read(kept()[1])))
      choose('changed')
      composer.open_for({ task(3) })
      assert.are.same({ 'changed' }, world.lines())
      world.asked = {}
      world.press(':w<CR>')
      world.wait(function()
        return #kept() == 0 and #vim.api.nvim_list_wins() == 1
      end, purpose.kind)
      assert.are.same(sent[purpose.kind], asked(sent[purpose.kind][1])[1])
    end
  end)

  describe('a prompt that some of its tasks refuse', function()
    before_each(function()
      world.know({
        world.task(12),
        world.task(13),
        world.task(3, { status = 'pending' }),
        world.task(4, { status = 'pending' }),
      })
    end)

    it('is sent again to those alone', function()
      local refuses = true
      world.replies.task_send = function(params)
        if params.task == 'uuid-13' and refuses then
          return { code = 'wrong_state', message = 'cannot send' }
        end
        return nil, { queued = false }
      end
      composer.open_for({ task(12), task(13) })
      type_lines({ 'once' })
      world.press(':w<CR>')
      world.wait(function()
        return vim.wo.winbar:find('Prompt for #13', 1, true)
      end)
      assert.are.same({ { number = 13, uuid = 'uuid-13' } }, files.read(kept()[1]).to)
      refuses, world.asked = false, {}
      world.press(':w<CR>')
      world.wait(function()
        return #vim.api.nvim_list_wins() == 1
      end)
      assert.are.same({ { 'task_send', { task = 'uuid-13', text = 'once', raw = false } } }, asked('task_send'))
    end)

    it('names as started what has started', function()
      world.replies.task_start = function(params)
        if params.task == 'uuid-4' then
          return { code = 'failed', message = 'cannot start' }
        end
        return nil, {}
      end
      choose('Start')
      local left
      require('chorus.send_prompt').run({ task(3), task(4) }, 'begin', {
        after = function(refused)
          left = refused
        end,
      })
      world.wait(function()
        return left
      end)
      assert.are.same({ 4 }, { left[1].number, left[2] })
      assert.are.equal('#3 started with the prompt', world.notified[#world.notified][2])
    end)
  end)

  it('keep what is typed while they are being sent', function()
    local answer
    local request = require('chorus.client').request
    require('chorus.client').request = function(method, params, on_reply)
      if method == 'task_send' then
        table.insert(world.asked, { method, params })
        answer = on_reply
      else
        request(method, params, on_reply)
      end
    end
    composer.open_for({ task(12) })
    type_lines({ 'one' })
    world.press(':w<CR>')
    world.wait(function()
      return answer
    end)
    type_lines({ 'one', 'and two' })
    answer(nil, { queued = false })
    assert.are.same({ { 'one', 'and two' }, true, 1 }, { world.lines(), vim.bo.modified, #kept() })
    assert.is_truthy(world.notified[#world.notified][2]:find('without what you typed', 1, true))
    answer = nil
    world.press(':w<CR>')
    world.wait(function()
      return answer
    end)
    world.press('q')
    answer(nil, { queued = false })
    assert.are.equal(0, #kept())
  end)

  it('keep what is typed on while placeholders are looked up, and are not sent before those are filled in', function()
    local answer
    local request = require('chorus.client').request
    require('chorus.client').request = function(method, params, on_reply)
      if method == 'docs' then
        answer = on_reply
      else
        request(method, params, on_reply)
      end
    end
    local function write()
      answer = nil
      world.press(':w<CR>')
      world.wait(function()
        return answer ~= nil
      end, 'the question for documents')
    end
    composer.open_for({ task(12) }, { origin = require('chorus.editor.placeholders').origin() })
    type_lines({ 'read {doc:plan}, line {line}' })
    write()
    type_lines({ 'read {doc:plan}, line {line}', 'typed on' })
    answer({ code = 'internal', message = 'no' })
    assert.are.same({ 'read {doc:plan}, line {line}', 'typed on' }, world.lines())
    write()
    world.press(':w<CR>')
    world.settle()
    assert.are.equal(0, #asked('task_send'))
    answer({ code = 'internal', message = 'no' })
    assert.are.same({ 'read {doc:plan}, line 1', 'typed on' }, world.lines())
    world.press(':w<CR>')
    world.wait(function()
      return #asked('task_send') == 1
    end)
    assert.are.equal('read {doc:plan}, line 1\ntyped on', asked('task_send')[1][2].text)
  end)

  it('may be left while placeholders are looked up', function()
    local answer
    require('chorus.client').request = function(_, _, on_reply)
      answer = on_reply
    end
    composer.open_for({ task(12) })
    type_lines({ 'read {doc:plan}' })
    world.settle()
    answer = nil
    world.press(':w<CR>')
    world.wait(function()
      return answer ~= nil
    end)
    world.press(':q!<CR>')
    answer(nil, { documents = {} })
    assert.are.equal(1, #kept())
  end)

  it('are as they were kept after :e!', function()
    composer.open_for({ task(12) })
    type_lines({ 'precious' })
    vim.cmd('edit!')
    vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
    assert.are.same({ { 'precious' }, true, 1 }, { world.lines(), vim.bo.modified, #kept() })
    assert.are.equal('precious', vim.fn.readfile(kept()[1])[2])
  end)

  it('keep the own text while an earlier prompt is shown, and an earlier one that was changed', function()
    open_with_history()
    type_lines({ 'mine' })
    world.press('<C-p>')
    vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
    assert.are.same({ 'mine' }, select(2, files.read(kept()[1])))
    type_lines({ 'newest, changed' })
    assert.are.same({ 'newest, changed' }, select(2, files.read(kept()[1])))
    world.press('<C-p>')
    world.press('<C-n>')
    world.press('<C-n>')
    assert.are.same({ 'newest, changed' }, world.lines())
  end)

  it('are deleted after a question alone', function()
    composer.open_for({ task(12) })
    type_lines({ 'precious' })
    world.press('q')
    local offered = choose('Delete the kept prompt', 'Cancel')
    composer.open_for({ task(12) })
    assert.are.same({ 1, 1, 'Delete|Cancel' }, { #kept(), #vim.api.nvim_list_wins(), offered[2] })
    choose('Delete the kept prompt', 'Delete')
    composer.open_for({ task(12) })
    assert.are.equal(0, #kept())
    assert.are.equal(2, #vim.api.nvim_list_wins())
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

    it('opens a prompt as it is, with every character that draws nothing', function()
      local persian = 'می\226\128\140خواهم \240\159\145\168\226\128\141\240\159\145\169 \226\154\160\239\184\143'
      waiting[1].text = persian
      world.event('task_changed', world.task(12, { revision = 2 }))
      world.wait(function()
        return not world.lines()[1]:find('first', 1, true)
      end)
      world.press('<CR>')
      assert.are.same({ persian }, world.lines())
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
