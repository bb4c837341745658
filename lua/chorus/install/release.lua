--- Fetching the program of the plugin's own version from a release: a folder with `SHA256SUMS` and a program for each
--- system. What is fetched takes its place only when its checksum is the manifest's and it runs.

local M = {}

--- The file of checksums, as `sha256sum` prints them.
local MANIFEST = 'SHA256SUMS'

--- Seconds in which a connection must be made, and in which at least a kilobyte a second must come.
local PATIENCE = '20'

--- More bytes than any program of ours has.
local LARGEST = '200000000'

local SYSTEMS = {
  ['Linux x86_64'] = 'x86_64-unknown-linux-musl',
  ['Linux aarch64'] = 'aarch64-unknown-linux-musl',
  ['Darwin arm64'] = 'aarch64-apple-darwin',
  ['Darwin x86_64'] = 'x86_64-apple-darwin',
}

--- The name of this system's program in a release; nil where releases have none.
---@return string?
function M.program()
  local about = vim.uv.os_uname()
  local system = SYSTEMS[('%s %s'):format(about.sysname, about.machine)]
  return system and 'chorus-' .. system
end

--- The folder of a version's release, from where the plugin was cloned from. GitHub, Codeberg and Forgejo have this
--- address. Pure.
---@param origin string as in git's configuration
---@param version string
---@return string?
function M.folder_of(origin, version)
  local host, path = origin:match('^https://([^/@]+)/(.+)$')
  if not host then
    host, path = origin:match('^ssh://git@([^/:]+)[:%d]*/(.+)$')
  end
  if not host then
    host, path = origin:match('^git@([^/:]+):(.+)$')
  end
  if host then
    return ('https://%s/%s/releases/download/v%s'):format(host, path:gsub('/+$', ''):gsub('%.git$', ''), version)
  end
end

--- The checksum of a file in a manifest. Pure.
---@param manifest string
---@param name string
---@return string?
function M.checksum_in(manifest, name)
  for line in manifest:gmatch('[^\r\n]+') do
    local sum, file = line:match('^(%x+) [ *](.+)$')
    if file == name and #sum == 64 then
      return sum:lower()
    end
  end
end

--- The percentage in a line of curl's progress bar. Pure.
---@param line string
---@return integer?
function M.read_percent(line)
  local percent = line:match('(%d+)[.,]%d%%%s*$')
  return percent and tonumber(percent) --[[@as integer?]]
end

--- Runs a program and goes on in the coroutine with how it ended.
---@async
---@param command string[]
---@param options? vim.SystemOpts
---@return vim.SystemCompleted
local function run(command, options)
  local here = coroutine.running()
  local ok, err = pcall(
    vim.system,
    command,
    options or { text = true },
    vim.schedule_wrap(function(result)
      coroutine.resume(here, result)
    end)
  )
  if not ok then
    return { code = 127, signal = 0, stdout = '', stderr = tostring(err) }
  end
  return coroutine.yield()
end

---@async
---@return string? problem
local function download(url, file, on_percent)
  local command = { 'curl', '--fail', '--location', '--progress-bar', '--connect-timeout', PATIENCE }
  vim.list_extend(command, { '--speed-limit', '1000', '--speed-time', PATIENCE, '--max-filesize', LARGEST })
  vim.list_extend(command, { '--proto', '=https,http', '--proto-redir', '=https', '--output', file, url })
  local said = ''
  local result = run(command, {
    stderr = function(_, data)
      said = said .. (data or '')
      local percent = M.read_percent(said:match('[^\r\n]*$'))
      if percent then
        vim.schedule(function()
          on_percent(percent)
        end)
      end
    end,
  })
  if result.code ~= 0 then
    return ('%s: %s'):format(url, said:match('curl: ([^\r\n]+)') or ('curl ended with %d'):format(result.code))
  end
end

---@async
---@param file string
---@return string? sum
local function checksum(file)
  for _, command in ipairs({
    { 'sha256sum', file },
    { 'shasum', '-a', '256', file },
    { 'openssl', 'dgst', '-r', '-sha256', file },
  }) do
    if vim.fn.executable(command[1]) == 1 then
      local sum = (run(command).stdout or ''):match('%x+')
      return sum and #sum == 64 and sum:lower() or nil
    end
  end
end

---@async
---@return string? problem
local function fetch(folder, name, version, place, on_percent)
  vim.fn.mkdir(vim.fs.dirname(place), 'p')
  local unfinished = ('%s.%d'):format(place, vim.uv.os_getpid())
  local manifest = unfinished .. '.sums'
  ---@async
  local function take()
    local problem = download(folder .. '/' .. MANIFEST, manifest, function() end)
    if problem then
      return problem
    end
    local expected = M.checksum_in(table.concat(vim.fn.readfile(manifest), '\n'), name)
    if not expected then
      return ('%s has no program for this system (%s)'):format(folder, name)
    end
    problem = download(folder .. '/' .. name, unfinished, on_percent)
    if problem then
      return problem
    end
    local found = checksum(unfinished)
    if found ~= expected then
      return found and ('%s/%s is damaged: its checksum is not the one in %s'):format(folder, name, MANIFEST)
        or 'no program here computes SHA-256 checksums (sha256sum, shasum or openssl)'
    end
    vim.uv.fs_chmod(unfinished, tonumber('755', 8))
    local runs = run({ unfinished, '--version' })
    if runs.code ~= 0 or vim.trim(runs.stdout or '') ~= 'chorus ' .. version then
      return ('%s/%s does not run here: %s'):format(folder, name, vim.trim((runs.stderr or '') .. (runs.stdout or '')))
    end
    -- A program that runs goes on with the file that it was started from.
    local ok, err = vim.uv.fs_rename(unfinished, place)
    return not ok and ('cannot write %s: %s'):format(place, err) or nil
  end
  local problem = take()
  vim.uv.fs_unlink(unfinished)
  vim.uv.fs_unlink(manifest)
  return problem
end

--- Fetches the program from a release's folder to its place.
---@param folder string address
---@param version string
---@param place string
---@param on_percent fun(percent: integer)
---@param on_done fun(problem?: string)
function M.fetch(folder, version, place, on_percent, on_done)
  local name = M.program()
  if not name then
    return on_done('releases have no program for this system')
  end
  if vim.fn.executable('curl') == 0 then
    return on_done('`curl` was not found')
  end
  coroutine.wrap(function()
    local _, problem = pcall(fetch, folder, name, version, place, on_percent)
    on_done(problem)
  end)()
end

return M
