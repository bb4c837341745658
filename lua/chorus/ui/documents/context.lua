--- `chorus://context/12`: what the agent gets as its task's context, part by part. `:w` saves the order and the choice of
--- its references for the next session.
local context_rows = require('chorus.ui.documents.context_rows')
local listen = require('chorus.ui.kit.listen')
local save = require('chorus.ui.kit.save')
local text = require('chorus.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_context')

---@class chorus.ContextBuffer
---@field buffer integer
---@field number integer
---@field uuid? string

---@type table<integer, chorus.ContextBuffer>
local open = {}

---@param context chorus.ContextBuffer
---@param page chorus.ContextPage
local function draw(context, page)
  local buffer = context.buffer
  if not vim.api.nvim_buf_is_loaded(buffer) or vim.bo[buffer].modified then
    return
  end
  context.uuid = page.task
  require('chorus.ui.kit.buffer_task').set(buffer, page.number, page.task)
  local lines = vim.tbl_map(function(line)
    return (line:gsub('\n', ' '))
  end, context_rows.lines(page))
  if not vim.deep_equal(lines, vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) then
    local levels = vim.bo[buffer].undolevels
    vim.bo[buffer].undolevels = -1
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
    vim.bo[buffer].undolevels = levels
    vim.bo[buffer].modified = false
  end
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for index, line in ipairs(lines) do
    if line == context_rows.SEPARATOR then
      vim.api.nvim_buf_set_extmark(buffer, namespace, index - 1, 0, { end_col = #line, hl_group = 'ChorusEnded' })
      break
    end
  end
  require('chorus.ui.kit.write_bar').set(buffer, 'context', {
    { (' context of #%d '):format(page.number), 'ChorusNumber' },
    { text.clean(page.title, 40), 'ChorusTitle' },
    { ('  %d of %d'):format(page.units, page.limit), 'ChorusHint' },
  }, 'saves')
end

--- Long lines wrap between words.
---@param window integer
local function set_up_window(window)
  for name, value in pairs({ wrap = true, linebreak = true, breakindent = true }) do
    vim.wo[window][0][name] = value
  end
end

---@param context chorus.ContextBuffer
local function refresh(context)
  local task = context.uuid or tostring(context.number)
  require('chorus.ask_daemon').once('task_context', { task = task }, function(page)
    draw(context, page)
  end)
end

--- `:w`.
---@param context chorus.ContextBuffer
local function write(context)
  local lines = vim.api.nvim_buf_get_lines(context.buffer, 0, -1, false)
  local choices, faults = context_rows.choices(lines)
  save.show_faults(context.buffer, faults)
  if not choices then
    return save.refuse(('line %d: %s'):format(faults[1].line, faults[1].text), 'nothing was saved')
  end
  local params = { task = context.uuid or tostring(context.number), references = choices }
  save.wait(function(done)
    require('chorus.client').request('task_context_edit', params, function(err, page)
      if not err and save.is_as_sent(context.buffer, lines) then
        save.mark_saved(context.buffer)
      elseif not err then
        save.say_typed_since(context.buffer, ('the context of #%d was saved'):format(context.number))
      end
      done(function()
        if err then
          return require('chorus.message').failure(err)
        end
        draw(context, page)
      end)
    end)
  end)
end

--- Makes the current buffer, named `chorus://context/12`, that task's context. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  local number = tonumber(vim.api.nvim_buf_get_name(buffer):match('^chorus://context/(%d+)$'))
  if not number then
    return require('chorus.message').fail('a context is named `chorus://context/12`')
  end
  local context = open[buffer]
  -- `:bdelete` takes a buffer's options, variables and keys away.
  if not context or vim.b[buffer].chorus_view ~= 'context' then
    context = { buffer = buffer, number = number }
    open[buffer] = context
    local on = save.set_up(buffer, {
      view = 'context',
      bufhidden = 'hide',
      write = function()
        write(context)
      end,
      saves = true,
      undone = 'the context was not saved',
      does = 'saves it',
      handlers = { close = require('chorus.ui.kit.place').leave },
      task = function()
        return context.uuid or tostring(number)
      end,
    })
    on('BufWipeout', function()
      open[buffer] = nil
    end)
    local refresh_soon = listen.once_per_turn(function()
      if vim.fn.bufwinid(buffer) ~= -1 then
        refresh(context)
      end
    end)
    listen.to(buffer, { 'ChorusTaskChanged' }, function(data)
      if data.uuid == context.uuid then
        refresh_soon()
      end
    end)
    listen.to(buffer, { 'ChorusConnected' }, refresh_soon)
    on('BufWinEnter', function()
      set_up_window(vim.api.nvim_get_current_win())
      refresh_soon()
    end)
    require('chorus.ui.kit.filetype').set(buffer, 'markdown')
    set_up_window(vim.api.nvim_get_current_win())
  else
    vim.bo[buffer].modified = false
  end
  refresh(context)
end

--- Opens the context of a task in the current window.
---@param task chorus.Task
function M.open(task)
  local buffer = vim.fn.bufadd(('chorus://context/%d'):format(task.number))
  require('chorus.ui.kit.place').show(buffer)
  if vim.b[buffer].chorus_view ~= 'context' then
    M.read(buffer)
  end
end

return M
