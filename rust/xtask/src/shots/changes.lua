-- Uncommitted edits without GitButler, by working tree; a hunk is open.
local shop = dofile(vim.env.SHOT_SHOP)
require('chorus.ui.edits.changes').open()
local is_open = false
shop.ready(function()
  if not is_open and shop.shows('chorus://changes', 'pages.json') then
    is_open = true
    vim.fn.search('return read')
    vim.api.nvim_input('<Tab>')
  end
  return is_open and shop.shows('chorus://changes', 'return known')
end)
