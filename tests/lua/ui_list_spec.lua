local helpers = require('helpers')
local world = require('ui_world')

describe('list plan', function()
  local list_plan, tasks

  before_each(function()
    world.start()
    list_plan = require('chorus.ui.tasks.list_plan')
    tasks = {
      world.task(12, { title = 'Fix the login', priority = 2, tags = { 'auth', 'web' } }),
      world.task(3, { title = 'C++ and #12 P3 in + a title' }),
      world.task(104, { title = 'Hostile\n\27[31mtitle', priority = -1 }),
    }
  end)

  local function says(plan)
    return vim.tbl_map(function(each)
      return each.says
    end, vim.list_extend(vim.list_slice(plan.edits), plan.new))
  end

  it('begins with lines that change nothing', function()
    local lines = list_plan.lines(tasks)
    assert.are.same({
      '#12   P2   Fix the login  +auth +web',
      '#3    P0   C++ and #12 P3 in + a title',
      '#104  P-1  Hostile ↵ title',
    }, lines)
    local plan = list_plan.plan(lines, tasks)
    assert.are.same({ edits = {}, new = {}, faults = {} }, plan)
    plan = list_plan.plan({ lines[3], '', lines[1], lines[2] }, tasks)
    assert.are.same({ edits = {}, new = {}, faults = {} }, plan)
  end)

  it('turns edits into what changes, and nothing more', function()
    local plan = list_plan.plan({
      '#12 P2 Fix the logout +auth',
      '#3  P7  C++ and #12 P3 in + a title',
      '#104 Hostile ↵ title +new',
    }, tasks)
    assert.are.same({}, plan.faults)
    assert.are.same(
      {
        { task = 'uuid-12', title = 'Fix the logout', tags = { 'auth' } },
        { task = 'uuid-3', priority = 7 },
        { task = 'uuid-104', tags = { 'new' } },
      },
      vim.tbl_map(function(edit)
        return edit.params
      end, plan.edits)
    )
    assert.are.equal('#12  title “Fix the logout”, tags auth', says(plan)[1])
    assert.are.equal('#3  priority 0 → 7', says(plan)[2])
  end)

  it('takes new lines as new tasks', function()
    local lines = list_plan.lines(tasks)
    vim.list_extend(lines, { 'Write docs', '  P3  Second one +docs +web', 'P9 problem' })
    local plan = list_plan.plan(lines, tasks)
    assert.are.same(
      {
        { title = 'Write docs', priority = 0, tags = {} },
        { title = 'Second one', priority = 3, tags = { 'docs', 'web' } },
        { title = 'problem', priority = 9, tags = {} },
      },
      vim.tbl_map(function(new)
        return new.params
      end, plan.new)
    )
  end)

  it('refuses what is not clear', function()
    local lines = list_plan.lines(tasks)
    local function fault_of(edited)
      return table.concat(
        vim.tbl_map(function(fault)
          return (fault.line or 0) .. ': ' .. fault.text
        end, list_plan.plan(edited, tasks).faults),
        '\n'
      )
    end
    assert.is_truthy(
      fault_of({ lines[1], lines[2] }):find('0: the line of #104 is gone: `:Chorus delete 104`', 1, true)
    )
    assert.is_truthy(fault_of({ lines[1], lines[2], lines[3], '#12 P2 copy' }):find('4: #12 appears twice', 1, true))
    assert.is_truthy(fault_of({ lines[1], lines[2], lines[3], '#99 P2 x' }):find('4: #99 is not in this list', 1, true))
    assert.is_truthy(fault_of({ '#12 P2', lines[2], lines[3] }):find('1: a title is required', 1, true))
    assert.is_truthy(
      fault_of({ '#12 ' .. ('x'):rep(201), lines[2], lines[3] }):find('1: a title has at most 200', 1, true)
    )
  end)
end)

