--- Lists in the picker of snacks.nvim.
---@diagnostic disable: unresolved-require the plugin is there when this is used
local M = {}

--- What is called of it, by module.
local CALLED = { ['snacks.picker'] = { 'pick' } }

---@return string?
function M.fault()
  local fault = require('chorus.ui.pick.plugin').fault('snacks', CALLED)
  return fault or (_G.Snacks == nil and 'it is not set up: `Snacks` is nil' or nil)
end

--- Snacks is many plugins in one: it is a picker where that part is switched on.
---@return boolean
function M.is_chosen()
  return vim.tbl_get(_G, 'Snacks', 'config', 'picker', 'enabled') == true
end

--- The items of ours behind those of the picker.
---@param session chorus.PickSession
---@param found table[]
---@return chorus.PickItem[]
local function ours(session, found)
  return session:items_of(vim.tbl_map(function(each)
    return each.id
  end, found))
end

---@param session chorus.PickSession
function M.open(session)
  local list = session.list
  local actions, keys = {}, {}
  local function selected(picker)
    return ours(session, list.many and picker:selected({ fallback = true }) or { picker:current() })
  end
  for _, action in ipairs(list.actions) do
    local name = 'chorus_' .. action.name
    actions[name] = {
      desc = action.does,
      action = function(picker)
        session:act(action, selected(picker))
        picker:close()
      end,
    }
    for _, key in ipairs(action.keys) do
      keys[key] = { name, mode = { 'i', 'n' } }
    end
  end
  local picker = require('snacks.picker').pick({
    source = 'chorus_' .. list.name,
    title = list.title,
    finder = function()
      return vim.tbl_map(function(item)
        -- By `_select_key` a marked item is known again after its line has changed.
        return { text = item.text, id = item.key, _select_key = item.key, file = item.file, chunks = item.chunks }
      end, session:items())
    end,
    format = function(item)
      return vim.tbl_map(function(chunk)
        return type(chunk) == 'table' and { chunk[1], chunk[2] } or { chunk }
      end, item.chunks)
    end,
    preview = list.preview and function(ctx)
      local item = session:item(ctx.item.id)
      ctx.preview:reset()
      ctx.preview:minimal()
      if item then
        session:preview_in(item, ctx.buf, ctx.win)
      end
    end or 'none',
    layout = not list.preview and { preview = false } or nil,
    actions = actions,
    win = { input = { keys = keys }, list = { keys = vim.deepcopy(keys) } },
    confirm = function(opened)
      session:choose(selected(opened))
      opened:close()
    end,
    on_close = function()
      session:leave()
    end,
  })
  session:watch(function()
    if picker and not picker.closed then
      picker.list:set_target()
      picker:find({ refresh = true })
    end
  end)
end

return M
