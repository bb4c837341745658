--- References to pick from.
local canvas = require('chorus.ui.kit.canvas')
local item_rows = require('chorus.ui.pick.item_rows')
local reference_rows = require('chorus.ui.documents.reference_rows')
local sessions = require('chorus.ui.pick.session')
local text = require('chorus.text')

local M = {}

--- Its note, what became of it, its text.
---@param reference chorus.Reference
---@param show fun(rows: chorus.Row[])
local function preview(reference, _, show)
  local state = reference_rows.state(reference)
  local rows = {
    canvas.row({
      { (' #%d '):format(reference.number), 'ChorusNumber' },
      { reference_rows.place(reference), 'ChorusPath' },
      { state ~= '' and '  ' .. state or '', 'ChorusReferenceStale' },
    }),
    canvas.row({ { ' ' .. text.clean(reference.note), 'ChorusReference' } }),
    canvas.row({}),
  }
  for _, line in ipairs(text.lines(reference.text)) do
    rows[#rows + 1] = canvas.row({ ' ' .. line })
  end
  show(rows)
end

---@param references chorus.Reference[]
---@param title string
---@param on_choice fun(reference: chorus.Reference)
---@return chorus.PickList
function M.list(references, title, on_choice)
  return {
    name = 'references',
    kind = 'chorus_reference',
    title = title,
    many = false,
    items = function()
      return vim.tbl_map(function(reference)
        local chunks = item_rows.reference(reference, reference_rows.place(reference))
        return sessions.item(tostring(reference.id), chunks, reference)
      end, references)
    end,
    preview = preview,
    actions = {},
    choose = function(found)
      on_choice(found[1])
    end,
  }
end

return M
