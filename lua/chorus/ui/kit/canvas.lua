--- Draws rows with colors and data into a buffer in one step. Writes only lines that changed, and keeps the cursor on its
--- row when rows come and go above it.
local cells = require('chorus.text')
local line_plan = require('chorus.ui.kit.line_plan')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus')

---@alias chorus.Chunk string|{[1]: string, [2]: string?} text, or text with a highlight group

---@class chorus.Row
---@field text string
---@field marks {[1]: integer, [2]: integer, [3]: string}[] from byte, to byte, highlight group
---@field key? string what the cursor follows
---@field data? any what the row stands for

--- Rows last drawn, by buffer.
---@type table<integer, chorus.Row[]>
local drawn = {}

--- Text and highlight group of a chunk.
---@param chunk chorus.Chunk
---@return string text
---@return string? group
local function parts_of(chunk)
  if type(chunk) == 'table' then
    return chunk[1], chunk[2]
  end
  return chunk, nil
end

--- Builds a row from its pieces.
---@param chunks chorus.Chunk[]
---@param data? any
---@param key? string
---@return chorus.Row
function M.row(chunks, data, key)
  local texts, marks, at = {}, {}, 0
  for _, chunk in ipairs(chunks) do
    local text, group = parts_of(chunk)
    if group and text ~= '' then
      marks[#marks + 1] = { at, at + #text, group }
    end
    texts[#texts + 1] = text
    at = at + #text
  end
  return { text = cells.trim_end(table.concat(texts), ' '), marks = marks, data = data, key = key }
end

---@param a chorus.Row
---@param b chorus.Row
---@return boolean
local function is_same(a, b)
  if a == b then
    return true
  end
  if a.text ~= b.text or #a.marks ~= #b.marks then
    return false
  end
  for index, mark in ipairs(a.marks) do
    local other = b.marks[index]
    if mark[1] ~= other[1] or mark[2] ~= other[2] or mark[3] ~= other[3] then
      return false
    end
  end
  return true
end

--- Writes the new rows of a hunk over its old lines.
local function write(buffer, rows, hunk)
  local lines, start, stop = {}, hunk.from - 1, hunk.from - 1 + hunk.count
  for index = 1, hunk.size do
    lines[index] = rows[hunk.first + index - 1].text
  end
  vim.api.nvim_buf_clear_namespace(buffer, namespace, start, stop)
  vim.api.nvim_buf_set_lines(buffer, start, stop, false, lines)
  for index = 1, hunk.size do
    local row = rows[hunk.first + index - 1]
    for _, mark in ipairs(row.marks) do
      local to = math.min(mark[2], #row.text)
      if mark[1] < to then
        vim.api.nvim_buf_set_extmark(
          buffer,
          namespace,
          start + index - 1,
          mark[1],
          { end_col = to, hl_group = mark[3] }
        )
      end
    end
  end
end

--- Writes what differs between `old` and `rows`, from the bottom: lines above keep their numbers.
local function write_difference(buffer, old, rows)
  local hunks = line_plan.hunks(old, rows, is_same)
  for index = #hunks, 1, -1 do
    write(buffer, rows, hunks[index])
  end
end

--- Where each window's cursor is.
---@return {window: integer, line: integer}[]
local function cursors(buffer)
  return vim.tbl_map(function(window)
    return { window = window, line = vim.api.nvim_win_get_cursor(window)[1] }
  end, vim.fn.win_findbuf(buffer))
end

--- Where the row that was at `line` is now. For a row that is gone: the next one that is left, else the one before.
local function line_now(old, line, line_of)
  for index = line, #old do
    local found = old[index].key and line_of[old[index].key]
    if found then
      return found
    elseif index == line and not old[index].key then
      return nil
    end
  end
  for index = math.min(line, #old), 1, -1 do
    local found = old[index].key and line_of[old[index].key]
    if found then
      return found
    end
  end
end

---@param rows chorus.Row[]
---@return table<string, integer>
local function lines_by_key(rows)
  local line_of = {}
  for index, row in ipairs(rows) do
    if row.key then
      line_of[row.key] = index
    end
  end
  return line_of
end

--- Puts each cursor back on its row, at the same height in the window unless that leaves empty lines below.
local function restore(kept, old, rows)
  if #kept == 0 then
    return
  end
  local line_of
  for _, was in ipairs(kept) do
    local before, now = old[was.line], rows[was.line]
    local line = before and now and before.key and before.key == now.key and was.line or nil
    if not line then
      line_of = line_of or lines_by_key(rows)
      line = line_now(old, was.line, line_of) or vim.api.nvim_win_get_cursor(was.window)[1]
    end
    vim.api.nvim_win_call(was.window, function()
      local view = vim.fn.winsaveview()
      local top = math.max(1, math.min(view.topline + line - view.lnum, #rows - vim.api.nvim_win_get_height(0) + 1))
      if line ~= view.lnum or top < view.topline then
        view.topline, view.lnum = top, line
        vim.fn.winrestview(view)
      end
    end)
  end
end

--- Shows `rows` in `buffer`, which is left unmodifiable and unmodified.
---@param buffer integer
---@param rows chorus.Row[]
function M.draw(buffer, rows)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  if #rows == 0 then
    rows = { M.row({}) }
  end
  local old = drawn[buffer]
  if not old then
    vim.api.nvim_create_autocmd('BufWipeout', {
      group = vim.api.nvim_create_augroup('chorus_canvas_' .. buffer, {}),
      buffer = buffer,
      callback = function()
        M.forget(buffer)
      end,
    })
  end
  local count = vim.api.nvim_buf_line_count(buffer)
  if not old or #old ~= count then
    old = {}
    for index = 1, count do
      old[index] = { text = '\n', marks = {} }
    end
  end
  local kept = cursors(buffer)
  vim.bo[buffer].modifiable = true
  write_difference(buffer, old, rows)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
  drawn[buffer] = rows
  restore(kept, old, rows)
end

--- Draws again what was drawn, after Neovim has emptied the buffer.
---@param buffer integer
function M.restore(buffer)
  local rows = drawn[buffer]
  drawn[buffer] = nil
  M.draw(buffer, rows or {})
end

--- Forgets what was drawn, after Neovim has emptied the buffer.
---@param buffer integer
function M.forget(buffer)
  drawn[buffer] = nil
end

--- What the row at `line` (one-based) stands for.
---@param buffer integer
---@param line integer
---@return any
function M.data(buffer, line)
  local row = (drawn[buffer] or {})[line]
  return row and row.data
end

--- Chunks as the border of a window takes them, cut to `width` cells.
---@param chunks? chorus.Chunk[]
---@param width integer
---@param base? string the border's highlight group, over which those of the chunks lie
---@return {[1]: string, [2]: string|string[]|nil}[]? nil when there is nothing to show
function M.border_text(chunks, width, base)
  local pieces = {}
  for _, chunk in ipairs(chunks or {}) do
    local text, group = parts_of(chunk)
    text = cells.cut(text, width)
    width = width - cells.width(text)
    if text ~= '' then
      pieces[#pieces + 1] = { text, base and { base, group } or group }
    end
  end
  return #pieces > 0 and pieces or nil
end

--- Of keys and what each does, those that fit into `width` cells: half a hint says nothing.
---@param chunks? chorus.Chunk[]
---@param width integer
---@return chorus.Chunk[]
function M.fitting_hints(chunks, width)
  local kept, used, fits = {}, 0, 0
  for _, chunk in ipairs(chunks or {}) do
    local text, group = parts_of(chunk)
    if group == 'ChorusKey' then
      fits = #kept
    end
    used = used + cells.width(text)
    if used > width then
      return vim.list_slice(kept, 1, fits)
    end
    kept[#kept + 1] = chunk
  end
  return kept
end

--- Pieces as a 'winbar' or 'statusline' value: `%` in their text stays text.
---@param chunks chorus.Chunk[]
---@return string
function M.bar(chunks)
  local parts = {}
  for _, chunk in ipairs(chunks) do
    local text, group = parts_of(chunk)
    parts[#parts + 1] = group and ('%%#%s#'):format(group) or '%*'
    parts[#parts + 1] = (text:gsub('%%', '%%%%'))
  end
  return table.concat(parts)
end

--- A bar with pieces at both ends. The left ones are cut where the window ends, since Neovim would cut off their start;
--- of the keys on the right, those are left out for which there is no room.
---@param left chorus.Chunk[]
---@param right chorus.Chunk[]
---@param width integer cells of the window
---@return string
function M.bar_of_two(left, right, width)
  left = M.border_text(left, width) or {}
  local used = 1
  for _, chunk in ipairs(left) do
    used = used + cells.width((parts_of(chunk)))
  end
  right = M.fitting_hints(right, width - used)
  return M.bar(left) .. (#right > 0 and '%=' .. M.bar(right) or '')
end

return M
