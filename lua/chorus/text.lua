--- Makes foreign text safe to show, and fits it to a width in screen cells. Pure.
---
--- Titles, messages, commands and file names come from agents. `clean` is for lists, where a text must be
--- one harmless line; `reveal` is for what a person is about to allow, where nothing may be hidden.
local M = {}

--- The part of a text that can matter for one line, in bytes.
local LINE_BYTES = 4096

--- What opens an escape sequence of parameters (CSI) and one that holds a string (DCS, SOS, OSC, PM, APC), by ESC or by a C1
--- control character.
local PARAMETERS = { '^\27%[()', '^\194\155()' }
local STRINGS = { '^\27[]PX^_]()', '^\194[\144\152\157-\159]()' }

--- Behind what a pattern that ends with `()` finds at a byte.
---@param text string
---@param pattern string
---@param at integer
---@return integer?
local function behind(text, pattern, at)
  return text:match(pattern, at) --[[@as integer?]]
end

--- Where a string sequence ends: behind BEL or ST, else before what cancels it, another sequence, or the line's end.
---@param text string
---@param at integer behind its opening
---@return integer
local function string_end(text, at)
  while true do
    at = text:find('[\7\10\24\26\27\194]', at) or #text + 1
    local past = behind(text, '^\7()', at) or behind(text, '^\194\156()', at) or behind(text, '^\27\\()', at)
    if past or text:byte(at) ~= 194 then
      return past or at
    end
    at = at + 1
  end
end

--- Where an escape sequence ends; nil where none begins. `rust/sgr.rs` has the same rules.
---@param text string
---@param at integer
---@return integer?
local function sequence_end(text, at)
  local inside = behind(text, PARAMETERS[1], at) or behind(text, PARAMETERS[2], at)
  if inside then
    return behind(text, '^[\32-\63]*[\64-\126]()', inside) or behind(text, '^[\32-\63]*()', inside)
  end
  inside = behind(text, STRINGS[1], at) or behind(text, STRINGS[2], at)
  if inside then
    return string_end(text, inside)
  end
  inside = behind(text, '^\27[\32-\47]*()', at)
  -- The last character, whole; a control character is none.
  return inside
    and (
      behind(text, '^[\48-\126]()', inside)
      or behind(text, '^\194[\160-\191]()', inside)
      or behind(text, '^[\195-\244][\128-\191]*()', inside)
      or inside
    )
end

