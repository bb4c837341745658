--- Open requests as rows of the inbox: what each asks for, where there is room beside the title. Pure.
local canvas = require('chorus.ui.kit.canvas')
local status = require('chorus.ui.kit.status')
local text = require('chorus.text')

local M = {}

--- Cells below which the title takes the whole row.
local NARROW = 70

--- What a request asks for, with a path as short as can be.
---@param request chorus.Opened
---@param task? chorus.Task
---@return string
local function summary_of(request, task)
  local summary = text.clean(request.summary)
  for _, root in ipairs({ task and task.worktree or '', request.project }) do
    if root ~= '' and vim.startswith(summary, root .. '/') then
      return summary:sub(#root + 2)
    end
  end
  return summary
end

---@class chorus.InboxOptions
---@field tasks table<string, chorus.Task> by uuid
---@field width integer
---@field now integer
---@field place_of fun(request: chorus.Opened): string? the name of its project, where that is another one
---@field is_everywhere boolean requests of every project are listed

---@param requests chorus.Opened[]
---@param options chorus.InboxOptions
---@return chorus.Row[]
function M.render(requests, options)
  local width = options.width
  if #requests == 0 then
    local text_of_none = options.is_everywhere and '  No requests are open.'
      or '  No requests are open in this project.'
    return { canvas.row({}), canvas.row({ { text_of_none, 'ChorusHint' } }) }
  end
  local rows = {}
  local is_narrow = width < NARROW
  local title = is_narrow and width - 26 or math.max(math.min(math.floor((width - 30) * 0.35), 40), 12)
  local named, widest = {}, 0
  for index, request in ipairs(requests) do
    local place = options.place_of(request)
    named[index] = place and (is_narrow and '%s: ' or 'in %s  '):format(text.clean(place, 16)) or ''
    widest = math.max(widest, text.width(named[index]))
  end
  title = is_narrow and title or math.min(title + widest, math.max(width - 50, title))
  for index, request in ipairs(requests) do
    local tool = request.kind == 'permission' and request.tool and text.clean(request.tool, 16) .. ': ' or ''
    local task = options.tasks[request.task]
    local labels, left = { { named[index], 'ChorusHint' } }, title
    vim.list_extend(labels, task and status.labels(task) or {})
    for _, label in ipairs(labels) do
      left = left - text.width(label[1])
    end
    local chunks = {
      ' ',
      { text.fit('#' .. request.number, 4, true), 'ChorusNumber' },
      '  ',
      { text.fit(request.kind, 11), 'ChorusRequest' },
      { text.fit(text.age(options.now - request.opened_at), 4, true), 'ChorusAge' },
      '  ',
    }
    vim.list_extend(chunks, labels)
    vim.list_extend(chunks, {
      text.fit(text.clean(task and task.title or ''), math.max(left, 1)),
      '  ',
      {
        is_narrow and '' or text.cut(tool .. summary_of(request, task), math.max(width - title - 28, 10)),
        'ChorusSummary',
      },
    })
    rows[#rows + 1] = canvas.row(chunks, request, request.id)
  end
  return rows
end

return M
