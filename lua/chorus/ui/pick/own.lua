--- Lists in windows of Chorus, where there is no picker plugin: a list that narrows while one types, and its preview.
local canvas = require('chorus.ui.kit.canvas')
local float = require('chorus.ui.kit.float')
local own_plan = require('chorus.ui.pick.own_plan')
local text = require('chorus.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_pick')

---@class chorus.OwnPicker
---@field session chorus.PickSession
---@field list chorus.Float
---@field preview? chorus.Float
---@field at_preview fun(columns: integer, lines: integer): { row: integer, col: integer, width: integer, height: integer }
---@field is_alone boolean the screen has no place for a preview beside the list
---@field prompt integer window to type in
---@field typed string
---@field marked table<string, boolean> by key
---@field shown? chorus.PickItem whose preview is shown

---@param picker chorus.OwnPicker
---@return chorus.PickItem[]
local function fitting(picker)
  local list = picker.session.list
  return (list.fitting or own_plan.fitting)(picker.session:items(), picker.typed)
end

---@param picker chorus.OwnPicker
---@return chorus.PickItem?
local function under_cursor(picker)
  return canvas.data(picker.list.buffer, vim.api.nvim_win_get_cursor(picker.list.window)[1])
end

--- The marked items, else the one under the cursor.
---@param picker chorus.OwnPicker
---@return chorus.PickItem[]
local function chosen(picker)
  local marked = vim.tbl_filter(function(item)
    return picker.marked[item.key] == true
  end, picker.session:items())
  if #marked == 0 then
    marked[1] = under_cursor(picker)
  end
  return marked
end

---@param picker chorus.OwnPicker
---@param is_changed? boolean the item itself has changed
local function draw_preview(picker, is_changed)
  local preview, item = picker.preview, under_cursor(picker)
  if not preview or not preview:is_open() or (picker.shown == item and not is_changed) then
    return
  end
  local is_other = picker.shown ~= item
  picker.shown = item
  if not item then
    return canvas.draw(preview.buffer, {})
  end
  local width, height = preview:size()
  picker.session:preview(item, { width = width, height = height }, function(rows)
    canvas.draw(preview.buffer, rows)
    if is_other and preview:is_open() then
      is_other = false
      vim.api.nvim_win_set_cursor(preview.window, { 1, 0 })
    end
  end)
end

--- Scrolls so that the line to type in, which covers the last one of the window, does not cover the chosen item.
---@param picker chorus.OwnPicker
local function keep_in_sight(picker)
  local _, height = picker.list:size()
  vim.api.nvim_win_call(picker.list.window, function()
    local view = vim.fn.winsaveview()
    local top = math.max(view.lnum - height + 2, 1)
    if view.topline < top then
      vim.fn.winrestview({ topline = top })
    end
  end)
end

--- Lines that are drawn: nobody looks through more, and each costs time with each key.
local MOST_ROWS = 1000

