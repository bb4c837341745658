--- Finding and installing the `chorus` program.

local M = {}

--- Milliseconds in which a headless Neovim waits for the end.
local LONGEST = 60 * 60 * 1000

--- The folder the plugin is in.
---@return string
function M.root()
  local here = debug.getinfo(1, 'S').source:sub(2)
  return vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.fn.fnamemodify(here, ':p'))))
end

--- Where a release's program of that version belongs.
---@param version string
---@return string
local function place_of(version)
  return vim.fs.joinpath(vim.fn.stdpath('data') --[[@as string]], 'chorus', version, 'chorus')
end

--- Where to look for the program, in order. A configured path is the only one.
---@return string[]
function M.places()
  local configured = require('chorus.config').get().binary
  if configured then
    return { vim.fs.normalize(configured) }
  end
  local places = {}
  for _, profile in ipairs({ 'release', 'debug' }) do
    places[#places + 1] = vim.fs.joinpath(M.root(), 'target', profile, 'chorus')
  end
  places[#places + 1] = place_of(require('chorus.contract').version)
  local on_path = vim.fn.exepath('chorus')
  places[#places + 1] = on_path ~= '' and on_path or nil
  return places
end

--- The program's path; nil when there is none.
---@return string?
function M.find()
  for _, place in ipairs(M.places()) do
    if vim.fn.executable(place) == 1 then
      return place
    end
  end
end

--- The installation that runs, as far as it is.
local running ---@type { text: string, percent: integer }?

--- Why there is no program, and what to do.
---@return chorus.Failure
function M.missing()
  local configured = require('chorus.config').get().binary
  if configured then
    return {
      code = 'tool_missing',
      message = ('cannot run the configured program %s'):format(configured),
      hint = 'correct the option `binary`, or remove it and run `:Chorus install`',
    }
  end
  if running then
    return {
      code = 'tool_missing',
      message = ('the chorus program is being installed (%s, %d%%)'):format(running.text, running.percent),
      hint = 'try again when it is there',
    }
  end
  return {
    code = 'tool_missing',
    message = 'the chorus program is not installed',
    hint = 'run `:Chorus install`, or ' .. require('chorus.install.build').by_hand(M.root()),
  }
end

--- The version of the plugin on the disk: after an update it is another one than of the code that runs here.
---@return string
local function version_on_disk()
  local ok, contract = pcall(dofile, vim.fs.joinpath(M.root(), 'lua', 'chorus', 'contract.lua'))
  return ok and contract.version or require('chorus.contract').version
end

--- The address of the folder with that version's release; nil where none is known.
---@param version string
---@return string?
local function release_folder(version)
  local configured = require('chorus.config').get().release_url
  if configured then
    return (configured:gsub('/+$', ''))
  end
  local command = { 'git', '-C', M.root(), 'config', '--local', '--get', 'remote.origin.url' }
  local ok, asked = pcall(vim.system, command, { text = true })
  local origin = ok and vim.trim(asked:wait(5000).stdout or '') or ''
  return require('chorus.install.release').folder_of(origin, version)
end

---@param on_done fun(ok: boolean)
local function begin(on_done)
  local message = require('chorus.message')
  local progress = message.progress('Chorus install')
  running = { text = 'starting', percent = 0 }
  local function report(text, percent)
    running = { text = text, percent = percent }
    progress.report(text, percent)
  end
  local function finish(problem, hint)
    running = nil
    progress.done(problem and 'failed' or 'done', problem ~= nil)
    if problem then
      message.fail('cannot install chorus: ' .. problem, hint)
    else
      message.info('installed ' .. (M.find() or 'chorus'))
    end
    on_done(problem == nil)
  end
  local function build(why_no_release)
    require('chorus.install.build').run(M.root(), report, function(problem, hint)
      finish(
        problem and why_no_release and ('%s\nnor can it be built: %s'):format(why_no_release, problem) or problem,
        hint
      )
    end)
  end
  report('starting', 0)
  local version = version_on_disk()
  local is_built_here = vim.fn.executable(vim.fs.joinpath(M.root(), 'target', 'release', 'chorus')) == 1
  local folder = not is_built_here and release_folder(version) or nil
  if not folder then
    return build()
  end
  local function on_percent(percent)
    report('downloading ' .. version, percent)
  end
  require('chorus.install.release').fetch(folder, version, place_of(version), on_percent, function(problem)
    if not problem then
      return finish()
    end
    if vim.fn.executable('cargo') == 1 then
      message.warn(('cannot use the release, building the program instead: %s'):format(problem))
    end
    build(problem)
  end)
end

--- Gets the program of the plugin's version: from its release, else built with cargo in the plugin's folder. A program
--- that was built there is built again. Shows progress and blocks nothing; only a headless Neovim, as in a script, waits.
---@param on_done? fun(ok: boolean)
function M.run(on_done)
  if running then
    return require('chorus.message').info('an installation is already running')
  end
  begin(on_done or function() end)
  if vim.list_contains(vim.v.argv, '--headless') then
    vim.wait(LONGEST, function()
      return not running
    end, 50)
  end
end

return M
