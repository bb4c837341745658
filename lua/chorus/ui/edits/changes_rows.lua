--- Uncommitted edits as rows: files, their hunks with owners, and the lines of unfolded hunks. Pure.
local canvas = require('chorus.ui.kit.canvas')
local hunk_ids = require('chorus.ui.edits.hunk_ids')
local hunks = require('chorus.tasks.hunk')
local phrase = require('chorus.phrase')
local text = require('chorus.text')

local M = {}

---@class chorus.ChangesRow
---@field path string
---@field tree? string the working tree, where it is a task's own
---@field name string of the file among all trees
---@field line integer # in the working tree
---@field hunk? chorus.ChangedHunk nothing in a file's own row
---@field known? chorus.KnownHunk
---@field starts? 'file'|'hunk'

---@class chorus.ChangesOptions
---@field width integer
---@field known chorus.KnownHunks
---@field is_ascii boolean
---@field title_of fun(number: integer): string? a task's title

local GROUPS = { task = 'ChorusOwner', user = 'ChorusYours' }
local SIGNS = { ['+'] = 'ChorusAdded', ['-'] = 'ChorusRemoved' }

--- Names the owner of a hunk.
---@param hunk chorus.ChangedHunk
---@param title_of fun(number: integer): string?
---@return string
function M.owner(hunk, title_of)
  local numbers = {}
  for index, number in ipairs(hunk.tasks) do
    numbers[index] = '#' .. number
  end
  local named = table.concat(numbers, ' ')
  if hunk.owner == 'task' then
    return #hunk.tasks == 1 and phrase.authors(hunk.tasks, title_of) or named
  elseif hunk.owner == 'user' then
    return 'yours'
  elseif hunk.owner == 'mixed' then
    return ('mixed %s: too close to separate'):format(named)
  elseif hunk.owner == 'unclaimed' then
    return named == '' and 'unclaimed' or 'unclaimed, may be of ' .. named
  end
  return text.clean(hunk.owner .. ' ' .. named)
end

--- Lines added and removed, the first line with text, and the line number of the first change.
---@param hunk chorus.ChangedHunk
---@return integer added
---@return integer removed
---@return string? first
---@return integer line
local function measure(hunk)
  local added, removed, first = 0, 0, nil
  for _, line in ipairs(hunk.lines) do
    local sign = line:sub(1, 1)
    added, removed = added + (sign == '+' and 1 or 0), removed + (sign == '-' and 1 or 0)
    if SIGNS[sign] and (not first or first:match('^[+-]%s*$')) then
      first = line
    end
  end
  return added, removed, first, hunks.first_line(hunk)
end

