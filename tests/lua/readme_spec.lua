--- The README's install recipes and its first five minutes, run as they are written: a fresh Neovim, a release on a
--- loopback server, the real daemon, the demo agent.
local helpers = require('helpers')
local served = require('served')

local BINARY = os.getenv('CHORUS_TEST_BINARY')

--- The README by headings of the second level.
local function section(title)
  local lines, is_in = {}, false
  for line in assert(helpers.read(helpers.root .. '/README.md')):gmatch('([^\n]*)\n') do
    if line:match('^## ') then
      is_in = line == '## ' .. title
    elseif is_in then
      lines[#lines + 1] = line
    end
  end
  assert(#lines > 0, 'the README has no section ' .. title)
  return table.concat(lines, '\n')
end

--- Code blocks in a language.
local function blocks(text, language)
  local found = {}
  for block in text:gmatch('```' .. language .. '\n(.-)```') do
    found[#found + 1] = block
  end
  return found
end

--- The items of the numbered list: the words, and what stands in backquotes.
local function steps(text)
  local found = {}
  for number, words in (text .. '\n'):gsub('\n   ', ' '):gmatch('(%d+)%. ([^\n]*)\n') do
    local spans = {}
    for span in words:gmatch('`([^`]+)`') do
      spans[#spans + 1] = span
    end
    found[tonumber(number)] = { words = words, spans = spans }
  end
  return found
end

--- Waits as long as a busy machine may take.
local function wait_for(what, condition)
  local result
  local came = vim.wait(90000, function()
    result = condition()
    return result
  end, 20)
  assert(came, 'waited in vain for ' .. what)
  return result
end

--- A tmux of the machine or of the test run.
local function tmux()
  local given = vim.split(os.getenv('CHORUS_TEST_TMUX') or '', ':', { trimempty = true })[1]
  return given or (vim.fn.exepath('tmux') ~= '' and vim.fn.exepath('tmux')) or nil
end

describe('the README', function()
  local folder, project, clone, server, child, environment, pids

  local function write(path, text)
    helpers.write(folder .. '/' .. path, text)
  end

  local function git(...)
    local result = vim.system({ 'git', ... }, { text = true, env = { GIT_CONFIG_GLOBAL = '/dev/null' } }):wait()
    assert(result.code == 0, result.stderr)
    return result.stdout
  end

  --- What a person has: a clone of the plugin to install from, a project, and a server with the release.
  before_each(function()
    folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/r' .. vim.uv.hrtime() % 100000
    pids = {}
    clone, project = folder .. '/clone', folder .. '/shop'
    vim.fn.mkdir(clone .. '/doc', 'p')
    for _, name in ipairs({ 'lua', 'plugin' }) do
      assert(vim.system({ 'cp', '-R', helpers.root .. '/' .. name, clone }):wait().code == 0)
    end
    write('clone/doc/chorus.txt', helpers.read(helpers.root .. '/doc/chorus.txt'))
    for _, place in ipairs({ clone, project }) do
      vim.fn.mkdir(place, 'p')
      git('init', '--quiet', '--initial-branch=main', place)
      git('-C', place, 'config', 'user.name', 'A')
      git('-C', place, 'config', 'user.email', 'a@b.c')
    end
    write('shop/greet.py', "def greet(name):\n    return 'Hello, ' + name\n")
    for _, place in ipairs({ clone, project }) do
      git('-C', place, 'add', '--all')
      git('-C', place, 'commit', '--quiet', '--message=Begin')
    end
    write('config/chorus/chorus.toml', '[agent]\ndefault = "demo"\n')
    server = BINARY and served.release(BINARY) or nil
    local path = folder .. '/bin:' .. vim.env.PATH
    vim.fn.mkdir(folder .. '/bin', 'p')
    if tmux() then
      vim.uv.fs_symlink(tmux(), folder .. '/bin/tmux')
    end
    environment = {
      PATH = path,
      LANG = 'C.UTF-8',
      HOME = folder .. '/home',
      XDG_CONFIG_HOME = folder .. '/config',
      XDG_DATA_HOME = folder .. '/data',
      XDG_STATE_HOME = folder .. '/state',
      XDG_CACHE_HOME = folder .. '/cache',
      CHORUS_STATE_DIR = folder .. '/chorus',
      CHORUS_TMUX_SOCKET = folder .. '/tmux',
      GIT_CONFIG_GLOBAL = '/dev/null',
    }
    for _, name in ipairs({ 'home', 'data', 'state', 'cache' }) do
      vim.fn.mkdir(folder .. '/' .. name, 'p')
    end
  end)

  local function lua(code, ...)
    return vim.rpcrequest(child, 'nvim_exec_lua', code, { ... })
  end

  --- Ends the Neovim, and remembers the daemon it spoke to.
  local function leave()
    if child then
      local _, pid = pcall(lua, "local c = package.loaded['chorus.client']; return c and (c.welcome() or {}).pid")
      pids[#pids + 1] = type(pid) == 'number' and pid or nil
      local job = child
      child = nil
      vim.rpcnotify(job, 'nvim_command', 'qall!')
      vim.fn.jobwait({ job }, 5000)
    end
  end

  after_each(function()
    leave()
    for _, pid in ipairs(pids) do
      vim.uv.kill(pid, 'sigterm')
    end
    if tmux() and vim.uv.fs_stat(folder .. '/tmux') then
      vim.system({ tmux(), '-S', folder .. '/tmux', 'kill-server' }):wait()
    end
    if server then
      server:close()
    end
    vim.fn.delete(folder, 'rf')
  end)

  --- A fresh Neovim with that configuration.
  local function open(init, on_begun)
    write('init.lua', init)
    local argv = { vim.v.progpath, '--headless', '--embed', '-i', 'NONE', '-u', folder .. '/init.lua', 'greet.py' }
    child = vim.fn.jobstart(argv, { rpc = true, env = environment, clear_env = true, cwd = project })
    assert(child > 0)
    if on_begun then
      on_begun()
    end
    lua('vim.o.lines, vim.o.columns, vim.o.swapfile = 40, 120, false')
    wait_for('the end of the startup', function()
      return lua("return vim.v.vim_did_enter == 1 and vim.fn.exists(':Chorus') == 2")
    end)
  end

  local function press(keys)
    vim.rpcrequest(child, 'nvim_input', keys)
  end

  --- Waits until code gives something true in the Neovim.
  local function sees(what, code)
    return wait_for(what, function()
      local value = lua('local ok, value = pcall(function() ' .. code .. ' end); return ok and value or false')
      return value or nil
    end)
  end

  local function view(name)
    return sees('the window ' .. name, ("return vim.b.chorus_view == '%s'"):format(name))
  end

  local function on_screen(text)
    sees(
      text,
      ([[
      for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
        local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
        if table.concat(lines, '\n'):find(%q, 1, true) then return true end
      end]]):format(text)
    )
  end

  local function task(number, condition)
    return sees(
      ('#%d to be so: %s'):format(number, condition),
      ("local task = require('chorus.tasks').get(%d); return task and (%s)"):format(number, condition)
    )
  end

  --- Puts the cursor of the dashboard on a task.
  local function go_to(number)
    local line = sees(
      'the row',
      ([[
      for index, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
        if text:find('#%d ', 1, true) then return index end
      end]]):format(number)
    )
    press(line .. 'G')
  end

  local function shell(command)
    local program = lua("return require('chorus.install').find()")
    local argv = { 'env', '-i' }
    for name, value in pairs(environment) do
      argv[#argv + 1] = name .. '=' .. value
    end
    vim.list_extend(argv, { 'PATH=' .. vim.fs.dirname(program) .. ':' .. environment.PATH, 'sh', '-c', command })
    local result = vim.system(argv, { text = true, cwd = project }):wait()
    assert.equal(0, result.code, command .. ': ' .. result.stderr)
    return result.stdout
  end

  local function needs_all()
    if BINARY and tmux() then
      return true
    end
    assert(not os.getenv('CI'), 'the README is run with a program and a tmux')
    pending('needs CHORUS_TEST_BINARY and tmux')
    return false
  end

  local function release()
    return ('vim.g.chorus = { release_url = %q }\n'):format(server.url)
  end

  --- A configuration with the keys of the README and, as lazy.nvim installs a missing plugin at startup: a clone, then
  --- what `build` says.
  local function lazy_init()
    local install = section('Install')
    local lua_blocks = blocks(install, 'lua')
    local recipe = lua_blocks[1]:gsub('URL', clone)
    return release()
      .. 'local spec = '
      .. recipe
      .. [[
assert(spec.url, 'lazy.nvim takes a first word without `http` for a repository of GitHub')
local folder = vim.fn.stdpath('data') .. '/lazy/' .. spec.name
local is_new = vim.fn.isdirectory(folder) == 0
if is_new then
  assert(vim.system({ 'git', 'clone', '--quiet', spec.url, folder }):wait().code == 0)
end
vim.opt.runtimepath:append(folder)
vim.cmd.source(folder .. '/plugin/chorus.lua')
if is_new then
  vim.cmd(assert(spec.build:match('^:(.*)$')))
end
]]
      .. lua_blocks[3]
  end

  it('installs as lazy.nvim does, and its first five minutes are as it says', function()
    if not needs_all() then
      return
    end
    open('vim.g.mapleader = " "\n' .. lazy_init())
    local program = sees('the program', "return require('chorus.install').find()")
    assert.equal(folder .. '/data/nvim/chorus/' .. require('chorus.contract').version .. '/chorus', program)
    local minutes = section('The first five minutes')
    local said = steps(minutes)
    assert.equal(7, #said)

    -- 1. A new task.
    assert.same({ ':ChorusNew', 'title:', ':w', ':ChorusNew!' }, said[1].spans)
    press(said[1].spans[1] .. '<CR>')
    view('draft')
    press('Say hello [[write: made.txt]] [[say written]]<Esc>')
    assert.matches('title: Say hello', lua('return vim.api.nvim_get_current_line()'), 1, true)
    press('GoGreet politely<Esc>' .. said[1].spans[3] .. '<CR>')
    task(1, "task.status == 'pending' and vim.startswith(task.title, 'Say hello')")
    press(said[1].spans[4] .. '<CR>')
    view('draft')
    press('Another [[slow 600]]<Esc>:w<CR>')
    task(2, "task.status == 'running'")

    -- 2. The dashboard starts it.
    assert.same({ ':Chorus', 's' }, said[2].spans)
    press(said[2].spans[1] .. '<CR>')
    view('dashboard')
    sees(
      'the preview',
      [[
      return vim.iter(vim.api.nvim_list_wins()):any(function(window)
        return vim.b[vim.api.nvim_win_get_buf(window)].chorus_view == 'preview'
      end)]]
    )
    go_to(1)
    press(said[2].spans[2])
    task(1, "task.status == 'running' or task.status == 'waiting'")

    -- 4. It asks; `a` shows, `a` allows.
    assert.same({ '⚑', 'a', 'a', 'd' }, said[4].spans)
    view('dashboard')
    sees('the badge', "return require('chorus.statusline').text():find('⚑', 1, true) ~= nil")
    task(1, "require('chorus.tasks').requests(task.uuid)[1] ~= nil")
    press(said[4].spans[2])
    view('request')
    on_screen('made.txt')
    press(said[4].spans[3])
    task(1, "task.agent_status.status == 'idle'")
    local worktree = lua("return require('chorus.tasks').get(1).worktree")
    assert.truthy(vim.uv.fs_stat(worktree .. '/made.txt'))

    -- 3. Output, terminal, prompt.
    assert.same({ 'o', 't', '<C-\\><C-q>', 'S' }, said[3].spans)
    view('dashboard')
    press(said[3].spans[1])
    view('output')
    on_screen('written')
    press('q')
    view('dashboard')
    press(said[3].spans[2])
    sees('the terminal', "return vim.bo.buftype == 'terminal'")
    press(said[3].spans[3])
    view('dashboard')
    press(said[3].spans[4])
    view('prompt')
    press('[[say thank you]]<Esc>:w<CR>')
    sees('the answer', "return vim.b.chorus_view == 'dashboard'")
    on_screen('thank you')
    task(1, "task.agent_status.status == 'idle'")

    -- 5. The task goes on without Neovim; `r` restarts.
    assert.same({ 'r' }, said[5].spans)
    leave()
    open('vim.g.mapleader = " "\n' .. lazy_init())
    press(':Chorus<CR>')
    view('dashboard')
    task(2, "task.status == 'running'")
    go_to(1)
    press(said[5].spans[1])
    task(1, 'task.restarts == 1')
    task(1, "task.agent_status.status == 'idle'")

    -- 6. What it did.
    assert.same({ ':Chorus diff', ':Chorus changes', ':Chorus blame' }, said[6].spans)
    press(said[6].spans[1] .. '<CR>')
    view('diff')
    on_screen('made.txt')
    press('q')
    press(said[6].spans[2] .. '<CR>')
    view('changes')
    press('q')
    press(':edit greet.py<CR>')
    sees('the file', "return vim.api.nvim_buf_get_name(0):find('greet.py', 1, true) ~= nil")
    press(said[6].spans[3] .. '<CR>')
    sees(
      'what blame says',
      'return #vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces().chorus_blame, 0, -1, {}) == 1'
    )

    -- 7. Done.
    assert.same({ 'c' }, said[7].spans)
    press(':Chorus<CR>')
    view('dashboard')
    go_to(1)
    press(said[7].spans[1])
    task(1, "task.status == 'completed' or vim.b.chorus_view == 'message'")
    if lua("return vim.b.chorus_view == 'message'") then
      press(':w<CR>')
    end
    task(1, "task.status == 'completed'")
    sees('how to land it', "return vim.fn.execute('messages'):find('chorus/1-say-hello', 1, true) ~= nil")

    -- The keys that are mapped, and the shell.
    lua('vim.cmd.enew()')
    press('<Space>cc')
    view('dashboard')
    press('g?')
    sees('the help', "return vim.api.nvim_win_get_config(0).relative ~= ''")
    press('q')
    local commands = {}
    for command in minutes:match('A shell has the same verbs: (.*)'):gsub('\n', ' '):gmatch('`([^`]+)`') do
      commands[#commands + 1] = command
    end
    assert.same({ 'chorus new --title "Fix the login flow" --start', 'chorus list', 'chorus approve 4' }, commands)
    shell(commands[1])
    assert.matches('#3', shell(commands[2]), 1, true)
  end)

  it('installs as vim.pack does', function()
    if not needs_all() then
      return
    elseif vim.fn.has('nvim-0.12') == 0 then
      return pending('vim.pack is of Neovim 0.12')
    end
    local recipe = blocks(section('Install'), 'lua')[2]:gsub('URL', clone)
    local is_asked = false
    open(release() .. recipe, function()
      -- The question whether to install.
      wait_for('the plugin', function()
        if vim.rpcrequest(child, 'nvim_get_mode').blocking and not is_asked then
          is_asked = true
          vim.rpcnotify(child, 'nvim_input', 'y')
        end
        return vim.uv.fs_stat(folder .. '/data/nvim/site/pack/core/opt/chorus/plugin/chorus.lua')
      end)
    end)
    local program = sees('the program', "return require('chorus.install').find()")
    assert.equal(folder .. '/data/nvim/chorus/' .. require('chorus.contract').version .. '/chorus', program)
    press(':Chorus new One<CR>')
    view('draft')
    press(':w<CR>')
    task(1, "task.title == 'One'")
  end)
end)
