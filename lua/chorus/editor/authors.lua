--- Who else is at work in a file that is open here: the task that edits it now, and the task that made the last change since
--- the buffer was read.
local client = require('chorus.client')
local current_changes = require('chorus.editor.current_changes')
local hunks = require('chorus.tasks.hunk')
local open_files = require('chorus.editor.open_files')
local phrase = require('chorus.phrase')
local tasks = require('chorus.tasks')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_authors')

--- How long the author of a change is shown, in milliseconds.
local SHOWN = 60000

--- Between two questions for authors, in milliseconds.
local PAUSE = 500

--- Tasks that edit a file now, by its path from the root, then by uuid.
---@type table<string, table<string, integer>>
local editing = {}

--- Uncommitted edits of a file as last seen, by buffer: what each adds and takes, by owner and lines.
---@type table<integer, table<string, true>>
local seen = {}

--- The mark of the last change, by buffer.
---@type table<integer, integer>
local last = {}

---@return string? root
local function root()
  local welcome = client.welcome()
  return welcome and welcome.project
end

---@param numbers integer[]
---@return string such as `#12 Fix the login` or `one of #3, #12`
local function named(numbers)
  return phrase.authors(numbers, tasks.title_of, 40) or ''
end

--- Shows above the first line which tasks edit the file now.
---@param buffer integer
---@param numbers integer[]
local function show_editing(buffer, numbers)
  if vim.b[buffer].chorus_editing_mark then
    pcall(vim.api.nvim_buf_del_extmark, buffer, namespace, vim.b[buffer].chorus_editing_mark)
    vim.b[buffer].chorus_editing_mark = nil
  end
  vim.b[buffer].chorus_editing = #numbers > 0 and numbers or nil
  if #numbers > 0 then
    local names = table.concat(
      vim.tbl_map(function(number)
        return named({ number })
      end, numbers),
      ', '
    )
    local icon = require('chorus.icons').of('edited')
    vim.b[buffer].chorus_editing_mark = vim.api.nvim_buf_set_extmark(buffer, namespace, 0, 0, {
      virt_text = { { (' %s %s is editing this file '):format(icon, names), 'ChorusBusy' } },
      virt_text_pos = 'right_align',
    })
  end
end

--- Tasks that edit a file now.
---@param path string from the root
---@return integer[]
local function numbers_in(path)
  local numbers = vim.tbl_values(editing[path] or {})
  table.sort(numbers)
  return numbers
end

local look_who_edits = open_files.looker(function(buffer, path)
  show_editing(buffer, numbers_in(path))
end)

---@param data { uuid: string, number: integer, path: string, on: boolean }
local function on_editing(data)
  editing[data.path] = editing[data.path] or {}
  editing[data.path][data.uuid] = data.on and data.number or nil
  if not next(editing[data.path]) then
    editing[data.path] = nil
  end
  look_who_edits({ data.path })
end

--- What tells an edit from others of its file.
---@param hunk chorus.ChangedHunk
---@return string
local function key_of(hunk)
  return table.concat(hunk.tasks, ' ') .. '\0' .. table.concat(hunk.lines, '\n')
end

--- The newest edit of a task in a file: the first that was not there before. Where nothing is known of before, no edit is.
---@param file? chorus.ChangedFile
---@param before? table<string, true>
---@return chorus.ChangedHunk?
---@return table<string, true> now
function M.newest(file, before)
  local now, found = {}, nil
  for _, hunk in ipairs(file and file.hunks or {}) do
    local key = key_of(hunk)
    now[key] = true
    if before and not found and not before[key] and hunk.owner ~= 'user' and #hunk.tasks > 0 then
      found = hunk
    end
  end
  return found, now
end

---@param buffer integer
---@param hunk chorus.ChangedHunk
local function show_author(buffer, hunk)
  if last[buffer] then
    pcall(vim.api.nvim_buf_del_extmark, buffer, namespace, last[buffer])
  end
  local line = math.min(hunks.first_line(hunk), vim.api.nvim_buf_line_count(buffer))
  local who = named(hunk.tasks)
  local mark = vim.api.nvim_buf_set_extmark(buffer, namespace, line - 1, 0, {
    virt_text = { { ('  %s changed this'):format(who), 'ChorusBlame' } },
    virt_text_pos = 'eol',
    hl_mode = 'combine',
  })
  last[buffer] = mark
  vim.defer_fn(function()
    if last[buffer] == mark and vim.api.nvim_buf_is_valid(buffer) then
      last[buffer] = nil
      pcall(vim.api.nvim_buf_del_extmark, buffer, namespace, mark)
    end
  end, SHOWN)
end

--- Open files with changes whose author is not known yet, by buffer.
---@type table<integer, string>
local due = {}
local is_asking = false

--- Asks whose the changes are: once for all that came within a moment, and never twice at the same time, since the daemon
--- reads the whole working tree for it. What nobody asked for starts no daemon.
local function ask()
  if is_asking or not client.is_connected() then
    return
  end
  local open = {}
  for buffer, path in pairs(due) do
    open[buffer] = vim.api.nvim_buf_is_loaded(buffer) and path or nil
  end
  due = {}
  if not next(open) then
    return
  end
  is_asking = true
  current_changes.get(function(err, changes)
    local files = {}
    for _, file in ipairs(not err and changes.files or {}) do
      if not file.tree then
        files[file.path] = files[file.path] or file
      end
    end
    for buffer, path in pairs(not err and open or {}) do
      if vim.api.nvim_buf_is_loaded(buffer) then
        local hunk, now = M.newest(files[path], seen[buffer])
        seen[buffer] = now
        if hunk and not vim.bo[buffer].modified then
          show_author(buffer, hunk)
        end
      end
    end
    vim.defer_fn(function()
      is_asking = false
      ask()
    end, PAUSE)
  end)
end

--- Looks who made the last change in the open files of these.
local look_whose = open_files.looker(function(buffer, path)
  due[buffer] = path
end, ask)

--- Learns which edits a file has already, so that the first event about it names the new one.
---@param buffer integer
local function on_read(buffer)
  local at = root()
  if seen[buffer] or not at or not client.is_connected() or tasks.counts().live == 0 then
    return
  end
  local path = open_files.path_from(at, buffer)
  if path then
    due[buffer] = path
    ask()
  end
end

--- Listens from now on.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_authors', {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
  end
  on('User', function(event)
    on_editing(event.data)
  end, 'ChorusEditing')
  on('User', function(event)
    -- Without a ledger nobody knows whose the edits are.
    if not event.data.by and #event.data.paths > 0 then
      look_whose(event.data.paths)
    end
  end, 'ChorusEditsChanged')
  on('User', function()
    -- What was under way may have ended meanwhile.
    for _, buffer in ipairs(next(editing) and vim.api.nvim_list_bufs() or {}) do
      if vim.b[buffer].chorus_editing then
        show_editing(buffer, {})
      end
    end
    editing = {}
    ask()
  end, 'ChorusConnected')
  on('BufReadPost', function(event)
    local at = next(editing) and root()
    local path = at and open_files.path_from(at, event.buf)
    if path and editing[path] then
      show_editing(event.buf, numbers_in(path))
    end
    on_read(event.buf)
  end)
  on('BufUnload', function(event)
    seen[event.buf], last[event.buf] = nil, nil
  end)
end

return M
