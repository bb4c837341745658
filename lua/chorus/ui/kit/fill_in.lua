--- Fills in the placeholders of a text that a person writes, once, to be read before it is sent.
local message = require('chorus.message')

local M = {}

--- A buffer whose `:w` sends its text.
---@class chorus.Filling
---@field buffer integer
---@field origin? chorus.Origin where the person was
---@field is_filled boolean placeholders in the text are words: they were filled in, or are none
---@field is_filling boolean their values are being found, which may take seconds; no write sends meanwhile

---@param filling chorus.Filling
---@return string[]
local function lines_of(filling)
  return vim.api.nvim_buf_get_lines(filling.buffer, 0, -1, false)
end

--- Puts in what the placeholders of the lines below the first `head` ones stand for. Where the text is another one when the
--- values come, it stays as the person left it.
---@param filling chorus.Filling
---@param before string[] all lines
---@param head integer
---@param words string the others
---@param does string what the next `:w` does
---@param on_filled fun() the text may be sent
function M.start(filling, before, head, words, does, on_filled)
  require('chorus.editor.placeholders').expand(words, filling.origin, function(filled)
    filling.is_filling = false
    if not vim.api.nvim_buf_is_loaded(filling.buffer) then
      return
    elseif not vim.deep_equal(lines_of(filling), before) then
      vim.bo[filling.buffer].modified = true
      return message.info('the placeholders are not filled in: the text has changed since `:w`', '`:w` fills them in')
    end
    filling.is_filled = true
    if filled ~= words then
      vim.api.nvim_buf_set_lines(filling.buffer, head, -1, false, vim.split(filled, '\n', { plain = true }))
      message.info('the placeholders are filled in', ('`:w` %s; `u` takes that back'):format(does))
    end
    vim.bo[filling.buffer].modified = true
    on_filled()
  end)
end

return M
