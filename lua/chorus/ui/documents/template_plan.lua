--- The fields of a template document, and what it becomes. Pure.

local M = {}

--- Fields of one template.
local MOST = 30

--- The names between `{{` and `}}`, each once, in order.
---@param lines string[]
---@return string[]
function M.fields(lines)
  local names, seen = {}, {}
  for _, line in ipairs(lines) do
    for name in line:gmatch('{{%s*([^{}]-)%s*}}') do
      if name ~= '' and #name <= 60 and not seen[name] and #names < MOST then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  return names
end

--- The lines with their fields filled in.
---@param lines string[]
---@param values table<string, string>
---@return string[]
function M.fill(lines, values)
  return vim.tbl_map(function(line)
    return (line:gsub('{{%s*([^{}]-)%s*}}', values))
  end, lines)
end

--- A name for the new file: beside the folder of the templates, after the first value that says something.
---@param template string path of the template
---@param values table<string, string>
---@return string
function M.path(template, values)
  local folder = template:match('^(.*/)[^/]*$') or ''
  folder = folder:gsub('templates/$', '')
  local title = values.title or values.name or values.Title or values.Name or ''
  local slug = title:lower():gsub('[^%w]+', '-'):gsub('^%-', ''):gsub('%-$', '')
  return folder .. (slug ~= '' and slug or 'new') .. '.md'
end

return M