---@param added integer
---@param removed integer
---@return chorus.Chunk[]
local function size(added, removed)
  local plus, minus = added > 0 and '+' .. added or '', removed > 0 and '-' .. removed or ''
  local gap = plus ~= '' and minus ~= '' and ' ' or ''
  return {
    { plus, 'ChorusAdded' },
    gap,
    { minus, 'ChorusRemoved' },
    (' '):rep(10 - #plus - #gap - #minus),
  }
end

---@param file chorus.ChangedFile
---@param more table
---@return chorus.ChangesRow
local function data_of(file, more)
  more.path, more.tree, more.name = file.path, file.tree, hunk_ids.name(file)
  return more
end

--- The heading of the files in a working tree.
---@param file chorus.ChangedFile the first of it
---@param options chorus.ChangesOptions
---@return chorus.Row
local function tree_row(file, options)
  local number = file.tree and file.hunks[1] and file.hunks[1].tasks[1]
  if not number then
    return canvas.row({ { ' The project’s own tree', 'ChorusTitle' } })
  end
  return canvas.row({
    { (' #%d '):format(number), 'ChorusNumber' },
    { text.clean(options.title_of(number)), 'ChorusTitle' },
    { '  in its worktree', 'ChorusHint' },
  })
end

---@param file chorus.ChangedFile
---@return chorus.Row
local function file_row(file)
  local added, removed = 0, 0
  for _, hunk in ipairs(file.hunks) do
    local more, less = measure(hunk)
    added, removed = added + more, removed + less
  end
  local chunks = { ' ', { text.reveal_line(file.path):gsub('\n', '<0a>'), 'ChorusPath' }, '  ' }
  if file.change ~= 'modified' then
    chunks[#chunks + 1] = { text.clean(file.change) .. '  ', 'ChorusHint' }
  end
  vim.list_extend(chunks, size(added, removed))
  local first = file.hunks[1]
  local data = data_of(file, { line = first and select(4, measure(first)) or 1, starts = 'file' })
  return canvas.row(chunks, data, 'file ' .. data.name)
end

---@param file chorus.ChangedFile
---@param hunk chorus.ChangedHunk
---@param known chorus.KnownHunk
---@param options chorus.ChangesOptions
---@return chorus.Row
local function hunk_row(file, hunk, known, options)
  local added, removed, first, line = measure(hunk)
  local fold = known.is_open and (options.is_ascii and 'v' or '▾') or (options.is_ascii and '>' or '▸')
  local chunks = { '   ', { fold, 'ChorusHint' }, { text.fit(tostring(line), 6, true), 'ChorusNumber' }, '  ' }
  vim.list_extend(chunks, size(added, removed))
  local free = math.max(options.width - 23, 20)
  local owner = text.cut(M.owner(hunk, options.title_of), free)
  chunks[#chunks + 1] = { owner, GROUPS[hunk.owner] or 'ChorusUnclaimed' }
  local column = math.min(math.max(math.floor(free * 0.45), 24), 48)
  local left = free - math.max(column, text.width(owner)) - 2
  if left >= 12 then
    chunks[#chunks + 1] = (' '):rep(math.max(column - text.width(owner), 0) + 2)
    if #hunk.lines == 0 then
      chunks[#chunks + 1] = { text.cut('not shown: binary, or very large', left), 'ChorusHint' }
    elseif first and not known.is_open then
      local sign = first:sub(1, 1)
      chunks[#chunks + 1] = { text.cut(sign .. text.clean(first:sub(2)), left), SIGNS[sign] }
    end
  end
  local data = data_of(file, { line = line, hunk = hunk, known = known, starts = 'hunk' })
  return canvas.row(chunks, data, known.key)
end

--- The lines of a hunk.
---@param rows chorus.Row[]
---@param file chorus.ChangedFile
---@param hunk chorus.ChangedHunk
---@param known chorus.KnownHunk
local function add_lines(rows, file, hunk, known)
  local line = hunk.line
  for index, content in ipairs(hunk.lines) do
    local sign = content:sub(1, 1)
    local shown = '      ' .. text.reveal_hidden((content:gsub('\r$', '')))
    rows[#rows + 1] = {
      text = shown,
      marks = SIGNS[sign] and { { 6, #shown, SIGNS[sign] } } or {},
      key = known.key .. ' ' .. index,
      data = data_of(file, { line = math.max(line, 1), hunk = hunk, known = known }),
    }
    line = line + (sign == '-' and 0 or 1)
  end
end

--- Every row.
---@param changes chorus.Changes
---@param options chorus.ChangesOptions
---@return chorus.Row[]
function M.render(changes, options)
  local rows = {}
  for _, notice in ipairs(changes.notices) do
    for _, line in ipairs(text.wrap(text.clean(notice), math.max(options.width - 2, 20))) do
      rows[#rows + 1] = canvas.row({ { ' ' .. line, 'ChorusTrouble' } })
    end
  end
  local has_trees = vim.iter(changes.files):any(function(file)
    return file.tree ~= nil
  end)
  local tree
  for at, file in ipairs(changes.files) do
    if has_trees and (at == 1 or file.tree ~= tree) then
      tree = file.tree
      rows[#rows + 1] = tree_row(file, options)
    end
    rows[#rows + 1] = file_row(file)
    for index, hunk in ipairs(file.hunks) do
      local known = options.known[hunk_ids.name(file)][index]
      rows[#rows + 1] = hunk_row(file, hunk, known, options)
      if known.is_open then
        add_lines(rows, file, hunk, known)
      end
    end
  end
  if #changes.files == 0 and #changes.notices == 0 then
    rows[#rows + 1] = canvas.row({})
    rows[#rows + 1] = canvas.row({ { '  There are no uncommitted edits.', 'ChorusHint' } })
  end
  return rows
end

--- How many hunks there are of each kind of owner.
---@param changes chorus.Changes
---@return table<string, integer> # by `files`, `hunks`, `task`, `user` and `open` (unclaimed or mixed)
function M.counts(changes)
  local counts = { files = #changes.files, hunks = 0, task = 0, user = 0, open = 0 }
  for _, file in ipairs(changes.files) do
    for _, hunk in ipairs(file.hunks) do
      local kind = (hunk.owner == 'task' or hunk.owner == 'user') and hunk.owner or 'open'
      counts[kind], counts.hunks = counts[kind] + 1, counts.hunks + 1
    end
  end
  return counts
end

--- Edits by file that are chosen one by one.
---@param changes chorus.Changes
---@param is_chosen fun(file: chorus.ChangedFile, hunk: chorus.ChangedHunk): boolean?
---@return chorus.ChosenEdits[]
---@return integer count of edits
local function chosen_of(changes, is_chosen)
  local found, count = {}, 0
  for _, file in ipairs(changes.files) do
    local ids = {}
    for _, hunk in ipairs(file.hunks) do
      if is_chosen(file, hunk) then
        ids[#ids + 1] = hunk.id
      end
    end
    if #ids > 0 then
      found[#found + 1], count = { path = file.path, hunks = ids }, count + #ids
    end
  end
  return found, count
end

--- What to assign when these rows are chosen: hunks, and all hunks that are shown of a file where only its own row is. A
--- file without hunks, which was only renamed, goes as a whole.
---@param changes chorus.Changes as shown
---@param rows chorus.ChangesRow[]
---@return chorus.ChosenEdits[]
---@return integer count of edits
function M.choices(changes, rows)
  local has_hunk, is_chosen, is_named = {}, {}, {}
  for _, data in ipairs(rows) do
    is_named[data.name] = true
    has_hunk[data.name] = has_hunk[data.name] or data.hunk ~= nil
    if data.hunk then
      is_chosen[data.name .. '\0' .. data.hunk.id] = true
    end
  end
  local found, count = chosen_of(changes, function(file, hunk)
    local name = hunk_ids.name(file)
    return is_named[name] and (not has_hunk[name] or is_chosen[name .. '\0' .. hunk.id])
  end)
  for _, file in ipairs(changes.files) do
    if is_named[hunk_ids.name(file)] and #file.hunks == 0 then
      found[#found + 1], count = { path = file.path, hunks = {} }, count + 1
    end
  end
  return found, count
end

--- The unclaimed edits that may be of a task.
---@param changes chorus.Changes
---@param number integer
---@return chorus.ChosenEdits[] choices
---@return integer count of edits
---@return integer shared how many of them may be of other tasks as well
function M.may_be_of(changes, number)
  local shared = 0
  local choices, count = chosen_of(changes, function(_, hunk)
    local is_it = hunk.owner == 'unclaimed' and vim.list_contains(hunk.tasks, number)
    shared = shared + (is_it and #hunk.tasks > 1 and 1 or 0)
    return is_it
  end)
  return choices, count, shared
end

--- The tasks that edits of a row name, in order.
---@param changes chorus.Changes
---@param data chorus.ChangesRow
---@param counts fun(hunk: chorus.ChangedHunk): boolean?
---@return integer[] numbers
local function named(changes, data, counts)
  local numbers = {}
  local function add(hunk)
    for _, number in ipairs(counts(hunk) and hunk.tasks or {}) do
      if not vim.list_contains(numbers, number) then
        numbers[#numbers + 1] = number
      end
    end
  end
  if data.hunk then
    add(data.hunk)
  else
    for _, file in ipairs(changes.files) do
      vim.tbl_map(add, hunk_ids.name(file) == data.name and file.hunks or {})
    end
  end
  table.sort(numbers)
  return numbers
end

--- The tasks that own the edits of a row, in order; with `may_own` also likely owners.
---@param changes chorus.Changes
---@param data chorus.ChangesRow
---@param may_own? boolean
---@return integer[] numbers
function M.owners(changes, data, may_own)
  return named(changes, data, function(hunk)
    return hunk.owner == 'task' or may_own
  end)
end

--- The tasks that unclaimed edits of a row may be of, in order.
---@param changes chorus.Changes
---@param data chorus.ChangesRow
---@return integer[] numbers
function M.candidates(changes, data)
  return named(changes, data, function(hunk)
    return hunk.owner == 'unclaimed'
  end)
end

return M
