--- The syntax of a text as highlights, for rows that show a part of a file: by treesitter where there is a parser, else by
--- the syntax files of Neovim.
local M = {}

--- No more is parsed, in bytes: while somebody goes from request to request each is parsed, and a text with a mistake takes
--- its parser a time that grows with the square of its size.
local MOST_BYTES = 32 * 1024

--- Texts whose syntax is remembered.
local MOST_KNOWN = 8

--- Syntax files are asked byte by byte, so fewer lines and columns.
local MOST_LINES, MOST_COLUMNS = 400, 200

---@alias chorus.Mark {[1]: integer, [2]: integer, [3]: string}

--- Adds a range that may span lines.
---@param found table<integer, chorus.Mark[]>
---@param lines string[]
local function add(found, lines, row, column, end_row, end_column, group)
  for at = row, end_row do
    local line = lines[at + 1]
    local from = at == row and column or 0
    local to = at == end_row and end_column or #(line or '')
    if line and to > from then
      found[at + 1] = found[at + 1] or {}
      table.insert(found[at + 1], { from, to, group })
    end
  end
end

---@param language string
---@param lines string[]
---@param first integer
---@param last integer
---@return table<integer, chorus.Mark[]>
local function by_treesitter(language, lines, first, last)
  -- Markdown's headings need the end of their line.
  local content = table.concat(lines, '\n') .. '\n'
  local parser = vim.treesitter.get_string_parser(content, language)
  parser:parse(true)
  local found = {}
  parser:for_each_tree(function(tree, of)
    local query = vim.treesitter.query.get(of:lang(), 'highlights')
    if not query then
      return
    end
    for id, node in query:iter_captures(tree:root(), content, first - 1, last) do
      local name = query.captures[id] --[[@as string]]
      if not name:match('^_') and not name:match('spell') and not name:match('conceal') then
        local row, column, end_row, end_column = node:range()
        add(found, lines, row, column, end_row, end_column, ('@%s.%s'):format(name, of:lang()))
      end
    end
  end)
  return found
end

---@param filetype string
---@param lines string[]
---@return table<integer, chorus.Mark[]>
local function by_syntax_file(filetype, lines)
  local found = {}
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.list_slice(lines, 1, MOST_LINES))
  vim.api.nvim_buf_call(buffer, function()
    vim.bo[buffer].syntax = filetype
    for number = 1, math.min(#lines, MOST_LINES) do
      local group, from = '', 0
      local last = math.min(#lines[number], MOST_COLUMNS)
      for column = 1, last + 1 do
        local here = column <= last and vim.fn.synIDattr(vim.fn.synIDtrans(vim.fn.synID(number, column, 1)), 'name')
          or ''
        if here ~= group then
          if group ~= '' then
            found[number] = found[number] or {}
            table.insert(found[number], { from, column - 1, group })
          end
          group, from = here, column - 1
        end
      end
    end
  end)
  vim.api.nvim_buf_delete(buffer, { force = true })
  return found
end

--- What is parsed of a text: all of it, or of a larger one the lines that are shown, as many as may be.
---@param lines string[]
---@param size integer of all lines
---@param first integer
---@param last integer
---@return string[] part
---@return integer skipped how many lines come before
local function part_of(lines, size, first, last)
  if size <= MOST_BYTES then
    return lines, 0
  end
  local part, left = {}, MOST_BYTES
  for number = first, last do
    left = left - #lines[number] - 1
    if left < 0 then
      break
    end
    part[#part + 1] = lines[number]
  end
  return part, first - 1
end

---@param path string
---@param content string
---@param first? integer
---@param last? integer
---@return table<integer, chorus.Mark[]>
local function find(path, content, first, last)
  if content == '' or content:find('%z') then
    return {}
  end
  local lines = vim.split(content, '\n', { plain = true })
  local is_known, filetype = pcall(vim.filetype.match, { filename = path, contents = vim.list_slice(lines, 1, 50) })
  if not is_known or not filetype then
    return {}
  end
  first, last = math.max(first or 1, 1), math.min(last or #lines, #lines)
  local part, skipped = part_of(lines, #content, first, last)
  local language = vim.treesitter.language.get_lang(filetype) or filetype
  local ok, found = pcall(by_treesitter, language, part, first - skipped, last - skipped)
  if not ok then
    ok, found = pcall(by_syntax_file, filetype, part)
  end
  local moved = {}
  for number, marks in pairs(ok and found or {}) do
    moved[number + skipped] = marks
  end
  return moved
end

---@class chorus.KnownSyntax
---@field path string
---@field content string
---@field first? integer
---@field last? integer
---@field marks table<integer, chorus.Mark[]>

--- What was found last, newest first: a request is drawn again for each key and each time somebody comes back to it.
---@type chorus.KnownSyntax[]
local known = {}

--- Highlights of a file's content by line; none where its kind is not known.
---@param path string
---@param content string
---@param first? integer the first line that is wanted
---@param last? integer
---@return table<integer, chorus.Mark[]>
function M.of(path, content, first, last)
  for _, each in ipairs(known) do
    if each.path == path and each.first == first and each.last == last and each.content == content then
      return each.marks
    end
  end
  local marks = find(path, content, first, last)
  table.insert(known, 1, { path = path, content = content, first = first, last = last, marks = marks })
  known[MOST_KNOWN + 1] = nil
  return marks
end

return M
