--- What changed in documents since an agent read them, to read and edit before it is sent. `:w` sends it; leaving without
--- `:w` sends nothing.
local place = require('chorus.ui.kit.place')
local save = require('chorus.ui.kit.save')
local text = require('chorus.text')

local M = {}

---@param buffer integer
local function close(buffer)
  for _, window in ipairs(vim.api.nvim_buf_is_valid(buffer) and vim.fn.win_findbuf(buffer) or {}) do
    pcall(vim.api.nvim_win_close, window, true)
  end
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_delete(buffer, { force = true })
  end
end

--- Says what became of it.
---@param task chorus.Task
---@param told chorus.Told
function M.say(task, told)
  local hint = told.queued and 'the prompt waits until the agent is free' or nil
  require('chorus.message').info(('sent #%d what changed'):format(task.number), hint)
end

---@param buffer integer
---@param task chorus.Task
---@param told chorus.Told
local function send(buffer, task, told)
  local prompt = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
  if not prompt:find('%S') then
    return save.refuse('the prompt is empty', ':q! sends nothing')
  end
  local params = { task = task.uuid, confirmed = true, text = prompt, versions = told.versions }
  save.wait(function(done)
    require('chorus.client').request('task_tell', params, function(err, sent)
      if not err then
        save.mark_saved(buffer)
      end
      done(function()
        if err then
          return require('chorus.message').failure(err)
        end
        close(buffer)
        M.say(task, sent)
      end)
    end)
  end)
end

--- Opens the prompt.
---@param task chorus.Task
---@param told chorus.Told
---@param on_closed fun() after it was sent or left
function M.open(task, told, on_closed)
  local buffer = vim.fn.bufadd(('chorus://tell/%d'):format(task.number))
  vim.b[buffer].chorus_view = 'tell'
  local lines = text.lines(told.text)
  place.split_below(buffer, #lines + 1)
  local does = ('sends it to #%d'):format(task.number)
  local on = save.set_up(buffer, {
    view = 'tell',
    bufhidden = 'wipe',
    write = function()
      send(buffer, task, told)
    end,
    saves = false,
    undone = 'nothing was sent',
    does = does,
    handlers = {
      close = function()
        close(buffer)
      end,
    },
  })
  on('BufWipeout', function()
    vim.schedule(on_closed)
  end)
  require('chorus.ui.kit.buffer_task').set(buffer, task.number, task.uuid)
  vim.bo[buffer].undolevels = -1
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].undolevels = vim.go.undolevels
  vim.bo[buffer].modified = false
  require('chorus.ui.kit.write_bar').set(buffer, 'tell', {
    { (' #%d '):format(task.number), 'ChorusNumber' },
    { text.clean(task.title, 40), 'ChorusTitle' },
  }, does, { { '  :q!', 'ChorusKey' }, { ' sends nothing', 'ChorusHint' } })
  vim.bo[buffer].filetype = 'markdown'
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
end

return M
