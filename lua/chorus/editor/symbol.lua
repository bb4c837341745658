--- The function, class or section around a line: by treesitter, else by the language server.
local text = require('chorus.text')

local M = {}

--- How long a language server may take, in milliseconds: one that has just started reads the project first.
M.patience = 5000

--- What defines something, by the names of nodes in the grammars of most languages: a word, and how the name ends.
local WORDS = { 'function', 'method', 'class', 'struct', 'enum', 'interface', 'trait', 'impl', 'module', 'type' }
local ENDS = { '_definition$', '_declaration$', '_item$', '_specifier$' }
local WHOLE = { section = true, method = true, class = true, module = true, singleton_method = true }

---@param kind string of a node
---@return boolean
local function defines(kind)
  local function has(pattern)
    return kind:find(pattern) ~= nil
  end
  return WHOLE[kind] or (vim.iter(WORDS):any(has) and vim.iter(ENDS):any(has))
end

---@param buffer integer
---@param line integer from 1
---@param column integer from 0
---@return integer? first
---@return integer? last
local function by_tree(buffer, line, column)
  local ok, parser = pcall(vim.treesitter.get_parser, buffer)
  if not ok or not parser or not pcall(parser.parse, parser) then
    return nil
  end
  local words = vim.api.nvim_buf_get_lines(buffer, line - 1, line, false)[1] or ''
  column = math.max(column, (words:find('%S') or 1) - 1)
  local node = parser:named_node_for_range({ line - 1, column, line - 1, column })
  while node do
    if defines(node:type()) and node:parent() then
      local first, _, last, end_column = node:range()
      return first + 1, math.max(end_column == 0 and last or last + 1, first + 1)
    end
    node = node:parent()
  end
end

--- Kinds of symbols that hold data, by their numbers in the protocol of language servers (Property, Field, Variable,
--- Constant, String, Number, Boolean, Key, Null, EnumMember). They are meant where they span lines, as a function does that
--- is kept in a constant, or where nothing else is around the line.
local DATA = {
  [7] = true,
  [8] = true,
  [13] = true,
  [14] = true,
  [15] = true,
  [16] = true,
  [17] = true,
  [20] = true,
  [21] = true,
  [22] = true,
}

--- Kinds with code in them (Method, Constructor, Function): what stands on one of its lines, such as a callback, is a part
--- of it.
local CODE = { [6] = true, [9] = true, [12] = true }

--- The lines of a range. One that ends at the start of a line does not take that line.
---@param range? table
---@return integer? first
---@return integer? last
local function lines_of(range)
  if range then
    local first, stop = range.start.line + 1, range['end']
    return first, math.max(stop.character == 0 and stop.line or stop.line + 1, first)
  end
end

--- The smallest symbol around a line, of those that a language server names.
---@param symbols table[]
---@param line integer from 1
---@return integer? first
---@return integer? last
function M.around(symbols, line)
  local found = {}
  local function visit(list, is_in_code)
    for _, each in ipairs(list or {}) do
      local from, to = lines_of(each.range or each.location and each.location.range)
      if from and from <= line and line <= to then
        local is_code = CODE[each.kind] or DATA[each.kind] or false
        local rank = from == to and (is_in_code or DATA[each.kind]) and 'data' or 'code'
        local before = found[rank]
        if not before or to - from <= before[2] - before[1] then
          found[rank] = { from, to }
        end
        visit(each.children, is_in_code or is_code)
      end
    end
  end
  visit(symbols, false)
  return unpack(found.code or found.data or {})
end

---@param buffer integer
---@param line integer
---@param on_lines fun(first?: integer, last?: integer, why?: string)
local function by_server(buffer, line, on_lines)
  local method = 'textDocument/documentSymbol'
  if #vim.lsp.get_clients({ bufnr = buffer, method = method }) == 0 then
    return on_lines()
  end
  local is_over = false
  local function finish(...)
    if not is_over then
      is_over = true
      on_lines(...)
    end
  end
  local params = { textDocument = vim.lsp.util.make_text_document_params(buffer) }
  local cancel = vim.lsp.buf_request_all(buffer, method, params, function(replies)
    local fault
    for _, reply in pairs(replies) do
      local first, last = M.around(reply.result or {}, line)
      if first then
        return finish(first, last)
      end
      -- Neovim 0.10 names it otherwise than 0.12.
      fault = fault or (reply --[[@as table]]).err or (reply --[[@as table]]).error
    end
    finish(nil, nil, fault and 'the language server failed: ' .. text.clean(fault.message, 80) or nil)
  end)
  vim.defer_fn(function()
    if not is_over then
      finish(nil, nil, ('the language server did not answer within %g s'):format(M.patience / 1000))
      -- Of a server that ended meanwhile.
      pcall(cancel)
    end
  end, M.patience)
end

--- Hands on the lines of the symbol around a place; none where there is no symbol, or why nobody knows.
---@param buffer integer
---@param line integer from 1
---@param column integer from 0
---@param on_lines fun(first?: integer, last?: integer, why?: string)
function M.find(buffer, line, column, on_lines)
  local first, last = by_tree(buffer, line, column)
  if first then
    return on_lines(first, last)
  end
  by_server(buffer, line, on_lines)
end

return M
