local helpers = require('helpers')

describe('the program', function()
  local world, install, path

  helpers.in_a_world(function(fresh)
    world = fresh
    install = require('chorus.install')
    path = vim.env.PATH
    vim.fn.mkdir(world.folder .. '/bin')
    vim.fn.mkdir(world.folder .. '/plugin')
    install.root = function()
      return world.folder .. '/plugin'
    end
  end)

  after_each(function()
    vim.env.PATH = path
  end)

  local function program(place, text)
    helpers.write(place, text or '#!/bin/sh\n')
    vim.fn.setfperm(place, 'rwx------')
  end

  it('is found in the order promised', function()
    vim.g.chorus = nil
    vim.env.PATH = world.folder .. '/bin'
    assert.is_nil(install.find())
    assert.matches('is not installed', install.missing().message, 1, true)
    assert.matches('cargo build --release --locked', install.missing().hint, 1, true)
    local version = require('chorus.contract').version
    for _, place in ipairs({
      world.folder .. '/bin/chorus',
      vim.fn.stdpath('data') .. '/chorus/' .. version .. '/chorus',
      world.folder .. '/plugin/target/debug/chorus',
      world.folder .. '/plugin/target/release/chorus',
      world.folder .. '/mine',
    }) do
      program(place)
      if vim.endswith(place, 'mine') then
        vim.g.chorus = { binary = place }
        require('chorus.config').reset()
      end
      assert.equal(place, install.find())
    end
  end)

  it('that was configured and is not there is not replaced by another', function()
    program(world.folder .. '/plugin/target/release/chorus')
    vim.g.chorus = { binary = world.folder .. '/none' }
    assert.is_nil(install.find())
    assert.matches('configured program', install.missing().message, 1, true)
  end)

  it('is looked for where the plugin is', function()
    package.loaded['chorus.install'] = nil
    assert.equal(helpers.root, require('chorus.install').root())
  end)

  local function build(cargo)
    vim.env.PATH = world.folder .. '/bin:/usr/bin:/bin'
    program(world.folder .. '/bin/cargo', cargo)
    local ok
    install.run(function(result)
      ok = result
    end)
    helpers.wait_for('the build', function()
      return ok ~= nil
    end)
    return ok
  end

  it('is built by cargo in the folder of the plugin', function()
    assert.is_true(
      build('#!/bin/sh\necho "$PWD $*" > ' .. world.folder .. '/ran\nprintf "Building [=> ] 1/3: serde\\r" >&2\n')
    )
    assert.equal(world.folder .. '/plugin build --release --locked\n', helpers.read(world.folder .. '/ran'))
    assert.matches('installed', world:words(), 1, true)
  end)

  it('that cannot be built says why and how to see more', function()
    assert.is_false(build('#!/bin/sh\necho "error: linker cc not found" >&2\nexit 101\n'))
    assert.equal(
      'Chorus: cannot install chorus:\nerror: linker cc not found\nfor the full output, run `cargo build --release --locked` in '
        .. world.folder
        .. '/plugin',
      world:words()
    )
  end)

  it('cannot be built without cargo', function()
    vim.env.PATH = world.folder .. '/bin'
    local ok
    install.run(function(result)
      ok = result
    end)
    assert.is_false(ok)
    assert.matches('`cargo` was not found', world:words(), 1, true)
  end)

  it('shows how far the build is', function()
    local function check(line, ...)
      assert.same({ ... }, { require('chorus.install.build').read_progress(line) })
    end
    check('    Building [=======>                 ] 12/48: serde, libc(build)', 'serde, libc(build)', 25)
    check('   Compiling serde v1.0.228', 'serde')
    check('warning: unused variable')
    check('    Building [ ] 0/0', nil)
  end)
end)