describe('list', function()
  local list, select, asked

  before_each(function()
    world.start()
    list = require('chorus.ui.tasks.list')
    world.know({ world.task(12, { title = 'Fix the login' }), world.task(3, { title = 'Other', tags = { 'web' } }) })
    world.replies.task_edit = function(params)
      return nil, world.task(12, params)
    end
    world.replies.task_new = world.replies.task_edit
    select, asked = vim.ui.select, {}
    vim.ui.select = function(items, options, on_choice)
      table.insert(asked, options.prompt)
      on_choice(items[1])
    end
  end)

  after_each(function()
    vim.ui.select = select
  end)

  it('writes one change without a question', function()
    list.open()
    assert.are.same({ '#3   P0   Other  +web', '#12  P0   Fix the login' }, world.lines())
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { '#12  P5   Fix the login' })
    world.press(':w<CR>')
    assert.are.same({ { 'task_edit', { task = 'uuid-12', priority = 5 } } }, world.asked)
    assert.are.same({}, asked)
    world.wait(function()
      return not vim.bo.modified
    end)
  end)

  it('shows several changes before they are made', function()
    list.open()
    vim.api.nvim_buf_set_lines(0, 0, 2, false, { '#3 P1 Other +web', '#12 P0 Fix the logout', 'New one' })
    world.press(':w<CR>')
    assert.is_truthy(asked[1]:find('#3  priority 0 → 1', 1, true))
    assert.is_truthy(asked[1]:find('new  New one', 1, true))
    world.wait(function()
      return #world.asked == 3 and not vim.bo.modified
    end)
    assert.are.same(
      { 'task_edit', 'task_edit', 'task_new' },
      vim.tbl_map(function(each)
        return each[1]
      end, world.asked)
    )
  end)

  it('changes nothing while a line is wrong, and says which', function()
    list.open()
    vim.api.nvim_buf_set_lines(0, 1, 2, false, {})
    world.press(':w<CR>')
    assert.are.same({}, world.asked)
    world.wait_notified(1)
    assert.is_truthy(world.notified[1][2]:find('the line of #12 is gone', 1, true))
    assert.is_true(vim.bo.modified)
  end)

  it('stops at the first refusal and keeps what was typed', function()
    world.replies.task_edit = function()
      return { code = 'bad_input', message = 'no' }
    end
    list.open()
    vim.api.nvim_buf_set_lines(0, 0, 2, false, { '#3 P1 Other +web', '#12 P1 Fix the login' })
    world.press(':w<CR>')
    world.wait(function()
      return #world.notified == 1
    end)
    assert.are.equal(1, #world.asked)
    assert.is_true(vim.bo.modified)
    assert.are.equal('#3 P1 Other +web', world.lines()[1])
  end)

  it('writes the numbers of tasks that were created before a refusal, so that none is created twice', function()
    local created = 0
    world.replies.task_new = function(params)
      created = created + 1
      if created == 2 then
        return { code = 'bad_input', message = 'no' }
      end
      return nil, world.task(20 + created, params)
    end
    list.open()
    vim.api.nvim_buf_set_lines(0, 0, 2, false, { '#3 P1 Other +web', 'New one', '#12 P0 Fix the login', 'New two' })
    world.press(':w<CR>')
    world.wait_notified(1)
    assert.are.same({ '#3 P1 Other +web', '#21  New one', '#12 P0 Fix the login', 'New two' }, world.lines())
    assert.is_true(vim.bo.modified)
    world.asked = {}
    world.press(':w<CR>')
    assert.are.same({ { 'task_new', { title = 'New two', priority = 0, tags = {} } } }, world.asked)
  end)

  it('keeps what is typed while the daemon answers', function()
    local answer
    require('chorus.client').request = function(method, params, on_reply)
      table.insert(world.asked, { method, params })
      answer = on_reply
    end
    list.open()
    vim.api.nvim_buf_set_lines(0, 2, 2, false, { 'New one' })
    world.press(':w<CR>')
    vim.api.nvim_buf_set_lines(0, 1, 2, false, { '#12  P9   Fix the login' })
    answer(nil, world.task(20, { title = 'New one' }))
    world.wait_notified(1)
    assert.are.equal('the tasks were changed, without what you typed since', world.notified[1][2])
    assert.are.same({ '#3   P0   Other  +web', '#12  P9   Fix the login', '#20  New one' }, world.lines())
    assert.is_true(vim.bo.modified)
    world.asked = {}
    world.press(':w<CR>')
    assert.are.same({ { 'task_edit', { task = 'uuid-12', priority = 9 } } }, world.asked)
  end)

  it('is kept true while nothing is typed', function()
    list.open()
    world.event('task_changed', world.task(12, { title = 'Renamed', revision = 2 }))
    world.wait(function()
      return world.lines()[2] == '#12  P0   Renamed'
    end)
    vim.api.nvim_buf_set_lines(0, 0, 1, false, { '#3   P1   Other  +web' })
    world.event('task_changed', world.task(12, { title = 'Again', revision = 3 }))
    helpers.settle()
    assert.are.equal('#12  P0   Renamed', world.lines()[2])
    world.press(':w<CR>')
    assert.are.same({ { 'task_edit', { task = 'uuid-3', priority = 1 } } }, world.asked)
  end)

  it('begins in the order of the dashboard, and moves no line afterwards', function()
    local function task(number, status, revision)
      local state = { status = status, detail = {}, since = world.now - 60000 }
      return world.task(number, { agent_status = state, revision = revision })
    end
    local function order()
      return table.concat(
        vim.tbl_map(function(line)
          return line:match('#(%d+)')
        end, world.lines()),
        ' '
      )
    end
    world.know({ task(1, 'idle', 1), task(2, 'busy', 1), task(3, 'error', 1) })
    require('chorus.ui.tasks.list').open()
    assert.are.equal('3 2 1', order())
    world.event('task_changed', task(1, 'error', 2))
    world.event('task_changed', task(4, 'error', 1))
    world.wait(function()
      return #world.lines() == 4
    end)
    assert.are.equal('3 2 1 4', order())
  end)

  it('takes a filter, and tells the task under the cursor', function()
    list.open('+web')
    assert.are.same({ '#3   P0   Other  +web' }, world.lines())
    vim.api.nvim_exec_autocmds('CursorMoved', { buffer = 0 })
    assert.are.equal(3, vim.b.chorus_task)
    assert.are.equal('chorus://list/+web', vim.api.nvim_buf_get_name(0))
  end)
end)
