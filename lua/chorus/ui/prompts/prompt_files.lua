--- Prompts that are being written, as files: the tasks they are for in the first line, then the text.
local kept_files = require('chorus.ui.kit.kept_files')

---@class chorus.PromptFiles: chorus.KeptFiles
local M = kept_files.of('prompts', 'chorus://prompt/', function(head)
  local first = vim.iter(vim.list_slice(head, 2)):find(function(line)
    return line:find('%S')
  end)
  return ('%s: %s'):format((head[1] or ''):gsub('^to ', ''), first or '')
end)

--- Why a prompt cannot be opened here; nil when it can.
---@param path? string
---@return string?
function M.fault_of(path)
  if not path or not vim.uv.fs_stat(path) then
    return 'This prompt is gone: it was sent, or it was deleted. `:Chorus send` writes a new one.'
  elseif M:is_elsewhere(path) then
    return 'Another Neovim has this prompt open.'
  elseif not M:is_of_this_project(path) then
    return 'This prompt is for another project. Open Neovim there: `:Chorus send` offers it.'
  end
end

--- Writes a prompt.
---@param path string
---@param numbers integer[] of its tasks
---@param lines string[]
---@return string? fault
function M.write(path, numbers, lines)
  local to = vim.tbl_map(function(number)
    return '#' .. number
  end, numbers)
  return M:save(path, vim.list_extend({ 'to ' .. table.concat(to, ' ') }, lines))
end

--- Reads a prompt.
---@param path string
---@return integer[] numbers
---@return string[] lines
function M.read(path)
  local lines, numbers = vim.fn.readfile(path), {}
  for number in (lines[1] or ''):gmatch('#(%d+)') do
    numbers[#numbers + 1] = tonumber(number)
  end
  return numbers, vim.list_slice(lines, 2)
end

return M
