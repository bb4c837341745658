--- What the keys of a request's window do. Each acts on the request that the window shows at that moment, and what comes
--- back later (a reason, a choice, a reply) acts on the same one or on none.
local answer = require('chorus.answer')
local dialog_rows = require('chorus.ui.requests.dialog_rows')
local message = require('chorus.message')
local question_rows = require('chorus.ui.requests.question_rows')
local text = require('chorus.text')

local M = {}

--- Shown above a request that is open in place of the one that was answered.
M.NEWER = 'Another request is open now:'

local function has_gone_on()
  message.info('the window shows another request by now', 'nothing was answered')
end

--- Whether the window takes an answer now. Says why where a person could wonder.
---@param window chorus.RequestWindow
---@return boolean
local function is_ready(window)
  if window.is_settling then
    message.info('this request came just now', 'press the key again to answer it')
  end
  return window.request ~= nil and not window.is_closed and not window.is_settling
end

--- The open request to show after one was answered: the next oldest, beginning again at the end.
---@param window chorus.RequestWindow
---@return chorus.Opened?
local function following(window)
  local answered = {}
  for _, request in ipairs(window.together or { window.request }) do
    answered[request.id] = true
  end
  local first
  for _, request in ipairs(window.requests()) do
    if not answered[request.id] then
      first = first or request
      if request.opened_at >= window.request.opened_at then
        return request
      end
    end
  end
  return first
end

--- After an answer: shows the request that is open instead, or the next one, or closes the window.
---@param window chorus.RequestWindow
---@return chorus.AfterAnswer
local function after(window)
  local is_same = window:same_later()
  return function(newer)
    if not is_same() then
      return
    elseif newer then
      return window:show(newer, { notice = M.NEWER, by_itself = true })
    end
    local request = window.goes_on and following(window)
    if request then
      window:show(request, { by_itself = true })
    elseif window.is_preview then
      window:show(nil)
    else
      window.float:close()
    end
  end
end

---@param window chorus.RequestWindow
---@param rule? integer
local function approve(window, rule)
  if window.together then
    answer.approve_all(window.together, after(window))
  else
    answer.approve(window.request, rule, after(window))
  end
end

---@param window chorus.RequestWindow
---@param reason? string
local function deny(window, reason)
  answer.deny(window.together or { window.request }, reason, after(window))
end

--- Picks one of several rules by its sentence.
---@param window chorus.RequestWindow
local function approve_always(window)
  local request, is_same = window.request, window:same_later()
  local choices = {}
  for index, suggestion in ipairs(request.suggestions) do
    choices[index] = { index = index - 1, text = text.clean(suggestion) }
  end
  require('chorus.picker').pick(choices, {
    prompt = 'Allow for the rest of this session:',
    kind = 'chorus_rule',
    format = function(choice)
      return choice.text
    end,
  }, function(choice)
    if not choice then
      return
    elseif not is_same() or window.is_closed then
      return has_gone_on()
    end
    approve(window, choice.index)
  end)
end