---@param picker chorus.OwnPicker
local function draw(picker)
  local width = picker.list:size()
  local items, rows = fitting(picker), {}
  for index = 1, math.min(#items, MOST_ROWS) do
    local item = items[index]
    local mark = picker.marked[item.key] and { '▌', 'ChorusMarked' } or ' '
    local chunks = canvas.border_text(vim.list_extend({ mark }, item.chunks), width) or {}
    rows[index] = canvas.row(chunks, item, item.key)
  end
  if #items > MOST_ROWS then
    local words = ('  … and %d more: type to find them'):format(#items - MOST_ROWS)
    rows[MOST_ROWS + 1] = canvas.row({ { words, 'ChorusHint' } })
  elseif #rows == 0 then
    rows[1] = canvas.row({ { '  Nothing fits.', 'ChorusHint' } })
  end
  canvas.draw(picker.list.buffer, rows)
  keep_in_sight(picker)
end

--- Narrows the list to what is typed.
---@param picker chorus.OwnPicker
local function narrow(picker)
  local buffer = vim.api.nvim_win_get_buf(picker.prompt)
  local typed = vim.trim(vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] or '')
  if typed ~= picker.typed then
    picker.typed = typed
    draw(picker)
    vim.api.nvim_win_set_cursor(picker.list.window, { 1, 0 })
    draw_preview(picker)
  end
end

---@param picker chorus.OwnPicker
local function close(picker)
  vim.cmd.stopinsert()
  for _, window in ipairs({ picker.prompt, picker.list.window, picker.preview and picker.preview.window or -1 }) do
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
end

---@param picker chorus.OwnPicker
---@param by integer
local function move(picker, by)
  local window = picker.list.window
  local line = vim.api.nvim_win_get_cursor(window)[1] + by
  vim.api.nvim_win_set_cursor(
    window,
    { math.min(math.max(line, 1), vim.api.nvim_buf_line_count(picker.list.buffer)), 0 }
  )
  keep_in_sight(picker)
  draw_preview(picker)
end

---@param picker chorus.OwnPicker
---@param by integer
local function mark(picker, by)
  local item = under_cursor(picker)
  if item and picker.session.list.many then
    picker.marked[item.key] = not picker.marked[item.key] or nil
    draw(picker)
  end
  move(picker, by)
end

---@param picker chorus.OwnPicker
---@param key string as Neovim reads it
local function scroll(picker, key)
  if picker.preview and picker.preview:is_open() then
    vim.api.nvim_win_call(picker.preview.window, function()
      vim.cmd.normal({ '5' .. key, bang = true })
    end)
  end
end

---@param picker chorus.OwnPicker
---@param buffer integer
local function map_keys(picker, buffer)
  local session = picker.session
  local function map(lhs, does, run)
    vim.keymap.set({ 'i', 'n' }, lhs, run, { buffer = buffer, nowait = true, desc = 'Chorus: ' .. does })
  end
  local function after_close(run)
    return function()
      -- Keys that were typed ahead belong to the text before them.
      narrow(picker)
      local items = chosen(picker)
      close(picker)
      run(items)
    end
  end
  local function step(by)
    return function()
      move(picker, by)
    end
  end
  local choose = after_close(function(items)
    session:choose(items)
  end)
  local leave = after_close(function()
    session:leave()
  end)
  map('<CR>', 'pick', choose)
  for _, lhs in ipairs({ '<Esc>', '<C-c>' }) do
    map(lhs, 'leave', leave)
  end
  for lhs, by in pairs({ ['<Down>'] = 1, ['<C-n>'] = 1, ['<Up>'] = -1, ['<C-p>'] = -1 }) do
    map(lhs, 'another line', step(by))
  end
  for lhs, by in pairs({ ['<Tab>'] = 1, ['<S-Tab>'] = -1 }) do
    map(lhs, 'mark', function()
      mark(picker, by)
    end)
  end
  for lhs, key in pairs({ ['<C-f>'] = '\5', ['<C-b>'] = '\25' }) do
    map(lhs, 'scroll the preview', function()
      scroll(picker, key)
    end)
  end
  for _, action in ipairs(session.list.actions) do
    for _, lhs in ipairs(action.keys) do
      map(
        lhs,
        action.does,
        after_close(function(items)
          session:act(action, items)
        end)
      )
    end
  end
end

---@param list chorus.PickList
---@return chorus.Chunk[]
local function hints(list)
  local chunks = { { ' <CR>', 'ChorusKey' }, { ' picks ', 'ChorusHint' } }
  if list.many then
    vim.list_extend(chunks, { { ' <Tab>', 'ChorusKey' }, { ' marks ', 'ChorusHint' } })
  end
  for _, action in ipairs(list.actions) do
    local key = action.keys[1]
    if key and not key:find('^<C%-') then
      vim.list_extend(
        chunks,
        { { ' ' .. key, 'ChorusKey' }, { ' ' .. action.name:gsub('_', ' ') .. ' ', 'ChorusHint' } }
      )
    end
  end
  return chunks
end

--- Opens the preview where the screen has a place for it, and closes it where there is none.
---@param picker chorus.OwnPicker
local function fit_preview(picker)
  local preview = picker.preview
  if picker.is_alone and preview then
    preview:close()
  elseif not picker.is_alone and not (preview and preview:is_open()) then
    preview = float.open(float.scratch('picked'), { width = 1, height = 1, at = picker.at_preview, enter = false })
    vim.wo[preview.window].wrap = true
    vim.wo[preview.window].linebreak = true
    vim.wo[preview.window].breakindent = true
    picker.preview, picker.shown = preview, nil
  end
end

--- The line to type in, over the last one of the list.
---@param picker chorus.OwnPicker
local function open_prompt(picker)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden, vim.bo[buffer].modifiable = 'wipe', true
  -- Plugins that complete while typing would cover the list.
  vim.b[buffer].completion = false
  local function mark_line(chunk, where)
    vim.api.nvim_buf_set_extmark(
      buffer,
      namespace,
      0,
      0,
      { virt_text = { chunk }, virt_text_pos = where, right_gravity = where ~= 'inline' }
    )
  end
  mark_line({ ' / ', 'ChorusKey' }, 'inline')
  if picker.session.list.hint then
    mark_line({ picker.session.list.hint .. ' ', 'ChorusHint' }, 'right_align')
  end
  local function place()
    local width, height = picker.list:size()
    return { relative = 'win', win = picker.list.window, row = height - 1, col = 0, width = width, height = 1 }
  end
  local options = vim.tbl_extend('force', place(), { border = 'none', style = 'minimal', zindex = 60 })
  require('chorus.ui.kit.typing').leave_selection()
  picker.prompt = vim.api.nvim_open_win(buffer, true, options)
  picker.list.wish.on_resize = function()
    draw(picker)
    fit_preview(picker)
    draw_preview(picker)
    if vim.api.nvim_win_is_valid(picker.prompt) then
      vim.api.nvim_win_set_config(picker.prompt, place())
    end
  end
  map_keys(picker, buffer)
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'TextChanged', 'TextChangedP' }, {
    buffer = buffer,
    callback = function()
      narrow(picker)
    end,
  })
  vim.api.nvim_create_autocmd({ 'WinLeave', 'BufLeave' }, {
    buffer = buffer,
    callback = vim.schedule_wrap(function()
      -- Its buffer is gone already after `:quit`.
      if vim.api.nvim_buf_is_valid(buffer) or picker.list:is_open() then
        close(picker)
      end
      picker.session:leave()
    end),
  })
  vim.cmd.startinsert()
