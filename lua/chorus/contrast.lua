--- How well the text of a highlight group can be read: the contrast of two colors as WCAG defines it, from 1 to 21.
local M = {}

--- What can be read without effort.
M.ENOUGH = 2.3

---@param color integer as `nvim_get_hl` has it
---@return number
local function luminance(color)
  local function channel(divisor)
    local value = math.floor(color / divisor) % 256 / 255
    return value <= 0.03928 and value / 12.92 or ((value + 0.055) / 1.055) ^ 2.4
  end
  return 0.2126 * channel(65536) + 0.7152 * channel(256) + 0.0722 * channel(1)
end

---@param one integer
---@param other integer
---@return number
function M.ratio(one, other)
  local light, dark = luminance(one) + 0.05, luminance(other) + 0.05
  return light > dark and light / dark or dark / light
end

---@param name string
---@return vim.api.keyset.get_hl_info
local function colors_of(name)
  return vim.api.nvim_get_hl(0, { name = name, link = false })
end

--- The contrast of a group's text over the background of another. Nil where the terminal says which colors these are.
---@param name string
---@param behind string
---@return number?
function M.of(name, behind)
  if not vim.o.termguicolors then
    return nil
  end
  local group, normal, is_dark = colors_of(name), colors_of('Normal'), vim.o.background == 'dark'
  local text = group.fg or normal.fg or (is_dark and 0xffffff or 0x000000)
  local back = group.bg or colors_of(behind).bg or normal.bg or (is_dark and 0x000000 or 0xffffff)
  return group.reverse and M.ratio(back, text) or M.ratio(text, back)
end

return M
