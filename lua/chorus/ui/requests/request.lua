--- Shows one request with keys to answer it.
local answer = require('chorus.answer')
local canvas = require('chorus.ui.kit.canvas')
local file_reader = require('chorus.ui.requests.file_reader')
local float = require('chorus.ui.kit.float')
local listen = require('chorus.ui.kit.listen')
local phrase = require('chorus.phrase')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')
local preview = require('chorus.ui.requests.preview')
local question_rows = require('chorus.ui.requests.question_rows')

local M = {}

--- Shown above a request that is open in place of the one that was answered.
local NEWER = 'Another request is open now:'

---@class chorus.RequestWindow
---@field request chorus.Opened
---@field float chorus.Float
---@field answers chorus.Answers
---@field notice? string
---@field is_closed boolean
---@field read fun(path: string): string?, boolean a file as it was when the request was first shown
---@field together? chorus.Opened[] requests for the same thing, which are allowed together

---@type chorus.RequestWindow?
local shown

local function title(window)
  local request, together = window.request, window.together
  local task = require('chorus.tasks').get(request.task)
  local icon = require('chorus.icons').of('waiting')
  local chunks = {
    { (' %s %s '):format(icon, request.kind), 'ChorusRequest' },
    { text.age(status.now() - request.opened_at), 'ChorusAge' },
    { ('  %s  '):format(phrase.numbers(together or { request })), 'ChorusNumber' },
  }
  if together then
    return chunks
  end
  vim.list_extend(chunks, task and status.labels(task) or {})
  chunks[#chunks + 1] = { task and text.clean(task.title) .. ' ' or '', 'ChorusTitle' }
  return chunks
end

local function hints(window)
  local request = window.request
  local actions = { 'approve', 'always', 'deny', 'output', 'close', 'help' }
  if window.is_closed then
    actions = { 'close', 'output' }
  elseif window.together then
    actions = { 'approve', 'close', 'help' }
  elseif request.answerable == 'terminal' then
    actions = { 'attach', 'output', 'close' }
  elseif request.kind == 'question' then
    actions = { 'other', 'deny', 'output', 'close', 'help' }
    local questions = question_rows.questions(request)
    if #questions > 1 or (questions[1] or {}).multiSelect == true then
      table.insert(actions, 1, 'submit')
    end
  elseif #request.suggestions == 0 then
    table.remove(actions, 2)
  end
  local width = window.float and window.float:size() or 70
  local chunks =
    require('chorus.ui.kit.keys').hints('request', actions, width - (request.kind == 'question' and 14 or 2))
  if request.kind == 'question' and not window.is_closed then
    chunks = vim.list_extend({ { ' 1-9', 'ChorusKey' }, { ' choose ', 'ChorusHint' } }, chunks)
  end
  return chunks
end

local function rows_of(window)
  return preview.rows(window.request, {
    read = window.read,
    answers = window.answers,
    notice = window.notice,
    together = window.together,
  })
end

--- Columns and lines that show the rows whole, where the screen has them.
---@param rows chorus.Row[]
---@return integer width
---@return integer height
local function size_of(rows)
  local longest = 72
  for _, row in ipairs(rows) do
    longest = math.max(longest, text.width(row.text) + 2)
  end
  local width = math.min(longest, 110, vim.o.columns - 4)
  local height = 1
  for _, row in ipairs(rows) do
    height = height + math.max(1, math.ceil(text.width(row.text) / width))
  end
  return width, height
end

local function redraw(window)
  if window.float:is_open() then
    canvas.draw(window.float.buffer, rows_of(window))
    window.float:update({ title = title(window), footer = hints(window) })
  end
end

--- Shows a request in a window that is open.
---@param window chorus.RequestWindow
---@param request chorus.Opened
---@param notice? string
---@param together? chorus.Opened[]
local function show(window, request, notice, together)
  if not window.float:is_open() then
    return
  end
  window.request, window.notice, window.is_closed, window.read = request, notice, false, file_reader()
  window.answers = { at = 1, chosen = {}, words = {} }
  window.together = together
  require('chorus.ui.kit.buffer_task').set(window.float.buffer, request.number, request.task)
  window.float:show_whole()
  local width, height = size_of(rows_of(window))
  window.float:update({ width = width, height = height })
  redraw(window)
  pcall(vim.api.nvim_win_set_cursor, window.float.window, { 1, 0 })
end

--- A function that says whether the window still shows what it shows now. A prompt or a reply takes time, and the person may
--- have gone on to another request, or the agent may have changed this one.
---@param window chorus.RequestWindow
---@return fun(): boolean
local function same_later(window)
  local request, together = window.request, window.together
  return function()
    return window.request == request and window.together == together and window.float:is_open()
  end
end

--- After an answer: closes the window, or shows the request that is open instead.
local function close_or_follow(window)
  local is_same = same_later(window)
  return function(newer)
    if not is_same() then
      return
    elseif newer then
      show(window, newer, NEWER)
    else
      window.float:close()
    end
  end
end

local function answer_question(window)
  local questions, answers = question_rows.questions(window.request), {}
  for number, question in ipairs(questions) do
    local labels = { window.answers.words[number] }
    for index, option in ipairs(question_rows.options(question)) do
      if (window.answers.chosen[number] or {})[index] then
        labels[#labels + 1] = option.label
      end
    end
    if #labels == 0 then
      window.answers.at = number
      return redraw(window)
    end
    answers[tostring(question.question)] = table.concat(labels, ', ')
  end
  answer.answer(window.request, answers, close_or_follow(window))
end

--- After a single choice: the next question, or all answers on their way.
local function go_on(window)
  local questions = question_rows.questions(window.request)
  if window.answers.at < #questions then
    window.answers.at = window.answers.at + 1
    redraw(window)
  else
    answer_question(window)
  end
end

local function choose(window, index)
  local number = window.answers.at
  local question = question_rows.questions(window.request)[number]
  if window.is_closed or not question or not question_rows.options(question)[index] then
    return
  end
  local chosen = window.answers.chosen[number] or {}
  window.answers.chosen[number] = chosen
  if question.multiSelect == true then
    chosen[index] = not chosen[index] or nil
    return redraw(window)
  end
  window.answers.chosen[number] = { [index] = true }
  go_on(window)
end

local function approve(window, rule)
  if window.is_closed then
    return
  elseif window.together then
    answer.approve_all(window.together, close_or_follow(window))
  elseif window.request.kind == 'question' then
    require('chorus.message').info('this is a question', 'choose an answer by its digit')
  else
    answer.approve(window.request, rule, close_or_follow(window))
  end
end

local function allow_only()
  require('chorus.message').info('several requests can only be allowed together', 'answer each of them separately')
end

local function approve_always(window)
  local request, is_same = window.request, same_later(window)
  if window.together then
    return allow_only()
  elseif #request.suggestions == 0 then
    return require('chorus.message').info('the agent offers no rule for this', 'allow it once')
  end
  local choices = {}
  for index, suggestion in ipairs(request.suggestions) do
    choices[index] = { index = index - 1, text = text.clean(suggestion) }
  end
  vim.ui.select(choices, {
    prompt = 'Allow for the rest of this session:',
    kind = 'chorus_rule',
    format_item = function(choice)
      return choice.text
    end,
  }, function(choice)
    if choice and is_same() then
      approve(window, choice.index)
    elseif choice then
      require('chorus.message').info('the window shows another request by now', 'nothing was answered')
    end
  end)
end

local function handlers(window)
  return {
    close = function()
      window.float:close()
    end,
    approve = function()
      approve(window)
    end,
    always = function()
      approve_always(window)
    end,
    rule = function()
      require('chorus.ui.requests.propose_rule').propose(window.request)
    end,
    deny = function()
      if window.together then
        allow_only()
      elseif not window.is_closed then
        answer.deny(window.request, nil, close_or_follow(window))
      end
    end,
    submit = function()
      if window.request.kind == 'question' and not window.is_closed then
        answer_question(window)
      end
    end,
    other = function()
      if window.request.kind ~= 'question' or window.is_closed then
        return
      end
      local at, is_same = window.answers.at, same_later(window)
      vim.ui.input({ prompt = 'Your answer: ' }, function(words)
        if not words or words == '' then
          return
        elseif not is_same() or window.is_closed then
          return require('chorus.message').info('the window shows another request by now', 'nothing was answered')
        end
        window.answers.at, window.answers.words[at], window.answers.chosen[at] = at, words, nil
        go_on(window)
      end)
    end,
  }
end

local function listen_for(window)
  listen.to(window.float.buffer, { 'ChorusRequestOpened', 'ChorusRequestClosed' }, function(data, event)
    local is_meant = vim.iter(window.together or { window.request }):any(function(request)
      return data.request and data.request.id == request.id
    end)
    if not is_meant then
      return
    elseif window.together then
      window.is_closed, window.notice = true, 'One of these has changed. Select them again.'
      redraw(window)
    elseif event == 'ChorusRequestOpened' then
      show(window, data.request, 'This request has changed while you looked at it.')
    else
      window.is_closed = true
      window.notice = ('Answered already: %s.'):format(data.request.outcome or 'gone')
      redraw(window)
    end
  end)
end

---@param request chorus.Opened
---@param notice? string
---@param together? chorus.Opened[]
local function open(request, notice, together)
  if shown and shown.float:is_open() then
    local is_same = shown.request.id == request.id and not together and not shown.together
    if not is_same or shown.is_closed then
      show(shown, request, notice, together)
    end
    return vim.api.nvim_set_current_win(shown.float.window)
  end
  require('chorus.highlight').setup()
  local window = {
    request = request,
    notice = notice,
    together = together,
    answers = { at = 1, chosen = {}, words = {} },
    is_closed = false,
    read = file_reader(),
  }
  local buffer = float.scratch('request')
  require('chorus.ui.kit.buffer_task').set(buffer, request.number, request.task)
  local width, height = size_of(rows_of(window))
  window.float = float.open(buffer, { width = width, height = height, title = title(window) })
  shown = window
  window.float:show_whole()
  require('chorus.ui.kit.keys').set('request', buffer, handlers(window), function()
    return window.request.task
  end)
  for index = 1, 9 do
    vim.keymap.set('n', tostring(index), function()
      choose(window, index)
    end, { buffer = buffer, nowait = true, desc = 'Chorus: answer ' .. index })
  end
  listen_for(window)
  redraw(window)
end

--- Shows a whole request, in the window of another one if that is open.
---@param request chorus.Opened
---@param notice? string a line above the request
function M.open(request, notice)
  open(request, notice)
end

--- Shows what several requests ask for, which is the same. Allowing it allows all of them.
---@param requests chorus.Opened[]
function M.open_together(requests)
  open(requests[1], nil, requests)
end

--- After an answer that came too late: shows the request that is open instead.
---@param newer? chorus.Opened
function M.open_newer(newer)
  if newer then
    M.open(newer, NEWER)
  end
end

--- Shows the oldest open request of a task.
---@param task chorus.Task
function M.open_for(task)
  local request = answer.oldest(task)
  if request then
    M.open(request)
  end
end

--- Refuses a request after asking for a reason, and shows a newer one.
---@param request chorus.Opened
function M.deny(request)
  answer.deny(request, nil, M.open_newer)
end

--- Refuses the oldest open request of a task.
---@param task chorus.Task
function M.deny_for(task)
  local request = answer.oldest(task)
  if request then
    M.deny(request)
  end
end

return M