end

---@param session chorus.PickSession
function M.open(session)
  local list = session.list
  local count = #session:items()
  local picker = { session = session, typed = '', marked = {}, is_alone = false }
  ---@cast picker chorus.OwnPicker
  local function at(which)
    return function(columns, lines)
      local for_list, for_preview = own_plan.layout(columns, lines, count, list.preview ~= nil)
      picker.is_alone = for_preview == nil
      return which == 'list' and for_list or for_preview or for_list
    end
  end
  picker.list = float.open(float.scratch('picker'), {
    width = 0.8,
    height = 0.6,
    at = at('list'),
    title = { { (' %s '):format(text.clean(list.title)), 'ChorusTitle' } },
    footer = hints(list),
    enter = false,
  })
  picker.at_preview = at('preview')
  fit_preview(picker)
  vim.wo[picker.list.window].cursorline, vim.wo[picker.list.window].wrap = true, false
  -- The cursor is in the line to type in, and some color schemes draw no cursor line.
  vim.wo[picker.list.window].winhighlight = vim.wo[picker.list.window].winhighlight .. ',CursorLine:Visual'
  vim.wo[picker.list.window].scrolloff = 0
  draw(picker)
  open_prompt(picker)
  draw_preview(picker)
  session:watch(function()
    if picker.list:is_open() then
      draw(picker)
      draw_preview(picker, true)
    end
  end)
end

return M
