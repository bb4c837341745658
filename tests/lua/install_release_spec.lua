local helpers = require('helpers')
local serve = require('served').serve

describe('a release', function()
  local world, install, release, server, answers, path, version, name

  local PROGRAM = '#!/bin/sh\necho chorus %s\n'

  helpers.in_a_world(function(fresh)
    world = fresh
    install = require('chorus.install')
    release = require('chorus.install.release')
    version = require('chorus.contract').version
    path = vim.env.PATH
    vim.fn.mkdir(world.folder .. '/plugin')
    install.root = function()
      return world.folder .. '/plugin'
    end
    name = release.program()
    answers = {}
    server = serve(answers)
    vim.g.chorus = { release_url = server.url .. '/' }
    require('chorus.config').reset()
    -- The tools of the machine but cargo.
    local tools = world.folder .. '/tools'
    vim.fn.mkdir(tools)
    for _, tool in ipairs({ 'curl', 'sha256sum', 'sh', 'git' }) do
      vim.uv.fs_symlink(vim.fn.exepath(tool), tools .. '/' .. tool)
    end
    vim.env.PATH = tools
  end)

  after_each(function()
    vim.env.PATH = path
    server:close()
  end)

  local function publish(body, sum)
    answers[name] = { body = body }
    answers.SHA256SUMS = { body = ('%s  %s\n%s  another\n'):format(sum or vim.fn.sha256(body), name, ('0'):rep(64)) }
  end

  local function run()
    local ok
    install.run(function(result)
      ok = result
    end)
    helpers.wait_for('the installation', function()
      return ok ~= nil
    end)
    return ok
  end

  local function place()
    return vim.fs.joinpath(vim.fn.stdpath('data'), 'chorus', version, 'chorus')
  end

  local function left()
    return vim.fn.readdir(vim.fs.dirname(place()))
  end

  it("has the program of the plugin's version", function()
    publish(PROGRAM:format(version))
    assert.is_true(run())
    assert.equal(place(), install.find())
    assert.same({ 'chorus' }, left())
    assert.matches('Chorus: installed ' .. place(), world:words(), 1, true)
    -- A program that runs keeps its file.
    local before = vim.uv.fs_stat(place()).ino
    assert.is_true(run())
    assert.not_equal(before, vim.uv.fs_stat(place()).ino)
  end)

  it('that is not whole, not right or not there changes nothing', function()
    local function refused(reason)
      world.said = {}
      assert.is_false(run())
      assert.matches(reason, world:words(), 1, true)
      assert.matches('`cargo` was not found', world:words(), 1, true)
      assert.is_nil(install.find())
      assert.same({}, left())
    end
    refused('SHA256SUMS: (22)')
    publish(PROGRAM:format(version))
    answers[name] = nil
    refused(name .. ': (22)')
    publish(PROGRAM:format(version))
    answers[name].length = 1000
    refused(name .. ': (18)')
    publish(PROGRAM:format(version), ('1'):rep(64))
    refused('is damaged')
    answers.SHA256SUMS = { body = 'nonsense' }
    refused('has no program for this system')
    publish(PROGRAM:format('0.0.1'))
    refused('does not run here: chorus 0.0.1')
    publish('no program at all')
    refused('does not run here')
    vim.g.chorus = { release_url = 'http://127.0.0.1:1' }
    require('chorus.config').reset()
    refused('(7)')
  end)

  it('that has no folder to go to ends the installation, which may be tried again', function()
    publish(PROGRAM:format(version))
    helpers.write(vim.fs.joinpath(vim.fn.stdpath('data'), 'chorus'), 'a file in the way')
    for _ = 1, 2 do
      world.said = {}
      assert.is_false(run())
      assert.matches('E739', world:words(), 1, true)
    end
    os.remove(vim.fs.joinpath(vim.fn.stdpath('data'), 'chorus'))
    assert.is_true(run())
  end)

  it('that cannot be had is replaced by a build', function()
    local cargo = world.folder .. '/tools/cargo'
    helpers.write(cargo, '#!/bin/sh\nexit 0\n')
    vim.fn.setfperm(cargo, 'rwx------')
    assert.is_true(run())
    assert.matches('building the program instead', world:words(), 1, true)
  end)

  it('is not asked where the program was built', function()
    publish(PROGRAM:format(version))
    local built = world.folder .. '/plugin/target/release/chorus'
    helpers.write(built, PROGRAM:format('old'))
    vim.fn.setfperm(built, 'rwx------')
    assert.is_false(run())
    assert.matches('`cargo` was not found', world:words(), 1, true)
    assert.equal(built, install.find())
  end)

  it('is of the version on the disk, after an update', function()
    helpers.write(world.folder .. '/plugin/lua/chorus/contract.lua', "return { version = '9.8.7' }\n")
    publish(PROGRAM:format('9.8.7'))
    assert.is_true(run())
    assert.equal(1, vim.fn.executable(vim.fs.joinpath(vim.fn.stdpath('data'), 'chorus', '9.8.7', 'chorus')))
  end)

  it('is where the plugin was cloned from', function()
    local function check(origin, expected)
      assert.equal(expected, (release.folder_of(origin, '1.2.3')))
    end
    local folder = 'https://example.org/me/chorus/releases/download/v1.2.3'
    check('https://example.org/me/chorus.git', folder)
    check('https://example.org/me/chorus/', folder)
    check('git@example.org:me/chorus.git', folder)
    check('ssh://git@example.org:22/me/chorus.git', folder)
    check('https://token@example.org/me/chorus', nil)
    check('/home/me/src/chorus', nil)
    check('', nil)
  end)

  it('shows how far it is', function()
    assert.equal(45, release.read_percent('######    45.3%'))
    assert.equal(100, release.read_percent('####### 100,0%'))
    assert.is_nil(release.read_percent('curl: (22) The requested URL returned error: 404'))
  end)
end)
