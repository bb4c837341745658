--- Phrases for sentences. Pure.

local M = {}

--- Names tasks, or the tasks of requests.
---@param named { number: integer }[]
---@return string such as `#3, #4`
function M.numbers(named)
  return table.concat(
    vim.tbl_map(function(each)
      return '#' .. each.number
    end, named),
    ', '
  )
end

--- A question lists so many tasks and counts the others, since it must fit on the screen.
local MOST_LISTED = 15

--- A question about tasks, each on a line of its own.
---@param question string
---@param named chorus.Task[]
---@return string
function M.about(question, named)
  local text = require('chorus.text')
  local lines = { question }
  for index, task in ipairs(named) do
    if index > MOST_LISTED then
      lines[#lines + 1] = ('  and %d more'):format(#named - MOST_LISTED)
      break
    end
    lines[#lines + 1] = ('  #%d %s'):format(task.number, text.clean(task.title, 60))
  end
  return table.concat(lines, '\n')
end

--- Joins those parts of a sentence that say something.
---@param parts string[]
---@return string such as `the disk is full · make room`
function M.joined(parts)
  return table.concat(
    vim.tbl_filter(function(part)
      return part ~= ''
    end, parts),
    ' · '
  )
end

---@param number integer
---@param what string # in the singular
---@return string such as `1 file` or `3 files`
function M.count(number, what)
  return ('%d %s%s'):format(number, what, number == 1 and '' or 's')
end

return M
