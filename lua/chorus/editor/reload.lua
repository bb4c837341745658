--- Reloads buffers whose files agents have changed, and warns where a buffer has unsaved edits.

local M = {}

--- An event names at most this many paths; with this many there may be others.
local MOST_PATHS = 50

--- Stamps of files when their buffers were last the same as the file, by buffer.
---@type table<integer, string>
local known = {}

---@param path string
---@return string? changes when the file does
local function stamp_of(path)
  local about = vim.uv.fs_stat(path)
  return about and ('%d.%d %d'):format(about.mtime.sec, about.mtime.nsec, about.size) or nil
end

---@param buffer integer
---@return boolean
local function is_file(buffer)
  return vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].buftype == '' and vim.api.nvim_buf_get_name(buffer) ~= ''
end

---@param buffer integer
local function remember(buffer)
  if is_file(buffer) then
    known[buffer] = stamp_of(vim.api.nvim_buf_get_name(buffer))
  end
end

--- Names the tasks that have edits in a file.
---@param changes chorus.Changes
---@param path string
---@return string
local function owners(changes, path)
  local numbers, seen = {}, {}
  for _, file in ipairs(changes.files) do
    for _, hunk in ipairs(file.path == path and file.hunks or {}) do
      for _, number in ipairs(hunk.owner ~= 'user' and hunk.tasks or {}) do
        if not seen[number] then
          seen[number] = true
          numbers[#numbers + 1] = number
        end
      end
    end
  end
  table.sort(numbers)
  if #numbers == 1 then
    local task = require('chorus.tasks').get(numbers[1])
    return (' by #%d%s'):format(numbers[1], task and ' ' .. require('chorus.text').clean(task.title, 30) or '')
  end
  return #numbers > 0 and ' by one of #' .. table.concat(numbers, ', #') or ''
end

--- Warns that buffers with unsaved edits are older than their files, and names the tasks that changed them.
---@param behind { buffer: integer, path: string }[]
local function warn_about(behind)
  require('chorus.client').request('changes', {}, function(_, changes)
    for _, each in ipairs(behind) do
      local who = changes and owners(changes, each.path) or ''
      require('chorus.message').warn(
        ('%s was changed on disk%s'):format(each.path, who),
        '`:e!` takes the file, `:w!` keeps your edits',
        true
      )
    end
  end)
end

---@param buffer integer
local function reload(buffer)
  local reads = vim.bo[buffer].autoread
  if reads == nil then
    reads = vim.go.autoread
  end
  if reads then
    -- Not allowed in the command-line window; Neovim checks by itself later.
    pcall(vim.cmd.checktime, buffer)
  end
end

--- Reloads or warns about the buffers of changed files.
---@param root string
---@param paths string[] from the root
local function update_buffers(root, paths)
  local is_named = {}
  for _, path in ipairs(paths) do
    is_named[path] = true
  end
  local behind = {}
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local name = is_file(buffer) and vim.uv.fs_realpath(vim.api.nvim_buf_get_name(buffer)) or ''
    local path = vim.startswith(name, root .. '/') and name:sub(#root + 2) or nil
    if path and (is_named[path] or #paths >= MOST_PATHS) then
      if not vim.bo[buffer].modified then
        reload(buffer)
        remember(buffer)
      elseif known[buffer] and known[buffer] ~= stamp_of(name) then
        known[buffer] = stamp_of(name)
        behind[#behind + 1] = { buffer = buffer, path = path }
      end
    end
  end
  if #behind > 0 then
    warn_about(behind)
  end
end

--- Listens for edits, and from now on remembers which files are the same as their buffers.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_reload', {})
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufWritePost', 'FileChangedShellPost' }, {
    group = group,
    desc = 'Chorus: remember the file as it is',
    callback = function(event)
      remember(event.buf)
    end,
  })
  vim.api.nvim_create_autocmd('BufUnload', {
    group = group,
    callback = function(event)
      known[event.buf] = nil
    end,
  })
  vim.tbl_map(remember, vim.api.nvim_list_bufs())
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'ChorusEditsChanged',
    desc = 'Chorus: reload what agents have changed',
    callback = function(event)
      local welcome = require('chorus.client').welcome()
      if welcome then
        update_buffers(welcome.project, event.data.paths)
      end
    end,
  })
end

return M
