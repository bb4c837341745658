--- Completion in a draft: the names of its fields, their values where they are known, and the names that
--- a description may mention.
local front_matter = require('chorus.ui.tasks.front_matter')
local text = require('chorus.text')

local M = {}

--- Completes names at the start of a line of the head, and values where they are known.
---@param find_start integer
---@param base string
function M.complete(find_start, base)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.api.nvim_get_current_line():sub(1, column)
  local head = vim.api.nvim_buf_get_lines(0, 1, row, false)
  if vim.list_contains(vim.list_slice(head, 1, #head - 1), '---') then
    return require('chorus.ui.prompts.mentions').complete(find_start, base)
  elseif find_start == 1 then
    return #line:match('^(.-)[^%s:]*$')
  end
  local name = line:match('^%s*([%w_]+)%s*:')
  local found = name and front_matter.values(name) or front_matter.NAMES
  local tasks = require('chorus.tasks').all()
  if name == 'on' then
    found = vim.tbl_map(function(task)
      return { word = tostring(task.number), menu = text.clean(task.title, 40) }
    end, tasks)
  elseif name == 'tags' or name == 'agent' then
    local seen = {}
    for _, task in ipairs(tasks) do
      for _, value in ipairs(name == 'tags' and task.tags or { task.agent }) do
        seen[value] = true
      end
    end
    found = vim.tbl_keys(seen)
    table.sort(found)
  elseif not name then
    found = vim.tbl_map(function(each)
      return each .. ': '
    end, found)
  end
  return vim.tbl_filter(function(each)
    return vim.startswith(type(each) == 'table' and each.word or each, base)
  end, found)
end

return M
