--- Asking the person: which one of several, which word, yes or no.

local M = {}

--- Shows lists with a preview, in the person's picker plugin where there is one.
---@class chorus.Lists
---@field tasks fun(wish: { title: string, tasks: chorus.Task[], many?: boolean, on_choice: fun(found: chorus.Task[]), on_leave: fun() })
---@field requests fun(wish: { title: string, requests: chorus.Opened[], on_choice: fun(request: chorus.Opened) })
---@field references fun(references: chorus.Reference[], title: string, on_choice: fun(reference: chorus.Reference))
---@field kept fun(wish: chorus.KeptPick, plugin?: string)

--- Texts that a person began, as files.
---@class chorus.KeptPick
---@field kind string what replacements of `vim.ui.select` know the list by
---@field title string
---@field kept chorus.KeptFile[]
---@field fresh? string the line for a new text
---@field delete string the line that deletes all, where a list has no keys
---@field preview fun(path: string): string[] what the file holds; may hold anything
---@field on_fresh? fun()
---@field on_choice fun(kept: chorus.KeptFile)
---@field on_delete fun(found: chorus.KeptFile[])

---@type chorus.Lists?
local shown

--- Sets what shows lists.
---@param lists chorus.Lists
function M.use(lists)
  shown = lists
end

---@return chorus.Lists
local function lists()
  assert(shown, 'nothing shows lists yet')
  return shown
end

---@param prompt string such as `Task to start:`
---@return string
local function title_of(prompt)
  return (prompt:gsub(':%s*$', ''))
end

--- A prompt in lines that fit. Neovim's own list breaks a longer one in the middle of a word.
---@param prompt string
---@return string
local function in_lines(prompt)
  local text, room = require('chorus.text'), vim.o.columns - 1
  if not require('chorus.replaced').is_stock(vim.ui.select) then
    return prompt
  end
  local lines = {}
  for _, line in ipairs(vim.split(prompt, '\n', { plain = true })) do
    vim.list_extend(lines, text.width(line) > room and text.wrap(line, room) or { line })
  end
  return table.concat(lines, '\n')
end

--- Asks by `vim.ui.select` or `vim.ui.input`. In Neovim's own, Ctrl-C ends the question with an error: the person leaves.
---@param ask fun(...)
---@param ... any
---@return boolean was_left
function M.was_left(ask, ...)
  local is_over, err = pcall(ask, ...)
  if not is_over and not tostring(err):find('Keyboard interrupt', 1, true) then
    error(err, 0)
  elseif not is_over then
    -- The lines of the question are still on the screen, and Neovim would ask for Enter below them.
    vim.cmd.redraw()
  end
  return not is_over
end

--- Lets a person pick. `kind` is what replacements of `vim.ui.select` know the list by.
---@generic T
---@param items T[]
---@param opts { prompt: string, kind?: string, format: fun(item: T): string }
---@param on_choice fun(item?: T)
function M.pick(items, opts, on_choice)
  local clean = require('chorus.text').clean
  local was_left = M.was_left(vim.ui.select, items, {
    prompt = in_lines(opts.prompt),
    kind = opts.kind or 'chorus',
    format_item = function(item)
      return clean(opts.format(item))
    end,
  }, on_choice)
  if was_left then
    on_choice()
  end
end

--- Lets the person pick one of several tasks.
---@param tasks chorus.Task[] as they are to be shown
---@param prompt string
---@param on_choice fun(task?: chorus.Task)
function M.pick_task(tasks, prompt, on_choice)
  lists().tasks({
    title = title_of(prompt),
    tasks = tasks,
    on_choice = function(found)
      on_choice(found[1])
    end,
    on_leave = on_choice,
  })
end

--- Lets the person pick one or more tasks.
---@param tasks chorus.Task[] as they are to be shown
---@param prompt string
---@param on_choice fun(found: chorus.Task[]) not called when the person leaves
function M.pick_tasks(tasks, prompt, on_choice)
  lists().tasks({
    title = title_of(prompt),
    tasks = tasks,
    many = true,
    on_choice = on_choice,
    on_leave = function() end,
  })
end

---@param requests chorus.Opened[]
---@param prompt string
---@param on_choice fun(request: chorus.Opened) not called when the person leaves
function M.pick_request(requests, prompt, on_choice)
  lists().requests({ title = title_of(prompt), requests = requests, on_choice = on_choice })
end

---@param references chorus.Reference[]
---@param prompt string
---@param on_choice fun(reference: chorus.Reference) not called when the person leaves
function M.pick_reference(references, prompt, on_choice)
  lists().references(references, title_of(prompt), on_choice)
end

--- Lets a person pick one of the texts that were begun, or begin a new one.
---@param wish chorus.KeptPick
---@param plugin? string the picker to use, in lieu of that of the options
function M.pick_kept(wish, plugin)
  lists().kept(wish, plugin)
end

--- Asks for a line of text. Neovim's own prompt stays on the screen after the answer and reads as if it still asked, so it
--- is cleared.
---@param opts table as `vim.ui.input` takes it
---@param on_text fun(text?: string)
function M.input(opts, on_text)
  local function answer(text)
    vim.api.nvim_echo({ { '' } }, false, {})
    on_text(text)
  end
  if M.was_left(vim.ui.input, opts, answer) then
    answer()
  end
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

--- Asks before something is deleted for good.
---@param titles string[] what it is, harmless to show
---@param on_yes fun()
function M.confirm_deletion(titles, on_yes)
  M.confirm(('Delete permanently: %s?'):format(table.concat(titles, '; ')), 'Delete', on_yes)
end

return M
