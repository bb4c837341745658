local helpers = require('helpers')

describe('starting Neovim', function()
  local world

  helpers.in_a_world(function(fresh)
    world = fresh
  end)

  --- Runs a Neovim of its own with the plugin, and `lua` in it once it has started and is at rest.
  ---@param lua string
  ---@param opts? { binary?: string, early?: boolean } early: as soon as the plugin is loaded, before `VimEnter`
  ---@return string said
  ---@return integer code
  local function run(lua, opts)
    opts = opts or {}
    local before = 'vim.g.chorus = { binary = %q }\nvim.opt.runtimepath:prepend(%q)\n'
    helpers.write(world.folder .. '/before.lua', before:format(opts.binary or world.binary, helpers.root))
    helpers.write(world.folder .. '/spec.lua', lua)
    local go = ('dofile(%q) vim.cmd.qall({ bang = true })'):format(world.folder .. '/spec.lua')
    go = opts.early and 'lua ' .. go or ('autocmd VimEnter * lua vim.schedule(function() %s end)'):format(go)
    local argv =
      { vim.v.progpath, '--clean', '--headless', '--cmd', 'luafile ' .. world.folder .. '/before.lua', '+' .. go }
    local result = vim.system(argv, { text = true }):wait(20000)
    return result.stderr, result.code
  end

  local loaded = [[
    local names = {}
    for name in pairs(package.loaded) do
      if name:match('^chorus') then names[#names + 1] = name end
    end
    table.sort(names)
    io.stderr:write(table.concat(names, ' '))
  ]]

  it('loads no module of ours', function()
    assert.equal('', (run(loaded, { early = true })))
    assert.equal('chorus.client', run(loaded):match('chorus%.client'))
  end)

  it('connects afterwards where a daemon runs, and says nothing', function()
    world:tell('snapshot', { tasks = { helpers.task({ unread = true }) }, requests = {}, elsewhere = 0 })
    local said = run([[
      vim.wait(10000, function() return vim.g.chorus_status ~= nil end, 5)
      io.stderr:write(vim.g.chorus_status)
    ]])
    assert.equal('✓ 1', said)
    assert.same({ 'if running' }, world:noted('starts'))
  end)

  it('starts no daemon, and says nothing', function()
    world:tell('down', '')
    local said = run([[
      vim.wait(10000, function()
        local client = package.loaded['chorus.client']
        return client and vim.uv.fs_stat(vim.fs.dirname(vim.g.chorus.binary) .. '/peer/starts') and client.is_settled()
      end, 5)
    ]])
    assert.equal('', said)
    assert.same({ 'if running' }, world:noted('starts'))
  end)

  it('says nothing where there is no program', function()
    assert.equal('', (run('vim.wait(50)', { binary = world.folder .. '/none' })))
  end)

  it('says nothing where the plugin is older than the daemon', function()
    world:tell('script', { hello = { error = { code = 'older_client', message = 'old' } } })
    local said = run([[
      vim.wait(10000, function()
        local client = package.loaded['chorus.client']
        return client and client.last_error()
      end, 5)
    ]])
    assert.equal('', said)
  end)

  it('and leaving at once loses no request', function()
    world:tell('snapshot', { tasks = {}, requests = {}, elsewhere = 0 })
    local said, code = run([[require('chorus.client').request('task_new', { title = 'Last words' })]])
    assert.equal('', said)
    assert.equal(0, code)
    local asked = world:noted('asked')
    assert.equal('Last words', vim.json.decode(asked[#asked]).params.title)
  end)
end)
