local helpers = require('helpers')

describe('the options', function()
  local world, config

  helpers.in_a_world(function(fresh)
    world = fresh
    config = require('chorus.config')
  end)

  local function check(given, expected)
    local options, faults = config.resolve(given)
    assert.same(expected, faults)
    return options
  end

  it('have defaults', function()
    local options = check(nil, {})
    assert.equal('auto', options.picker)
    assert.equal(0.9, options.output.width)
    assert.same({ ascii = false, icons = {} }, options.statusline)
    assert.is_nil(options.binary)
  end)

  it('are put over them', function()
    local options = check(
      { output = { width = 80 }, statusline = { ascii = true }, keys = { dashboard = { start = false, help = 'H' } } },
      {}
    )
    assert.equal(80, options.output.width)
    assert.equal(0.9, options.output.height)
    assert.is_true(options.statusline.ascii)
    assert.same({ dashboard = { start = false, help = 'H' } }, options.keys)
  end)

  it('that nobody knows are refused with the nearest', function()
    check({ pickr = 'select' }, { 'unknown option `pickr`, did you mean `picker`?' })
    check({ output = { widht = 1 } }, { 'unknown option `output.widht`, did you mean `output.width`?' })
    check({ xyzzy = 1 }, { 'unknown option `xyzzy`' })
    check({ keys = { dashbord = {} } }, { 'unknown option `keys.dashbord`, did you mean `keys.dashboard`?' })
    check(
      { keys = { dashboard = { strat = 's' } } },
      { 'unknown option `keys.dashboard.strat`, did you mean `keys.dashboard.start`?' }
    )
    check({ 'picker' }, { 'unknown option `1`' })
  end)

  it('of the wrong type are refused, and the default is used', function()
    local options = check({ picker = 'telescop', output = { width = 'wide', height = -1 }, binary = 12 }, {
      '`binary` must be a string',
      '`output.height` must be a number above 0',
      '`output.width` must be a number above 0',
      '`picker` must be one of auto, select, telescope, fzf-lua, snacks, mini',
    })
    assert.equal('auto', options.picker)
    assert.equal(0.9, options.output.height)
    check(
      { statusline = { ascii = 'no', icons = { busy = 1 } } },
      { '`statusline.ascii` must be a boolean', '`statusline.icons` must be a table of strings' }
    )
    check({ output = 'wide' }, { '`output` must be a table' })
    check({ statusline = { ascii = false } }, {})
    check('dashboard', { '`vim.g.chorus` must be a table, or a function that returns one' })
    check(
      { keys = { dashboard = { start = 1 } } },
      { '`keys.dashboard.start` must be a key, a list of keys, or false' }
    )
  end)

  it('come from vim.g.chorus, a function there, or setup, and faults are told once', function()
    vim.g.chorus = function()
      return { picker = 'select' }
    end
    assert.equal('select', config.get().picker)
    require('chorus').setup({ notify = 'warn', nonsense = true })
    assert.equal('warn', config.get().notify)
    config.get()
    helpers.settle()
    assert.equal(1, #world.said)
    assert.matches('nonsense', world:words(), 1, true)
    assert.same({ 'unknown option `nonsense`' }, config.faults())
  end)

  it('survive a function that fails', function()
    vim.g.chorus = function()
      error('mine')
    end
    assert.equal('auto', config.get().picker)
    assert.same({ '`vim.g.chorus` must be a table, or a function that returns one' }, config.faults())
  end)
end)

describe('the nearest word', function()
  local nearest = require('chorus.nearest')
  local verbs = { 'start', 'restart', 'send', 'show', 'complete', 'config' }

  it('is near', function()
    for given, expected in pairs({
      strat = 'start',
      stat = 'start',
      sned = 'send',
      comp = 'complete',
      RESTART = 'restart',
      confg = 'config',
    }) do
      assert.equal(expected, nearest(given, verbs))
    end
  end)

  it('is nothing when nothing is', function()
    for _, given in ipairs({ 'xyzzy', '', 'q', ('s'):rep(5000) }) do
      assert.is_nil(nearest(given, verbs))
    end
  end)
end)
