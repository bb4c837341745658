local helpers = require('helpers')

describe(':checkhealth chorus', function()
  local world

  helpers.in_a_world(function(fresh)
    world = fresh
  end)

  local function report()
    vim.cmd('silent checkhealth chorus')
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
    vim.cmd.bwipeout()
    return text
  end

  local function has(text, part)
    assert(text:find(part, 1, true), ('no `%s` in:\n%s'):format(part, text))
  end

  it('asks a running daemon', function()
    world:tell('script', {
      health = {
        result = {
          checks = {
            { name = 'tmux', level = 'ok', text = '3.3a' },
            { name = 'agent claude', level = 'error', text = 'not found', advice = 'run `npm install`' },
            { name = 'but', level = 'warn', text = 'too\27[31m old', advice = 'run `but update`' },
          },
        },
      },
    })
    local text = report()
    has(text, world.binary .. ', version ' .. require('chorus.contract').version)
    has(text, 'protocol ' .. require('chorus.contract').protocol)
    has(text, 'project ' .. vim.fn.getcwd())
    has(text, 'OK tmux: 3.3a')
    has(text, 'ERROR agent claude: not found')
    has(text, 'run `npm install`')
    has(text, 'WARNING but: too old')
    assert.is_nil(text:find('other programs', 1, true))
    has(text, 'log: ' .. world.folder .. '/peer/log')
    assert.same({ 'if running' }, world:noted('starts'))
  end)

  it('starts no daemon', function()
    world:tell('down', '')
    has(report(), 'no daemon is running')
    assert.same({ 'if running' }, world:noted('starts'))
  end)

  it('tells why the daemon cannot be reached', function()
    world:tell('fault', { error = { code = 'store_unusable', message = 'the disk is full', hint = 'make room' } })
    local text = report()
    has(text, 'ERROR daemon: the disk is full')
    has(text, 'make room')
  end)

  it('tells that the program is missing, or of another version', function()
    helpers.write(world.binary, '#!/bin/sh\necho chorus 9.9.9\n')
    has(report(), 'is version 9.9.9, the plugin is')
    vim.g.chorus = { binary = world.folder .. '/none' }
    require('chorus.config').reset()
    has(report(), 'cannot run the configured program')
  end)

  it('lists unknown options', function()
    vim.g.chorus = { binary = world.binary, pickr = 'select' }
    has(report(), 'WARNING unknown option `pickr`, did you mean `picker`?')
  end)

  it('says where lists open', function()
    has(report(), 'lists open in')
    vim.g.chorus = { binary = world.binary, picker = 'fzf-lua' }
    require('chorus.config').reset()
    has(report(), 'cannot pick with fzf-lua: it is not installed')
  end)

  it('gives advice with every warning and error', function()
    vim.g.chorus = { binary = world.folder .. '/none', pickr = 'select' }
    local path = vim.env.PATH
    vim.env.PATH = ''
    local text = report()
    vim.env.PATH = path
    local _, warnings = text:gsub('WARNING ', '')
    local _, errors = text:gsub('ERROR ', '')
    local _, advice = text:gsub('%- ADVICE:', '')
    assert.same({ 2, 2, 4 }, { warnings, errors, advice })
  end)
end)
