--- Which window shows a buffer of ours, and the files it points to.
local M = {}

---@param window integer
---@return boolean
local function is_floating(window)
  return vim.api.nvim_win_get_config(window).relative ~= ''
end

--- Goes from a floating window, which is closed when it is ours, to one that a page may take.
local function leave_float()
  local window = vim.api.nvim_get_current_win()
  if not is_floating(window) then
    return
  end
  if vim.b.chorus_view then
    vim.api.nvim_win_close(window, true)
  end
  for _, other in ipairs({ vim.api.nvim_get_current_win(), unpack(vim.api.nvim_tabpage_list_wins(0)) }) do
    if not is_floating(other) then
      return vim.api.nvim_set_current_win(other)
    end
  end
end

--- A window for a list: nothing beside the lines, each on one line.
---@param window integer
function M.calm(window)
  local options = {
    number = false,
    relativenumber = false,
    signcolumn = 'no',
    foldcolumn = '0',
    statuscolumn = '',
    colorcolumn = '',
    wrap = false,
    list = false,
    spell = false,
    cursorline = true,
    fillchars = 'eob: ',
  }
  for name, value in pairs(options) do
    vim.wo[window][0][name] = value
  end
end

--- Whether a window keeps its buffer.
---@param window integer
---@return boolean
local function is_pinned(window)
  return vim.wo[window].winfixbuf
end

--- Makes a window for a buffer of ours; one that is left closes.
---@param mods table as `nvim_cmd` takes it
---@return boolean # false where the screen has no line left for a window
local function split(mods)
  if not pcall(vim.cmd.split, { mods = mods }) then
    return false
  end
  vim.w.chorus_is_extra = true
  -- Neovim copies the options of the window that was split.
  for _, name in ipairs({ 'winfixbuf', 'winfixwidth', 'winfixheight' }) do
    vim.wo[0][0][name] = false
  end
  return true
end

--- Whether Neovim lets another buffer take a window: not where text that was not written would go with it, such as that of a
--- draft or, without 'hidden', of any file.
---@param window integer
---@return boolean
local function may_take(window)
  local buffer = vim.api.nvim_win_get_buf(window)
  local hides = vim.bo[buffer].bufhidden == 'hide' or (vim.bo[buffer].bufhidden == '' and vim.o.hidden)
  local is_unsaved = vim.bo[buffer].modified and vim.bo[buffer].buftype ~= 'nofile'
  return hides or not is_unsaved or #vim.fn.win_findbuf(buffer) > 1
end

--- Whether a window is an aid beside the files: a file tree, an outline, a quickfix list, a terminal below.
---@param window integer
---@return boolean
local function is_aside(window)
  local of = vim.wo[window]
  return of.winfixwidth or of.winfixheight or of.previewwindow
end

--- Goes to another window of the tab that may be taken.
---@return boolean
local function go_beside()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if not is_floating(window) and not is_pinned(window) and not is_aside(window) and may_take(window) then
      vim.api.nvim_set_current_win(window)
      return true
    end
  end
  return false
end

--- Shows a buffer in the current window, or in another one where that keeps its own.
---@param buffer integer
local function show_here(buffer)
  if vim.api.nvim_get_current_buf() == buffer then
    return
  end
  local is_free = not is_pinned(0) and may_take(0)
  local is_found = is_free and not is_aside(0) or go_beside() or is_free
  if not is_found and not split({}) then
    split({ tab = vim.fn.tabpagenr() })
  end
  local before = vim.api.nvim_get_current_buf()
  vim.b[buffer].chorus_came_from = before
  vim.api.nvim_win_set_buf(0, buffer)
end

--- Shows a buffer: where `place` says, else where it is on screen, else in the current window.
---@param buffer integer
---@param place? table as `nvim_cmd` takes it in `mods`
function M.show(buffer, place)
  require('chorus.ui.kit.typing').leave()
  leave_float()
  local window = vim.fn.bufwinid(buffer)
  if place then
    -- Where no window can be made the current one serves.
    split(place)
  elseif window ~= -1 then
    return vim.api.nvim_set_current_win(window)
  end
  show_here(buffer)
end

