--- One line to type a filter in, at the foot of the list that it narrows meanwhile.
local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_filter')

---@class chorus.FilterPrompt
---@field text string to begin with
---@field on_change fun(text: string) after each key
---@field hint string
---@field on_keep fun(text: string) the person left by Enter, went to another window, or closed this one
---@field on_leave fun() the person left by Escape

---@param window integer
---@return table options for the window
local function options(window)
  return {
    relative = 'win',
    win = window,
    row = vim.api.nvim_win_get_height(window) - 1,
    col = 0,
    width = vim.api.nvim_win_get_width(window),
    height = 1,
    border = 'none',
    style = 'minimal',
    zindex = 60,
  }
end

---@param text string
---@return integer
local function make_buffer(text, hint)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden, vim.bo[buffer].modifiable = 'wipe', true
  -- Plugins that complete while typing would cover the list.
  vim.b[buffer].completion = false
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { text })
  vim.api.nvim_buf_set_extmark(buffer, namespace, 0, 0, {
    virt_text = { { ' / ', 'ChorusKey' } },
    virt_text_pos = 'inline',
    right_gravity = false,
  })
  vim.api.nvim_buf_set_extmark(buffer, namespace, 0, 0, {
    virt_text = { { hint .. '  status:busy  +tag  #12 ', 'ChorusHint' } },
    virt_text_pos = 'right_align',
  })
  return buffer
end

--- Opens the line over a window, in Insert mode.
---@param window integer
---@param prompt chorus.FilterPrompt
function M.open(window, prompt)
  local buffer = make_buffer(prompt.text, prompt.hint)
  local float = vim.api.nvim_open_win(buffer, true, options(window))
  local is_over, typed = false, prompt.text
  local function text()
    -- Its buffer goes with the window.
    if vim.api.nvim_buf_is_loaded(buffer) then
      typed = vim.trim(vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] or '')
    end
    return typed
  end
  local function finish(done)
    if is_over then
      return
    end
    is_over = true
    local is_here = vim.api.nvim_get_current_win() == float
    -- Before the cursor is back in the list, whose row it would hold against the filter.
    done()
    if is_here then
      vim.cmd.stopinsert()
    end
    if vim.api.nvim_win_is_valid(float) then
      vim.api.nvim_win_close(float, true)
    end
    if is_here and vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_set_current_win(window)
    end
  end
  local function move(by)
    return function()
      if not vim.api.nvim_win_is_valid(window) then
        return
      end
      local line = vim.api.nvim_win_get_cursor(window)[1] + by
      local last = vim.api.nvim_buf_line_count(vim.api.nvim_win_get_buf(window))
      vim.api.nvim_win_set_cursor(window, { math.min(math.max(line, 1), last), 0 })
    end
  end
  local function map(lhs, run)
    vim.keymap.set({ 'i', 'n' }, lhs, run, { buffer = buffer, nowait = true, desc = 'Chorus: filter' })
  end
  map('<CR>', function()
    finish(function()
      prompt.on_keep(text())
    end)
  end)
  for _, lhs in ipairs({ '<Esc>', '<C-c>' }) do
    map(lhs, function()
      finish(prompt.on_leave)
    end)
  end
  for lhs, by in pairs({ ['<Down>'] = 1, ['<C-n>'] = 1, ['<Up>'] = -1, ['<C-p>'] = -1 }) do
    map(lhs, move(by))
  end
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'TextChanged', 'TextChangedP' }, {
    buffer = buffer,
    callback = function()
      prompt.on_change(text())
    end,
  })
  vim.api.nvim_create_autocmd({ 'WinLeave', 'BufLeave', 'BufWipeout' }, {
    buffer = buffer,
    callback = function()
      local left = text()
      vim.schedule(function()
        finish(function()
          prompt.on_keep(left)
        end)
      end)
    end,
  })
  vim.cmd.startinsert({ bang = true })
end

return M
