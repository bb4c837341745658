--- `g?`: the keys of a window, as they are configured and by what they are for. `<CR>` runs the one under the cursor.
local canvas = require('chorus.ui.kit.canvas')
local key_groups = require('chorus.ui.kit.key_groups')
local text = require('chorus.text')

local M = {}

---@class chorus.HelpLine
---@field keys string
---@field does string
---@field command string
---@field selects boolean whether the key also takes a Visual selection
---@field lhs? string what `<CR>` presses

--- Fewer lines need no headings.
local FEW = 9

--- The cells of a meaning below which two columns would say too little.
local LEAST = 22

---@param keys chorus.Key[]
---@param notes { [1]: string, [2]: string }[]
---@param selects fun(lhs: string): boolean
---@return table<string, chorus.HelpLine[]> lines by heading
---@return integer count
local function lines_of(keys, notes, selects)
  local groups, count = {}, 0
  local function add(group, line)
    groups[group] = groups[group] or {}
    table.insert(groups[group], line)
    count = count + 1
  end
  for _, note in ipairs(notes) do
    add('write', { keys = note[1], does = note[2], command = '', selects = false })
  end
  for _, each in ipairs(keys) do
    if #each.keys > 0 then
      add(key_groups.of(each.action), {
        keys = table.concat(each.keys, ' '),
        does = each.does,
        command = each.verb and ':Chorus ' .. each.verb .. (each.bang and '!' or '') or '',
        selects = selects(each.keys[1]),
        lhs = each.keys[1],
      })
    end
  end
  return groups, count
end

--- All lines in order, with headings between them.
---@param groups table<string, chorus.HelpLine[]>
---@param count integer
---@return (chorus.HelpLine|string)[]
local function in_order(groups, count)
  local all = {}
  for _, group in ipairs(key_groups.ORDER) do
    if groups[group] and count > FEW then
      all[#all + 1] = group
    end
    vim.list_extend(all, groups[group] or {})
  end
  return all
end

---@param line? chorus.HelpLine|string
---@param widths integer[] of keys, meaning and command
---@param has_command boolean
---@return chorus.Chunk[]
local function chunks_of(line, widths, has_command)
  local width = widths[1] + widths[2] + 6 + (has_command and widths[3] + 3 or 0)
  if not line then
    return { (' '):rep(width) }
  elseif type(line) == 'string' then
    return { { text.fit('  ' .. line, width), 'ChorusTitle' } }
  end
  local chunks = {
    '  ',
    { text.fit(line.keys, widths[1]), 'ChorusKey' },
    { line.selects and ' V ' or '   ', 'ChorusHint' },
    text.fit(line.does, widths[2]),
    ' ',
  }
  if has_command then
    vim.list_extend(chunks, { '   ', { text.fit(line.command, widths[3]), 'ChorusHint' } })
  end
  return chunks
end

--- Rows of the help: one column with the commands; without them where the screen is narrow; in two columns where it is too
--- low for one and wide enough for two. Pure.
---@param keys chorus.Key[]
---@param height integer lines there are
---@param screen? integer cells there are
---@param options? { notes?: { [1]: string, [2]: string }[], selects?: fun(lhs: string): boolean }
---@return chorus.Row[] rows
---@return integer width
---@return integer column_width of the first column
function M.render(keys, height, screen, options)
  options = options or {}
  local selects_any = false
  local groups, count = lines_of(keys, options.notes or {}, function(lhs)
    local selects = options.selects ~= nil and options.selects(lhs)
    selects_any = selects_any or selects
    return selects
  end)
  local lines, widths = in_order(groups, count), { 0, 0, 0 }
  for _, line in ipairs(lines) do
    if type(line) == 'table' then
      for column, words in ipairs({ line.keys, line.does, line.command }) do
        widths[column] = math.max(widths[column], text.width(words))
      end
    end
  end
  screen = screen or 200
  local bare, half = widths[1] + widths[2] + 6, #lines
  local room = math.floor((screen - 2) / 2) - widths[1] - 6
  if #lines + 2 > height and room >= LEAST then
    half, widths[2] = math.ceil(#lines / 2), math.min(widths[2], room)
    bare = widths[1] + widths[2] + 6
  end
  local has_command = half == #lines and bare + widths[3] + 5 <= screen
  local rows, width = {}, 0
  for index = 1, half do
    local chunks = {}
    for at = index, #lines, half do
      vim.list_extend(chunks, chunks_of(lines[at], widths, has_command))
    end
    local line = half == #lines and lines[index]
    rows[index] = canvas.row(chunks, type(line) == 'table' and { line } or { lines[index], lines[index + half] })
    width = math.max(width, text.width(rows[index].text))
  end
  rows[#rows + 1] = canvas.row({})
  local words = selects_any and '  <CR> runs the line · V: also on a selection' or '  <CR> runs the line'
  rows[#rows + 1] = canvas.row({ { words, 'ChorusHint' } })
  return rows, math.min(math.max(width, text.width(words)) + 2, screen), bare
end

--- The line under the cursor; of two columns, the one the cursor is in.
---@param buffer integer
---@param column_width integer
---@return chorus.HelpLine?
local function under_cursor(buffer, column_width)
  local at = vim.api.nvim_win_get_cursor(0)
  local data = canvas.data(buffer, at[1])
  local is_right = data and data[2] and vim.fn.virtcol('.') > column_width
  local line = data and data[is_right and 2 or 1]
  return type(line) == 'table' and line or nil
end

--- Opens the help of a view over the current window.
---@param view string
---@param keys chorus.Key[]
function M.open(view, keys)
  local float = require('chorus.ui.kit.float')
  local of, below = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  local function rows_for()
    return M.render(keys, vim.o.lines - 5, vim.o.columns - 4, {
      notes = key_groups.notes[view],
      selects = function(lhs)
        return vim.api.nvim_buf_call(of, function()
          return vim.fn.maparg(lhs, 'x', false, true).buffer == 1
        end)
      end,
    })
  end
  local rows, width, column_width = rows_for()
  local buffer = float.scratch('help')
  canvas.draw(buffer, rows)
  local window = float.open(buffer, {
    width = width,
    height = #rows,
    closes_on_leave = {},
    title = { { (' Keys · %s '):format(view), 'ChorusTitle' } },
  })
  vim.wo[window.window].cursorline = true
  local function map(lhs, run, does)
    vim.keymap.set('n', lhs, run, { buffer = buffer, nowait = true, desc = 'Chorus: ' .. does })
  end
  for _, lhs in ipairs({ '<Esc>', 'g?' }) do
    map(lhs, function()
      window:close()
    end, 'close')
  end
  map('<CR>', function()
    local line = under_cursor(buffer, column_width)
    if line and line.lhs then
      window:close()
      if vim.api.nvim_win_is_valid(below) then
        vim.api.nvim_set_current_win(below)
        vim.api.nvim_feedkeys(vim.keycode(line.lhs), 'mt', false)
      end
    end
  end, 'run the line')
  for line = 1, #rows do
    local data = canvas.data(buffer, line)
    if data and type(data[1]) == 'table' then
      vim.api.nvim_win_set_cursor(window.window, { line, 2 })
      break
    end
  end
end

return M