--- Shows a buffer to write in, in a window of its own across the bottom. Where the screen has no room for another window,
--- it takes the current one.
---@param buffer integer
---@param height integer lines wished for; at most half the screen
function M.split_below(buffer, height)
  require('chorus.ui.kit.typing').leave_selection()
  leave_float()
  local has_room = split({ split = 'botright' })
  show_here(buffer)
  if has_room then
    vim.api.nvim_win_set_height(0, math.min(math.max(height, 10), math.floor(vim.o.lines * 0.5)))
  end
end

--- Whether a file may be shown in a window.
---@param window integer
---@return boolean
local function takes_files(window)
  local buffer = vim.api.nvim_win_get_buf(window)
  return not is_floating(window)
    and vim.bo[buffer].buftype == ''
    and not vim.startswith(vim.api.nvim_buf_get_name(buffer), 'chorus://')
    and not is_pinned(window)
end

--- The window a person came from, else another with a file in it, else the current one.
local function window_for_files()
  local windows = vim.api.nvim_tabpage_list_wins(0)
  table.insert(windows, 1, vim.fn.win_getid(vim.fn.winnr('#')))
  for _, window in ipairs(windows) do
    if window ~= 0 and window ~= vim.api.nvim_get_current_win() and takes_files(window) then
      return window
    end
  end
  return vim.api.nvim_get_current_win()
end

--- The absolute path of a file below `root`; nil for one that leads out of it.
---@param root string
---@param path? string
---@return string?
function M.below(root, path)
  if
    not path
    or path == ''
    or path:sub(1, 1) == '/'
    or ('/' .. path .. '/'):find('/../', 1, true)
    or path:find('%z')
  then
    return nil
  end
  return root .. '/' .. path
end

--- Opens a file at a line, in the window a person came from. Says why it cannot.
---@param root string
---@param path? string from `root`
---@param line integer
---@return boolean is_open
function M.visit(root, path, line)
  local message = require('chorus.message')
  local file = M.below(root, path)
  if not file then
    message.info('there is no file on this line')
    return false
  elseif not vim.uv.fs_stat(file) and vim.fn.bufnr(file) == -1 then
    message.info(('%s no longer exists'):format(path))
    return false
  end
  local buffer = vim.fn.bufadd(file)
  vim.bo[buffer].buflisted = true
  vim.api.nvim_set_current_win(window_for_files())
  vim.cmd.normal({ "m'", bang = true })
  show_here(buffer)
  vim.api.nvim_win_set_cursor(0, { math.min(math.max(line, 1), vim.api.nvim_buf_line_count(buffer)), 0 })
  vim.cmd.normal({ 'zv', bang = true })
  return true
end

--- Opens a file where the cursor was in it last, in the window a person came from. Says why it cannot.
---@param root string
---@param path string from `root`
---@return boolean is_open
function M.open_file(root, path)
  local file = M.below(root, path)
  local known = file and vim.fn.bufnr(file) or -1
  local mark = known ~= -1 and vim.api.nvim_buf_get_mark(known, '"')[1] or 0
  return M.visit(root, path, math.max(mark, 1))
end

--- Where a page was opened from, else the listed buffer used last.
---@return integer? buffer
local function came_from()
  local current, before = vim.api.nvim_get_current_buf(), vim.b.chorus_came_from
  vim.b.chorus_came_from = nil
  if before and before ~= current and vim.api.nvim_buf_is_loaded(before) then
    return before
  end
  local last
  for _, about in ipairs(vim.fn.getbufinfo({ buflisted = 1 })) do
    if about.bufnr ~= current and (not last or about.lastused > last.lastused) then
      last = about
    end
  end
  return last and last.bufnr
end

--- Leaves a page in the current window: to where one came from, or by closing a window that was made for it.
function M.leave()
  if vim.w.chorus_is_extra and pcall(vim.api.nvim_win_close, 0, false) then
    return
  end
  local before = came_from()
  if before then
    -- The person pinned the window to this buffer, and now leaves it.
    vim.wo[0][0].winfixbuf = false
    if not may_take(0) then
      -- As Neovim says it.
      return vim.api.nvim_echo({ { 'E37: No write since last change', 'ErrorMsg' } }, true, {})
    end
    vim.api.nvim_win_set_buf(0, before)
  elseif not pcall(vim.api.nvim_win_close, 0, false) then
    vim.cmd.enew()
  end
end

return M
