--- The form of every notification: a title, a sentence, and what to do next.

local text = require('chorus.text')

local M = {}

local RANKS = { info = 1, warn = 2, error = 3, off = 4 }

--- Whether messages go to Neovim's own message area, which asks for Enter after more than one line.
local function is_stock()
  local source = debug.getinfo(vim.notify, 'S').source
  return source == '?' or vim.startswith(source, '@vim/')
end

---@param level 'info'|'warn'|'error'
---@param least 'info'|'warn'|'error'|'off' less important ones are not shown
---@param sentence string one line or more
---@param hint? string
---@param may_be_cut? boolean one line is enough: nobody waits for the rest, or it stands elsewhere
function M.show(level, least, sentence, hint, may_be_cut)
  if RANKS[level] < RANKS[least] then
    return
  end
  local lines = vim.tbl_map(function(line)
    return text.clean(line)
  end, vim.split(sentence, '\n', { plain = true }))
  lines[1] = 'Chorus: ' .. lines[1]
  local shown = table.concat(lines, '\n')
  local whole = hint and shown .. (#lines > 1 and '\n' or ' — ') .. text.clean(hint) or shown
  if not (may_be_cut and #lines == 1 and is_stock()) or vim.fn.strdisplaywidth(whole) <= vim.v.echospace then
    shown = whole
  else
    shown = text.cut(shown, vim.v.echospace)
  end
  vim.notify(shown, vim.log.levels[level:upper()], { title = 'Chorus' })
end

return M
