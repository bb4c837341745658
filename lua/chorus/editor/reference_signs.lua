--- Marks the lines of a document that tasks refer to: a sign, and the task with its note behind the first line.

local client = require('chorus.client')
local open_files = require('chorus.editor.open_files')
local text = require('chorus.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_references')

--- Bytes of a line whose width is measured.
local MOST_MEASURED = 4096

--- What a buffer shows.
---@type table<integer, chorus.Reference[]>
local shown = {}

--- The file of a buffer as a path from the project's root; nil for any other buffer.
---@param buffer integer
---@return string?
local function path_of(buffer)
  local welcome = client.welcome()
  return welcome and open_files.path_from(welcome.project, buffer) or nil
end

---@param reference chorus.Reference
---@return chorus.Chunk[]
local function label(reference)
  local is_stale = reference.state == 'stale'
  local group = is_stale and 'ChorusReferenceStale' or 'ChorusReference'
  local note = reference.note and text.clean(reference.note, 60) or ''
  if is_stale then
    -- The note may be cut off where the window ends.
    local state = reference.nearest_start and 'stale, perhaps here (`:Chorus retie`)' or 'stale'
    note = note == '' and state or state .. ': ' .. note
  elseif reference.state == 'changed' and not reference.whole then
    note = note == '' and 'changed' or 'changed: ' .. note
  end
  return { { ('  #%d '):format(reference.number), 'ChorusNumber' }, { '▏', group }, { note, group } }
end

--- Cells that are free behind a line, in the narrowest of the windows that show it.
---@param buffer integer
---@param line string
---@return number
local function free_behind(buffer, line)
  local free = math.huge
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local width = vim.api.nvim_win_get_width(window) - vim.fn.getwininfo(window)[1].textoff
    if vim.wo[window].wrap and width > 0 then
      local cells = vim.fn.strdisplaywidth(line)
      free = math.min(free, cells > 0 and (width - cells % width) % width or width)
    end
  end
  return free
end

---@param buffer integer
---@param references chorus.Reference[]
local function draw(buffer, references)
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  local count = vim.api.nvim_buf_line_count(buffer)
  local rows, labels, used = {}, {}, {}
  for index, reference in ipairs(references) do
    local row = math.max(math.min(reference.nearest_start or reference.start_line, count) - 1, 0)
    rows[index], labels[index] = row, label(reference)
    for _, chunk in ipairs(labels[index]) do
      used[row] = (used[row] or 1) + text.width(chunk[1])
    end
  end
  for index, reference in ipairs(references) do
    local row = rows[index]
    local group = reference.state == 'stale' and 'ChorusReferenceStale' or 'ChorusReference'
    local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ''
    -- Behind a line that leaves no room, it wraps with the line.
    local fits = #line > MOST_MEASURED or used[row] <= free_behind(buffer, line)
    vim.api.nvim_buf_set_extmark(buffer, namespace, row, fits and 0 or #line, {
      sign_text = '▏',
      sign_hl_group = group,
      virt_text = labels[index],
      virt_text_pos = fits and 'eol' or 'inline',
      priority = 20,
    })
  end
end

--- Which references there are, whatever lines they are on.
local function identity(references)
  local ids = vim.tbl_map(function(reference)
    return ('%d %s %s'):format(reference.id, reference.state, reference.note or '')
  end, references)
  table.sort(ids)
  return table.concat(ids, '\n')
end

--- Counts the questions. The answer to an earlier one may come after that to a later one.
local asked = 0

--- The newest question that was answered, by buffer.
---@type table<integer, integer>
local answered = {}

---@param buffer integer
local function refresh(buffer)
  local path = path_of(buffer)
  if not path or not client.is_connected() then
    return
  end
  asked = asked + 1
  local question = asked
  client.request('refs', { path = vim.fs.joinpath(client.welcome().project, path) }, function(err, found)
    if err or not vim.api.nvim_buf_is_loaded(buffer) or question < (answered[buffer] or 0) then
      return
    end
    answered[buffer] = question
    local before = shown[buffer]
    -- Edits that are not written move the marks with their lines; the daemon knows only what is.
    if before and vim.bo[buffer].modified and identity(before) == identity(found.references) then
      return
    end
    shown[buffer] = #found.references > 0 and found.references or nil
    draw(buffer, found.references)
  end)
end

--- Asks again for the buffers on screen that show one of these files; for all of them without a list.
---@param paths? string[]
local function refresh_shown(paths)
  local seen = {}
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local buffer = vim.api.nvim_win_get_buf(window)
    local path = not seen[buffer] and path_of(buffer)
    seen[buffer] = true
    if path and open_files.are_of(paths, path) then
      refresh(buffer)
    end
  end
end

--- Buffers that are asked about as soon as Neovim is done with showing them.
---@type table<integer, true>
local due = {}

--- Asks once for a buffer that is read and shown at the same time.
---@param buffer integer
local function refresh_soon(buffer)
  if due[buffer] then
    return
  end
  due[buffer] = true
  vim.schedule(function()
    due[buffer] = nil
    refresh(buffer)
  end)
end

--- Draws again where a window may have another width. Marks that edits have moved stay where they are.
local function redraw()
  for buffer, references in pairs(shown) do
    if vim.api.nvim_buf_is_loaded(buffer) and not vim.bo[buffer].modified then
      draw(buffer, references)
    end
  end
end

--- The references of a buffer as they were last known.
---@param buffer integer
---@return chorus.Reference[]
function M.of(buffer)
  return shown[buffer] or {}
end

--- Listens from now on.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_reference_signs', {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
  end
  on({ 'BufWinEnter', 'BufReadPost' }, function(event)
    refresh_soon(event.buf)
  end)
  on('BufWipeout', function(event)
    shown[event.buf], answered[event.buf] = nil, nil
  end)
  on({ 'VimResized', 'WinResized' }, vim.schedule_wrap(redraw))
  on('User', function(event)
    local data = event.data or {}
    refresh_shown(not data.more and data.paths or nil)
  end, 'ChorusDocumentChanged')
  on('User', function()
    refresh_shown()
  end, 'ChorusConnected')
end

return M
