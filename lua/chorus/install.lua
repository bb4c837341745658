--- Finding and building the `chorus` program.

local M = {}

local BUILD = { 'cargo', 'build', '--release', '--locked' }

--- The folder the plugin is in.
---@return string
function M.root()
  local here = debug.getinfo(1, 'S').source:sub(2)
  return vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.fn.fnamemodify(here, ':p'))))
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
  local version = require('chorus.contract').version
  places[#places + 1] = vim.fs.joinpath(vim.fn.stdpath('data') --[[@as string]], 'chorus', version, 'chorus')
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
  return {
    code = 'tool_missing',
    message = 'the chorus program has not been built',
    hint = ('run `:Chorus install`, or `%s` in %s'):format(table.concat(BUILD, ' '), M.root()),
  }
end

--- The progress in a line of cargo's output. Pure.
---@param line string
---@return string? text
---@return integer? percent
function M.read_progress(line)
  local done, all, what = line:match('(%d+)/(%d+):?%s*([^%c]*)')
  if done and tonumber(all) > 0 then
    return what ~= '' and what or 'building', math.floor(tonumber(done) * 100 / tonumber(all))
  end
  local crate = line:match('^%s*Compiling%s+(%S+)') or line:match('^%s*Downloaded%s+(%S+)')
  return crate
end

local is_running = false

--- Builds the program in the plugin's folder and shows progress. Without an attached UI it waits for the end, so that a
--- plugin manager's build step can call it.
---@param on_done? fun(ok: boolean)
function M.run(on_done)
  local message = require('chorus.message')
  local by_hand = ('`%s` in %s'):format(table.concat(BUILD, ' '), M.root())
  if is_running then
    return message.info('a build is already running')
  end
  if vim.fn.executable('cargo') == 0 then
    message.fail('cannot build chorus: `cargo` was not found', 'install Rust (https://rustup.rs), then run ' .. by_hand)
    return on_done and on_done(false)
  end
  is_running = true
  local progress = message.progress('Chorus build')
  progress.report('starting', 0)
  local tail, percent = {}, 0
  local function read(_, data)
    for line in (data or ''):gmatch('[^\r\n]+') do
      local text, now = M.read_progress(line)
      percent = math.max(percent, now or 0)
      if text then
        vim.schedule(function()
          progress.report(text, percent)
        end)
      else
        tail[#tail + 1] = line
        if #tail > 20 then
          table.remove(tail, 1)
        end
      end
    end
  end
  local env = { CARGO_TERM_PROGRESS_WHEN = 'always', CARGO_TERM_PROGRESS_WIDTH = '100', CARGO_TERM_COLOR = 'never' }
  local function finish(result)
    is_running = false
    local ok = result.code == 0
    progress.done(ok and 'done' or 'failed', not ok)
    if ok then
      message.info('built ' .. (M.find() or 'chorus'))
    else
      message.fail('cannot build chorus:\n' .. table.concat(tail, '\n'), 'for the full output, run ' .. by_hand)
    end
    if on_done then
      on_done(ok)
    end
  end
  local job = vim.system(BUILD, { cwd = M.root(), env = env, stderr = read, text = true }, vim.schedule_wrap(finish))
  if #vim.api.nvim_list_uis() == 0 then
    job:wait()
    vim.wait(1000, function()
      return not is_running
    end, 10)
  end
end

return M
