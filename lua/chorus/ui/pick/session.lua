--- A list that a person picks from, whatever shows it: its lines in an order that holds while the list is open, what is
--- done with the chosen ones, and the end, which comes once.
local canvas = require('chorus.ui.kit.canvas')
local listen = require('chorus.ui.kit.listen')

local M = {}

---@class chorus.PickItem
---@field key string what it is, however its line changes
---@field chunks chorus.Chunk[] its line, in colors; harmless to show
---@field text string its line
---@field file? string absolute path
---@field data any

---@class chorus.PickAction
---@field name string
---@field keys string[]
---@field does string
---@field line? string runs it on all items, where a list has no keys
---@field run fun(data: any[])

---@class chorus.PickList
---@field name string such as `tasks`
---@field kind string what replacements of `vim.ui.select` know the list by
---@field title string
---@field many boolean whether several may be chosen
---@field items fun(): chorus.PickItem[]
---@field watch? fun(on_change: fun()): fun() calls `on_change` for other items, until the function that it returns is called
---@field preview? fun(data: any, size: chorus.PickSize, show: fun(rows: chorus.Row[])) may show more than once
---@field fitting? fun(items: chorus.PickItem[], text: string): chorus.PickItem[] for Chorus's own list
---@field hint? string what may be typed there
---@field actions chorus.PickAction[]
---@field choose fun(data: any[])
---@field leave? fun() nothing was chosen

---@class chorus.PickSize
---@field width integer
---@field height integer

---@class chorus.PickSession
---@field list chorus.PickList
---@field private known table<string, chorus.PickItem>
---@field private order string[]
---@field private asked? string key of the item whose preview was asked for last
---@field private ticket integer
---@field private stop? fun()
---@field private is_over boolean
local Session = {}
Session.__index = Session

---@param list chorus.PickList
---@return chorus.PickSession
function M.of(list)
  return setmetatable({ list = list, known = {}, order = {}, ticket = 0, is_over = false }, Session)
end

--- A chunk's text on its own line, and the whole item.
---@param key string
---@param chunks chorus.Chunk[]
---@param data any
---@param file? string
---@return chorus.PickItem
function M.item(key, chunks, data, file)
  return { key = key, chunks = chunks, text = canvas.row(chunks).text, data = data, file = file }
end

--- The items as they are now. An item stays the same table and keeps its place for as long as the list is open, so that no
--- key acts on a line that has moved under the cursor; what is new comes last.
---@return chorus.PickItem[]
function Session:items()
  local current, is_there = {}, {}
  for _, item in ipairs(self.list.items()) do
    is_there[item.key] = true
    local known = self.known[item.key]
    if known then
      known.chunks, known.text, known.data, known.file = item.chunks, item.text, item.data, item.file
    else
      self.known[item.key] = item
      self.order[#self.order + 1] = item.key
    end
  end
  self.order = vim.tbl_filter(function(key)
    if not is_there[key] then
      self.known[key] = nil
    end
    return is_there[key] or false
  end, self.order)
  for index, key in ipairs(self.order) do
    current[index] = self.known[key]
  end
  return current
end

--- An item by its key.
---@param key string
---@return chorus.PickItem?
function Session:item(key)
  return self.known[key]
end

--- The items with these keys; one that is gone is left out.
---@param keys string[]
---@return chorus.PickItem[]
function Session:items_of(keys)
  local items = {}
  for _, key in ipairs(keys) do
    items[#items + 1] = self.known[key]
  end
  return items
end

--- Calls `draw` when the items have changed, at most once in a while, until the end.
---@param draw fun()
function Session:watch(draw)
  if not self.list.watch or self.is_over then
    return
  end
  local before
  local function say()
    local lines = vim.tbl_map(function(item)
      return item.key .. item.text
    end, self:items())
    return table.concat(lines, '\n')
  end
  before = say()
  self.stop = self.list.watch(listen.one_at_a_time(150, function(done)
    vim.schedule(function()
      local now = not self.is_over and say() or before
      if now ~= before then
        before = now
        draw()
      end
      done()
    end)
  end))
end

--- Shows what there is to see of an item, until another one is asked for.
---@param item chorus.PickItem
---@param size chorus.PickSize
---@param show fun(rows: chorus.Row[])
function Session:preview(item, size, show)
  if not self.list.preview then
    return show({})
  end
  self.ticket = self.ticket + 1
  local ticket = self.ticket
  self.list.preview(item.data, size, function(rows)
    if ticket == self.ticket and not self.is_over then
      show(rows)
    end
  end)
end

--- Shows it in a buffer.
---@param item chorus.PickItem
---@param buffer integer
---@param window? integer
function Session:preview_in(item, buffer, window)
  local is_window = window and vim.api.nvim_win_is_valid(window)
  local size = {
    width = is_window and vim.api.nvim_win_get_width(window) or 80,
    height = is_window and vim.api.nvim_win_get_height(window) or 40,
  }
  self:preview(item, size, function(rows)
    if vim.api.nvim_buf_is_valid(buffer) then
      canvas.draw(buffer, rows)
    end
  end)
end

--- The end. What follows waits until the picker is closed, since it may open a window.
---@param act fun()
---@param is_closed? boolean the picker is closed already
function Session:finish(act, is_closed)
  if self.is_over then
    return
  end
  self.is_over = true
  if self.stop then
    self.stop()
  end
  if is_closed then
    return act()
  end
  vim.schedule(act)
end

---@param items chorus.PickItem[]
---@return any[]
local function data_of(items)
  return vim.tbl_map(function(item)
    return item.data
  end, items)
end

--- The items are chosen; none are when the person picked nothing.
---@param items chorus.PickItem[]
---@param is_closed? boolean
function Session:choose(items, is_closed)
  self:finish(function()
    if #items > 0 then
      self.list.choose(data_of(items))
    elseif self.list.leave then
      self.list.leave()
    end
  end, is_closed)
end

--- An action is to run on the items.
---@param action chorus.PickAction
---@param items chorus.PickItem[]
---@param is_closed? boolean
function Session:act(action, items, is_closed)
  self:finish(function()
    if #items > 0 then
      action.run(data_of(items))
    end
  end, is_closed)
end

--- The person left without a choice. A choice that was made before counts.
function Session:leave()
  self:finish(function()
    if self.list.leave then
      self.list.leave()
    end
  end)
end

return M
