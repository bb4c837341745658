--- Colors of a terminal's text (SGR escape sequences) as pieces with highlight groups.
---
--- A style is a short name such as `f1o`, which is also the tail of its highlight group. A style continues from line to line, as in
--- the output of `tmux capture-pane -e`.
local text = require('chorus.text')

local M = {}

---@class chorus.Style
---@field fg? string `1` for a palette color, `#rrggbb`
---@field bg? string
---@field flags table<string, true> by their letter in FLAGS

--- Letters of the attributes in a style's name, and what Neovim calls them.
local FLAGS =
  { o = 'bold', d = 'dim', i = 'italic', u = 'underline', c = 'undercurl', r = 'reverse', s = 'strikethrough' }
local SET = { [1] = 'o', [2] = 'd', [3] = 'i', [4] = 'u', [7] = 'r', [9] = 's', [21] = 'u' }
local UNSET = { [22] = { 'o', 'd' }, [23] = { 'i' }, [24] = { 'u', 'c' }, [27] = { 'r' }, [29] = { 's' } }
local ORDER = { 'o', 'd', 'i', 'u', 'c', 'r', 's' }

--- xterm's sixteen, for color schemes that set no `g:terminal_color_…`.
local PALETTE = {
  [0] = '#1c1c1c',
  '#d75f5f',
  '#5faf5f',
  '#d7af5f',
  '#5f87d7',
  '#af87d7',
  '#5fafaf',
  '#d0d0d0',
  '#808080',
  '#ff8787',
  '#87d787',
  '#ffd787',
  '#87afff',
  '#d7afff',
  '#87d7d7',
  '#ffffff',
}

--- Styles seen so far, by name.
---@type table<string, chorus.Style>
local styles = { [''] = { flags = {} } }

--- The highlight groups made so far, by style. All plugins share Neovim's 20,000 groups, so an agent that prints a rainbow
--- gets plain text after a thousand.
local groups, group_count = {}, 0
local MOST_GROUPS = 1000

