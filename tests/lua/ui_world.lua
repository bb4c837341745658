--- A world for the specs of lua/chorus/ui: tasks, requests, and a client that records what it is asked.
local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local root = vim.fs.dirname(vim.fs.dirname(here))
vim.opt.runtimepath:prepend(root)
-- A spec may load this file in a Neovim of its own.
package.path = here .. '/?.lua;' .. package.path

local fixtures, helpers = require('fixtures'), require('helpers')

local M = { root = root, asked = {}, ran = {}, notified = {}, replies = {}, connected = true }

local now = 1790000000000
M.now = now
M.settle = helpers.settle

--- A document of the project.
---@param path string
---@param fields? table
function M.document(path, fields)
  return vim.tbl_extend('force', {
    path = path,
    title = path,
    category = 'general',
    pinned = false,
    template = false,
    size = 10,
    modified_at = now,
    tasks = {},
    changed_for = {},
  }, fields or {})
end

--- A task that has worked for ten minutes.
function M.task(number, fields)
  local task = fixtures.task({
    project = '/home/me/shop',
    number = number,
    agent_status = { status = 'busy', detail = {}, since = now - 120000 },
    created_at = now - 3600000,
    started_at = now - 600000,
  })
  return vim.tbl_deep_extend('force', task, fields or {})
end

--- A request that has been open for two minutes.
function M.request(id, number, fields)
  local request = fixtures.request({
    project = '/home/me/shop',
    id = id,
    number = number,
    summary = 'rm -rf build',
    input = { command = 'rm -rf build', description = 'Clean the build folder' },
    suggestions = { 'allow `rm -rf build` for this session' },
    opened_at = now - 120000,
  })
  return vim.tbl_extend('force', request, fields or {})
end

--- Starts afresh: every chorus module is loaded again, every buffer and window is gone.
function M.start()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      vim.api.nvim_win_close(window, true)
    end
  end
  vim.cmd('silent! %bwipeout!')
  vim.wo.winfixbuf = false
  helpers.forget()
  M.asked, M.ran, M.notified, M.replies, M.connected = {}, {}, {}, {}, true
  M.folder = '/home/me/shop'
  M.welcome = { state_dir = M.state_dir, project = '/home/me/shop', protocol = 1, version = '0', pid = 1 }
  vim.g.chorus = nil
  package.loaded['chorus.client'] = {
    is_connected = function()
      return M.connected
    end,
    connect = function() end,
    is_lost = function()
      return not M.connected
    end,
    ready = function(on_ready)
      on_ready()
    end,
    welcome = function()
      return M.welcome
    end,
    state_dir = function()
      return M.state_dir
    end,
    folder = function()
      return M.folder
    end,
    elsewhere = function(wanted)
      return wanted ~= M.folder and wanted or nil
    end,
    request = function(method, params, on_reply)
      -- What the defaults are changes nothing.
      if method ~= 'config' then
        table.insert(M.asked, { method, params })
      end
      local reply = M.replies[method]
      if reply and on_reply then
        vim.schedule(function()
          local err, result = reply(params)
          on_reply(err, result)
        end)
      end
    end,
  }
  local message = require('chorus.message')
  for _, name in ipairs({ 'info', 'warn', 'fail' }) do
    message[name] = function(text, hint)
      table.insert(M.notified, { name, text, hint })
    end
  end
  require('chorus.highlight').setup()
  for action, direction in pairs({ next_request = 1, previous_request = -1 }) do
    require('chorus.dispatch').on(action, function()
      require('chorus.ui.requests.request').step(direction)
    end)
  end
  require('chorus.dispatch').to(function(name, opts)
    require('chorus.verbs').run(name, opts)
  end)
end

--- Records verbs in place of running them.
function M.record_verbs()
  require('chorus.verbs').run = function(name, opts)
    table.insert(M.ran, { name, opts })
  end
end

--- Makes these tasks and requests known, as a snapshot does.
function M.know(tasks, requests, elsewhere)
  require('chorus.tasks').snapshot({ tasks = tasks, requests = requests or {}, elsewhere = elsewhere or 0 })
end

--- One event, as the daemon sends it.
function M.event(name, data)
  require('chorus.tasks').apply({ name = name, data = data })
end

function M.tell(event, data)
  vim.api.nvim_exec_autocmds('User', { pattern = event, data = data, modeline = false })
end

--- Lets the loop run until `is_true` holds.
function M.wait(is_true, what)
  if not vim.wait(2000, is_true, 2) then
    error('waited in vain for ' .. (what or 'a condition'), 2)
  end
end

--- Waits for the message of that number.
function M.wait_notified(number)
  M.wait(function()
    return M.notified[number]
  end, 'message ' .. number)
end

--- The lines of a buffer.
function M.lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false)
end

--- Feeds keys as typed.
function M.press(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, false, true), 'xt', false)
end

return M
