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

--- A question about tasks, each on a line of its own.
---@param question string
---@param named chorus.Task[]
---@return string
function M.about(question, named)
  local text = require('chorus.text')
  local lines = { question }
  for _, task in ipairs(named) do
    lines[#lines + 1] = ('  #%d %s'):format(task.number, text.clean(task.title, 60))
  end
  return table.concat(lines, '\n')
end

---@param number integer
---@param what string # in the singular
---@return string such as `1 file` or `3 files`
function M.count(number, what)
  return ('%d %s%s'):format(number, what, number == 1 and '' or 's')
end

return M
