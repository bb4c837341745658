--- A file that a task changed while its buffer has unsaved edits: load it, keep the edits, or compare the two. The question
--- comes when the person is back in the buffer or rests there: one that came at once would take the keys being pressed.
local M = {}

--- What to ask about a buffer, as soon as the person is in it and types nothing.
---@type table<integer, { path: string, who: string }>
local open = {}

--- Buffers that are being asked about.
---@type table<integer, true>
local asking = {}

--- Buffers whose text the person keeps: not asked about again while it is unsaved.
---@type table<integer, true>
local kept = {}

---@param buffer integer
local function load(buffer)
  vim.api.nvim_buf_call(buffer, function()
    vim.cmd.edit({ bang = true, mods = { keepalt = true } })
  end)
end

--- Shows the file beside the buffer, both as a diff.
---@param buffer integer
---@param path string
local function compare(buffer, path)
  local name = vim.api.nvim_buf_get_name(buffer)
  local window = vim.fn.bufwinid(buffer)
  local lines = vim.fn.filereadable(name) == 1 and vim.fn.readfile(name) or {}
  if window == -1 then
    return
  end
  vim.api.nvim_set_current_win(window)
  local other = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(other, 0, -1, false, lines)
  pcall(vim.api.nvim_buf_set_name, other, 'chorus://disk/' .. path)
  vim.bo[other].bufhidden, vim.bo[other].modifiable = 'wipe', false
  -- An autocommand of the person's may fail, here and for every filetype.
  pcall(vim.fn.setbufvar, other, '&filetype', vim.bo[buffer].filetype)
  if not pcall(vim.cmd.vsplit) then
    return require('chorus.message').info('there is no room to compare', '`:e!` loads the file')
  end
  vim.wo[0][0].winfixbuf = false
  vim.api.nvim_win_set_buf(0, other)
  local beside = vim.api.nvim_get_current_win()
  vim.cmd.diffthis()
  vim.api.nvim_win_call(window, vim.cmd.diffthis)
  vim.keymap.set('n', 'q', function()
    vim.api.nvim_win_call(window, vim.cmd.diffoff)
    pcall(vim.api.nvim_win_close, beside, true)
  end, { buffer = other, nowait = true, desc = 'Chorus: close' })
  vim.api.nvim_set_current_win(window)
end

--- Forgets an answered question: the buffer has no edits that could be lost.
---@param buffer integer
local function forget_settled(buffer)
  if open[buffer] and not (vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].modified) then
    open[buffer] = nil
  end
end

---@param buffer integer
local function ask_now(buffer)
  local about = open[buffer]
  if not about or asking[buffer] or not vim.bo[buffer].modified then
    return
  elseif not vim.uv.fs_stat(vim.api.nvim_buf_get_name(buffer)) then
    -- It was deleted meanwhile: there is nothing to load.
    open[buffer] = nil
    return
  end
  asking[buffer], open[buffer] = true, nil
  local choices = {
    { does = 'Load the file; `u` brings your text back', run = load },
    {
      does = 'Keep your text; `:w!` writes it over the file',
      run = function()
        kept[buffer] = true
        vim.api.nvim_create_autocmd('BufModifiedSet', {
          buffer = buffer,
          once = true,
          callback = function()
            kept[buffer] = nil
          end,
        })
      end,
    },
    { does = 'Compare the two side by side; `q` in the other window ends it', run = compare },
  }
  require('chorus.picker').pick(choices, {
    prompt = ('%s was changed on disk%s, and you have unsaved edits:'):format(about.path, about.who),
    kind = 'chorus_conflict',
    format = function(choice)
      return choice.does
    end,
  }, function(choice)
    asking[buffer] = nil
    if choice and vim.api.nvim_buf_is_loaded(buffer) then
      choice.run(buffer, about.path)
    end
  end)
end

--- Whether a question would come in the middle of something.
---@param buffer integer
---@return boolean
local function is_free(buffer)
  return vim.api.nvim_get_current_buf() == buffer and vim.api.nvim_get_mode().mode == 'n'
end

local function listen()
  local group = vim.api.nvim_create_augroup('chorus_conflict', {})
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufWritePost', 'BufModifiedSet', 'BufUnload' }, {
    group = group,
    desc = 'Chorus: forget a question that the person has settled',
    callback = function(event)
      if open[event.buf] then
        vim.schedule(function()
          forget_settled(event.buf)
        end)
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'BufEnter', 'FocusGained', 'CursorHold' }, {
    group = group,
    desc = 'Chorus: ask about a file that was changed under unsaved edits',
    callback = function()
      vim.schedule(function()
        local buffer = vim.api.nvim_get_current_buf()
        forget_settled(buffer)
        if open[buffer] and is_free(buffer) then
          ask_now(buffer)
        end
      end)
    end,
  })
end

--- Asks what to do as soon as the person comes to the buffer or rests in it.
---@param buffer integer
---@param path string from the root
---@param who string such as ` by #12 Fix the login`
function M.ask(buffer, path, who)
  if kept[buffer] then
    return
  elseif not next(open) then
    listen()
  end
  open[buffer] = { path = path, who = who }
end

return M
