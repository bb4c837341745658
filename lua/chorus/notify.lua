--- The form of every notification: a title, a sentence, and what to do next.

local text = require('chorus.text')

local M = {}

local RANKS = { info = 1, warn = 2, error = 3, off = 4 }
local GROUPS = { warn = 'WarningMsg', error = 'ErrorMsg' }

--- Behind what does not fit: where the rest is.
local MORE = ' :messages'

--- Whether messages go to Neovim's own message area, which asks for Enter after more than one line.
local function is_stock()
  local source = debug.getinfo(vim.notify, 'S').source
  return source == '?' or vim.startswith(source, '@vim/')
end

--- Shows one line in the message area and keeps the whole in `:messages`. Neovim asks for Enter as soon as a message does
--- not fit in a line, so the whole is written in several that do, each in the place of the one before.
--- Cells of 'ruler' with the blank before it, where 'rulerformat' says nothing else.
local RULER = 19

--- Cells of the message area. A floating window has no status line, so its ruler stands at the end of the message area, of
--- which Neovim counts none where another window has a status line.
---@return integer
local function free_cells()
  local is_below = vim.o.ruler and vim.o.laststatus ~= 0 and vim.api.nvim_win_get_config(0).relative ~= ''
  local own = tonumber(vim.o.rulerformat:match('^%%(%d+)%(')) --[[@as integer?]]
  return is_below and math.min(vim.v.echospace, vim.o.columns - (own and own + 1 or RULER) - 1) or vim.v.echospace
end

---@param level 'info'|'warn'|'error'
---@param line string
---@param whole string
local function show_line(level, line, whole)
  for _, sentence in ipairs(vim.split(whole, '\n', { plain = true })) do
    for _, piece in ipairs(text.wrap(sentence, vim.v.echospace)) do
      vim.api.nvim_echo({ { piece, GROUPS[level] } }, true, {})
      vim.cmd.redraw()
    end
  end
  vim.api.nvim_echo({ { line, GROUPS[level] } }, false, {})
end

--- What of a message stands in one line. Pure.
---@param sentences string[]
---@param whole string
---@param cells integer
---@return string
function M.line(sentences, whole, cells)
  if #sentences == 1 and text.width(whole) <= cells then
    return whole
  end
  local first = #sentences == 1 and whole or sentences[1]
  return text.cut(first .. ' …', cells - text.width(MORE)) .. MORE
end

---@param level 'info'|'warn'|'error'
---@param least 'info'|'warn'|'error'|'off' less important ones are not shown
---@param sentence string one line or more
---@param hint? string
function M.show(level, least, sentence, hint)
  if RANKS[level] < RANKS[least] then
    return
  end
  local lines = vim.tbl_map(function(line)
    return text.clean(line)
  end, vim.split(sentence, '\n', { plain = true }))
  lines[1] = 'Chorus: ' .. lines[1]
  local whole = table.concat(lines, '\n')
  if hint then
    whole = whole .. (#lines > 1 and '\n' or ' — ') .. text.clean(hint)
  end
  local function show()
    local line = is_stock() and M.line(lines, whole, free_cells()) or whole
    if line ~= whole then
      return show_line(level, line, whole)
    end
    vim.notify(whole, vim.log.levels[level:upper()], { title = 'Chorus' })
  end
  if vim.o.cmdheight == 0 and is_stock() then
    -- Below a command line that is still on the screen, Neovim would ask for Enter.
    return vim.schedule(show)
  end
  show()
end

return M
