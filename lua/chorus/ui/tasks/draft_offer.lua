--- Drafts that were left: to go on with, to delete, or to begin another task beside.
local drafts = require('chorus.ui.tasks.draft_files')
local picker = require('chorus.picker')
local text = require('chorus.text')

local M = {}

--- Deletes drafts after confirmation, then offers those that are left.
---@param found chorus.KeptFile[]
---@param offer fun()
local function discard(found, offer)
  local titles = vim.tbl_map(function(draft)
    return draft.title ~= '' and text.clean(draft.title, 40) or '(no title yet)'
  end, found)
  picker.confirm_deletion(titles, function()
    for _, draft in ipairs(found) do
      drafts:remove(draft.path)
    end
    offer()
  end)
end

--- Shows drafts to pick from.
---@param left chorus.KeptFile[]
---@param starts? boolean whether `:w` starts the task that it creates
---@param open_new? fun()
---@param plugin? string the picker to use, in lieu of that of the options
function M.show(left, starts, open_new, plugin)
  picker.pick_kept({
    kind = 'chorus_draft',
    title = #left == 1 and 'There is an unfinished draft' or ('There are %d unfinished drafts'):format(#left),
    kept = left,
    fresh = open_new and 'A new task' or nil,
    delete = #left == 1 and 'Delete the draft' or 'Delete the drafts',
    preview = function(path)
      return drafts:head(path, 500)
    end,
    on_fresh = open_new,
    on_choice = function(draft)
      local fault = drafts.fault_of(draft.path)
      if fault then
        return require('chorus.message').info(fault)
      end
      require('chorus.ui.tasks.draft').resume(draft.path, starts)
    end,
    on_delete = function(found)
      discard(found, function()
        local others = drafts:unfinished()
        if #others > 0 then
          M.show(others, starts, open_new, plugin)
        end
      end)
    end,
  }, plugin)
end

--- Lists the drafts of this project.
---@param plugin? string
function M.list(plugin)
  local left = drafts:unfinished()
  if #left == 0 then
    return require('chorus.message').info('there is no unfinished draft', '`:Chorus new` writes a new task')
  end
  M.show(left, false, nil, plugin)
end

return M
