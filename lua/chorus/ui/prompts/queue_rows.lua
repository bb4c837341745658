--- Prompts that wait, as rows. Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

--- Rows of prompts in the order in which they will be typed, each in one line.
---@param prompts chorus.WaitingPrompt[]
---@param now integer
---@param indent? string
---@return chorus.Row[]
function M.render(prompts, now, indent)
  local rows = {}
  for index, prompt in ipairs(prompts) do
    local lines = text.lines(prompt.text)
    rows[index] = canvas.row({
      { (indent or '') .. text.fit(index .. '.', 4), 'ChorusNumber' },
      { text.fit(text.age(now - prompt.queued_at), 4, true) .. '  ', 'ChorusAge' },
      { prompt.raw and '! ' or '', 'ChorusRequest' },
      text.clean(table.concat(lines, ' '), 300),
      { #lines > 1 and ('  %d lines'):format(#lines) or '', 'ChorusHint' },
      { prompt.sending and '  being typed' or '', 'ChorusHint' },
    }, { prompt = prompt }, tostring(prompt.id))
  end
  return rows
end

return M