--- Each escape sequence is taken out once: what is left of two that are nested begins no other.
---@param text string
---@return string
local function without_sequences(text)
  local kept, from, at = {}, 1, 1
  while true do
    at = text:find('[\27\194]', at)
    if not at then
      kept[#kept + 1] = text:sub(from)
      return table.concat(kept)
    end
    local past = sequence_end(text, at)
    if past then
      kept[#kept + 1] = text:sub(from, at - 1)
      from = past
    end
    at = past or at + 1
  end
end

--- Characters that take no cell, reorder their neighbors or draw nothing: C1 controls, and what Unicode calls
--- Default_Ignorable_Code_Point, in the order of their numbers. `rust/text.rs` has the same list, joiners aside.
local INVISIBLE = {
  '\194[\128-\159]',
  '\194\173',
  '\205\143',
  '\216\156',
  '\225\133[\159\160]',
  '\225\158[\180\181]',
  '\225\160[\139-\143]',
  '\226\128[\139-\143]',
  '\226\128[\168-\174]',
  '\226\129[\160-\175]',
  '\227\133\164',
  '\239\184[\128-\143]',
  '\239\187\191',
  '\239\190\160',
  '\239\191[\176-\187]',
  '\240\155\178[\160-\163]',
  '\240\157\133[\179-\186]',
  '\243\160[\128-\191][\128-\191]',
}

---@param text string
---@return boolean
local function is_plain(text)
  return not text:find('[^\32-\126]')
end

--- Leading bytes of INVISIBLE; what holds none of them needs no search.
local MAY_HIDE = '[\194\205\216\225\226\227\239\240\243]'

---@param text string
---@param replace? string|fun(found: string): string
---@return string
local function without_invisible(text, replace)
  if not text:find(MAY_HIDE) then
    return text
  end
  for _, character in ipairs(INVISIBLE) do
    text = text:gsub(character, replace or '')
  end
  return text
end

--- Width in screen cells.
---@param text string
---@return integer
function M.width(text)
  return is_plain(text) and #text or vim.fn.strdisplaywidth(text)
end

--- Stands for a line break where one line shows a text of several: without it, two commands read as one. `rust/text.rs` has
--- the same.
local LINE_END = ' ↵ '

--- What stands for white space in one line.
---@param space string
---@return string
local function gap(space)
  return space:find('\n', 1, true) and LINE_END or ' '
end

--- One line without escapes, controls or invisible characters, with a sign for each line break; cut to `width` cells when
--- given.
---@param value any
---@param width? integer
---@return string
function M.clean(value, width)
  if value == nil or value == vim.NIL then
    return ''
  end
  local text = tostring(value)
  if #text > LINE_BYTES then
    text = text:sub(1, LINE_BYTES):gsub('[\192-\255][\128-\191]*$', '')
  end
  if not is_plain(text) then
    text = without_invisible(without_sequences(text)):gsub('[%z\1-\8\14-\31\127]', '')
    text = M.trim(text):gsub('%s+', gap)
  end
  text = text:gsub('  +', ' '):gsub('^ ', ''):gsub(' $', '')
  return width and M.cut(text, width) or text
end

--- At most `width` cells, with an ellipsis where something is left out.
---@param text string
---@param width integer
---@return string
function M.cut(text, width)
  if width <= 0 then
    return ''
  end
  if M.width(text) <= width then
    return text
  end
  local kept = is_plain(text) and text:sub(1, width - 1) or vim.fn.printf('%.' .. (width - 1) .. 'S', text)
  return kept .. '…'
end

--- Exactly `width` cells: cut, or filled with blanks on the right (on the left when `right` is true).
---@param text string
---@param width integer
---@param right? boolean align to the right
---@return string
function M.fit(text, width, right)
  text = M.cut(text, width)
  local blanks = (' '):rep(width - M.width(text))
  return right and blanks .. text or text .. blanks
end

--- Lines of at most `width` cells, broken between words where that is possible.
---@param text string one line
---@param width integer
---@return string[] at least one
function M.wrap(text, width)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    while M.width(word) > width do
      if line ~= '' then
        lines[#lines + 1], line = line, ''
      end
      local head = vim.fn.printf('%.' .. width .. 'S', word)
      if head == '' then
        break
      end
      lines[#lines + 1], word = head, word:sub(#head + 1)
    end
    if line ~= '' and M.width(line) + 1 + M.width(word) > width then
      lines[#lines + 1], line = line, word
    else
      line = line == '' and word or line .. ' ' .. word
    end
  end
  if line ~= '' or #lines == 0 then
    lines[#lines + 1] = line
  end
  return lines
end

--- A line in which every character that could hide or reorder something is written out, as `<202e>`. Escape characters are
--- written out too, so that what is shown is what is there.
---@param line string
---@return string
function M.reveal_hidden(line)
  if is_plain(line) then
    return line
  end
  line = without_invisible(line, function(found)
    return ('<%04x>'):format(vim.fn.char2nr(found))
  end)
  return (line:gsub('[%z\1-\8\10-\31\127]', function(control)
    return ('<%02x>'):format(control:byte())
  end))
end

--- Longer runs of one blank are counted.
local MOST_BLANKS = 3

---@param blanks string all the same
---@return string
local function counted(blanks)
  local one = ('<%02x>'):format(blanks:byte())
  return #blanks > MOST_BLANKS and ('%s×%d'):format(one, #blanks) or one:rep(#blanks)
end

--- A text without such characters at its end. An agent may write a run of 100,000 blanks, which a pattern such as ` +$`
--- reads again from each of its bytes; this reads a text once.
---@param value string
---@param set string of characters, as between the brackets of a pattern
---@return string
function M.trim_end(value, set)
  return value:match('^.*[^' .. set .. ']') or ''
end

--- A text without the space around it, read once as well: `vim.trim` reads one that is all space from each of its bytes.
---@param value string
---@return string
function M.trim(value)
  local first = value:find('%S')
  return first and M.trim_end(value:sub(first), '%s') or ''
end

--- A line as `reveal_hidden` writes it, its blanks at the end written out as well: they are invisible there, and decide whether
--- a backslash before them goes on with the next line.
---@param line string
---@return string
function M.reveal_line(line)
  local text = M.trim_end(line, ' \t')
  local blanks = line:sub(#text + 1)
  if blanks == '' then
    return M.reveal_hidden(line)
  end
  return M.reveal_hidden(text) .. blanks:gsub(' +', counted):gsub('\t+', counted)
end

--- The lines of a text as they are, whatever ends them.
---@param value any
---@return string[]
function M.split(value)
  if value == nil or value == vim.NIL then
    return {}
  end
  return vim.split(tostring(value):gsub('\r\n', '\n'), '\n', { plain = true })
end

--- The lines of a text, each as `reveal_line` writes it.
---@param value any
---@return string[]
function M.reveal(value)
  return vim.tbl_map(M.reveal_line, M.split(value))
end

--- Without escape sequences and controls; tabs stay, and so do characters that only look odd.
---@param line string
---@return string
function M.unescape(line)
  if is_plain(line) then
    return line
  end
  return (without_sequences(line):gsub('[%z\1-\8\10-\31\127]', ''))
end

--- The lines of a longer text for reading: without escapes, controls and invisible characters; tabs stay.
---@param value any
---@return string[]
function M.lines(value)
  local lines = M.split(value)
  for index, line in ipairs(lines) do
    if not is_plain(line) then
      lines[index] = without_invisible(M.unescape(line))
    end
  end
  return lines
end

--- The lines of a text that a person changes and sends back: without escapes and controls, which nobody types, and with
--- every other character, so that what the person left alone comes back as it was.
---@param value any
---@return string[]
function M.editable(value)
  return vim.tbl_map(M.unescape, M.split(value))
end

--- How long ago, in at most four cells: `now`, `45s`, `12m`, `3h`, `5d`, `9w`.
---@param milliseconds integer
---@return string
function M.age(milliseconds)
  local seconds = math.floor(milliseconds / 1000)
  if seconds < 10 then
    return 'now'
  end
  for _, unit in ipairs({ { 604800 * 2, 604800, 'w' }, { 86400, 86400, 'd' }, { 3600, 3600, 'h' }, { 60, 60, 'm' } }) do
    if seconds >= unit[1] then
      return math.min(math.floor(seconds / unit[2]), 999) .. unit[3]
    end
  end
  return math.floor(seconds / 10) * 10 .. 's'
end

return M
