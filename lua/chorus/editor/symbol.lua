--- The function, class or section around a line: by treesitter, else by the language server.
local M = {}

--- How long a language server may take, in milliseconds.
local PATIENCE = 1500

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
  local text = vim.api.nvim_buf_get_lines(buffer, line - 1, line, false)[1] or ''
  column = math.max(column, (text:find('%S') or 1) - 1)
  local node = parser:named_node_for_range({ line - 1, column, line - 1, column })
  while node do
    if defines(node:type()) and node:parent() then
      local first, _, last, end_column = node:range()
      return first + 1, math.max(end_column == 0 and last or last + 1, first + 1)
    end
    node = node:parent()
  end
end

--- The smallest symbol around a line, of those that a language server names.
---@param symbols table[]
---@param line integer from 1
---@return integer? first
---@return integer? last
function M.around(symbols, line)
  local first, last
  local function visit(list)
    for _, each in ipairs(list or {}) do
      local range = each.range or each.location and each.location.range
      local from, to = range and range.start.line + 1, range and range['end'].line + 1
      if from and from <= line and line <= to then
        if not first or to - from <= last - first then
          first, last = from, to
        end
        visit(each.children)
      end
    end
  end
  visit(symbols)
  return first, last
end

---@param buffer integer
---@param line integer
---@param on_lines fun(first?: integer, last?: integer)
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
  vim.lsp.buf_request_all(buffer, method, params, function(replies)
    for _, reply in pairs(replies) do
      local first, last = M.around(reply.result or {}, line)
      if first then
        return finish(first, last)
      end
    end
    finish()
  end)
  vim.defer_fn(finish, PATIENCE)
end

--- Hands on the lines of the symbol around a place; nothing where there is none.
---@param buffer integer
---@param line integer from 1
---@param column integer from 0
---@param on_lines fun(first?: integer, last?: integer)
function M.find(buffer, line, column, on_lines)
  local first, last = by_tree(buffer, line, column)
  if first then
    return on_lines(first, last)
  end
  by_server(buffer, line, on_lines)
end

return M
