--- The window that shows one request. There is one at a time: a float of its own, or the preview of the inbox.
local canvas = require('chorus.ui.kit.canvas')
local elsewhere = require('chorus.elsewhere')
local dialog_rows = require('chorus.ui.requests.dialog_rows')
local file_reader = require('chorus.ui.requests.file_reader')
local float = require('chorus.ui.kit.float')
local phrase = require('chorus.phrase')
local plan_rows = require('chorus.ui.requests.plan_rows')
local preview = require('chorus.ui.requests.preview')
local question_rows = require('chorus.ui.requests.question_rows')
local status = require('chorus.ui.kit.status')
local tasks = require('chorus.tasks')
local text = require('chorus.text')

local M = {}

--- A request that comes by itself takes no keys for so long, in milliseconds: they were meant for the one before.
local SETTLES_WITHIN = 300

---@class chorus.RequestWindow
---@field request? chorus.Opened nothing in an empty inbox
---@field float chorus.Float
---@field answers chorus.Answers
---@field notice? string
---@field is_closed boolean it was answered, here or elsewhere
---@field is_settling boolean it came by itself just now
---@field goes_on boolean after an answer the next request is shown, whose-ever it is
---@field is_preview boolean the inbox has the focus, and places it
---@field read fun(path: string): string?, boolean files as they were when the request was first shown
---@field together? chorus.Opened[] requests for the same thing, which are allowed together
---@field on_show? fun()
---@field requests fun(): chorus.Opened[] those that are gone through, oldest first
---@field shown_count integer grows with each request that is shown
local Window = {}
Window.__index = Window

