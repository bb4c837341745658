--- Notifications that reach the person through this Neovim: a ring of its terminal, and a click on the desktop's.

local M = {}

--- A text that ends no sequence and begins none.
---@param given string
---@return string
local function plain(given)
  return (require('chorus.text').clean(given):gsub(';', ','))
end

--- The sequence that tells a terminal.
---@param ring chorus.Ring
---@return string
function M.sequence(ring)
  local title, body = plain(ring.title), plain((ring.body:gsub('\n', ' · ')))
  local sequence = '\a'
  if ring.by == 'osc9' then
    sequence = ('\27]9;%s\a'):format(body == '' and title or title .. ': ' .. body)
  elseif ring.by == 'osc777' then
    sequence = ('\27]777;notify;%s;%s\a'):format(title, body)
  end
  -- tmux hands on what is wrapped (`allow-passthrough`), and a bell as it is.
  if vim.env.TMUX and sequence ~= '\a' then
    return '\27Ptmux;' .. sequence:gsub('\27', '\27\27') .. '\27\\'
  end
  return sequence
end

---@param sequence string
local function send(sequence)
  if vim.api.nvim_ui_send then
    vim.api.nvim_ui_send(sequence)
  elseif #vim.api.nvim_list_uis() > 0 then
    -- Standard error: the terminal that Neovim was started in.
    vim.api.nvim_chan_send(2, sequence)
  end
end

---@param clicked chorus.Clicked
local function open(clicked)
  local tasks = require('chorus.tasks')
  local dispatch = require('chorus.dispatch')
  local task = clicked.task and tasks.get(clicked.task)
  if not task then
    return dispatch.run('next', {})
  end
  if clicked.request and tasks.request(clicked.request) then
    require('chorus.tasks.needs').prefer(clicked.request)
    return dispatch.run('next', {})
  end
  dispatch.run(tasks.is_live(task) and 'output' or 'show', { task = task.uuid })
end

--- Listens from now on.
function M.attach()
  local group = vim.api.nvim_create_augroup('chorus_notifications', {})
  local function on(pattern, act)
    vim.api.nvim_create_autocmd('User', {
      group = group,
      pattern = pattern,
      callback = function(event)
        act(event.data)
      end,
    })
  end
  on('ChorusRing', function(ring)
    send(M.sequence(ring))
  end)
  on('ChorusNotificationClicked', open)
end

return M
