--- Picking one of several, through `vim.ui.select`, which the person's picker plugin may have replaced.

local M = {}

---@class chorus.TaskPicker
---@field pick fun(tasks: chorus.Task[], prompt: string, on_choice: fun(task?: chorus.Task))
---@field format fun(task: chorus.Task): string a line for `vim.ui.select`

---@type chorus.TaskPicker?
local own

--- Sets how tasks are picked: by `pick` where `vim.ui.select` is Neovim's own, which wants the number of a line typed, and
--- that is not the task's.
---@param picker chorus.TaskPicker
function M.use(picker)
  own = picker
end

--- Whether nobody has replaced `vim.ui.select`.
---@return boolean
local function is_stock()
  local source = debug.getinfo(vim.ui.select, 'S').source
  return source == '@' .. vim.env.VIMRUNTIME .. '/lua/vim/ui.lua' or vim.startswith(source, '@vim/')
end

--- Lets a person pick. `kind` is what replacements of `vim.ui.select` know the list by.
---@generic T
---@param items T[]
---@param opts { prompt: string, kind?: string, format: fun(item: T): string }
---@param on_choice fun(item?: T)
function M.pick(items, opts, on_choice)
  local clean = require('chorus.text').clean
  vim.ui.select(items, {
    prompt = opts.prompt,
    kind = opts.kind or 'chorus',
    format_item = function(item)
      return clean(opts.format(item))
    end,
  }, on_choice)
end

--- One line for a task: number, title, what its agent does.
---@param task chorus.Task
---@return string
function M.format_task(task)
  local state = task.agent_status
  local doing = task.status
  if task.status == 'running' or task.status == 'waiting' then
    doing = state.kind and ('%s %s'):format(state.status, state.kind) or state.status
  end
  local about = state.detail.summary or state.detail.message
  local demo = task.demo and ' (demo)' or ''
  return ('#%d %s [%s]%s%s'):format(task.number, task.title, doing, demo, about and ' ' .. about or '')
end

---@param tasks chorus.Task[]
---@param prompt string
---@param on_choice fun(task?: chorus.Task)
function M.pick_task(tasks, prompt, on_choice)
  if own and is_stock() and require('chorus.config').get().picker == 'auto' then
    return own.pick(tasks, prompt, on_choice)
  end
  local format = own and own.format or M.format_task
  M.pick(tasks, { prompt = prompt, kind = 'chorus_task', format = format }, on_choice)
end

---@param requests chorus.Opened[]
---@param prompt string
---@param on_choice fun(request?: chorus.Opened)
function M.pick_request(requests, prompt, on_choice)
  M.pick(requests, {
    prompt = prompt,
    kind = 'chorus_request',
    format = function(request)
      return ('#%d %s: %s'):format(request.number, request.tool or request.kind, request.summary)
    end,
  }, on_choice)
end

--- Asks for a line of text. Neovim's own prompt stays on the screen after the answer and reads as if it still asked, so it
--- is cleared.
---@param opts table as `vim.ui.input` takes it
---@param on_text fun(text?: string)
function M.input(opts, on_text)
  vim.ui.input(opts, function(text)
    vim.api.nvim_echo({ { '' } }, false, {})
    on_text(text)
  end)
end

--- Asks yes or no. Anything but yes is no.
---@param question string
---@param yes string what yes means, such as `Delete #12`
---@param on_yes fun()
function M.confirm(question, yes, on_yes)
  M.pick({ yes, 'Cancel' }, {
    prompt = question,
    kind = 'chorus_confirm',
    format = function(item)
      return item
    end,
  }, function(choice)
    if choice == yes then
      on_yes()
    end
  end)
end

return M
