--- What placeholders such as `{diagnostics}` stand for, where the person is.
local document_names = require('chorus.editor.document_names')
local excerpts = require('chorus.editor.excerpt')
local placeholder_plan = require('chorus.editor.placeholder_plan')
local text = require('chorus.text')

local M = {}

--- Diagnostics, and entries of the quickfix list.
local MOST = 50

--- Where the person was when a prompt was asked for.
---@class chorus.Origin
---@field buffer integer
---@field line integer from 1
---@field column integer from 0
---@field excerpt? chorus.Excerpt the lines of the range

--- Where the person is now; nil in a window of Chorus.
---@param excerpt? chorus.Excerpt
---@return chorus.Origin?
function M.origin(excerpt)
  local buffer = vim.api.nvim_get_current_buf()
  if vim.startswith(vim.api.nvim_buf_get_name(buffer), 'chorus://') then
    return nil
  end
  local cursor = vim.api.nvim_win_get_cursor(0)
  return { buffer = buffer, line = cursor[1], column = cursor[2], excerpt = excerpt }
end

--- The path of a file as an agent finds it: from the project's root where it is below that.
---@param path string
---@return string?
local function shown_path(path)
  if path == '' then
    return nil
  end
  local welcome = require('chorus.client').welcome()
  local root = welcome and welcome.project .. '/'
  local real = vim.uv.fs_realpath(path) or path
  if root and vim.startswith(real, root) then
    return text.reveal_line(real:sub(#root + 1))
  end
  return text.reveal_line(vim.fn.fnamemodify(path, ':.'))
end

--- Whether the buffer may have a file, unlike a terminal or a page of help.
---@param origin chorus.Origin
---@return boolean
local function may_have_file(origin)
  return vim.bo[origin.buffer].buftype == ''
end

---@param origin chorus.Origin
---@return string?
local function path_of(origin)
  return may_have_file(origin) and shown_path(vim.api.nvim_buf_get_name(origin.buffer)) or nil
end

--- Lines of the buffer as an excerpt.
---@param origin chorus.Origin
---@param first integer
---@param last integer
---@return string[]
local function excerpt(origin, first, last)
  return excerpts.fenced({
    path = path_of(origin) or '',
    first = first,
    last = last,
    lines = vim.api.nvim_buf_get_lines(origin.buffer, first - 1, last, false),
    filetype = vim.bo[origin.buffer].filetype,
  })
end

--- The range, else the last Visual selection of the buffer.
---@param origin chorus.Origin
---@return integer? first
---@return integer? last
local function selected(origin)
  if origin.excerpt then
    return origin.excerpt.first, origin.excerpt.last
  end
  local first = vim.api.nvim_buf_get_mark(origin.buffer, '<')[1]
  local last = vim.api.nvim_buf_get_mark(origin.buffer, '>')[1]
  local count = vim.api.nvim_buf_line_count(origin.buffer)
  if first > 0 and first <= count then
    return first, math.min(math.max(last, first), count)
  end
end

--- At most so many lines, and how many more there are.
---@param lines string[]
---@return string[]?
local function listed(lines)
  if #lines == 0 then
    return nil
  end
  local shown = vim.list_slice(lines, 1, MOST)
  if #lines > MOST then
    shown[MOST + 1] = ('- … and %d more'):format(#lines - MOST)
  end
  return shown
end

local SEVERITIES = { 'error', 'warning', 'information', 'hint' }

---@param origin chorus.Origin
---@return string[]?
local function diagnostics(origin)
  local found = vim.diagnostic.get(origin.buffer)
  if origin.excerpt then
    found = vim.tbl_filter(function(each)
      return origin.excerpt.first <= each.lnum + 1 and each.lnum + 1 <= origin.excerpt.last
    end, found)
  end
  local index_of = {}
  for index, each in ipairs(found) do
    index_of[each] = index
  end
  table.sort(found, function(a, b)
    if a.lnum ~= b.lnum then
      return a.lnum < b.lnum
    end
    return a.col < b.col or (a.col == b.col and index_of[a] < index_of[b])
  end)
  local path = path_of(origin) or 'the buffer'
  return listed(vim.tbl_map(function(each)
    local by = each.source and ('(%s%s)'):format(each.source, each.code and ' ' .. tostring(each.code) or '') or ''
    local place = ('%s:%d:%d'):format(path, each.lnum + 1, each.col + 1)
    local words = ('%s %s'):format(text.clean(each.message), text.clean(by))
    return ('- %s %s: %s'):format(
      place,
      SEVERITIES[
        each.severity --[[@as integer]]
      ],
      vim.trim(words)
    )
  end, found))
end

---@return string[]?
local function quickfix()
  local lines = {}
  for _, each in ipairs(vim.fn.getqflist()) do
    local path = each.bufnr > 0 and shown_path(vim.api.nvim_buf_get_name(each.bufnr)) or nil
    local place = path and ('%s:%d:%d: '):format(path, math.max(each.lnum, 1), math.max(each.col, 1)) or ''
    local words = text.clean(each.text)
    if place ~= '' or words ~= '' then
      lines[#lines + 1] = '- ' .. place .. words
    end
  end
  return listed(lines)
end

--- How to find the value of each name: called with the place and the argument, hands on the value or nothing.
---@type table<string, fun(origin?: chorus.Origin, on_value: fun(value?: chorus.Value, why?: string), argument?: string)>
local values = {}

---@param origin? chorus.Origin
---@return boolean
local function is_in_file(origin)
  return origin ~= nil and vim.api.nvim_buf_is_loaded(origin.buffer) and may_have_file(origin)
end

--- A value that is found at once, where there is a file.
---@param find fun(origin: chorus.Origin): chorus.Value?
---@param why string
local function of_file(find, why)
  return function(origin, on_value)
    if not is_in_file(origin) then
      return on_value(nil, 'there is no file here')
    end
    on_value(find(origin), why)
  end
end

values.file = of_file(path_of, 'the buffer has no file')
values.line = of_file(function(origin)
  return tostring(origin.line)
end, '')

function values.selection(origin, on_value)
  if not origin or not vim.api.nvim_buf_is_loaded(origin.buffer) then
    return on_value(nil, 'there is no text here')
  end
  local first, last = selected(origin)
  local lines = first and excerpt(origin, first, last --[[@as integer]]) or nil
  on_value(lines, 'nothing was selected in this buffer')
end

values.diagnostics = of_file(diagnostics, 'there is no diagnostic here')

function values.quickfix(_, on_value)
  on_value(quickfix(), 'the quickfix list is empty')
end

function values.symbol(origin, on_value)
  if not origin or not is_in_file(origin) then
    return on_value(nil, 'there is no file here')
  end
  require('chorus.editor.symbol').find(origin.buffer, origin.line, origin.column, function(first, last, why)
    local is_there = first and vim.api.nvim_buf_is_loaded(origin.buffer)
    local lines = is_there and excerpt(origin, first, last --[[@as integer]]) or nil
    on_value(lines, why or 'the cursor is in no function or class')
  end)
end

function values.hunk(origin, on_value)
  if not origin or not is_in_file(origin) then
    return on_value(nil, 'there is no file here')
  end
  require('chorus.editor.hunk').find(origin.buffer, origin.line, function(hunk)
    if not hunk then
      return on_value(nil, 'the cursor is on no uncommitted change')
    end
    on_value(excerpts.fenced({
      path = path_of(origin) or '',
      first = origin.line,
      last = origin.line,
      lines = hunk,
      filetype = 'diff',
    }))
  end)
end

function values.doc(_, on_value, argument)
  document_names.load(function(documents)
    local document, others = document_names.find(documents, argument or '')
    local welcome = require('chorus.client').welcome()
    if not document or not welcome then
      return on_value(nil, 'there is no document of that name')
    elseif #others > 0 then
      return on_value(nil, ('it may be %s or %s'):format(document.path, others[1].path))
    end
    local read =
      require('chorus.editor.read_document')(welcome.project, vim.fs.joinpath(welcome.project, document.path))
    if read.fault then
      return on_value(nil, read.fault)
    end
    local lines = vim.list_slice(read.lines)
    if read.is_cut then
      lines[#lines + 1] = '… (the document goes on)'
    end
    on_value(excerpts.fenced({ path = document.path, first = 1, last = #lines, lines = lines, filetype = 'markdown' }))
  end)
end

--- Whether a text holds a placeholder.
---@param words? string
---@return boolean
function M.has(words)
  return words ~= nil and words:find('{', 1, true) ~= nil and #placeholder_plan.placeholders(words) > 0
end

--- Whether a text asks for the selection.
---@param words string
---@return boolean
function M.has_selection(words)
  return vim.iter(placeholder_plan.placeholders(words)):any(function(each)
    return each.name == 'selection'
  end)
end

--- Finds what stands in the place of each placeholder of a text. Says which of them stand for nothing here; those stay as
--- they are.
---@param words string
---@param origin? chorus.Origin
---@param on_values fun(values: table<string, chorus.Value>)
function M.find(words, origin, on_values)
  local found, missing = {}, {}
  local list = placeholder_plan.placeholders(words)
  local function step(index)
    local placeholder = list[index]
    if not placeholder then
      if #missing > 0 then
        require('chorus.message').warn('nothing to put in for ' .. table.concat(missing, '; '), 'it is left as written')
      end
      return on_values(found)
    end
    values[placeholder.name](origin, function(value, why)
      if value == nil then
        missing[#missing + 1] = ('%s: %s'):format(text.clean(placeholder.source, 60), why or 'nothing is there')
      end
      found[placeholder.source] = value
      step(index + 1)
    end, placeholder.argument)
  end
  step(1)
end

--- Puts in what the placeholders of a text stand for.
---@param words string
---@param origin? chorus.Origin
---@param on_text fun(text: string)
function M.expand(words, origin, on_text)
  M.find(words, origin, function(found)
    on_text(placeholder_plan.fill(words, found))
  end)
end

return M
