--- The buffer for a prompt: as many lines as it takes, `:w` sends it. A file keeps what is typed, as for a new task.
local message = require('chorus.message')
local phrase = require('chorus.phrase')
local place = require('chorus.ui.kit.place')
local prompt_files = require('chorus.ui.prompts.prompt_files')
local save = require('chorus.ui.kit.save')
local tasks = require('chorus.tasks')
local text = require('chorus.text')

local M = {}

--- How long after a keystroke the file is written, in milliseconds.
local PAUSE = 250

---@class chorus.ComposerWish
---@field numbers integer[] of the tasks that it is for
---@field title string what it is
---@field does string what `:w` does, such as `sends it`
---@field lines? string[] the text to begin with
---@field path? string its file, of a text that was kept
---@field is_kept? boolean the text is the person's: it is kept at once
---@field send fun(text: string, after: fun(is_sent: boolean))
---@field on_left? fun() the person is done: what the composer took the place of comes back

---@class chorus.Composer
---@field buffer integer
---@field path string
---@field wish chorus.ComposerWish
---@field is_done boolean
---@field is_sending boolean
---@field fault? string
---@field history? string[] texts that were sent, newest first
---@field at integer the one of them that is shown; 0 for the person's own text
---@field own string[] the person's own text, while another is shown

---@param composer chorus.Composer
---@return string[]
local function lines_of(composer)
  return vim.api.nvim_buf_get_lines(composer.buffer, 0, -1, false)
end

--- Writes the file when there is something to lose.
---@param composer chorus.Composer
local function keep(composer)
  if composer.is_done or not vim.api.nvim_buf_is_loaded(composer.buffer) then
    return
  end
  local lines = lines_of(composer)
  local is_mine = composer.wish.path or composer.wish.is_kept or not vim.deep_equal(lines, composer.wish.lines)
  if not is_mine or not table.concat(lines):find('%S') then
    return prompt_files:remove(composer.path)
  end
  local fault = prompt_files.write(composer.path, composer.wish.numbers, lines)
  if fault and fault ~= composer.fault then
    message.warn('cannot keep the prompt: ' .. fault)
  end
  composer.fault = fault
end

--- Closes the composer after its text was sent.
---@param composer chorus.Composer
local function finish(composer)
  composer.is_done = true
  prompt_files:remove(composer.path)
  if not vim.api.nvim_buf_is_valid(composer.buffer) then
    return
  end
  save.mark_saved(composer.buffer)
  for _, window in ipairs(vim.fn.win_findbuf(composer.buffer)) do
    vim.api.nvim_win_call(window, place.leave)
  end
  if vim.api.nvim_buf_is_valid(composer.buffer) then
    vim.api.nvim_buf_delete(composer.buffer, { force = true })
  end
  if composer.wish.on_left then
    composer.wish.on_left()
  end
end

--- `:w`.
---@param composer chorus.Composer
local function write(composer)
  if composer.is_sending then
    return
  end
  keep(composer)
  local prompt = table.concat(lines_of(composer), '\n')
  if not prompt:find('%S') then
    return save.refuse('the prompt is empty', 'write what the agent should do')
  end
  composer.is_sending = true
  -- A question may come first, which cannot be asked while the buffer is being written.
  vim.schedule(function()
    composer.wish.send(prompt, function(is_sent)
      composer.is_sending = false
      if is_sent then
        finish(composer)
      elseif vim.api.nvim_buf_is_valid(composer.buffer) then
        vim.bo[composer.buffer].modified = true
      end
    end)
  end)
end

