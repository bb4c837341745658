--- The syntax of a text as highlights, for rows that show a part of a file: by treesitter where there is a parser, else by
--- the syntax files of Neovim.
local M = {}

--- Larger texts stay plain, in bytes.
local MOST_BYTES = 200 * 1024

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
---@param content string
---@param lines string[]
---@return table<integer, chorus.Mark[]>
local function by_treesitter(language, content, lines)
  -- Markdown's headings need the end of their line.
  content = content .. '\n'
  local parser = vim.treesitter.get_string_parser(content, language)
  parser:parse(true)
  local found = {}
  parser:for_each_tree(function(tree, of)
    local query = vim.treesitter.query.get(of:lang(), 'highlights')
    if not query then
      return
    end
    for id, node in query:iter_captures(tree:root(), content) do
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

--- Highlights of a file's content by line; none where its kind is not known, or where it is too large.
---@param path string
---@param content string
---@return table<integer, chorus.Mark[]>
function M.of(path, content)
  if content == '' or #content > MOST_BYTES or content:find('%z') then
    return {}
  end
  local lines = vim.split(content, '\n', { plain = true })
  local is_known, filetype = pcall(vim.filetype.match, { filename = path, contents = vim.list_slice(lines, 1, 50) })
  if not is_known or not filetype then
    return {}
  end
  local language = vim.treesitter.language.get_lang(filetype) or filetype
  local ok, found = pcall(by_treesitter, language, content, lines)
  if ok then
    return found
  end
  ok, found = pcall(by_syntax_file, filetype, lines)
  return ok and found or {}
end

return M
