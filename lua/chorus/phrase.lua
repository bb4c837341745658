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

---@param number integer
---@param what string # in the singular
---@return string such as `1 file` or `3 files`
function M.count(number, what)
  return ('%d %s%s'):format(number, what, number == 1 and '' or 's')
end

return M
