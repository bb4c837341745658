local world = require('ui_world')

describe('policy', function()
  local select, picked, prompts

  before_each(function()
    world.start()
    world.know({ world.task(12, { title = 'Fix the login', requests = 1 }) }, {})
    select, picked, prompts = vim.ui.select, {}, {}
    vim.ui.select = function(items, options, on_choice)
      table.insert(prompts, { options.prompt, table.concat(vim.tbl_map(options.format_item, items), '|') })
      on_choice(items[table.remove(picked, 1)])
    end
  end)

  after_each(function()
    vim.ui.select = select
  end)

  local function texts(rows)
    return vim.tbl_map(function(row)
      return row.text
    end, rows)
  end

  local function tested(fields)
    return vim.tbl_extend('force', {
      request = 'r1',
      number = 12,
      at = world.now - 120000,
      tool = 'Bash',
      summary = 'cargo test',
      outcome = 'allowed',
      would = 'allow',
      by = '/u/chorus.toml:4',
    }, fields or {})
  end

  local REPORT = {
    rules = { { action = 'allow', text = 'command = "cargo test *"', place = '/u/chorus.toml:4' } },
    notices = { '/p/chorus.toml: ignored until you trust this file' },
    tested = {},
  }

  it('lists the rules, what does not count, and what they would have done', function()
    local rows = require('chorus.ui.requests.policy_rows')
    local report = vim.tbl_extend('force', REPORT, {
      tested = { tested(), tested({ would = 'ask', by = '', why = 'no rule allows `x\27`', summary = 'x\27' }) },
    })
    local shown = table.concat(texts(rows.render(report, world.now, 100)), '\n')
    assert.is_truthy(shown:find('ignored until you trust this file', 1, true))
    assert.is_truthy(shown:find('allow  command = "cargo test *"  /u/chorus.toml:4', 1, true))
    assert.is_truthy(shown:find('#12  Bash: cargo test  /u/chorus.toml:4  it was allowed', 1, true))
    assert.is_truthy(shown:find('2 requests: 1 would be allowed, 0 denied, 1 asked', 1, true))
    assert.is_nil(shown:find('\27', 1, true))
    local none = rows.render({ rules = {}, notices = {}, tested = {} }, world.now, 100)
    assert.is_truthy(none[2].text:find('every request is asked', 1, true))
  end)

  it('opens a rule’s file at its line', function()
    local file = vim.fn.tempname()
    vim.fn.writefile({ 'a', 'b', 'c' }, file)
    require('chorus.ui.requests.policy').open({
      rules = { { action = 'deny', text = 'command = "x"', place = file .. ':3' } },
      notices = {},
      tested = {},
    })
    vim.api.nvim_win_set_cursor(0, { 2, 0 })
    world.press('<CR>')
    assert.equal(vim.fn.resolve(file), vim.fn.resolve(vim.api.nvim_buf_get_name(0)))
    assert.same({ 3, 0 }, vim.api.nvim_win_get_cursor(0))
  end)

  it('asks how many requests to test, and for one task’s answers', function()
    local run = require('chorus.verbs').run
    run('policy', { args = '' })
    run('policy', { args = 'test' })
    run('policy', { args = 'test 5' })
    run('policy', { args = 'tset' })
    run('audit', { args = '12' })
    assert.same({
      { 'policy', {} },
      { 'policy', { test = 20 } },
      { 'policy', { test = 5 } },
      { 'audit', { task = '12' } },
    }, world.asked)
    assert.equal('fail', world.notified[1][1])
  end)

  it('shows what was seen and sent of one answer', function()
    local answer = {
      at = world.now - 60000,
      number = 12,
      kind = 'permission',
      tool = 'Bash',
      summary = 'rm x',
      seen = { command = 'rm x' },
      cut = false,
      outcome = 'denied',
      who = 'person',
      via = 'Neovim (process 4)',
      sent = { behavior = 'deny' },
      said = 'reason: use make',
    }
    require('chorus.ui.requests.audit').open({ answers = { answer } })
    local before = world.lines()
    assert.equal(1, #before)
    assert.is_truthy(before[1]:find('#12  denied    you          Bash: rm x  · reason: use make', 1, true), before[1])
    world.press('<CR>')
    local shown = table.concat(world.lines(), '\n')
    assert.is_truthy(shown:find('saw   command  rm x', 1, true), shown)
    assert.is_truthy(shown:find('sent  behavior  deny', 1, true), shown)
    world.press('<CR>')
    assert.equal(1, #world.lines())
  end)

  it('shows all that was seen, with what would hide in it', function()
    local audit_rows = require('chorus.ui.requests.audit_rows')
    local answer = {
      at = world.now,
      number = 12,
      kind = 'permission',
      tool = 'Bash',
      summary = 'x',
      seen = { command = ('x'):rep(6000) .. '; rm -rf ~\necho \226\128\174' },
      cut = true,
      outcome = 'allowed',
      who = 'person',
    }
    local rows = audit_rows.render({ answers = { answer } }, world.now, 80, function()
      return true
    end)
    local drawn = {}
    for _, row in ipairs(rows) do
      drawn[#drawn + 1] = row.text
      assert.equal(answer, row.data.answer)
    end
    local shown = table.concat(drawn, '\n')
    assert.is_truthy(shown:find('x; rm -rf ~\n', 1, true))
    assert.is_truthy(shown:find('│ echo <202e>', 1, true))
    assert.is_truthy(shown:find('saw   command\n', 1, true), shown:sub(1, 300))
    assert.is_truthy(shown:find('longer than what is kept', 1, true))
  end)

  it('shows a rule and what else it would have allowed before it is added', function()
    local asked = {}
    world.replies.policy_propose = function(params)
      asked[#asked + 1] = params.everywhere
      return nil, { rule = '[[policy.allow]]\ncommand = "make *"\n', file = '/u/chorus.toml', others = { tested() } }
    end
    world.replies.policy_add = function()
      return nil, { place = '/u/chorus.toml:9', answered = true }
    end
    picked = { 2, 1 }
    local ended
    require('chorus.ui.requests.propose_rule').propose(world.request('r1', 12), function(is_answered)
      ended = is_answered
    end)
    world.wait_notified(1)
    assert.is_true(ended)
    assert.same({ false, true }, asked)
    assert.equal('Add this rule to /u/chorus.toml?', prompts[1][1])
    assert.equal('Add it|Propose it for every project|Cancel', prompts[1][2])
    assert.same(
      { request = 'r1', everywhere = true, rule = '[[policy.allow]]\ncommand = "make *"\n' },
      world.asked[3][2]
    )
    assert.equal('the rule is at /u/chorus.toml:9. It answered the request.', world.notified[1][2])
    assert.equal(-1, vim.fn.bufnr('^chorus://rule$'))
  end)

  it('is proposed by a key on the request', function()
    local request = world.request('r1', 12)
    world.know({ world.task(12, { requests = 1 }) }, { request })
    require('chorus.ui.requests.request').open(request)
    world.press('P')
    assert.same({ 'policy_propose', { request = 'r1', everywhere = false } }, world.asked[#world.asked])
  end)

  it('adds nothing when the person leaves', function()
    world.replies.policy_propose = function()
      return nil, { rule = '[[policy.allow]]\n', file = '/u/chorus.toml', others = {} }
    end
    picked = { 3 }
    local ended
    require('chorus.ui.requests.propose_rule').propose(world.request('r1', 12), function(is_answered)
      ended = is_answered
    end)
    world.wait(function()
      return #prompts == 1
    end)
    assert.equal(1, #world.asked)
    assert.is_false(ended)
  end)

  it('leads back to where the rule was proposed from', function()
    world.replies.policy_propose = function()
      return nil, { rule = '[[policy.allow]]\n', file = '/u/chorus.toml', others = {} }
    end
    world.replies.policy_add = function()
      return nil, { place = '/u/chorus.toml:9', answered = true }
    end
    local first, second = world.request('r1', 12), world.request('r2', 3, { opened_at = world.now })
    world.know({ world.task(12, { requests = 1 }), world.task(3, { requests = 1 }) }, { first, second })
    local function shown()
      return vim.b.chorus_view, vim.b.chorus_task
    end
    require('chorus.ui.requests.inbox').open(second)
    assert.are.same({ 'inbox', 3 }, { shown() })
    picked = { 3 }
    world.press('P')
    world.wait(function()
      return #prompts == 1
    end)
    assert.are.same({ 'inbox', 3 }, { shown() })
    picked = { 1 }
    world.press('P')
    world.wait_notified(1)
    assert.are.same({ 'inbox', 12 }, { shown() })
    world.press('q')
    world.settle()
    require('chorus.ui.requests.request').open(first)
    picked = { 3 }
    world.press('P')
    world.wait(function()
      return #prompts == 3
    end)
    assert.are.same({ 'request', 12 }, { shown() })
  end)

  it('trusts the text that was shown', function()
    world.replies.trust = function(params)
      local done = params.confirmed or false
      return nil, { text = done and 'It is trusted now.\nall of it' or '+allow', fingerprint = 'f1', done = done }
    end
    picked = { 1 }
    require('chorus.verbs').run('trust', {})
    world.wait_notified(1)
    assert.same({ confirmed = true, seen = 'f1' }, world.asked[2][2])
    assert.equal('It is trusted now.', world.notified[1][2])
    require('chorus.verbs').run('trust', { bang = true })
    assert.same({ withdraw = true }, world.asked[3][2])
  end)
end)
