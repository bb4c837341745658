--- The uncommitted change under the cursor: what differs between a buffer and the last commit.
local M = {}

--- How long git may take, in milliseconds.
local PATIENCE = 3000

--- The hunk of a unified difference that holds a line of the newer side. Pure.
---@param difference string
---@param line integer
---@return string[]? lines from `@@` on
function M.at(difference, line)
  local hunk, is_meant = {}, false
  for _, text in ipairs(vim.split(difference, '\n', { plain = true })) do
    local start, count = text:match('^@@ %-%d+,?%d* %+(%d+),?(%d*) @@')
    if start then
      if is_meant then
        break
      end
      local first, lines = tonumber(start), tonumber(count) or 1
      is_meant = first <= line and line < first + math.max(lines, 1)
      hunk = {}
    end
    hunk[#hunk + 1] = text
  end
  if not is_meant then
    return nil
  end
  while hunk[#hunk] == '' do
    hunk[#hunk] = nil
  end
  return hunk
end

--- The text of a buffer, which ends as its file does: a file need not end in a newline.
---@param buffer integer
---@return string
local function text_of(buffer)
  local is_empty = vim.api.nvim_buf_call(buffer, function()
    return vim.fn.line2byte(vim.fn.line('$') + 1) <= 1
  end)
  if is_empty then
    return ''
  end
  local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
  return vim.bo[buffer].eol and text .. '\n' or text
end

--- Hands on the hunk under a line of a buffer's file; nothing where there is none.
---@param buffer integer
---@param line integer
---@param on_hunk fun(lines?: string[])
function M.find(buffer, line, on_hunk)
  local path = vim.api.nvim_buf_get_name(buffer)
  local folder, name = vim.fs.dirname(path), vim.fs.basename(path)
  if path == '' or vim.fn.isdirectory(folder) == 0 then
    return on_hunk()
  end
  -- It reads one object: no filter, hook or configuration of the repository runs anything.
  local command = { 'git', '-C', folder, 'cat-file', 'blob', 'HEAD:./' .. name }
  local function compare(result)
    if result.code ~= 0 or not vim.api.nvim_buf_is_loaded(buffer) then
      return on_hunk()
    end
    local now = text_of(buffer)
    local before = (result.stdout or ''):gsub('\r\n', '\n')
    local ok, difference = pcall(vim.diff, before, now, { ctxlen = 3 })
    on_hunk(ok and type(difference) == 'string' and M.at(difference, line) or nil)
  end
  local ok = pcall(vim.system, command, { text = false, timeout = PATIENCE }, vim.schedule_wrap(compare))
  if not ok then
    on_hunk()
  end
end

return M
