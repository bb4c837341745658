--- What the preview of a document shows: who uses it, its outline, its text. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

--- Lines of the text, and headings of the outline.
local MOST_LINES, MOST_HEADINGS = 400, 40

---@param label string
---@param words string
---@param group? string
---@return chorus.Row
local function fact(label, words, group)
  return canvas.row({ { ' ' .. text.fit(label, 11), 'ChorusHeader' }, { words, group } })
end

---@param list integer[]
---@param titles table<integer, string>
---@return string
local function named(list, titles)
  return table.concat(
    vim.tbl_map(function(number)
      local title = titles[number]
      return '#' .. number .. (title and ' ' .. text.clean(title, 40) or '')
    end, list),
    ', '
  )
end

---@param document chorus.Document
---@param titles table<integer, string> of tasks, by number
---@return chorus.Row[]
function M.facts(document, titles)
  local rows = { canvas.row({ ' ', { text.clean(document.title), 'ChorusTitle' } }) }
  if document.description then
    rows[#rows + 1] = canvas.row({ { ' ' .. text.clean(document.description), 'ChorusSummary' } })
  end
  local about = document.category
    .. (document.pinned and ', pinned' or '')
    .. (document.template and ', template' or '')
  rows[#rows + 1] = fact('category', text.clean(about))
  if #document.tasks > 0 then
    rows[#rows + 1] = fact('used by', named(document.tasks, titles), 'ChorusNumber')
  end
  if #document.changed_for > 0 then
    rows[#rows + 1] =
      fact('changed', 'since it was read by ' .. named(document.changed_for, titles), 'ChorusReferenceStale')
  end
  return rows
end

---@param outline chorus.Heading[]
---@return chorus.Row[]
function M.outline(outline)
  local rows = {}
  for index, heading in ipairs(outline) do
    if index > MOST_HEADINGS then
      rows[#rows + 1] = canvas.row({ { ('   … %d more headings'):format(#outline - MOST_HEADINGS), 'ChorusHint' } })
      break
    end
    rows[#rows + 1] = canvas.row({
      { text.fit(tostring(heading.line), 5, true) .. ' ', 'ChorusAge' },
      ('  '):rep(heading.level - 1),
      { text.clean(heading.title, 100), heading.level == 1 and 'ChorusTitle' or 'ChorusOwner' },
    })
  end
  return rows
end

--- The line where the text begins: what the front matter says stands above.
---@param lines string[]
---@return integer
local function after_front_matter(lines)
  for index = 2, lines[1] == '---' and #lines or 0 do
    if lines[index] == '---' then
      local first = index + 1
      return lines[first] == '' and first + 1 or first
    end
  end
  return 1
end

--- The whole preview.
---@param document chorus.Document
---@param titles table<integer, string>
---@param read chorus.DocumentText
---@param outline chorus.Heading[]
---@return chorus.Row[]
function M.rows(document, titles, read, outline)
  local rows = M.facts(document, titles)
  local function part(more)
    rows[#rows + 1] = canvas.row({})
    vim.list_extend(rows, more)
  end
  if read.fault then
    part({ canvas.row({ { ' ' .. read.fault, 'ChorusHint' } }) })
    return rows
  end
  if #outline > 0 then
    part(M.outline(outline))
  end
  local headings = {}
  for _, heading in ipairs(outline) do
    headings[heading.line] = true
  end
  local shown = {}
  for index = after_front_matter(read.lines), math.min(#read.lines, MOST_LINES) do
    local clean = text.lines(read.lines[index])[1] or ''
    shown[#shown + 1] = canvas.row({ ' ', { clean, headings[index] and 'ChorusTitle' or nil } })
  end
  if #read.lines > MOST_LINES or read.is_cut then
    shown[#shown + 1] = canvas.row({ { ' … the document goes on', 'ChorusHint' } })
  end
  part(shown)
  return rows
end

return M
