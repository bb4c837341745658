--- A commit's message, to edit before the commit. `:w` commits; leaving without `:w` does nothing.
local proposed_text = require('chorus.ui.kit.proposed_text')
local text = require('chorus.text')

local M = {}

---@class chorus.MessageWish
---@field task chorus.Task
---@field message chorus.CommitMessage
---@field does string what `:w` does, such as `commits this and completes the task`
---@field send fun(message: string, on_reply: fun(err?: chorus.Failure, result?: any))
---@field on_done fun(result: any)

--- Lines to begin with: the proposed message, then comments on what it is for.
---@param task chorus.Task
---@param message chorus.CommitMessage
---@param does string
---@return string[]
function M.template(task, message, does)
  local lines = {}
  for _, line in ipairs(text.editable(text.trim_end(message.text, '%s'))) do
    lines[#lines + 1] = line:match('^#') and ' ' .. line or line
  end
  vim.list_extend(lines, {
    '',
    ('# `:w` %s; closing without writing leaves the task as it is.'):format(does),
    "# Lines that begin with '#' are dropped.",
    '#',
    task.stack and '# On branch ' .. text.clean(task.stack) or nil,
    '# Changes to be committed:',
  })
  for _, path in ipairs(message.files) do
    lines[#lines + 1] = '#\t' .. text.clean(path)
  end
  return lines
end

--- The message in the lines of a buffer, as git strips it: no comments, no blanks around it or at the ends of lines, one
--- empty line at a time.
---@param lines string[]
---@return string
function M.strip(lines)
  local kept = {}
  for _, line in ipairs(lines) do
    line = text.trim_end(line, '%s')
    local is_extra = line == '' and (#kept == 0 or kept[#kept] == '')
    if line:sub(1, 1) ~= '#' and not is_extra then
      kept[#kept + 1] = line
    end
  end
  if kept[#kept] == '' then
    kept[#kept] = nil
  end
  return table.concat(kept, '\n')
end

--- Opens the buffer.
---@param wish chorus.MessageWish
function M.open(wish)
  proposed_text.open({
    view = 'message',
    task = wish.task,
    lines = M.template(wish.task, wish.message, wish.does),
    filetype = 'gitcommit',
    noun = 'message',
    does = wish.does,
    leaves = 'leaves the task as it is',
    undone = 'nothing was committed',
    read = M.strip,
    send = wish.send,
    on_done = wish.on_done,
  })
end

return M
