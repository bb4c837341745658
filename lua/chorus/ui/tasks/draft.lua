--- The buffer for a new task. A file keeps what is typed; `:w` creates the task.
local created = require('chorus.ui.tasks.draft_created')
local drafts = require('chorus.ui.tasks.draft_files')
local fill_in = require('chorus.ui.kit.fill_in')
local front_matter = require('chorus.ui.tasks.front_matter')
local keep_typed = require('chorus.ui.kit.keep_typed')
local place = require('chorus.ui.kit.place')
local save = require('chorus.ui.kit.save')
local text = require('chorus.text')

local M = {}

local NAMES = { 'title', 'priority', 'tags', 'agent', 'isolation', 'on' }

---@class chorus.Draft: chorus.Filling
---@field path string
---@field folder string of the project that the task is for
---@field starts boolean
---@field template string[] the lines before anything was typed
---@field is_done boolean
---@field is_sending boolean
---@field created? chorus.Created the task that was created while more was typed: the next write saves that into it

local function lines_of(draft)
  return vim.api.nvim_buf_get_lines(draft.buffer, 0, -1, false)
end

--- Writes the file when there is something to lose.
local function keep(draft)
  if draft.is_done or not vim.api.nvim_buf_is_loaded(draft.buffer) then
    return
  end
  local lines = lines_of(draft)
  if vim.deep_equal(lines, draft.template) or not table.concat(lines):find('%S') then
    return drafts:remove(draft.path)
  end
  local fault = drafts:save(draft.path, created.kept(lines, draft.created))
  if fault and fault ~= draft.fault then
    require('chorus.message').warn('cannot keep the draft: ' .. fault)
  end
  draft.fault = fault
end

--- Closes the draft.
local function close(draft)
  for _, window in ipairs(vim.api.nvim_buf_is_valid(draft.buffer) and vim.fn.win_findbuf(draft.buffer) or {}) do
    if #vim.api.nvim_tabpage_list_wins(vim.api.nvim_win_get_tabpage(window)) > 1 then
      vim.api.nvim_win_close(window, false)
    end
  end
  if vim.api.nvim_buf_is_valid(draft.buffer) then
    vim.api.nvim_buf_delete(draft.buffer, { force = true })
  end
end

--- Starts a new task where that was asked for, and says that it exists.
---@param draft chorus.Draft
---@param task chorus.Task
local function announce(draft, task)
  local welcome = require('chorus.client').welcome()
  local is_here = not welcome or welcome.project == task.project
  if draft.starts and is_here then
    -- The reply may arrive before the event about the task.
    require('chorus.tasks').apply({ name = 'task_changed', data = task })
    require('chorus.dispatch').run('start', { task = task.uuid })
  elseif draft.starts then
    require('chorus.ask_daemon').once('task_start', { task = task.uuid, environment = vim.fn.environ() }, function()
      require('chorus.message').info(('#%d of %s has started'):format(task.number, task.project))
    end)
  else
    local hint = is_here and ('`:Chorus start %d` starts it'):format(task.number) or 'it is in ' .. task.project
    require('chorus.message').info(('#%d %s'):format(task.number, text.clean(task.title, 60)), hint)
  end
end

--- What the next `:w` does.
---@param draft chorus.Draft
---@return string
local function does(draft)
  if draft.created then
    return ('saves it into #%d'):format(draft.created.number)
  end
  return draft.starts and 'creates and starts the task' or 'creates the task'
end

--- Says what to do, above the text.
---@param draft chorus.Draft
local function say_how(draft)
  local title, what = ' New task', draft.starts and 'creates it and starts it' or 'creates it'
  if draft.created then
    title, what = (' #%d, typed since it was created'):format(draft.created.number), 'saves that into it'
  end
  require('chorus.ui.kit.write_bar').set(draft.buffer, 'draft', { { title, 'ChorusTitle' } }, what)
end

