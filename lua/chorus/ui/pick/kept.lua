--- Texts that were begun, to pick from: drafts of tasks, prompts.
local canvas = require('chorus.ui.kit.canvas')
local item_rows = require('chorus.ui.pick.item_rows')
local message = require('chorus.message')
local sessions = require('chorus.ui.pick.session')
local text = require('chorus.text')

local M = {}

--- Stands for a new text among those that are kept.
local FRESH = {}

--- The kept ones among what was picked.
---@param found any[]
---@return chorus.KeptFile[]
local function kept_of(found)
  return vim.tbl_filter(function(each)
    return each ~= FRESH
  end, found)
end

---@param wish chorus.KeptPick
---@return chorus.PickAction[]
local function actions(wish)
  local found = require('chorus.ui.pick.actions').of({
    delete = function(found)
      local kept = kept_of(found)
      if #kept == 0 then
        return message.info('there is nothing to delete on this line')
      end
      wish.on_delete(kept)
    end,
  })
  for _, action in ipairs(found) do
    action.line = wish.delete
  end
  return found
end

---@param wish chorus.KeptPick
---@return chorus.PickList
function M.list(wish)
  return {
    name = 'kept',
    kind = wish.kind,
    title = wish.title,
    many = true,
    items = function()
      local now = {}
      if wish.fresh then
        now[1] = sessions.item('new', { { text.clean(wish.fresh), 'ChorusHint' } }, FRESH)
      end
      for _, kept in ipairs(wish.kept) do
        local age = text.age((os.time() - kept.at) * 1000)
        now[#now + 1] = sessions.item(kept.path, item_rows.kept(kept, age), kept, kept.path)
      end
      return now
    end,
    preview = function(kept, _, show)
      local lines = kept ~= FRESH and wish.preview(kept.path) or {}
      show(vim.tbl_map(function(line)
        return canvas.row({ ' ' .. line })
      end, text.lines(table.concat(lines, '\n'))))
    end,
    actions = actions(wish),
    choose = function(found)
      vim.tbl_map(wish.on_choice, kept_of(found))
      if vim.list_contains(found, FRESH) and wish.on_fresh then
        wish.on_fresh()
      end
    end,
  }
end

return M
