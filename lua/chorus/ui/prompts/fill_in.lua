--- Puts in what the placeholders of a buffer's text stand for, to be read before the text is used. A language server, git
--- and the daemon are asked meanwhile, so the person may have typed on or left when their answers are there.
local message = require('chorus.message')

---@class chorus.FillWish
---@field buffer integer
---@field lines string[] the whole buffer, as of the write
---@field first integer how many of them stand before the text
---@field words string the text
---@field origin? chorus.Origin where the person was
---@field does string what the next write does

--- Puts them in.
---@param wish chorus.FillWish
---@param on_done fun(is_filled: boolean) whether placeholders that still stand there are words; never while Neovim writes
return function(wish, on_done)
  require('chorus.editor.placeholders').expand(wish.words, wish.origin, function(filled)
    if not vim.api.nvim_buf_is_loaded(wish.buffer) then
      return on_done(false)
    elseif not vim.deep_equal(wish.lines, vim.api.nvim_buf_get_lines(wish.buffer, 0, -1, false)) then
      message.info('the placeholders are not filled in: you typed on meanwhile', '`:w` fills them in')
      return on_done(false)
    elseif filled ~= wish.words then
      vim.api.nvim_buf_set_lines(wish.buffer, wish.first, -1, false, vim.split(filled, '\n', { plain = true }))
      message.info('the placeholders are filled in', ('`:w` %s; `u` takes that back'):format(wish.does))
    end
    vim.bo[wish.buffer].modified = true
    on_done(true)
  end)
end