--- Shows a text that was sent before, or the person's own again.
---@param composer chorus.Composer
---@param step 1|-1 older or newer
local function recall(composer, step)
  local history = composer.history or {}
  local at = math.min(math.max(composer.at + step, 0), #history)
  if at == composer.at then
    return #history == 0 and message.info('no prompt was sent in this project yet')
  end
  if composer.at == 0 then
    composer.own = lines_of(composer)
  end
  composer.at = at
  local lines = at == 0 and composer.own or text.lines(history[at])
  vim.api.nvim_buf_set_lines(composer.buffer, 0, -1, false, lines)
  vim.api.nvim_win_set_cursor(0, { #lines, 0 })
end

---@param composer chorus.Composer
---@param on fun(events: string|string[], handle: fun())
local function keep_while_typing(composer, on)
  local timer = assert(vim.uv.new_timer())
  on({ 'TextChanged', 'TextChangedI', 'TextChangedP' }, function()
    timer:start(
      PAUSE,
      0,
      vim.schedule_wrap(function()
        keep(composer)
      end)
    )
  end)
  on({ 'InsertLeave', 'BufLeave', 'BufUnload' }, function()
    keep(composer)
  end)
  local leaving = vim.api.nvim_create_autocmd('VimLeavePre', {
    callback = function()
      keep(composer)
    end,
  })
  on('BufWipeout', function()
    if not timer:is_closing() then
      timer:close()
    end
    pcall(vim.api.nvim_del_autocmd, leaving)
  end)
end

--- Gets what was sent before.
---@param composer chorus.Composer
local function load_history(composer)
  local task = tasks.get(composer.wish.numbers[1] or 0)
  if task then
    require('chorus.client').request('task_prompts', { task = task.uuid, history = true }, function(err, prompts)
      composer.history = not err and prompts.sent or nil
    end)
  end
end

--- Makes a buffer a composer.
---@param buffer integer
---@param path string
---@param wish chorus.ComposerWish
---@return chorus.Composer
local function set_up(buffer, path, wish)
  local composer = { buffer = buffer, path = path, wish = wish, is_done = false, is_sending = false, at = 0, own = {} }
  local on = save.set_up(buffer, {
    view = 'prompt',
    bufhidden = 'wipe',
    write = function()
      write(composer)
    end,
    keep = function()
      keep(composer)
    end,
    saves = false,
    undone = 'the text is kept, and nothing was sent',
    does = wish.does,
    handlers = {
      close = function()
        keep(composer)
        vim.bo[buffer].modified = false
        place.leave()
        if wish.on_left then
          wish.on_left()
        end
      end,
      earlier = function()
        recall(composer, 1)
      end,
      later = function()
        recall(composer, -1)
      end,
    },
  })
  vim.b[buffer].chorus_is_set_up = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, wish.lines or {})
  vim.bo[buffer].modified = wish.path ~= nil or wish.is_kept == true
  local task = #wish.numbers == 1 and tasks.get(wish.numbers[1]) or nil
  require('chorus.ui.kit.buffer_task').set(buffer, task and task.number, task and task.uuid)
  keep_while_typing(composer, on)
  load_history(composer)
  return composer
end

--- Says what to do, above the text.
---@param composer chorus.Composer
local function say_how(composer)
  local wish = composer.wish
  ---@type chorus.Chunk[]
  local left = { { ' ' .. wish.title, 'ChorusTitle' } }
  if #wish.numbers == 1 then
    local task = tasks.get(wish.numbers[1])
    left[2] = { ' ' .. (task and text.clean(task.title, 24) or ''), 'ChorusHint' }
  end
  local earlier = not wish.lines and require('chorus.ui.kit.keys').first('prompt', 'earlier')
  require('chorus.ui.kit.write_bar').set(
    composer.buffer,
    'prompt',
    left,
    wish.does,
    earlier and { { '  ' .. earlier, 'ChorusKey' }, { ' earlier prompts ', 'ChorusHint' } } or nil
  )
end

--- Opens a composer below the other windows.
---@param wish chorus.ComposerWish
function M.open(wish)
  local path = wish.path or prompt_files:new_path()
  local buffer = vim.api.nvim_create_buf(true, false)
  vim.api.nvim_buf_set_name(buffer, prompt_files:name_of(path))
  local composer = set_up(buffer, path, wish)
  place.split_below(buffer, math.max(8, math.floor(vim.o.lines * 0.3)))
  say_how(composer)
  vim.bo[buffer].filetype = 'markdown'
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(buffer), 0 })
  keep(composer)
  if not wish.lines then
    vim.cmd.startinsert()
  end
