--- Verbs about documents and the lines of them that tasks refer to.

local ask_daemon = require('chorus.ask_daemon')
local given = require('chorus.verbs.call')
local message = require('chorus.message')
local references = require('chorus.ui.documents.references')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

function run.docs(call)
  local word, rest = call.args:match('^(%S*)%s*(.*)$')
  if word == 'new' then
    return require('chorus.ui.documents.template').new(given.some(rest))
  end
  require('chorus.ui.pick.lists').documents(given.some(call.args))
end

--- What of the current buffer is meant: the lines of the range, the section of the heading under the cursor, else all.
---@param call chorus.Call
---@return table? params of `task_ref`, without the task
local function meant(call)
  local name = vim.api.nvim_buf_get_name(0)
  local path = call.excerpt and call.excerpt.path or (vim.bo.buftype == '' and name or '')
  if path == '' or vim.startswith(path, 'chorus://') then
    message.fail('this buffer is no file of the project', 'open a document: `:Chorus docs` lists them')
    return nil
  end
  local params = { path = vim.fn.fnamemodify(path, ':p'), note = given.some(call.args) }
  local first, last = nil, nil
  if call.excerpt then
    first, last = call.excerpt.first, call.excerpt.last
  elseif not call.bang then
    first, last = require('chorus.editor.section').at_cursor()
  end
  if first then
    params.first, params.last = first, last
    params.text = table.concat(vim.api.nvim_buf_get_lines(0, first - 1, last, false), '\n')
  end
  return params
end

function run.ref(call, verb)
  local params = meant(call)
  if not params then
    return
  end
  given.with_task(verb, call, function(task)
    params.task = task.uuid
    ask_daemon.once('task_ref', params, function(reference)
      message.info(
        ('#%d refers to %s'):format(task.number, references.place(reference)),
        ('`:Chorus context %d` shows what its agent gets'):format(task.number)
      )
    end)
  end)
end

--- The file of the current buffer; nil in a window of ours.
local function file_here()
  local name = vim.api.nvim_buf_get_name(0)
  return vim.bo.buftype == '' and name ~= '' and not vim.startswith(name, 'chorus://') and name or nil
end

function run.refs(call)
  local here = file_here()
  local path = given.some(call.args) and vim.fn.fnamemodify(call.args, ':p') or here
  ask_daemon.once('refs', { path = path }, function(found)
    if #found.references == 0 and path then
      return message.info('no task refers to this file', '`:Chorus ref` ties it, or lines of it, to a task')
    elseif #found.references == 0 then
      return message.info('no task refers to a document', '`:Chorus ref` in a document ties it to a task')
    end
    require('chorus.picker').pick_reference(found.references, 'Reference:', function(reference)
      if path and path == here then
        references.open_task(reference)
      else
        references.visit(reference)
      end
    end)
  end)
end

function run.context(call, verb)
  given.with_task(verb, call, function(task)
    require('chorus.ui.documents.context').open(task)
  end)
end

--- Shows what each task would be told, one after the other.
---@param found chorus.Task[]
local function show_each(found)
  local task = table.remove(found, 1)
  if not task then
    return
  end
  local function go_on()
    show_each(found)
  end
  require('chorus.client').request('task_tell', { task = task.uuid, confirmed = false }, function(err, told)
    if err then
      message.failure(err)
      return go_on()
    end
    require('chorus.ui.documents.tell').open(task, told, go_on)
  end)
end

function run.tell(call, verb)
  given.with_tasks(verb, call, function(found)
    if not call.bang then
      return show_each(vim.list_slice(found))
    end
    ask_daemon.each(verb.name, found, function(task)
      return { task = task.uuid, confirmed = true }
    end, {
      on_reply = function(task, told)
        require('chorus.ui.documents.tell').say(task, told)
      end,
    })
  end)
end

---@param reference chorus.Reference
local function take_away(reference)
  ask_daemon.once('unref', { reference = reference.id }, function()
    message.info(('#%d no longer refers to %s'):format(reference.number, references.place(reference)))
  end)
end

--- The references that a verb may mean: the one of that number, else those of this file, else all. Nil where the word is
--- no number.
---@param word string
---@param on_found fun(found: chorus.Reference[], here: string?)
local function meant_references(word, on_found)
  local id = tonumber(word:match('^#?(%d+)$'))
  if word ~= '' and not id then
    return message.fail(('`%s` is no number of a reference'):format(word), '`:Chorus refs` lists them')
  end
  local here = file_here()
  ask_daemon.once('refs', { path = not id and here or nil }, function(found)
    local all = found.references
    if id then
      all = vim.tbl_filter(function(reference)
        return reference.id == id
      end, all)
    end
    on_found(all, not id and here or nil)
  end)
end

---@param all chorus.Reference[]
---@param prompt string
---@param on_choice fun(reference: chorus.Reference)
local function choose(all, prompt, on_choice)
  if #all == 0 then
    message.info('there is no such reference', '`:Chorus refs` lists them')
  elseif #all == 1 then
    on_choice(all[1])
  else
    require('chorus.picker').pick_reference(all, prompt, on_choice)
  end
end

function run.retie(call)
  local lines = call.excerpt and meant({ args = '', bang = false, confirmed = call.confirmed, excerpt = call.excerpt })
  if call.excerpt and not lines then
    return
  end
  local line = vim.api.nvim_win_get_cursor(0)[1]
  meant_references(call.args, function(found, here)
    local stale = vim.tbl_filter(function(reference)
      return reference.state == 'stale'
    end, found)
    if lines then
      return choose(#stale > 0 and stale or found, 'Move there:', function(reference)
        local params = vim.tbl_extend('error', lines, { task = reference.task, reference = reference.id })
        ask_daemon.once('task_ref', params, function(moved)
          message.info(('#%d now refers to %s'):format(moved.number, references.place(moved)))
        end)
      end)
    end
    local under = here and references.near(stale, line) or {}
    -- One that is named may have a reason not to move, which is said.
    local all = #under > 0 and under or #stale > 0 and stale or call.args ~= '' and found or {}
    if #all == 0 then
      return message.info('no reference is stale', '`:Chorus refs` lists the references')
    end
    choose(all, 'Move to the nearest match:', references.retie)
  end)
end

function run.unref(call)
  local line = vim.api.nvim_win_get_cursor(0)[1]
  meant_references(call.args, function(found, here)
    local under = here and references.at(found, line) or {}
    choose(#under > 0 and under or found, 'Take away:', take_away)
  end)
end

return run
