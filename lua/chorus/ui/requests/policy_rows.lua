--- The rules that answer requests, and what they would have done with the last ones, as rows. Pure.
local canvas = require('chorus.ui.kit.canvas')
local phrase = require('chorus.phrase')
local text = require('chorus.text')

local M = {}

local GROUPS = { allow = 'ChorusCompleted', deny = 'ChorusFailed', ask = 'ChorusRequest' }

---@param tested chorus.Tested
---@param now integer
---@return chorus.Row
local function tested_row(tested, now)
  local because = tested.why or tested.by
  return canvas.row({
    { '  ' .. text.fit(tested.would, 7), GROUPS[tested.would] },
    { text.fit(text.age(now - tested.at), 5), 'ChorusAge' },
    { text.fit('#' .. tested.number, 5), 'ChorusNumber' },
    { text.clean(('%s: %s'):format(tested.tool or 'request', tested.summary)) },
    { '  ' .. text.clean(because), 'ChorusHint' },
    { '  it was ' .. text.clean(tested.outcome or 'not answered yet'), 'ChorusHint' },
  }, { number = tested.number, place = tested.by ~= '' and tested.by or nil })
end

--- The rules with their places, notices, and what was tested.
---@param report chorus.PolicyReport
---@param now integer
---@param width integer
---@return chorus.Row[]
function M.render(report, now, width)
  local rows = { canvas.row({}) }
  for _, notice in ipairs(report.notices) do
    for _, line in ipairs(text.wrap(text.clean(notice), math.max(width - 4, 20))) do
      rows[#rows + 1] = canvas.row({ { '  ' .. line, 'ChorusTrouble' } })
    end
  end
  if #report.notices > 0 then
    rows[#rows + 1] = canvas.row({})
  end
  for _, rule in ipairs(report.rules) do
    rows[#rows + 1] = canvas.row({
      { '  ' .. text.fit(rule.action, 7), GROUPS[rule.action] },
      { text.clean(rule.text) },
      { '  ' .. text.clean(rule.place), 'ChorusHint' },
    }, { place = rule.place })
  end
  if #report.rules == 0 then
    rows[#rows + 1] = canvas.row({ { '  There are no rules: every request is asked.', 'ChorusHint' } })
  end
  local counts = { allow = 0, deny = 0, ask = 0 }
  for index, tested in ipairs(report.tested) do
    if index == 1 then
      vim.list_extend(
        rows,
        { canvas.row({}), canvas.row({ { '  What these rules would have done', 'ChorusHeader' } }) }
      )
    end
    counts[tested.would] = counts[tested.would] + 1
    rows[#rows + 1] = tested_row(tested, now)
  end
  if #report.tested > 0 then
    local summary = ('  %s: %d would be allowed, %d denied, %d asked'):format(
      phrase.count(#report.tested, 'request'),
      counts.allow,
      counts.deny,
      counts.ask
    )
    rows[#rows + 1] = canvas.row({ { summary, 'ChorusHeader' } })
  end
  return rows
end

return M
