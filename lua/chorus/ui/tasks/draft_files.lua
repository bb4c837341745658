--- Unfinished new tasks as files.

---@class chorus.DraftFiles: chorus.KeptFiles
local M = require('chorus.ui.kit.kept_files').of('drafts', 'chorus://draft/', function(head)
  local title = ''
  for _, line in ipairs(head) do
    title = line:match('^title:%s*(%S.*)$') or title
  end
  return title
end)

--- Why a draft cannot be opened here; nil when it can.
---@param path? string
---@return string?
function M.fault_of(path)
  if not path or not vim.uv.fs_stat(path) then
    return 'This draft is gone: its task was created, or it was deleted. `:Chorus new` writes a new task.'
  elseif M:is_elsewhere(path) then
    return 'Another Neovim has this draft open.'
  elseif not M:is_of_this_project(path) then
    return 'This draft is for another project. Open Neovim there: `:Chorus new` offers it.'
  end
end

return M
