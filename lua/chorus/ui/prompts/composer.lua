--- The buffer for a prompt: as many lines as it takes, `:w` sends it. A file keeps what is typed, as for a new task.
local delivery = require('chorus.ui.prompts.delivery')
local fill_in = require('chorus.ui.kit.fill_in')
local keep_typed = require('chorus.ui.kit.keep_typed')
local message = require('chorus.message')
local place = require('chorus.ui.kit.place')
local prompt_files = require('chorus.ui.prompts.prompt_files')
local save = require('chorus.ui.kit.save')
local tasks = require('chorus.tasks')
local text = require('chorus.text')

local M = {}

---@class chorus.ComposerWish
---@field purpose chorus.Purpose
---@field lines? string[] the text to begin with
---@field path? string its file, of a text that was kept
---@field is_kept? boolean the text is the person's: it is kept at once
---@field origin? chorus.Origin where the person was, for placeholders
---@field is_filled? boolean placeholders in the text are words: they were filled in, or are none
---@field on_left? fun() the person is done: what the composer took the place of comes back
---@field on_reply? fun(is_sent: boolean, newer?: chorus.Opened) after each attempt to send the text

---@class chorus.Composer: chorus.Filling
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

--- The lines of the earlier prompt that is shown; nil while the person's own text is.
---@param composer chorus.Composer
---@return string[]?
local function recalled(composer)
  local earlier = composer.at > 0 and (composer.history or {})[composer.at] or nil
  return earlier and text.editable(earlier)
end

--- The person's own lines: those of the buffer, unless it shows an earlier prompt as that was sent.
---@param composer chorus.Composer
---@return string[]
local function own_lines(composer)
  local lines = lines_of(composer)
  return vim.deep_equal(lines, recalled(composer)) and composer.own or lines
end

--- Writes the file when there is something to lose.
---@param composer chorus.Composer
local function keep(composer)
  if composer.is_done or not vim.api.nvim_buf_is_loaded(composer.buffer) then
    return
  end
  local lines, wish = own_lines(composer), composer.wish
  local is_mine = wish.path or wish.is_kept or not vim.deep_equal(lines, wish.lines)
  if not is_mine or not table.concat(lines):find('%S') then
    return prompt_files:remove(composer.path)
  end
  local fault = prompt_files.write(composer.path, wish.purpose, lines)
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

--- Says what to do, above the text.
---@param composer chorus.Composer
local function say_how(composer)
  local wish = composer.wish
  ---@type chorus.Chunk[]
  local left = { { ' ' .. delivery.title(wish.purpose), 'ChorusTitle' } }
  if #wish.purpose.to == 1 then
    local task = tasks.get(wish.purpose.to[1].uuid or '')
    -- The keys beside it are worth more than the end of a title.
    local room = math.max(12, vim.o.columns - 62)
    left[2] = { ' ' .. (task and text.clean(task.title, room) or ''), 'ChorusHint' }
  end
  local earlier = not wish.lines and require('chorus.ui.kit.keys').first('prompt', 'earlier')
  require('chorus.ui.kit.write_bar').set(
    composer.buffer,
    'prompt',
    left,
    delivery.does(wish.purpose),
    earlier and { { '  ' .. earlier, 'ChorusKey' }, { ' earlier prompts ', 'ChorusHint' } } or nil
  )
end

--- The buffer is about its one task.
---@param composer chorus.Composer
local function name_task(composer)
  local to = composer.wish.purpose.to
  local only = #to == 1 and to[1] or nil
  require('chorus.ui.kit.buffer_task').set(composer.buffer, only and only.number, only and only.uuid)
end

--- Goes on after an attempt to send the text from a composer that was left meanwhile: its file has what nobody got yet.
---@param composer chorus.Composer
---@param sent string[] the lines
---@param left chorus.Recipient[] those that did not get them
local function go_on_without(composer, sent, left)
  if not vim.uv.fs_stat(composer.path) then
    return
  end
  local purpose, lines = prompt_files.read(composer.path)
  if #left > 0 then
    purpose.to = left
    prompt_files.write(composer.path, purpose, lines)
  elseif vim.deep_equal(lines, sent) then
    prompt_files:remove(composer.path)
  end
end

--- Goes on after an attempt to send the text.
---@param composer chorus.Composer
---@param sent string[] the lines
---@param left chorus.Recipient[] those that did not get them
local function go_on(composer, sent, left)
  composer.is_sending = false
  if not vim.api.nvim_buf_is_loaded(composer.buffer) then
    return go_on_without(composer, sent, left)
  end
  if #left == 0 and vim.deep_equal(lines_of(composer), sent) then
    return finish(composer)
  elseif #left == 0 then
    message.info('the prompt was sent without what you typed since `:w`', 'the text stays here; `:w` sends all of it')
  else
    composer.wish.purpose.to = left
    name_task(composer)
    say_how(composer)
  end
  vim.bo[composer.buffer].modified = true
  keep(composer)
