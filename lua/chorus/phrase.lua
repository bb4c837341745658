--- Phrases for sentences. Pure.

local M = {}

--- The most numbers in a sentence. It counts the others, to fit in a line.
local MOST_NUMBERS = 8

--- Names tasks, or the tasks of requests.
---@param named { number: integer }[]
---@return string such as `#3, #4` or `#3, #4, #5, #6, #7, #8, #9, #10 and 33 more`
function M.numbers(named)
  local numbers = {}
  for index = 1, math.min(#named, MOST_NUMBERS) do
    numbers[index] = '#' .. named[index].number
  end
  local more = #named > MOST_NUMBERS and (' and %d more'):format(#named - MOST_NUMBERS) or ''
  return table.concat(numbers, ', ') .. more
end

--- Names those who may have made an edit.
---@param numbers integer[] of tasks
---@param title_of fun(number: integer): string?
---@param width? integer cells for a title
---@return string? such as `#12 Fix the login` or `one of #3, #12`; nil without numbers
function M.authors(numbers, title_of, width)
  if #numbers == 1 then
    local title = require('chorus.text').clean(title_of(numbers[1]), width)
    return title ~= '' and ('#%d %s'):format(numbers[1], title) or '#' .. numbers[1]
  end
  return #numbers > 1 and 'one of #' .. table.concat(numbers, ', #') or nil
end

--- The most tasks that a question names. It counts the others, to fit on the screen.
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