---@param style chorus.Style
---@return string
local function name_of(style)
  local parts = {}
  for _, flag in ipairs(ORDER) do
    parts[#parts + 1] = style.flags[flag] and flag or nil
  end
  parts[#parts + 1] = style.fg and 'F' .. style.fg:gsub('#', 'x')
  parts[#parts + 1] = style.bg and 'B' .. style.bg:gsub('#', 'x')
  local name = table.concat(parts)
  styles[name] = styles[name] or style
  return name
end

--- `#rrggbb` of a number in the 256-color table.
---@param number integer
---@return string
local function hex(number)
  if number < 16 then
    return vim.g['terminal_color_' .. number] or PALETTE[number]
  elseif number >= 232 then
    local gray = (number - 232) * 10 + 8
    return ('#%02x%02x%02x'):format(gray, gray, gray)
  end
  local function level(step)
    return step == 0 and 0 or step * 40 + 55
  end
  local cube = number - 16
  return ('#%02x%02x%02x'):format(level(math.floor(cube / 36)), level(math.floor(cube / 6) % 6), level(cube % 6))
end

--- What `nvim_set_hl` takes for one of a style's colors.
---@param color? string
---@return string? gui
---@return integer? cterm
local function colors(color)
  if not color then
    return nil, nil
  elseif color:sub(1, 1) == '#' then
    return color, nil
  end
  return hex(tonumber(color)), tonumber(color)
end

local function define(name)
  local style = styles[name]
  local options = {}
  options.fg, options.ctermfg = colors(style.fg)
  options.bg, options.ctermbg = colors(style.bg)
  for flag in pairs(style.flags) do
    options[FLAGS[flag]] = true
  end
  if options.dim and not pcall(vim.api.nvim_set_hl, 0, groups[name], options) then
    options.dim = nil
    local faint = vim.api.nvim_get_hl(0, { name = 'Comment', link = false })
    options.fg, options.ctermfg = options.fg or faint.fg, options.ctermfg or faint.ctermfg
  end
  vim.api.nvim_set_hl(0, groups[name], options)
end

--- Color schemes clear groups that are not links.
local function define_again_on_change()
  vim.api.nvim_create_autocmd('ColorScheme', {
    group = vim.api.nvim_create_augroup('chorus_sgr', {}),
    callback = function()
      for name in pairs(groups) do
        define(name)
      end
    end,
  })
end

--- The highlight group of a style; nil for plain text.
---@param name string
---@return string?
local function group_of(name)
  if name == '' then
    return nil
  end
  if not groups[name] then
    if group_count >= MOST_GROUPS then
      return nil
    end
    if group_count == 0 then
      define_again_on_change()
    end
    group_count = group_count + 1
    groups[name] = 'ChorusSgr_' .. name
    define(name)
  end
  return groups[name]
end

--- A color after 38 or 48: `5;n`, `2;r;g;b`, and both with colons.
---@param numbers integer[]
---@param at integer index of the 5 or 2
---@return string? color
---@return integer next
local function extended(numbers, at)
  if numbers[at] == 5 then
    local number = numbers[at + 1]
    return number and number <= 255 and tostring(number) or nil, at + 2
  elseif numbers[at] == 2 then
    local red, green, blue = numbers[at + 1] or 0, numbers[at + 2] or 0, numbers[at + 3] or 0
    return ('#%02x%02x%02x'):format(red % 256, green % 256, blue % 256), at + 4
  end
  return nil, at + 1
end

--- Applies one code that stands alone between semicolons; returns false when it begins an extended color.
local function apply(style, code)
  if code == 0 then
    style.fg, style.bg, style.flags = nil, nil, {}
  elseif SET[code] then
    style.flags[SET[code]] = true
  elseif UNSET[code] then
    for _, flag in ipairs(UNSET[code]) do
      style.flags[flag] = nil
    end
  elseif code == 39 then
    style.fg = nil
  elseif code == 49 then
    style.bg = nil
  elseif code >= 30 and code <= 37 then
    style.fg = tostring(code - 30)
  elseif code >= 40 and code <= 47 then
    style.bg = tostring(code - 40)
  elseif code >= 90 and code <= 97 then
    style.fg = tostring(code - 82)
  elseif code >= 100 and code <= 107 then
    style.bg = tostring(code - 92)
  end
end

--- Numbers of `38:2::1:2:3`, the empty color space left out.
local function numbers_of(part)
  local numbers = {}
  for digits in part:gmatch('%d+') do
    numbers[#numbers + 1] = tonumber(digits)
  end
  if part:match('^[345]8:2:%d*:%d+:%d+:%d+') and #numbers > 5 then
    table.remove(numbers, 3)
  end
  return numbers
end

--- The style after an escape sequence with these parameters.
---@param name string
---@param parameters string between `[` and `m`
---@return string name
local function after(name, parameters)
  local old = styles[name]
  local style = { fg = old.fg, bg = old.bg, flags = vim.deepcopy(old.flags) }
  local parts = vim.split(parameters, ';', { plain = true })
  local index = 1
  while index <= #parts do
    local part = parts[index]
    local code = tonumber(part:match('^%d*')) or 0
    ---@type integer[]?, integer?
    local numbers, from = nil, nil
    if part:find(':', 1, true) then
      numbers, from = numbers_of(part), 2
      index = index + 1
    elseif code == 38 or code == 48 or code == 58 then
      numbers, from = {}, 1
      for rest = index + 1, #parts do
        numbers[#numbers + 1] = tonumber(parts[rest]) or 0
      end
    end
    if not numbers then
      apply(style, code)
      index = index + 1
    elseif code == 4 then
      style.flags.u, style.flags.c = nil, nil
      if (numbers[2] or 1) > 0 then
        style.flags[numbers[2] == 3 and 'c' or 'u'] = true
      end
    else
      local color, next_index = extended(numbers, from)
      if code == 38 then
        style.fg = color
      elseif code == 48 then
        style.bg = color
      end
      if from == 1 then
        index = index + next_index
      end
    end
  end
  return name_of(style)
end

--- Pieces of one line, and the style that the next line begins with.
---@param line string
---@param style string the style it begins with, empty for none
---@return chorus.Chunk[] chunks
---@return string style
function M.parse(line, style)
  local chunks, at = {}, 1
  while at <= #line do
    local from, to, parameters = line:find('\27%[([%d;:]*)m', at)
    local piece = text.unescape(line:sub(at, (from or 0) - 1))
    if piece ~= '' then
      chunks[#chunks + 1] = { piece, group_of(style) }
    end
    if not from then
      break
    end
    style = after(style, parameters)
    at = to + 1
  end
  return chunks, style
end

return M