---@return chorus.Chunk[]
function Window:title()
  local request, together = self.request, self.together
  if not request then
    return { { ' No request ', 'ChorusHint' } }
  end
  local task = tasks.get(request.task)
  local chunks = {
    { (' %s %s '):format(require('chorus.icons').of('waiting'), request.kind), 'ChorusRequest' },
    { text.age(status.now() - request.opened_at), 'ChorusAge' },
    { ('  %s  '):format(phrase.numbers(together or { request })), 'ChorusNumber' },
  }
  if together then
    return chunks
  end
  local place = elsewhere.name_of(request)
  chunks[#chunks + 1] = { place and ('in %s  '):format(text.clean(place, 20)) or '', 'ChorusHint' }
  vim.list_extend(chunks, task and status.labels(task) or {})
  chunks[#chunks + 1] = { task and text.clean(task.title) .. ' ' or '', 'ChorusTitle' }
  return chunks
end

--- Whether a question takes more than one digit.
---@param request chorus.Opened
---@return boolean
local function has_several_choices(request)
  local questions = question_rows.questions(request)
  return #questions > 1 or (questions[1] or {}).multiSelect == true
end

--- The actions to name below the window.
---@return string[]
function Window:actions()
  local request = self.request
  if not request or self.is_settling then
    return {}
  elseif self.is_closed then
    return { 'next_request', 'close', 'output', 'help' }
  elseif self.together then
    return { 'approve', 'deny', 'close', 'help' }
  elseif request.answerable == 'terminal' then
    return { 'attach', 'output', 'close', 'help' }
  elseif dialog_rows.takes_words(request) then
    return { 'other', 'output', 'close', 'help' }
  elseif request.kind == 'question' and request.answerable == 'hook' then
    local actions = { 'other', 'deny', 'output', 'close', 'help' }
    if #question_rows.questions(request) > 1 then
      table.insert(actions, 1, 'next_question')
    end
    if has_several_choices(request) then
      table.insert(actions, 1, 'submit')
    end
    return actions
  end
  local always = #request.suggestions > 0 and request.kind ~= 'plan' and 'always' or nil
  local actions = { 'approve', 'deny', 'output', 'close', 'help' }
  if always then
    table.insert(actions, 2, always)
  end
  return actions
end

--- Whether digits choose something.
---@return boolean
function Window:takes_digits()
  local request = self.request
  if not request or self.is_closed or self.is_settling or self.together then
    return false
  elseif request.answerable == 'hook' then
    return request.kind == 'question' or request.kind == 'plan'
  end
  return request.answerable == 'keys' and #dialog_rows.options(request) > 0
end

---@return chorus.Chunk[]
function Window:hints()
  if self.is_settling then
    return { { ' came just now … ', 'ChorusHint' } }
  end
  local width = self.float and self.float:size() or 70
  local more = self:lines_below()
  local below = more > 0 and ('▼ %d more '):format(more) or ''
  width = width - text.width(below)
  local takes_digits = self:takes_digits()
  local hints = require('chorus.ui.kit.keys').hints('request', self:actions(), width - (takes_digits and 14 or 2))
  if takes_digits then
    hints = vim.list_extend({ { ' 1-9', 'ChorusKey' }, { ' choose ', 'ChorusHint' } }, hints)
  end
  if below ~= '' then
    table.insert(hints, 1, { ' ' .. below, 'ChorusWaiting' })
  end
  return hints
end

--- Lines of the request that lie below the window's end: nobody should answer what they have not seen unawares.
---@return integer
function Window:lines_below()
  if not self.float or not self.float:is_open() then
    return 0
  end
  return math.max(vim.api.nvim_buf_line_count(self.float.buffer) - vim.fn.line('w$', self.float.window), 0)
end

--- Scrolls so that the question which digits answer is seen whole, where that is possible.
function Window:reveal_question()
  local request = self.request
  if not request or request.kind ~= 'question' or self.answers.at == 1 then
    return
  end
  local first, last
  for line = 1, vim.api.nvim_buf_line_count(self.float.buffer) do
    local data = canvas.data(self.float.buffer, line)
    if type(data) == 'table' and data.question == self.answers.at then
      first, last = first or line, line
    end
  end
  for _, line in ipairs({ last, first }) do
    vim.api.nvim_win_set_cursor(self.float.window, { line, 0 })
    vim.api.nvim_win_call(self.float.window, function()
      vim.fn.line('w$')
    end)
  end
end

---@return chorus.Row[]
function Window:rows()
  if not self.request then
    -- The list says that there is none.
    return { canvas.row({}) }
  end
  local ok, rows = pcall(preview.rows, self.request, {
    read = self.read,
    answers = self.answers,
    notice = self.notice,
    together = self.together,
  })
  if ok then
    return rows
  end
  -- What cannot be seen cannot be answered here either.
  self.is_closed = true
  return {
    canvas.row({}),
    canvas.row({ { '  Chorus cannot show this request. Answer it in the terminal.', 'ChorusFailed' } }),
    canvas.row({ { '  ' .. text.clean(rows), 'ChorusHint' } }),
  }
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

--- Draws title and keys again.
function Window:draw_frame()
  self.float:update({ title = self:title(), footer = self:hints() })
end

--- Draws everything again.
function Window:draw()
  if self.float:is_open() then
    canvas.draw(self.float.buffer, self:rows())
    self:reveal_question()
    self:draw_frame()
  end
end

--- Takes no answers until the person can have seen what is shown.
function Window:settle()
  self.is_settling = true
  local count = self.shown_count
  vim.defer_fn(function()
    if self.shown_count == count and self.float:is_open() then
      self.is_settling = false
      self:draw_frame()
    end
  end, SETTLES_WITHIN)
end

---@class chorus.ShowOptions
---@field notice? string a line above the request
---@field together? chorus.Opened[]
---@field by_itself? boolean the person did not ask for it

--- Shows a request, in place of the one before.
---@param request? chorus.Opened
---@param options? chorus.ShowOptions
function Window:show(request, options)
  if not self.float:is_open() then
    return
  end
  options = options or {}
  self.request, self.notice, self.together = request, options.notice, options.together
  self.answers = { at = 1, chosen = {}, words = {} }
  self.is_closed, self.is_settling, self.read = false, false, file_reader()
  self.shown_count = self.shown_count + 1
  if options.by_itself then
    self:settle()
  end
  require('chorus.ui.kit.buffer_task').set(self.float.buffer, request and request.number, request and request.task)
  local rows = self:rows()
  if not self.is_preview then
    local width, height = size_of(rows)
    self.float:update({ width = width, height = height })
  end
  self.float:show_whole()
  canvas.draw(self.float.buffer, rows)
  self:draw_frame()
  pcall(vim.api.nvim_win_set_cursor, self.float.window, { 1, 0 })
  if self.on_show then
    self.on_show()
  end
end

--- Says that the request was answered and takes no more answers.
---@param notice string
function Window:close_request(notice)
  self.is_closed, self.notice = true, notice
  self:draw()
end

--- A function that says whether the window still shows what it shows now. A prompt or a reply takes time, and the person
--- may have gone on to another request, or the agent may have changed this one.
---@return fun(): boolean
function Window:same_later()
  local count = self.shown_count
  return function()
    return self.shown_count == count and self.float:is_open()
  end
end

--- The option in the cursor's row.
---@return integer? option
---@return integer? question
function Window:option_under_cursor()
  local data = canvas.data(self.float.buffer, vim.api.nvim_win_get_cursor(self.float.window)[1])
  if type(data) == 'table' then
    return data.option, data.question
  end
end

--- The ways to go on after the plan that is shown; none for anything else.
---@return chorus.PlanWay[]
function Window:plan_ways()
  local request = self.request
  return request and request.kind == 'plan' and request.answerable == 'hook' and plan_rows.ways(request) or {}
end

---@class chorus.RequestWish
---@field goes_on? boolean
---@field at? fun(columns: integer, lines: integer, has_border: boolean): table its place, in the inbox
---@field enter? boolean
---@field closes_on_leave? string[]
---@field on_close? fun()
---@field on_show? fun() another request is shown
---@field requests? fun(): chorus.Opened[] those that are gone through; the project's without it

--- Opens a window for a request.
---@param request? chorus.Opened
---@param options chorus.ShowOptions
---@param wish chorus.RequestWish
---@return chorus.RequestWindow
function M.open(request, options, wish)
  require('chorus.highlight').setup()
  local self = setmetatable({
    request = request,
    notice = options.notice,
    together = options.together,
    answers = { at = 1, chosen = {}, words = {} },
    is_closed = false,
    is_settling = false,
    goes_on = wish.goes_on or false,
    is_preview = wish.at ~= nil,
    on_show = wish.on_show,
    requests = wish.requests or tasks.requests,
    read = file_reader(),
    shown_count = 0,
  }, Window)
  local buffer = float.scratch('request')
  self.float = float.open(buffer, {
    width = 72,
    height = 10,
    at = wish.at,
    enter = wish.enter,
    title = self:title(),
    closes_on_leave = wish.closes_on_leave,
    on_close = wish.on_close,
    on_resize = function()
      self:draw_frame()
    end,
  })
  vim.api.nvim_create_autocmd('WinScrolled', {
    group = vim.api.nvim_create_augroup('chorus_request_scrolled', {}),
    pattern = tostring(self.float.window),
    callback = vim.schedule_wrap(function()
      if self.float:is_open() then
        self:draw_frame()
      end
    end),
  })
  self:show(request, options)
  return self
end

return M
