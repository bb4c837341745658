--- Verbs that answer an agent's request.

local answer = require('chorus.answer')
local given = require('chorus.verbs.call')

---@type table<string, fun(call: chorus.Call, verb: chorus.Verb)>
local run = {}

local function open_newer(newer)
  require('chorus.ui.requests.request').open_newer(newer)
end

function run.approve(call, verb)
  given.with_request(verb, call, function(request)
    if request.kind == 'question' then
      return require('chorus.ui.requests.request').open(request)
    end
    answer.approve(request, nil, open_newer)
  end)
end

function run.deny(call, verb)
  given.with_request(verb, call, function(request)
    answer.deny({ request }, given.some(call.args), open_newer)
  end)
end

--- What a word means as the answer to a question: its options by their numbers, else the word itself.
---@param labels string[]
---@param word string
---@param takes_several boolean
---@return string
local function meant(labels, word, takes_several)
  local chosen = {}
  for _, part in ipairs(takes_several and vim.split(word, ',', { plain = true }) or { word }) do
    local number = tonumber(vim.trim(part):match('^%d+$'))
    local label = number and labels[number]
    if not label then
      return word
    end
    chosen[#chosen + 1] = label
  end
  return table.concat(chosen, ', ')
end

---@param options { label: string }[]
---@return string[]
local function labels_of(options)
  return vim.tbl_map(function(option)
    return option.label
  end, options)
end

--- The words of an answer; quotes keep blanks together.
---@param typed string
---@return string[]
local function words_of(typed)
  local found, at = {}, 1
  while at <= #typed do
    local from, to, word = typed:find('^%s*"([^"]*)"', at)
    if not from then
      from, to, word = typed:find('^%s*(%S+)', at)
    end
    if not from then
      break
    end
    found[#found + 1], at = word, to + 1
  end
  return found
end

--- The answers that a text gives, by question; nil when it has not one word for each of several questions.
---@param request chorus.Opened
---@param typed string
---@return table<string, string>?
local function answers_of(request, typed)
  local question_rows = require('chorus.ui.requests.question_rows')
  local questions = question_rows.questions(request)
  if #questions == 0 then
    local options = require('chorus.ui.requests.dialog_rows').options(request)
    return { [''] = meant(labels_of(options), typed, false) }
  elseif #questions == 1 then
    local labels = labels_of(question_rows.options(questions[1]))
    return { [''] = meant(labels, typed, questions[1].multiSelect == true) }
  end
  local words, answers = words_of(typed), {}
  for index, question in ipairs(questions) do
    local labels = labels_of(question_rows.options(question))
    answers[tostring(question.question)] = words[index] and meant(labels, words[index], question.multiSelect == true)
  end
  return #words == #questions and answers or nil
end

function run.answer(call, verb)
  given.with_request(verb, call, function(request)
    if call.args == '' then
      return require('chorus.ui.requests.request').open(request)
    end
    local answers = answers_of(request, call.args)
    if not answers then
      local message = 'it asks several questions: say one word for each'
      require('chorus.message').info(('cannot answer #%d: %s'):format(request.number, message))
      return require('chorus.ui.requests.request').open(request)
    end
    answer.answer(request, answers, open_newer)
  end)
end

return run