end

--- What sends a text to tasks.
---@param numbers integer[]
---@param raw boolean
local function sender(numbers, raw)
  return function(prompt, after)
    local found = vim.tbl_map(tasks.get, numbers)
    if #found < #numbers then
      message.fail('a task that the prompt is for is gone', 'the text is kept')
      return after(false)
    end
    require('chorus.send_prompt').run(found, prompt, { raw = raw, after = after })
  end
end

---@param numbers integer[]
---@return string
local function verb_of(numbers)
  local are_pending = vim.iter(numbers):any(function(number)
    local task = tasks.get(number)
    return task ~= nil and task.status == 'pending'
  end)
  return are_pending and 'starts it with this, after asking' or 'sends it'
end

--- Opens an unfinished prompt.
---@param path string
function M.resume(path)
  if not vim.uv.fs_stat(path) then
    return
  end
  path = prompt_files:adopt(path)
  local numbers, lines = prompt_files.read(path)
  local to = vim.tbl_map(function(number)
    return { number = number }
  end, numbers)
  M.open({
    numbers = numbers,
    title = 'Prompt for ' .. phrase.numbers(to),
    does = verb_of(numbers),
    lines = lines,
    path = path,
    send = sender(numbers, false),
  })
end

--- Opens a composer for tasks. Offers unfinished prompts first.
---@param found chorus.Task[]
---@param options? { raw?: boolean, lines?: string[], is_kept?: boolean } with `is_kept`, the lines are kept at once
function M.open_for(found, options)
  options = options or {}
  local numbers = vim.tbl_map(function(task)
    return task.number
  end, found)
  -- The output floats, and closes for the split.
  local output_of = vim.b.chorus_view == 'output' and vim.b.chorus_uuid
  local function open_new()
    M.open({
      numbers = numbers,
      title = (options.raw and 'Text, typed as it is, for ' or 'Prompt for ') .. phrase.numbers(found),
      does = verb_of(numbers),
      lines = options.lines,
      is_kept = options.is_kept,
      on_left = output_of and function()
        require('chorus.dispatch').run('output', { task = output_of })
      end or nil,
      send = sender(numbers, options.raw or false),
    })
  end
  local left = options.lines and {} or prompt_files:unfinished()
  if #left == 0 then
    return open_new()
  end
  local choices = { { title = 'A new prompt for ' .. phrase.numbers(found) } }
  vim.list_extend(choices, left)
  choices[#choices + 1] =
    { title = #left == 1 and 'Delete the kept prompt' or 'Delete the kept prompts', discards = true }
  require('chorus.picker').pick(choices, {
    prompt = #left == 1 and 'A prompt was not sent:' or ('%d prompts were not sent:'):format(#left),
    kind = 'chorus_prompt',
    format = function(choice)
      local age = choice.at and '  ' .. text.age((os.time() - choice.at) * 1000) or ''
      return text.clean(choice.title, 60) .. age
    end,
  }, function(choice)
    if choice and choice.path then
      M.resume(choice.path)
    elseif choice and choice.discards then
      for _, each in ipairs(left) do
        prompt_files:remove(each.path)
      end
      open_new()
    elseif choice then
      open_new()
    end
  end)
end

--- Makes a buffer named `chorus://prompt/…` that prompt: one of a session, say. For `BufReadCmd`.
---@param buffer integer
function M.read(buffer)
  if vim.b[buffer].chorus_is_set_up then
    return
  end
  local path = prompt_files:path_of(vim.api.nvim_buf_get_name(buffer))
  local fault = prompt_files.fault_of(path)
  if fault then
    return require('chorus.ui.kit.plain_text').explain(buffer, fault)
  end
  vim.schedule(function()
    pcall(vim.api.nvim_buf_delete, buffer, { force = true })
    M.resume(path --[[@as string]])
  end)
end

return M
