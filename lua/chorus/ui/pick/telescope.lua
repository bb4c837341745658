--- Lists in telescope.nvim.
---@diagnostic disable: unresolved-require the plugin is there when this is used
local M = {}

--- What is called of it, by module.
local CALLED = {
  ['telescope.pickers'] = { 'new' },
  ['telescope.finders'] = { 'new_table' },
  ['telescope.previewers'] = { 'new_buffer_previewer' },
  ['telescope.pickers.entry_display'] = {},
  ['telescope.actions'] = { 'close' },
  ['telescope.actions.set'] = { 'select' },
  ['telescope.actions.state'] = { 'get_current_picker', 'get_selected_entry' },
  ['telescope.config'] = {},
}

---@return string?
function M.fault()
  return require('chorus.ui.pick.plugin').fault('telescope', CALLED)
end

---@return boolean
function M.is_chosen()
  return require('chorus.ui.pick.plugin').is_installed('telescope')
end

--- A line with its colors as telescope takes them: the text, and ranges of bytes.
---@param item chorus.PickItem
---@return string text
---@return table[] ranges
local function display(item)
  local row = require('chorus.ui.kit.canvas').row(item.chunks)
  local ranges = vim.tbl_map(function(mark)
    return { { mark[1], math.min(mark[2], #row.text) }, mark[3] }
  end, row.marks)
  return row.text, ranges
end

--- A function that makes the entry of an item: the same one each time, so that marks and the cursor stay on it.
local function entry_maker()
  local entries = {}
  return function(item)
    local entry = entries[item.key] or {}
    entries[item.key] = entry
    entry.value, entry.ordinal, entry.filename = item, item.text, item.file
    entry.display = function()
      return display(item)
    end
    return entry
  end
end

---@param session chorus.PickSession
function M.open(session)
  local actions, state = require('telescope.actions'), require('telescope.actions.state')
  local values = require('telescope.config').values
  local list, make = session.list, entry_maker()
  local function finder()
    return require('telescope.finders').new_table({ results = session:items(), entry_maker = make })
  end
  --- The marked items, else the one under the cursor.
  local function chosen(buffer)
    local picker, entry = state.get_current_picker(buffer), state.get_selected_entry()
    local marked = list.many and picker and picker:get_multi_selection() or {}
    return vim.tbl_map(function(each)
      return each.value
    end, #marked > 0 and marked or { entry })
  end
  local picker = require('telescope.pickers').new({}, {
    prompt_title = list.title,
    results_title = false,
    finder = finder(),
    sorter = values.generic_sorter({}),
    selection_strategy = 'follow',
    previewer = list.preview and require('telescope.previewers').new_buffer_previewer({
      title = 'Preview',
      define_preview = function(self, entry)
        session:preview_in(entry.value, self.state.bufnr, self.state.winid)
      end,
    }),
    attach_mappings = function(buffer, map)
      -- Each of its keys that opens something ends here, in whatever window: it cannot open our items.
      require('telescope.actions.set').select:replace(function()
        local items = chosen(buffer)
        session:choose(items)
        actions.close(buffer)
      end)
      for _, action in ipairs(list.actions) do
        for _, key in ipairs(action.keys) do
          map({ 'i', 'n' }, key, function()
            session:act(action, chosen(buffer))
            actions.close(buffer)
          end, { desc = action.does })
        end
      end
      vim.api.nvim_create_autocmd('BufWipeout', {
        buffer = buffer,
        once = true,
        callback = function()
          session:leave()
        end,
      })
      return true
    end,
  })
  picker:find()
  session:watch(function()
    if picker.prompt_bufnr and vim.api.nvim_buf_is_valid(picker.prompt_bufnr) then
      picker:refresh(finder(), { reset_prompt = false, multi = picker._multi })
    end
  end)
end

return M
