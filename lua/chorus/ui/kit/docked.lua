--- A window in the layout, or in a tab page of its own, with the interface of a floating one: title and keys stand above it.
local canvas = require('chorus.ui.kit.canvas')
local place = require('chorus.ui.kit.place')

local M = {}

--- Where a window goes, by the name of the option.
---@type table<string, table>
M.PLACES = {
  split = { split = 'botright' },
  vsplit = { split = 'botright', vertical = true },
  tab = { tab = 999 },
}

---@class chorus.Docked
---@field window integer
---@field buffer integer
---@field wish chorus.FloatWish
---@field has_border boolean
local Docked = {}
Docked.__index = Docked

---@return boolean
function Docked:is_open()
  return vim.api.nvim_win_is_valid(self.window) and vim.api.nvim_win_get_buf(self.window) == self.buffer
end

--- Width and height of the text area.
---@return integer width
---@return integer height
function Docked:size()
  return vim.api.nvim_win_get_width(self.window), vim.api.nvim_win_get_height(self.window)
end

function Docked:draw_bar()
  local width = vim.api.nvim_win_get_width(self.window)
  local bar = canvas.bar_of_two(canvas.border_text(self.wish.title, width) or {}, self.wish.footer or {}, width)
  require('chorus.ui.kit.page_buffer').set_bar(self.window, bar)
end

--- Changes title or keys.
---@param wish table
function Docked:update(wish)
  local new = vim.tbl_extend('force', self.wish, wish)
  if self:is_open() and not vim.deep_equal(new, self.wish) then
    self.wish = new
    self:draw_bar()
  end
end

function Docked:close()
  if self:is_open() then
    vim.api.nvim_win_call(self.window, place.leave)
  end
end

--- Shows `buffer` in a window. The buffer goes when it leaves the screen.
---@param buffer integer
---@param wish chorus.FloatWish
---@param where table as `chorus.ui.kit.place` takes it
---@return chorus.Docked
function M.open(buffer, wish, where)
  local self = setmetatable({ buffer = buffer, wish = wish, has_border = false }, Docked)
  place.show(buffer, where)
  self.window = vim.api.nvim_get_current_win()
  vim.bo[buffer].bufhidden = 'wipe'
  place.calm(self.window)
  vim.wo[self.window][0].cursorline = false
  self:draw_bar()
  local group = vim.api.nvim_create_augroup('chorus_docked_' .. buffer, {})
  vim.api.nvim_create_autocmd({ 'VimResized', 'WinResized' }, {
    group = group,
    callback = function()
      if self:is_open() then
        self:draw_bar()
        if self.wish.on_resize then
          self.wish.on_resize(self:size())
        end
      end
    end,
  })
  require('chorus.ui.kit.own_window').keep(self, group, function()
    vim.w[self.window].chorus_is_extra = true
    self:draw_bar()
  end)
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = buffer,
    callback = function()
      pcall(vim.api.nvim_del_augroup_by_id, group)
      if self.wish.on_close then
        self.wish.on_close()
      end
    end,
  })
  return self
end

return M
