--- Lists in mini.pick.
---@diagnostic disable: unresolved-require the plugin is there when this is used
local M = {}

--- What is called of it, by module.
local CALLED = {
  ['mini.pick'] = {
    'start',
    'default_show',
    'get_picker_matches',
    'get_picker_state',
    'set_picker_items',
    'set_picker_match_inds',
    'is_picker_active',
  },
}

---@return string?
function M.fault()
  return require('chorus.ui.pick.plugin').fault('mini.pick', CALLED)
end

--- Its setup makes the global.
---@return boolean
function M.is_chosen()
  return _G.MiniPick ~= nil
end

local namespace = vim.api.nvim_create_namespace('chorus_mini')

---@param session chorus.PickSession
---@param buffer integer
---@param items table[]
---@param query string[]
local function show(session, buffer, items, query)
  require('mini.pick').default_show(buffer, items, query)
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for index, each in ipairs(items) do
    local item = session:item(each.key)
    local row = item and require('chorus.ui.kit.canvas').row(item.chunks)
    for _, mark in ipairs(row and row.text == each.text and row.marks or {}) do
      local options = { end_col = math.min(mark[2], #row.text), hl_group = mark[3], priority = 150, strict = false }
      vim.api.nvim_buf_set_extmark(buffer, namespace, index - 1, mark[1], options)
    end
  end
end

---@param session chorus.PickSession
function M.open(session)
  local pick = require('mini.pick')
  local list = session.list
  --- A list of its own: mini.pick copies what it is given.
  local function items()
    return vim.tbl_map(function(item)
      return { text = item.text, key = item.key }
    end, session:items())
  end
  local function ours(found)
    return session:items_of(vim.tbl_map(function(each)
      return each.key
    end, found))
  end
  local mappings = {}
  for _, action in ipairs(list.actions) do
    for index, key in ipairs(action.keys) do
      mappings[('chorus_%s_%d'):format(action.name, index)] = {
        char = key,
        func = function()
          local matches = pick.get_picker_matches() or {}
          local marked = list.many and matches.marked or {}
          session:act(action, ours(#marked > 0 and marked or { matches.current }))
          return true
        end,
      }
    end
  end
  session:watch(function()
    if not pick.is_picker_active() then
      return
    end
    local matches = pick.get_picker_matches() or {}
    pick.set_picker_items(items())
    if matches.marked_inds and #matches.marked_inds > 0 then
      pick.set_picker_match_inds(matches.marked_inds, 'marked')
    end
  end)
  pick.start({
    source = {
      name = list.title,
      items = items,
      show = function(buffer, shown, query)
        show(session, buffer, shown, query)
      end,
      preview = function(buffer, item)
        local found = session:item(item.key)
        local windows = (pick.get_picker_state() or {}).windows or {}
        if found then
          session:preview_in(found, buffer, windows.main)
        end
      end,
      choose = function(item)
        session:choose(ours({ item }))
      end,
      choose_marked = function(marked)
        session:choose(ours(list.many and marked or { marked[1] }))
      end,
    },
    mappings = mappings,
  })
  session:leave()
end

return M