--- Ends the draft after its task was created. Where more was typed meanwhile, the draft stays, and the next write saves
--- that into the task.
---@param draft chorus.Draft
---@param sent string[]
---@param task chorus.Task
---@return fun() follow_up
local function finish(draft, sent, task)
  if not save.is_as_sent(draft.buffer, sent) then
    save.say_typed_since(draft.buffer, ('#%d was %s'):format(task.number, draft.created and 'saved' or 'created'))
    draft.created = draft.created or created.of(task, sent)
    keep(draft)
    return function()
      say_how(draft)
    end
  end
  draft.is_done = true
  drafts:remove(draft.path)
  save.mark_saved(draft.buffer)
  return function()
    close(draft)
    announce(draft, task)
  end
end

--- Keeps the draft, on screen and as a file, when the task was not created.
local function refuse(draft, err)
  draft.is_sending = false
  local what = draft.created and ('#%d was not changed: '):format(draft.created.number) or 'the task was not created: '
  require('chorus.message').fail(what .. err.message, err.hint or 'the draft is kept; `:w` tries again')
  if vim.api.nvim_buf_is_valid(draft.buffer) then
    vim.bo[draft.buffer].modified = true
  else
    M.resume(draft.path, draft.starts)
  end
end

--- How many lines stand above the description.
---@param lines string[]
---@return integer
local function head_of(lines)
  for index = 2, #lines do
    if lines[index] == '---' then
      return index
    end
  end
  return #lines
end

--- What a write asks for: the new task, or the change of the one that was created while more was typed.
---@param draft chorus.Draft
---@param read { fields: table, description: string }
---@return string method
---@return table params
local function request_of(draft, read)
  local fields = read.fields
  if draft.created then
    return 'task_edit',
      {
        task = draft.created.uuid,
        title = fields.title,
        priority = fields.priority or 0,
        tags = fields.tags or {},
        description = read.description,
      }
  end
  fields.description = read.description ~= '' and read.description or nil
  fields.folder = require('chorus.client').elsewhere(draft.folder)
  return 'task_new', fields
end

--- `:w`.
local function write(draft)
  if draft.is_sending or draft.is_filling then
    return
  end
  keep(draft)
  local lines = lines_of(draft)
  local read = front_matter.parse(lines)
  save.show_faults(draft.buffer, read.faults)
  if #read.faults > 0 then
    local first = read.faults[1]
    return save.refuse(('line %d: %s'):format(first.line, first.text), 'the draft is kept; `:w` tries again')
  end
  local fixed = created.fixed(read.fields, draft.created)
  if fixed then
    local what = ('#%d exists, and its %s can no longer be changed'):format(draft.created.number, fixed)
    return save.refuse(what, 'take that back; `:w` saves the rest')
  end
  if not draft.is_filled and require('chorus.editor.placeholders').has(read.description) then
    draft.is_filling = true
    -- A buffer that is being written cannot be changed.
    return vim.schedule(function()
      fill_in.start(draft, lines, head_of(lines), read.description, does(draft), function()
        keep(draft)
      end)
    end)
  end
  local method, params = request_of(draft, read)
  draft.is_sending = true
  save.wait(function(done)
    require('chorus.client').request(method, params, function(err, task)
      draft.is_sending = false
      if err then
        return done(function()
          refuse(draft, err)
        end)
      end
      done(finish(draft, lines, task))
    end)
  end)
end

--- Makes a buffer a draft with these lines.
---@return chorus.Draft
local function set_up(buffer, path, lines, template, starts, origin)
  local task
  lines, task = created.read(lines)
  local draft = {
    buffer = buffer,
    path = path,
    folder = require('chorus.client').folder(),
    starts = starts,
    template = template,
    origin = origin,
    created = task,
    is_filled = false,
    is_filling = false,
    is_done = false,
    is_sending = false,
  }
  local on = save.set_up(buffer, {
    view = 'draft',
    bufhidden = 'wipe',
    write = function()
      write(draft)
    end,
    keep = function()
      keep(draft)
    end,
    saves = false,
    undone = 'the draft is kept, and no task was created',
    does = starts and 'creates the task and starts it' or 'creates the task',
    handlers = {
      close = function()
        keep(draft)
        vim.bo[buffer].modified = false
        place.leave()
      end,
      follow = require('chorus.ui.prompts.mentions').follow,
    },
  })
  vim.b[buffer].chorus_is_set_up = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modified = not vim.deep_equal(lines, template)
  require('chorus.ui.prompts.mentions').set_up(buffer, "v:lua.require'chorus.ui.tasks.draft_complete'.complete")
  keep_typed.watch(on, function()
    keep(draft)
  end)
  keep_typed.begin_again(on, buffer, function()
    return vim.uv.fs_stat(path) and (created.read(vim.fn.readfile(path))) or nil
  end, function()
    return template
  end)
  require('chorus.ui.tasks.draft_hints').show(buffer, on)
  return draft