end

--- `:w`.
---@param composer chorus.Composer
local function write(composer)
  if composer.is_sending or composer.is_filling then
    return
  end
  keep(composer)
  local lines, wish = lines_of(composer), composer.wish
  local prompt = table.concat(lines, '\n')
  if not prompt:find('%S') then
    return save.refuse('the prompt is empty', 'write what the agent should do')
  elseif not composer.is_filled and require('chorus.editor.placeholders').has(prompt) then
    composer.is_filling = true
    -- A buffer that is being written cannot be changed. Who undoes the change sends the placeholders as words.
    return vim.schedule(function()
      fill_in.start(composer, lines, 0, prompt, delivery.does(wish.purpose), function()
        keep(composer)
      end)
    end)
  end
  composer.is_sending = true
  -- A question may come first, which cannot be asked while the buffer is being written.
  vim.schedule(function()
    delivery.send(wish.purpose, prompt, function(left, newer)
      go_on(composer, lines, left)
      if wish.on_reply then
        wish.on_reply(#left == 0, newer)
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
  -- An earlier prompt that was changed is the person's own text from then on.
  composer.own = own_lines(composer)
  composer.at = at
  local lines = recalled(composer) or composer.own
  vim.api.nvim_buf_set_lines(composer.buffer, 0, -1, false, lines)
  vim.api.nvim_win_set_cursor(0, { #lines, 0 })
end

--- Gets what was sent before.
---@param composer chorus.Composer
local function load_history(composer)
  local first = composer.wish.purpose.to[1]
  if first and first.uuid then
    require('chorus.client').request('task_prompts', { task = first.uuid, history = true }, function(err, prompts)
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
  composer.origin, composer.is_filling = wish.origin, false
  composer.is_filled = wish.is_filled or wish.purpose.kind ~= 'prompt'
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
    does = delivery.does(wish.purpose),
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
      follow = require('chorus.ui.prompts.mentions').follow,
    },
  })
  vim.b[buffer].chorus_is_set_up = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, wish.lines or {})
  vim.bo[buffer].modified = wish.path ~= nil or wish.is_kept == true
  name_task(composer)
  keep_typed.watch(on, function()
    keep(composer)
  end)
  keep_typed.begin_again(on, buffer, function()
    composer.at = 0
    return vim.uv.fs_stat(path) and select(2, prompt_files.read(path)) or nil
  end, function()
    return wish.lines or {}
  end)
  require('chorus.ui.prompts.mentions').set_up(buffer, "v:lua.require'chorus.ui.prompts.mentions'.complete")
  load_history(composer)
  return composer
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
  require('chorus.ui.kit.filetype').set(buffer, 'markdown')
  -- A plan is read first.
  vim.api.nvim_win_set_cursor(0, { wish.purpose.kind == 'plan' and 1 or vim.api.nvim_buf_line_count(buffer), 0 })
  keep(composer)
  if not wish.lines then
    vim.cmd.startinsert()
  end
end

--- Opens an unfinished prompt.
---@param path string
function M.resume(path)
  if not vim.uv.fs_stat(path) then
    return
  end
  path = prompt_files:adopt(path)
  local purpose, lines = prompt_files.read(path)
  delivery.identify(purpose.to)
  M.open({ purpose = purpose, lines = lines, path = path })
end

--- Opens a composer for tasks. Offers unfinished prompts first.
---@param found chorus.Task[]
---@param options? { raw?: boolean, lines?: string[], is_kept?: boolean, is_filled?: boolean, origin?: chorus.Origin } with
---`is_kept`, the lines are kept at once
function M.open_for(found, options)
  options = options or {}
  local to = vim.tbl_map(delivery.recipient, found)
  -- The output floats, and closes for the split.
  local output_of = vim.b.chorus_view == 'output' and vim.b.chorus_uuid
  local function open_new()
    M.open({
      purpose = { kind = options.raw and 'raw' or 'prompt', to = to },
      lines = options.lines,
      is_kept = options.is_kept,
      is_filled = options.is_filled,
      origin = options.origin,
      on_left = output_of and function()
        require('chorus.dispatch').run('output', { task = output_of })
      end or nil,
    })
  end
  local left = options.lines and {} or prompt_files:unfinished()
  if #left == 0 then
    return open_new()
  end
  require('chorus.ui.prompts.prompt_offer').show(left, delivery.names(to), open_new)
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
