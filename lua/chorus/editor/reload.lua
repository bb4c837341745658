--- Buffers whose files agents change: read again at once where nothing is unsaved, told otherwise.

local open_files = require('chorus.editor.open_files')

local M = {}

--- What files with unsaved edits looked like when they were last in step with their buffer, by buffer.
---@type table<integer, string>
local known = {}

--- What a file that was deleted looks like.
local GONE = 'gone'

---@param path string
---@return string changes when the file does
local function look(path)
  local about = vim.uv.fs_stat(path)
  return about and ('%d.%d %d'):format(about.mtime.sec, about.mtime.nsec, about.size) or GONE
end

---@param buffer integer
local function remember(buffer)
  if open_files.is_file(buffer) then
    known[buffer] = look(vim.api.nvim_buf_get_name(buffer))
  end
end

--- Tasks whose agents wrote to files of which no ledger says so, by path.
---@type table<string, integer>
local writers = {}

---@param numbers integer[]
---@return string such as ` by #12 Fix the login`; empty for nobody
local function by(numbers)
  local who = require('chorus.phrase').authors(numbers, require('chorus.tasks').title_of, 30)
  return who and ' by ' .. who or ''
end

--- Which tasks have edits in a file, in words.
---@param changes? chorus.Changes
---@param path string
---@return string
local function owners(changes, path)
  local numbers, seen = {}, {}
  for _, file in ipairs(changes and changes.files or {}) do
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
  return by(numbers)
end

---@param behind { buffer: integer, path: string, who: string }
local function tell_one(behind)
  local path = vim.fn.fnamemodify(behind.path, ':~')
  local warn = require('chorus.message').warn
  if known[behind.buffer] == GONE then
    return warn(('%s was deleted%s'):format(path, behind.who), '`:w` writes your text to it again')
  end
  warn(('%s was changed on disk%s'):format(path, behind.who), '`:e!` loads the file, `:w!` keeps your edits')
  require('chorus.editor.conflict').ask(behind.buffer, behind.path, behind.who)
end

--- Says once for each change on disk that a buffer with unsaved edits is behind, and which task did it.
---@param behind { buffer: integer, path: string, who: string }[]
local function tell(behind)
  local unknown = {}
  for _, each in ipairs(behind) do
    if each.who == '' then
      unknown[#unknown + 1] = each
    else
      tell_one(each)
    end
  end
  if #unknown == 0 then
    return
  end
  require('chorus.editor.current_changes').get(function(_, changes)
    for _, each in ipairs(unknown) do
      each.who = owners(changes, each.path)
      tell_one(each)
    end
  end)
end

---@param buffer integer
local function read_again(buffer)
  local reads = vim.bo[buffer].autoread
  if reads == nil then
    reads = vim.go.autoread
  end
  if reads then
    -- Not allowed in the command-line window; Neovim looks by itself later then.
    pcall(vim.cmd.checktime, buffer)
  end
end

--- Buffers whose files have changed under unsaved edits.
---@type { buffer: integer, path: string, who: string }[]
local behind = {}

local look_at = open_files.looker(function(buffer, path)
  local name = vim.api.nvim_buf_get_name(buffer)
  if not vim.bo[buffer].modified then
    -- Of a file that is gone Neovim would report an error.
    if look(name) ~= GONE then
      read_again(buffer)
    end
    remember(buffer)
  elseif known[buffer] and known[buffer] ~= look(name) then
    known[buffer] = look(name)
    -- In a worktree nobody but its task's agent and the person writes.
    local writer = writers[path] or vim.startswith(path, '/') and vim.b[buffer].chorus_task or nil
    behind[#behind + 1] = { buffer = buffer, path = path, who = by({ writer }) }
  end
end, function()
  writers = {}
  if #behind > 0 then
    tell(behind)
    behind = {}
  end
end)

--- Listens for edits, and remembers from now on what files are in step with their buffers.
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
    pattern = { 'ChorusEditsChanged', 'ChorusDocumentChanged' },
    desc = 'Chorus: reload files that agents changed',
    callback = function(event)
      local data = event.data
      for _, path in ipairs(data.by and data.paths or {}) do
        writers[path:sub(1, 1) == '/' and vim.uv.fs_realpath(path) or path] = data.by
      end
      look_at(data.paths, data.more)
    end,
  })
end

return M