--- Sends the answers once every question has one; goes to the first that has none.
---@param window chorus.RequestWindow
local function send_answers(window)
  local answers = {}
  for number, question in ipairs(question_rows.questions(window.request)) do
    local labels = { window.answers.words[number] }
    for index, option in ipairs(question_rows.options(question)) do
      if (window.answers.chosen[number] or {})[index] then
        labels[#labels + 1] = option.label
      end
    end
    if #labels == 0 then
      window.answers.at = number
      return window:draw()
    end
    answers[tostring(question.question)] = table.concat(labels, ', ')
  end
  answer.answer(window.request, answers, after(window))
end

--- After a single choice: the next question, or all answers on their way.
---@param window chorus.RequestWindow
local function go_on(window)
  local questions = question_rows.questions(window.request)
  if window.answers.at < #questions then
    window.answers.at = window.answers.at + 1
    window:draw()
  else
    send_answers(window)
  end
end

---@param window chorus.RequestWindow
---@param number integer the question
---@param index integer its option
local function choose_option(window, number, index)
  local question = question_rows.questions(window.request)[number]
  if not question or not question_rows.options(question)[index] then
    return
  end
  local answers = window.answers
  answers.at, answers.words[number] = number, nil
  if question.multiSelect == true then
    local chosen = answers.chosen[number] or {}
    answers.chosen[number] = chosen
    chosen[index] = not chosen[index] or nil
    return window:draw()
  end
  answers.chosen[number] = { [index] = true }
  go_on(window)
end

--- Proposes a rule that would have answered the request, and comes back to where the person was.
---@param window chorus.RequestWindow
local function propose_rule(window)
  local request, was_in_inbox =
    window.request, --[[@as chorus.Opened]]
    window.is_preview
  require('chorus.ui.requests.propose_rule').propose(request, function(is_answered)
    local is_open = not is_answered
      and vim.iter(window.requests()):any(function(open)
        return open.id == request.id
      end)
    if was_in_inbox then
      local at = is_open and request or following(window)
      return at and require('chorus.ui.requests.inbox').open(at)
    elseif is_open then
      require('chorus.ui.requests.request').open(request)
    end
  end)
end

--- Goes on after a plan: approves it in a mode, or opens it in a buffer to be changed.
---@param window chorus.RequestWindow
---@param way chorus.PlanWay
local function go_on_after_plan(window, way)
  if way.rule then
    return approve(window, way.rule)
  end
  -- The buffer for the plan takes the place of the inbox, which comes back with the next request.
  local was_in_inbox = window.is_preview
  require('chorus.ui.requests.plan_edit').open(window.request, function()
    if was_in_inbox and #window.requests() > 0 then
      require('chorus.ui.requests.inbox').open()
    end
  end)
end

--- Chooses an option of a dialog on the agent's screen, which the daemon reads again first.
---@param window chorus.RequestWindow
---@param option? { label: string, means?: string }
local function choose_in_dialog(window, option)
  if not option then
    return
  elseif option.means == 'no' then
    return deny(window)
  elseif option.means == 'yes' then
    return approve(window)
  end
  answer.answer(window.request, { [''] = option.label }, after(window))
end

--- Chooses what a digit stands for.
---@param window chorus.RequestWindow
---@param digit integer
function M.choose(window, digit)
  if not is_ready(window) or window.together then
    return
  end
  local request = window.request --[[@as chorus.Opened]]
  local way = window:plan_ways()[digit]
  if way then
    go_on_after_plan(window, way)
  elseif request.kind == 'question' and request.answerable == 'hook' then
    choose_option(window, window.answers.at, digit)
  elseif request.answerable ~= 'hook' then
    choose_in_dialog(window, dialog_rows.option(request, digit))
  end
end

--- Chooses the option in the cursor's row; true when there is one.
---@param window chorus.RequestWindow
---@return boolean
local function choose_under_cursor(window)
  local option, number = window:option_under_cursor()
  if not option then
    return false
  end
  local request = window.request --[[@as chorus.Opened]]
  if number then
    choose_option(window, number, option)
  elseif request.answerable == 'hook' then
    go_on_after_plan(window, window:plan_ways()[option])
  else
    choose_in_dialog(window, dialog_rows.options(request)[option])
  end
  return true
end

--- Whether a question has an answer.
---@param window chorus.RequestWindow
---@param number integer
---@return boolean
local function is_answered(window, number)
  return window.answers.words[number] ~= nil or next(window.answers.chosen[number] or {}) ~= nil
end

--- Whether the request that is shown asks questions and each of them has an answer.
---@param window chorus.RequestWindow
---@return boolean
function M.has_all_answers(window)
  local request = window.request
  if not request or request.kind ~= 'question' or request.answerable ~= 'hook' then
    return false
  end
  local questions = question_rows.questions(request)
  for number = 1, #questions do
    if not is_answered(window, number) then
      return false
    end
  end
  return #questions > 0
end

--- `<CR>`: sends what was chosen; where nothing was, chooses the option in the cursor's row.
---@param window chorus.RequestWindow
local function submit(window)
  local request = window.request --[[@as chorus.Opened]]
  if request.kind ~= 'question' or request.answerable ~= 'hook' then
    choose_under_cursor(window)
    return
  end
  if M.has_all_answers(window) or not choose_under_cursor(window) then
    send_answers(window)
  end
end

--- Answers the current question in the person's own words.
---@param window chorus.RequestWindow
local function answer_in_own_words(window)
  local at, is_same = window.answers.at, window:same_later()
  require('chorus.picker').input({ prompt = 'Your answer: ' }, function(words)
    if not words or words == '' then
      return
    elseif not is_same() or window.is_closed then
      return has_gone_on()
    end
    window.answers.at, window.answers.words[at], window.answers.chosen[at] = at, words, nil
    go_on(window)
  end)
end

--- Answers a question on the agent's screen in words, which the daemon types.
---@param window chorus.RequestWindow
local function answer_on_screen(window)
  local request, is_same = window.request, window:same_later()
  require('chorus.picker').input({ prompt = 'Your answer: ' }, function(words)
    if not words or words == '' then
      return
    elseif not is_same() or window.is_closed then
      return has_gone_on()
    end
    answer.answer(request, { [''] = words }, after(window))
  end)
end

--- Goes to the next question, or the one before, beginning again at the end.
---@param window chorus.RequestWindow
---@param direction 1|-1
local function turn_to_question(window, direction)
  local count = window.request and window.request.kind == 'question' and #question_rows.questions(window.request) or 0
  if count > 1 then
    window.answers.at = (window.answers.at - 1 + direction) % count + 1
    window:draw()
  end
end

--- What the keys of a window do, by action.
---@param window chorus.RequestWindow
---@return table<string, fun()>
function M.handlers(window)
  --- Runs `act` where the window takes answers.
  local function ready(act)
    return function()
      if is_ready(window) then
        act(window)
      end
    end
  end
  return {
    approve = ready(function()
      if window.request.kind == 'question' and not window.together then
        return message.info('this is a question', 'choose an answer by its digit')
      end
      approve(window)
    end),
    always = ready(function()
      local rules = window.request.suggestions
      if window.together then
        message.info('several requests can only be allowed once', 'answer each of them separately')
      elseif #rules == 0 then
        message.info('the agent offers no rule for this', 'allow it once')
      elseif #rules == 1 then
        approve(window, 0)
      else
        approve_always(window)
      end
    end),
    rule = ready(propose_rule),
    deny = ready(function()
      deny(window)
    end),
    submit = ready(submit),
    choose = ready(choose_under_cursor),
    other = ready(function()
      if dialog_rows.takes_words(window.request) then
        answer_on_screen(window)
      elseif window.request.kind == 'question' and window.request.answerable == 'hook' then
        answer_in_own_words(window)
      end
    end),
    next_question = function()
      turn_to_question(window, 1)
    end,
    previous_question = function()
      turn_to_question(window, -1)
    end,
    equal = ready(function()
      require('chorus.ui.requests.approve_together').all_like(window.request, window.requests())
    end),
  }
end

return M
