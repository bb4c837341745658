--- Reads buffers named `chorus://…`, whether by `:edit`, a session or the jump list.
local M = {}

--- Views in windows that come and go with their buffers, so that no name leads back to them; with what opens each
--- again.
---@type table<string, string>
local DRAWN = {
  help = '`g?` in a window of Chorus',
  explain = '`:Chorus explain %s`',
  inbox = '`:Chorus inbox`',
  picker = '`:Chorus pick`',
  picked = '`:Chorus pick`',
  request = '`:Chorus answer %s`',
  output = '`:Chorus output %s`',
  terminal = '`:Chorus attach %s`',
  preview = '`:Chorus dashboard`',
  prompts = '`:Chorus prompts %s`',
  policy = '`:Chorus policy`',
  audit = '`:Chorus audit`',
}

--- The view that a name is of, and the number of its task.
---@param name string
---@return string? view
---@return string number empty for none
local function drawn_view(name)
  local view, number = name:match('^chorus://(%l+)/?(%d*)#?%d*$')
  return DRAWN[view] and view, number or ''
end

--- Neovim 0.10 announces each buffer that a session names, and waits for Enter after the second.
function M.calm_session()
  local before = vim.o.shortmess
  if vim.g.SessionLoad ~= 1 or before:find('F', 1, true) then
    return
  end
  local calm = before .. 'F'
  vim.o.shortmess = calm
  vim.schedule(function()
    -- The session sets the option back, but not where this came at its very end.
    if vim.o.shortmess == calm then
      vim.o.shortmess = before
    end
  end)
end

--- For `BufReadCmd` on `chorus://*`.
---@param buffer integer
function M.read(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  local explain = require('chorus.ui.kit.plain_text').explain
  local message = name:match('^chorus://message/(%d+)[%w-]*$')
  local told = name:match('^chorus://tell/(%d+)[%w-]*$')
  if name == 'chorus://dashboard' then
    require('chorus.ui.tasks.dashboard').read(buffer)
  elseif name:match('^chorus://task/%d+$') then
    require('chorus.ui.tasks.page').read(buffer)
  elseif name:match('^chorus://context/%d+$') then
    require('chorus.ui.documents.context').read(buffer)
  elseif told and not vim.b[buffer].chorus_view then
    explain(buffer, ('A prompt was here. `:Chorus tell %s` opens it again.'):format(told))
  elseif name == 'chorus://list' or name:match('^chorus://list/.') then
    require('chorus.ui.tasks.list').read(buffer)
  elseif name:match('^chorus://diff/%d+/%w+$') then
    require('chorus.ui.edits.diff').read(buffer)
  elseif name == 'chorus://changes' then
    require('chorus.ui.edits.changes').read(buffer)
  elseif name:match('^chorus://draft/') then
    require('chorus.ui.tasks.draft').read(buffer)
  elseif name:match('^chorus://prompt/') then
    require('chorus.ui.prompts.composer').read(buffer)
  elseif message and not vim.b[buffer].chorus_view then
    explain(buffer, ('The message of a commit was here. `:Chorus complete %s` opens it again.'):format(message))
  elseif name == 'chorus://config' then
    explain(buffer, 'The configuration was here. `:Chorus config` shows it.')
  elseif drawn_view(name) then
    local view, number = drawn_view(name)
    if vim.b[buffer].chorus_view == view then
      return require('chorus.ui.kit.canvas').restore(buffer)
    end
    local opens = DRAWN[view]:format(number):gsub(' `', '`')
    explain(buffer, ('A window was here. %s opens it again.'):format(opens))
  elseif not message and not name:match('^chorus://tell/') then
    -- Within the autocommand Neovim would report an error of the autocommand.
    vim.schedule(function()
      require('chorus.message').fail(
        'there is no buffer named ' .. name,
        'the names are chorus://dashboard, chorus://list, chorus://changes, chorus://task/12, chorus://diff/12/stack'
      )
    end)
  end
end

--- The buffers that a session has kept of previews.
---@return integer[]
local function left_previews()
  return vim.tbl_filter(function(buffer)
    return drawn_view(vim.api.nvim_buf_get_name(buffer)) == 'preview' and not vim.b[buffer].chorus_view
  end, vim.api.nvim_list_bufs())
end

local function read_windows()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local buffer = vim.api.nvim_win_get_buf(window)
    local is_ours = vim.startswith(vim.api.nvim_buf_get_name(buffer), 'chorus://')
    -- A session keeps names, and the options of buffers where 'sessionoptions' has `localoptions`, but no variables.
    if is_ours and not vim.b[buffer].chorus_view then
      vim.bo[buffer].buftype, vim.bo[buffer].modifiable, vim.bo[buffer].modified = '', true, false
      vim.api.nvim_win_call(window, function()
        M.read(buffer)
      end)
    end
  end
end

--- Reads what a session has restored: it opens such buffers by their names alone, empty and as ordinary files. The
--- windows of previews are closed, since the dashboard opens its own.
function M.restore()
  local left = left_previews()
  if #left == 0 then
    return read_windows()
  end
  -- A window must not be closed within the autocommand, which goes through all buffers.
  vim.schedule(function()
    for _, buffer in ipairs(left) do
      for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
        pcall(vim.api.nvim_win_close, window, true)
      end
      pcall(vim.api.nvim_buf_delete, buffer, { force = true })
    end
    read_windows()
  end)
end

--- Makes the file of a draft or prompt that was opened as a file what it is: `:w` in it must not write over what is kept.
---@param buffer integer
function M.open_draft_file(buffer)
  local path = vim.api.nvim_buf_get_name(buffer)
  local name
  for _, files in ipairs({ require('chorus.ui.tasks.draft_files'), require('chorus.ui.prompts.prompt_files') }) do
    name = name or files:is_kept(path) and files:name_of(path) or nil
  end
  if vim.bo[buffer].buftype ~= '' or not name then
    return
  end
  vim.schedule(function()
    local window = vim.fn.bufwinid(buffer)
    if window ~= -1 then
      vim.api.nvim_win_call(window, function()
        vim.cmd.edit({ args = { name }, bang = true, magic = { file = false, bar = false } })
      end)
      pcall(vim.api.nvim_buf_delete, buffer, { force = true })
    end
  end)
end

return M
