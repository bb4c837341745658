--- Names in what a person writes: `[[a document]]`, `#12`, `{file}`. They are completed, and `gf` follows the first two.
local document_names = require('chorus.editor.document_names')
local placeholder_plan = require('chorus.editor.placeholder_plan')
local text = require('chorus.text')

local M = {}

---@alias chorus.MentionKind 'document'|'task'|'placeholder'

--- What is being written before the cursor, and from which byte on it is the name itself. Pure.
---@param before string the line up to the cursor
---@return chorus.MentionKind? kind
---@return integer start from 0
---@return string name so far
function M.at_end(before)
  ---@type { [1]: chorus.MentionKind, [2]: string }[]
  local beginnings = {
    { 'document', '%[%[([^%[%]]*)$' },
    { 'task', '[^%w_&#]#([%w_-]*)$' },
    { 'task', '^#([%w_-]*)$' },
    { 'placeholder', '{([%l:]*)$' },
  }
  for _, each in ipairs(beginnings) do
    local name = before:match(each[2])
    if name then
      return each[1], #before - #name, name
    end
  end
  return nil, 0, ''
end

--- The mention under the cursor. Pure.
---@param line string
---@param column integer from 1
---@return 'document'|'task'|nil kind
---@return string name
function M.under(line, column)
  for from, name, to in line:gmatch('()%[%[([^%[%]]+)%]%]()') do
    if from <= column and column < to then
      return 'document', name
    end
  end
  for from, number, to in (' ' .. line):gmatch('()%f[#]#(%d+)()') do
    if from - 1 <= column and column < to - 1 then
      return 'task', number
    end
  end
  return nil, ''
end

---@param name string
---@return table[]
local function documents(name)
  local words = vim.split(name:lower(), '%s+', { trimempty = true })
  local found = {}
  for _, document in ipairs(document_names.known()) do
    local line = (document.path .. ' ' .. document.title):lower()
    local fits = vim.iter(words):all(function(word)
      return line:find(word, 1, true) ~= nil
    end)
    -- A path with brackets or controls in it could not be read back.
    if fits and not document.path:find('[%[%]%c]') then
      local menu = document.title ~= document.path and text.clean(document.title, 40) or ''
      found[#found + 1] = { word = document.path .. ']]', abbr = document.path, menu = menu }
    end
  end
  return found
end

---@param name string
---@return table[]
local function tasks(name)
  local found = {}
  local status = require('chorus.ui.kit.status')
  for _, task in ipairs(require('chorus.tasks.order').sorted(require('chorus.tasks').all())) do
    local number = tostring(task.number)
    if vim.startswith(number, name) or text.clean(task.title):lower():find(name:lower(), 1, true) then
      local menu = ('%s  %s'):format(status.word(task), text.clean(task.title, 50))
      found[#found + 1] = { word = number, abbr = '#' .. number, menu = menu }
    end
  end
  return found
end

---@param name string
---@return table[]
local function placeholders(name)
  local found = {}
  for _, each in ipairs(placeholder_plan.NAMES) do
    local word = each[1]:gsub('NAME$', '')
    if vim.startswith(word, name) then
      found[#found + 1] = { word = word .. (word:sub(-1) == ':' and '' or '}'), abbr = each[1], menu = each[2] }
    end
  end
  return found
end

local complete = { document = documents, task = tasks, placeholder = placeholders }

---@type chorus.MentionKind?
local kind

--- Completes a name, as 'completefunc' is called.
---@param find_start integer
---@param base string
---@return integer|table[]
function M.complete(find_start, base)
  if find_start == 1 then
    local column = vim.api.nvim_win_get_cursor(0)[2]
    local start
    kind, start = M.at_end(vim.api.nvim_get_current_line():sub(1, column))
    return kind and start or -3
  end
  return kind and complete[kind](base) or {}
end

---@param name string
local function follow_document(name)
  local message = require('chorus.message')
  document_names.load(function(all)
    local document = document_names.find(all, name)
    local welcome = require('chorus.client').welcome()
    if not document or not welcome then
      return message.info(('there is no document `%s`'):format(text.clean(name, 60)), '`:Chorus docs` lists them')
    end
    require('chorus.ui.kit.place').open_file(welcome.project, document.path)
  end)
end

--- Opens the document or the task under the cursor, else the file as Neovim's own `gf` does.
function M.follow()
  local found, name = M.under(vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2] + 1)
  if found == 'document' then
    return follow_document(name)
  elseif found == 'task' then
    return require('chorus.dispatch').run('show', { task = name })
  end
  local ok, err = pcall(vim.cmd.normal, { 'gf', bang = true })
  if not ok then
    require('chorus.message').info((tostring(err):gsub('^.-(E%d+:)', '%1')))
  end
end

--- Completes names in a buffer.
---@param buffer integer
---@param name string of the function, as 'completefunc' takes it
function M.set_up(buffer, name)
  vim.bo[buffer].completefunc, vim.bo[buffer].omnifunc = name, name
  vim.api.nvim_create_autocmd('TextChangedI', {
    buffer = buffer,
    callback = function()
      local column = vim.api.nvim_win_get_cursor(0)[2]
      if M.at_end(vim.api.nvim_get_current_line():sub(1, column)) == 'document' then
        -- So that the documents are known by the time they are completed.
        document_names.load()
      end
    end,
  })
end

return M
