local helpers = require('helpers')

--- Opens a draft, which a connection may have to come before.
local function open_draft(title)
  require('chorus.verbs').run('new', { args = title })
  helpers.wait_for('the draft', function()
    return vim.bo.buftype == 'acwrite'
  end)
end

describe('what was opened for one project', function()
  local world, here, other, first_folder

  helpers.in_a_world(function(fresh)
    world = fresh
    first_folder = vim.fn.getcwd()
    here, other = world.folder .. '/project_one', world.folder .. '/project_two'
    vim.fn.mkdir(here .. '/src', 'p')
    vim.fn.mkdir(other, 'p')
    helpers.write(here .. '/src/a.txt', 'a\n')
    vim.cmd('silent! %bwipeout!')
    vim.cmd.cd(here)
  end)

  after_each(function()
    vim.o.autochdir = false
    pcall(vim.api.nvim_del_augroup_by_name, 'chorus_spec_root')
    vim.cmd('silent! only! | silent! %bwipeout!')
    vim.cmd.cd(first_folder)
  end)

  local function press(keys)
    vim.api.nvim_feedkeys(vim.keycode(keys), 'xt', false)
  end

  --- What the peer was asked by that method, over all connections.
  local function asked(method)
    local found = {}
    for _, line in ipairs(world:noted('asked')) do
      local request = vim.json.decode(line)
      if request.method == method then
        found[#found + 1] = request.params
      end
    end
    return found
  end

  local function wait_asked(method, count)
    return helpers.wait_for(method, function()
      local found = asked(method)
      return #found >= (count or 1) and found
    end)
  end

  local function new_task()
    local task = helpers.task({ number = 1, project = here })
    world:tell('script', { task_new = { result = task } })
  end

  for way, prepare in pairs({
    ["'autochdir'"] = function()
      vim.o.autochdir = true
    end,
    ['a plugin that follows the buffer'] = function()
      vim.api.nvim_create_autocmd('BufEnter', {
        group = vim.api.nvim_create_augroup('chorus_spec_root', {}),
        command = 'silent! cd %:p:h',
      })
    end,
  }) do
    it('stays there with ' .. way, function()
      new_task()
      prepare()
      vim.cmd.edit(here .. '/src/a.txt')
      open_draft('Fix it')
      assert.equal(here .. '/src', vim.fn.getcwd(-1, 0))
      press(':w<CR>')
      local new = wait_asked('task_new')[1]
      assert.is_nil(new.folder)
      assert.equal(here .. '/src', asked('hello')[1].folder)
    end)
  end

  it('never takes the state folder for a project', function()
    world:connect()
    local count = #asked('hello')
    vim.fn.mkdir(require('chorus.client').state_dir() .. '/tasks', 'p')
    vim.cmd.cd(require('chorus.client').state_dir() .. '/tasks')
    assert.equal(here, require('chorus.client').folder())
    vim.cmd.cd(other)
    local hello = wait_asked('hello', count + 1)
    assert.equal(other, hello[#hello].folder)
  end)

  it('creates the draft’s task where the draft was opened', function()
    new_task()
    world:connect()
    open_draft('Fix it')
    vim.cmd.cd(other)
    wait_asked('hello', 2)
    press(':w<CR>')
    assert.equal(here, wait_asked('task_new')[1].folder)
    assert.is_nil(require('chorus.tasks').get('uuid-1'))
  end)

  it('creates the list’s tasks where the list was shown', function()
    new_task()
    world:connect()
    require('chorus.ui.tasks.list').open()
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'A new one' })
    vim.cmd.cd(other)
    wait_asked('hello', 2)
    press(':w<CR>')
    assert.equal(here, wait_asked('task_new')[1].folder)
  end)

  it('keeps a page and a diff with their task', function()
    local task = helpers.task({ number = 3, project = here })
    local page = { task = task, requests = {}, references = {}, commits = {}, journal = {} }
    world:tell(
      'script',
      { task_show = { result = page }, task_diff = { result = { title = '', root = here, text = '', cut = false } } }
    )
    world:connect({ task })
    require('chorus.ui.tasks.page').open(task)
    wait_asked('task_show')
    require('chorus.ui.edits.diff').open(task, 'stack')
    wait_asked('task_diff')
    world:tell(
      'snapshot',
      { tasks = { helpers.task({ number = 3, uuid = 'stranger' }) }, requests = {}, elsewhere = 0 }
    )
    helpers.settle()
    vim.cmd.split('chorus://task/3')
    vim.cmd.cd(other)
    wait_asked('hello', 2)
    local shown = wait_asked('task_show', 2)
    assert.equal('uuid-3', shown[#shown].task)
    local diffs = wait_asked('task_diff', 2)
    assert.equal('uuid-3', diffs[#diffs].task)
    helpers.wait_for('the other project', function()
      return require('chorus.tasks').get('stranger')
    end)
    require('chorus.verbs').run('complete', {})
    assert.same({}, asked('task_complete'))
    assert.matches('is not in this project', world:words(), 1, true)
  end)
end)

describe('a session', function()
  local world, file
  local options = vim.o.sessionoptions

  helpers.in_a_world(function(fresh)
    world = fresh
    file = world.folder .. '/session.vim'
    vim.cmd('silent! %bwipeout!')
    vim.cmd.runtime({ 'plugin/chorus.lua', bang = false })
  end)

  after_each(function()
    vim.o.sessionoptions = options
    vim.cmd('silent! only! | silent! %bwipeout!')
    pcall(vim.api.nvim_del_augroup_by_name, 'chorus')
    for name in pairs(vim.api.nvim_get_commands({})) do
      if name:match('^Chorus') then
        vim.api.nvim_del_user_command(name)
      end
    end
  end)

  --- Writes a session, forgets everything, and restores it as another Neovim would.
  local function restore()
    vim.cmd.mksession({ file, bang = true })
    vim.cmd('silent! %bwipeout!')
    local shortmess = vim.o.shortmess
    -- A message for each window would wait for Enter.
    assert.not_matches('chorus://', vim.fn.execute('source ' .. file), 1, true)
    assert.equal(shortmess, vim.o.shortmess)
    helpers.settle()
  end

  local function type_draft()
    open_draft('Half a thought')
    vim.api.nvim_exec_autocmds('InsertLeave', { buffer = 0 })
  end

  local function kept()
    return vim.fn.glob(require('chorus.client').state_dir() .. '/drafts/*.md', true, true)
  end

  -- Plugins that keep sessions recommend the longer ones.
  for _, more in ipairs({ '', ',localoptions,globals,blank' }) do
    local with = more == '' and '' or ', with the options of buffers kept'

    it('brings a draft back' .. with, function()
      vim.o.sessionoptions = options .. more
      world:connect()
      type_draft()
      vim.cmd.only()
      restore()
      assert.equal('acwrite', vim.bo.buftype)
      assert.equal('title: Half a thought', vim.api.nvim_buf_get_lines(0, 1, 2, false)[1])
      assert.equal('markdown', vim.bo.filetype)
      vim.cmd('silent! write!')
      assert.matches('Half a thought', helpers.read(kept()[1]), 1, true)
    end)

    it('brings the list and a page back' .. with, function()
      vim.o.sessionoptions = options .. more
      local task = helpers.task({ number = 3, title = 'Fix it' })
      local page = { task = task, requests = {}, references = {}, commits = {}, journal = {} }
      world:tell('script', { task_show = { result = page } })
      world:connect({ task })
      require('chorus.ui.tasks.list').open()
      vim.cmd.split()
      require('chorus.ui.tasks.page').open(task)
      restore()
      for _, name in ipairs({ 'chorus://list', 'chorus://task/3' }) do
        local buffer = vim.fn.bufnr('^' .. name .. '$')
        assert.equal('acwrite', vim.bo[buffer].buftype, name)
        helpers.wait_for(name, function()
          local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
          return table.concat(lines, '\n'):find('Fix it', 1, true)
        end)
      end
    end)

    it('brings the dashboard back with one preview, and says what was in a window of output' .. with, function()
      vim.o.sessionoptions = options .. more
      local task =
        helpers.task({ number = 3, title = 'Fix it', agent_status = { status = 'idle', detail = {}, since = 1 } })
      local output = { task = task.uuid, columns = 80, rows = 1, lines = { 'its screen' }, alternate = false }
      world:tell('script', { task_output = { result = output } })
      world:connect({ task })
      require('chorus.ui.tasks.dashboard').open()
      restore()
      local function previews()
        return vim.tbl_filter(function(window)
          return vim.api.nvim_buf_get_name(vim.api.nvim_win_get_buf(window)):find('chorus://preview', 1, true)
        end, vim.api.nvim_list_wins())
      end
      helpers.wait_for('the preview', function()
        local buffer = previews()[1] and vim.api.nvim_win_get_buf(previews()[1])
        return buffer and vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] == 'its screen'
      end)
      assert.equal(1, #previews())
      assert.equal(2, #vim.api.nvim_list_wins())
      assert.equal('', world:words())
      require('chorus.ui.tasks.preview').close()
      require('chorus.ui.pane.output').open(task, { split = 'botright' })
      vim.cmd.only()
      restore()
      assert.matches('`:Chorus output 3` opens it again', vim.api.nvim_buf_get_lines(0, 0, 1, false)[1], 1, true)
      assert.equal('', world:words())
    end)
  end

  it('says what became of a draft that is gone, and of a commit’s message', function()
    world:connect()
    type_draft()
    vim.cmd.only()
    vim.cmd.mksession({ file, bang = true })
    vim.cmd('silent! %bwipeout!')
    vim.fn.delete(kept()[1])
    vim.cmd.source(file)
    assert.matches('This draft is gone', vim.api.nvim_buf_get_lines(0, 0, 1, false)[1], 1, true)
    assert.is_false(vim.bo.modifiable)
    vim.cmd.edit('chorus://message/3')
    assert.matches('`:Chorus complete 3` opens it again', vim.api.nvim_buf_get_lines(0, 0, 1, false)[1], 1, true)
  end)

  it('opens the file of a prompt as the prompt', function()
    world:connect({ helpers.task({ number = 3 }) })
    require('chorus.ui.prompts.composer').open_for(
      require('chorus.tasks').all(),
      { lines = { 'Half a thought' }, is_kept = true }
    )
    vim.cmd('silent! stopinsert')
    local files = vim.fn.glob(require('chorus.client').state_dir() .. '/prompts/*.md', true, true)
    vim.cmd('silent! %bwipeout!')
    vim.cmd.edit(files[1])
    helpers.wait_for('the prompt', function()
      return vim.bo.buftype == 'acwrite'
    end)
    assert.matches('^chorus://prompt/', vim.api.nvim_buf_get_name(0))
  end)

  it('opens the file of a draft as the draft', function()
    world:connect()
    type_draft()
    vim.cmd('silent! %bwipeout!')
    vim.cmd.edit(kept()[1])
    helpers.wait_for('the draft', function()
      return vim.bo.buftype == 'acwrite'
    end)
    assert.equal('title: Half a thought', vim.api.nvim_buf_get_lines(0, 1, 2, false)[1])
    assert.matches('^chorus://draft/', vim.api.nvim_buf_get_name(0))
  end)
end)
