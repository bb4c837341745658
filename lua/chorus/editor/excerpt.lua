--- Lines of a buffer, and how they stand in a prompt.

local M = {}

---@class chorus.Excerpt
---@field path string relative to the working folder where it is below it; empty for a buffer without a file
---@field first integer
---@field last integer
---@field lines string[]
---@field filetype string

--- The lines of a range of the current buffer.
---@param range { first: integer, last: integer }
---@return chorus.Excerpt
function M.take(range)
  local name = vim.api.nvim_buf_get_name(0)
  return {
    path = vim.bo.buftype == '' and vim.fn.fnamemodify(name, ':.') or '',
    first = range.first,
    last = range.last,
    lines = vim.api.nvim_buf_get_lines(0, range.first - 1, range.last, false),
    filetype = vim.bo.filetype,
  }
end

--- The excerpt as markdown: where it is from, then a fence that no line of it can close.
---@param excerpt chorus.Excerpt
---@return string[]
function M.fenced(excerpt)
  local ticks = 2
  for _, line in ipairs(excerpt.lines) do
    for run in line:gmatch('`+') do
      ticks = math.max(ticks, #run)
    end
  end
  local fence = ('`'):rep(ticks + 1)
  local lines = {}
  if excerpt.path ~= '' then
    local span = excerpt.first == excerpt.last and excerpt.first or excerpt.first .. '-' .. excerpt.last
    lines = { ('%s:%s'):format(excerpt.path, span), '' }
  end
  lines[#lines + 1] = fence .. excerpt.filetype:match('^[%w_-]*')
  vim.list_extend(lines, excerpt.lines)
  lines[#lines + 1] = fence
  return lines
end

return M
