--- Floating windows: they follow 'winborder' and the size of the editor, and `q` closes them with their buffer.
local canvas = require('chorus.ui.kit.canvas')
local contrast = require('chorus.contrast')

local M = {}

---@class chorus.FloatWish
---@field width number cells, or a share of the screen below 1
---@field height number lines, or a share of the screen below 1
---@field title? chorus.Chunk[]
---@field footer? chorus.Chunk[]
---@field at? fun(columns: integer, lines: integer, has_border: boolean): {row: integer, col: integer, width: integer, height: integer} its place, in lieu of the middle of the screen
---@field covers? boolean the whole screen above the command line, without a border
---@field closes_on_leave? string[] when the person goes on to another window, but for floats of these views, such as its
---help, and those of other plugins
---@field enter? boolean false leaves the cursor where it is
---@field is_typed_in? boolean its keys are no commands
---@field on_close? fun()
---@field on_resize? fun(width: integer, height: integer)

---@class chorus.Float
---@field window integer
---@field buffer integer
---@field wish chorus.FloatWish
---@field has_border boolean
local Float = {}
Float.__index = Float

--- Below this a share of the screen is not worth the empty margin.
local ROOMY = { columns = 100, lines = 30 }

--- Place and size on a screen. Pure.
---@param wish {width: number, height: number}
---@param columns integer
---@param lines integer lines free for windows
---@param has_border boolean
---@return {row: integer, col: integer, width: integer, height: integer}
function M.layout(wish, columns, lines, has_border)
  local frame = has_border and 2 or 0
  local function size(wanted, whole, roomy)
    local free = math.max(whole - frame, 1)
    if wanted < 1 then
      wanted = whole < roomy and free or math.floor(whole * wanted) - frame
    end
    return math.max(1, math.min(math.floor(wanted), free))
  end
  local width = size(wish.width, columns, ROOMY.columns)
  local height = size(wish.height, lines, ROOMY.lines)
  return {
    width = width,
    height = height,
    row = math.max(0, math.floor((lines - height - frame) / 2)),
    col = math.max(0, math.floor((columns - width - frame) / 2)),
  }
end

--- The border to request: none where 'winborder' sets one, else a rounded one.
---@return string? border
---@return boolean has_border
local function border()
  local chosen = vim.fn.exists('+winborder') == 1 and vim.o.winborder or ''
  if chosen == '' then
    return 'rounded', true
  end
  return nil, chosen ~= 'none'
end

--- Groups of the text in floating windows.
local TEXTS = { 'ChorusHint', 'ChorusKey', 'ChorusPath', 'ChorusTitle', 'ChorusRequest', 'ChorusTrouble' }

--- Contrast below which another background is looked for.
local DIM = 3

--- The highlight group of a floating window's text. Color schemes that were made for Vim give floating windows the background
--- of a menu, on which hardly any color but the menu's own can be read.
---@return 'NormalFloat'|'Normal'
function M.text_group()
  local function least(behind)
    local found
    for _, name in ipairs(TEXTS) do
      local ratio = contrast.of(name, behind)
      found = ratio and math.min(found or ratio, ratio)
    end
    return found
  end
  local float, normal = least('NormalFloat'), least('Normal')
  return float and normal and float < DIM and normal > float and 'Normal' or 'NormalFloat'
end

--- The highlight group of a border with text in it. A color scheme that paints the border as a solid bar leaves no room for
--- text, which would be a hole in the bar or of its color.
---@return string
function M.border_group()
  local found = vim.api.nvim_get_hl(0, { name = 'FloatBorder', link = false })
  local is_bar = found.bg ~= nil and found.fg == found.bg
  local text = M.text_group()
  return (is_bar or text == 'Normal') and text or 'FloatBorder'
end

local function free_lines()
  local tabline = (vim.o.showtabline == 2 or (vim.o.showtabline == 1 and vim.fn.tabpagenr('$') > 1)) and 1 or 0
  return vim.o.lines - vim.o.cmdheight - (vim.o.laststatus > 0 and 1 or 0) - tabline, tabline
end

---@return table options for the window
function Float:options()
  if self.wish.covers then
    return { relative = 'editor', width = vim.o.columns, height = vim.o.lines - vim.o.cmdheight, row = 0, col = 0 }
  end
  local lines, above = free_lines()
  local place = self.wish.at and self.wish.at(vim.o.columns, lines, self.has_border)
    or M.layout(self.wish, vim.o.columns, lines, self.has_border)
  local options =
    { relative = 'editor', width = place.width, height = place.height, row = place.row + above, col = place.col }
  if self.has_border then
    local base = M.border_group()
    options.title = canvas.border_text(self.wish.title, place.width - 2, base)
    options.title_pos = options.title and 'left'
    local footer = canvas.border_text(canvas.fitting_hints(self.wish.footer, place.width - 2), place.width - 2, base)
    -- Without one, Neovim would keep the footer from before.
    options.footer, options.footer_pos = footer or '', footer and 'left'
  end
  return options
end

--- Whether the window shows its buffer. A person may wipe the buffer out, or show another one there.
---@return boolean
function Float:is_open()
  return vim.api.nvim_win_is_valid(self.window) and vim.api.nvim_win_get_buf(self.window) == self.buffer
end

--- Options under which a window shows every character of its lines, whatever the person's own options are.
local WHOLE = {
  conceallevel = 0,
  concealcursor = '',
  foldenable = false,
  list = false,
  spell = false,
  rightleft = false,
  diff = false,
  scrollbind = false,
  cursorbind = false,
  wrap = true,
  linebreak = true,
  breakindent = true,
  breakindentopt = 'shift:2',
  -- A long line with blanks in it must not pass for several.
  showbreak = '↪ ',
}

