local helpers = require('helpers')

describe('the badge', function()
  local world, statusline

  helpers.in_a_world(function(fresh)
    world = fresh
    statusline = require('chorus.statusline')
  end)

  local function counts(over)
    return vim.tbl_extend('force', { waiting = 0, busy = 0, unread = 0, unknown = 0, elsewhere = 0 }, over)
  end

  it('names what there is and nothing else', function()
    assert.equal('', statusline.badge(counts({}), false))
    assert.equal('⚑ 2 ● 3 ✓ 1', statusline.badge(counts({ waiting = 2, busy = 3, unread = 1 }), false))
    assert.equal('● 1 ? 1 (+4)', statusline.badge(counts({ busy = 1, unknown = 1, elsewhere = 4 }), false))
    assert.equal('⚑ 1 ⚠ 2 ● 1', statusline.badge(counts({ waiting = 1, trouble = 2, busy = 1 }), false))
    assert.equal('⚠', statusline.badge(counts({ busy = 1 }), true))
  end)

  it('can be ASCII, and take other icons', function()
    vim.g.chorus = { statusline = { ascii = true, icons = { busy = 'B' } } }
    assert.equal('! 2 B 3 + 1', statusline.badge(counts({ waiting = 2, busy = 3, unread = 1 }), false))
    for _, status in ipairs(require('chorus.contract').words.AgentStatus) do
      assert.matches('^[ -~]$', require('chorus.icons').of({ status = status }))
    end
  end)

  it('follows the events with one redraw per turn of the loop', function()
    world:connect({ helpers.task({ agent_status = 'busy' }) })
    assert.equal('● 1', statusline.text())
    assert.equal('● 1', vim.g.chorus_status)
    assert.equal(1, vim.g.chorus_counts.busy)
    local drawn = 0
    vim.o.statusline = "%{%v:lua.require'chorus.statusline'.text()%}"
    local original = vim.cmd.redrawstatus
    vim.cmd.redrawstatus = function()
      drawn = drawn + 1
    end
    local tasks = require('chorus.tasks')
    for number = 1, 20 do
      tasks.apply({
        name = 'task_changed',
        data = helpers.task({ number = number, agent_status = 'busy', revision = 2 }),
      })
    end
    helpers.settle()
    tasks.apply({ name = 'task_changed', data = helpers.task({ title = 'x', agent_status = 'busy', revision = 3 }) })
    helpers.settle()
    vim.cmd.redrawstatus = original
    assert.equal(1, drawn)
    assert.equal('● 20', vim.api.nvim_eval_statusline(vim.o.statusline, {}).str)
    vim.o.statusline = ''
  end)

  it('says that the connection is lost, and recovers', function()
    world:connect({ helpers.task({ agent_status = 'busy' }) })
    world:tell('fault', { error = { code = 'store_unusable', message = 'full' } })
    require('chorus.client').request('fake', { exit = 1 }, function() end)
    helpers.wait_for('the loss', function()
      return vim.g.chorus_status == '⚠'
    end)
    world:tell('fault', nil)
    helpers.wait_for('the badge', function()
      return vim.g.chorus_status == '● 1'
    end)
  end)

  it('escapes what a statusline would read, and only there', function()
    vim.g.chorus = { binary = world.binary, statusline = { icons = { busy = '%#Error#' } } }
    world:connect({ helpers.task({ agent_status = 'busy' }) })
    assert.equal('%#Error# 1', vim.g.chorus_status)
    assert.equal('%#Error# 1', vim.api.nvim_eval_statusline(statusline.text(), {}).str)
    assert.equal('%#Error# 1', vim.api.nvim_eval_statusline("%{get(g:,'chorus_status','')}", {}).str)
  end)

  it('serves lualine', function()
    local Component = {}
    Component.__index = Component
    function Component:extend()
      local class = setmetatable({}, self)
      class.__index = class
      return class
    end
    package.loaded['lualine.component'] = Component
    world:connect({ helpers.task({ unread = true }) })
    package.loaded['lualine.components.chorus'] = nil
    assert.equal('✓ 1', require('lualine.components.chorus'):update_status())
    package.loaded['lualine.component'], package.loaded['lualine.components.chorus'] = nil, nil
  end)

  it('can be clicked', function()
    world:connect({ helpers.task({ unread = true }) })
    vim.fn.writefile({}, world.folder .. '/init.lua')
    local child = vim.fn.jobstart({ vim.v.progpath, '--clean', '--embed' }, { rpc = true })
    vim.rpcrequest(child, 'nvim_ui_attach', 60, 10, { rgb = true })
    vim.rpcrequest(
      child,
      'nvim_exec_lua',
      [[
        local root, text = ...
        vim.opt.runtimepath:prepend(root)
        package.loaded['chorus.verbs'] = { run = function(name) _G.ran = name end }
        vim.o.laststatus, vim.o.mouse, vim.o.statusline = 2, 'a', text
      ]],
      { helpers.root, statusline.text({ click = true }) }
    )
    vim.rpcrequest(child, 'nvim_input_mouse', 'left', 'press', '', 0, 8, 1)
    local function ran()
      return vim.rpcrequest(child, 'nvim_exec_lua', 'return _G.ran', {})
    end
    assert.equal(
      'next',
      helpers.wait_for('the click', function()
        local name = ran()
        return name ~= vim.NIL and name
      end)
    )
    vim.fn.jobstop(child)
  end)
end)