end

--- Opens a buffer with these lines. A page of that name which said why the draft could not be opened gives way to it.
local function edit(path, lines, template, starts, origin)
  local name = drafts:name_of(path)
  local buffer = vim.fn.bufnr('^' .. name .. '$')
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(true, false)
    vim.api.nvim_buf_set_name(buffer, name)
  end
  local draft = set_up(buffer, path, lines, template, starts, origin)
  local window = vim.fn.win_findbuf(buffer)[1]
  if window then
    vim.api.nvim_set_current_win(window)
  else
    place.split_below(buffer, math.max(12, math.floor(vim.o.lines * 0.4)))
  end
  say_how(draft)
  require('chorus.ui.kit.filetype').set(buffer, 'markdown')
  return draft
end

--- Makes a buffer named `chorus://draft/…` that draft: one of a session, say. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  if vim.b[buffer].chorus_is_set_up then
    return
  end
  local path = drafts:path_of(vim.api.nvim_buf_get_name(buffer))
  local fault = drafts.fault_of(path)
  if fault then
    return require('chorus.ui.kit.plain_text').explain(buffer, fault)
  end
  path = drafts:adopt(path --[[@as string]])
  local before = vim.api.nvim_buf_get_name(buffer)
  if before ~= drafts:name_of(path) then
    vim.api.nvim_buf_set_name(buffer, drafts:name_of(path))
    -- Neovim keeps the old name in a buffer of its own.
    local left = vim.fn.bufnr('^' .. before .. '$')
    if left ~= -1 and left ~= buffer then
      pcall(vim.api.nvim_buf_delete, left, { force = true })
    end
  end
  local draft = set_up(buffer, path, vim.fn.readfile(path), {}, false)
  say_how(draft)
  require('chorus.ui.kit.filetype').set(buffer, 'markdown')
end

--- Opens an unfinished draft.
---@param path string
---@param starts? boolean
function M.resume(path, starts)
  if vim.fn.filereadable(path) == 0 then
    return
  end
  local open = vim.fn.win_findbuf(vim.fn.bufnr('^' .. drafts:name_of(path) .. '$'))[1]
  if open and vim.b[vim.api.nvim_win_get_buf(open)].chorus_is_set_up then
    return vim.api.nvim_set_current_win(open)
  end
  path = drafts:adopt(path)
  local draft = edit(path, vim.fn.readfile(path), {}, starts or false)
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(draft.buffer), 0 })
end

---@class chorus.DraftWish
---@field title? string
---@field lines? string[] of the description
---@field start? boolean
---@field excerpt? chorus.Excerpt
---@field origin? chorus.Origin

---@param options chorus.DraftWish
local function open_new(options)
  local template = front_matter.render({ priority = 0 }, '', NAMES)
  template[2] = 'title: '
  local lines = vim.list_slice(template)
  lines[2] = 'title: ' .. text.clean(options.title)
  vim.list_extend(lines, options.lines or {})
  if options.excerpt then
    vim.list_extend(lines, require('chorus.editor.excerpt').fenced(options.excerpt))
  end
  local draft = edit(drafts:new_path(), lines, template, options.start or false, options.origin)
  -- The lines are what blocks in the title stand for.
  draft.is_filled = #(options.lines or {}) > 0
  if options.title then
    vim.api.nvim_win_set_cursor(0, { #template, 0 })
  else
    vim.api.nvim_win_set_cursor(0, { 2, #template[2] })
    vim.cmd('startinsert!')
  end
  keep(draft)
end

--- Opens a new-task buffer. Offers unfinished drafts first.
---@param options chorus.DraftWish
function M.open(options)
  local left = drafts:unfinished()
  if #left == 0 or options.title or options.excerpt or options.lines then
    return open_new(options)
  end
  require('chorus.ui.tasks.draft_offer').show(left, options.start, function()
    open_new(options)
  end)
end

return M