--- Shows the text whole and as it is, wrapped. To be called after the buffer is shown and has its filetype, since an
--- autocommand may have set something else.
function Float:show_whole()
  if self:is_open() then
    for name, value in pairs(WHOLE) do
      vim.api.nvim_set_option_value(name, value, { scope = 'local', win = self.window })
    end
  end
end

--- Width and height of the text area.
---@return integer width
---@return integer height
function Float:size()
  return vim.api.nvim_win_get_width(self.window), vim.api.nvim_win_get_height(self.window)
end

--- Changes title, footer or size. Draws nothing when nothing differs.
---@param wish table
function Float:update(wish)
  local new = vim.tbl_extend('force', self.wish, wish)
  if not self:is_open() or vim.deep_equal(new, self.wish) then
    return
  end
  self.wish = new
  self:lay_out()
end

--- Places the window. A person may have made it a part of the layout (`<C-w>H`), where it stays.
function Float:lay_out()
  local floats = vim.api.nvim_win_get_config(self.window).relative ~= ''
  if floats then
    vim.api.nvim_win_set_config(self.window, self:options())
  end
  if not (floats and self.has_border) then
    self:head()
  end
end

--- Title and keys where there is no border for them.
function Float:head()
  local width = vim.api.nvim_win_get_width(self.window)
  local title = canvas.border_text(self.wish.title, width) or {}
  local bar = canvas.bar_of_two(title, self.wish.footer or {}, width)
  require('chorus.ui.kit.page_buffer').set_bar(self.window, bar)
end

function Float:close()
  if self:is_open() then
    vim.api.nvim_win_close(self.window, true)
  end
end

--- Opens `buffer` in a floating window. The buffer goes when the window does.
---@param buffer integer
---@param wish chorus.FloatWish
---@return chorus.Float
function M.open(buffer, wish)
  local chosen, has_border = border()
  if wish.covers then
    chosen, has_border = 'none', false
  end
  local self = setmetatable({ buffer = buffer, wish = wish, has_border = has_border }, Float)
  local options = self:options()
  options.border = chosen
  options.style = 'minimal'
  vim.bo[buffer].bufhidden = 'wipe'
  if wish.enter ~= false then
    local typing = require('chorus.ui.kit.typing')
    local leave = wish.is_typed_in and typing.leave_selection or typing.leave
    leave()
  end
  self.window = vim.api.nvim_open_win(buffer, wish.enter ~= false, options)
  if not has_border and wish.title then
    self:head()
  end
  local groups = ('NormalFloat:%s,Search:Search,FloatBorder:%s'):format(M.text_group(), M.border_group())
  vim.wo[self.window].winhighlight = groups
  vim.keymap.set('n', 'q', function()
    self:close()
  end, { buffer = buffer, nowait = true, desc = 'Chorus: close' })
  local group = vim.api.nvim_create_augroup('chorus_float_' .. self.window, {})
  vim.api.nvim_create_autocmd('VimResized', {
    group = group,
    callback = function()
      if self:is_open() then
        self:lay_out()
        if self.wish.on_resize then
          self.wish.on_resize(self:size())
        end
      end
    end,
  })
  if wish.closes_on_leave then
    vim.api.nvim_create_autocmd('WinLeave', {
      group = group,
      buffer = buffer,
      callback = vim.schedule_wrap(function()
        -- A second window of the buffer is about to close: see `own_window`.
        local is_here = vim.api.nvim_get_current_buf() == self.buffer
        local view = vim.b.chorus_view
        local may_cover = vim.api.nvim_win_get_config(0).relative ~= ''
          and (not view or vim.list_contains(wish.closes_on_leave, view))
        if not is_here and not may_cover then
          self:close()
        end
      end),
    })
  end
  require('chorus.ui.kit.own_window').keep(self, group)
  vim.api.nvim_create_autocmd('WinClosed', {
    group = group,
    pattern = tostring(self.window),
    callback = function()
      vim.api.nvim_del_augroup_by_id(group)
      if self.wish.on_close then
        self.wish.on_close()
      end
    end,
  })
  return self
end

--- Gives a buffer its name, `chorus://view` and what it shows, so that no statusline says `[Scratch]`. Another window of
--- that view may have the name already, since a float can lie over another.
---@param buffer integer
---@param view string
---@param of? integer a task's number
function M.name(buffer, view, of)
  local name = ('chorus://%s%s'):format(view, of and '/' .. of or '')
  local index, before = 1, vim.api.nvim_buf_get_name(buffer)
  while not pcall(vim.api.nvim_buf_set_name, buffer, index == 1 and name or ('%s#%d'):format(name, index)) do
    index = index + 1
  end
  -- Neovim keeps the old name in a buffer of its own.
  local left = before ~= '' and vim.fn.bufnr('^' .. vim.fn.escape(before, '[]*?{}') .. '$') or -1
  if left ~= -1 and left ~= buffer then
    pcall(vim.api.nvim_buf_delete, left, { force = true })
  end
end

--- A scratch buffer of ours, unmodifiable until something is drawn.
---@param view? string
---@param of? integer the number of the task that it shows
---@return integer
function M.scratch(view, of)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].modifiable = false
  if view then
    vim.b[buffer].chorus_view = view
    M.name(buffer, view, of)
  end
  require('chorus.ui.kit.filetype').set(buffer, 'chorus')
  return buffer
end

return M
