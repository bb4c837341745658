--- A document in a list. Pure.
local text = require('chorus.text')

local M = {}

local function numbers(list)
  return table.concat(
    vim.tbl_map(function(number)
      return '#' .. number
    end, list),
    ' '
  )
end

--- One line: pinned or not, path, title, category, the tasks that use it, and those whose agents read it before it changed.
---@param document chorus.Document
---@return string
function M.line(document)
  local parts = { (document.pinned and '★ ' or '') .. document.path }
  local name = document.path:match('[^/]*$')
  if document.title ~= name and document.title ~= document.path then
    parts[#parts + 1] = '· ' .. text.clean(document.title, 60)
  end
  if document.category ~= 'general' then
    parts[#parts + 1] = ('[%s]'):format(document.category)
  end
  if #document.tasks > 0 then
    parts[#parts + 1] = numbers(document.tasks)
  end
  if #document.changed_for > 0 then
    parts[#parts + 1] = ('(changed since %s read it)'):format(numbers(document.changed_for))
  end
  return table.concat(parts, ' ')
end

return M
