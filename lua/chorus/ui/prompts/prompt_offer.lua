--- Prompts that were not sent: to go on with, to delete, or to write another one beside.
local delivery = require('chorus.ui.prompts.delivery')
local picker = require('chorus.picker')
local prompt_files = require('chorus.ui.prompts.prompt_files')
local text = require('chorus.text')

local M = {}

--- Deletes prompts after confirmation.
---@param found chorus.KeptFile[]
---@param on_deleted fun()
local function discard(found, on_deleted)
  local titles = vim.tbl_map(function(each)
    return text.clean(each.title, 40)
  end, found)
  picker.confirm_deletion(titles, function()
    for _, each in ipairs(found) do
      prompt_files:remove(each.path)
    end
    on_deleted()
  end)
end

--- What a prompt is for, and how its text begins.
---@param path string
---@return string[]
local function preview(path)
  local purpose, lines = prompt_files.read(path, 500)
  return vim.list_extend({ delivery.title(purpose), '' }, lines)
end

--- Shows prompts to pick from.
---@param left chorus.KeptFile[]
---@param names? string the tasks that a new one is for
---@param open_new? fun()
---@param plugin? string the picker to use, in lieu of that of the options
function M.show(left, names, open_new, plugin)
  picker.pick_kept({
    kind = 'chorus_prompt',
    title = #left == 1 and 'A prompt was not sent' or ('%d prompts were not sent'):format(#left),
    kept = left,
    fresh = names and 'A new prompt for ' .. names or nil,
    delete = #left == 1 and 'Delete the kept prompt' or 'Delete the kept prompts',
    preview = preview,
    on_fresh = open_new,
    on_choice = function(prompt)
      local fault = prompt_files.fault_of(prompt.path)
      if fault then
        return require('chorus.message').info(fault)
      end
      require('chorus.ui.prompts.composer').resume(prompt.path)
    end,
    on_delete = function(found)
      discard(found, function()
        local others = prompt_files:unfinished()
        if #others > 0 then
          M.show(others, names, open_new, plugin)
        elseif open_new then
          open_new()
        end
      end)
    end,
  }, plugin)
end

--- Lists the prompts of this project that were not sent.
---@param plugin? string
function M.list(plugin)
  local left = prompt_files:unfinished()
  if #left == 0 then
    return require('chorus.message').info('no prompt is kept', '`:Chorus send` writes a new one')
  end
  M.show(left, nil, nil, plugin)
end

return M
