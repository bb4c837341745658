-- What changed in a document, as the prompt that is about to be sent.
local shop = dofile(vim.env.SHOT_SHOP)
vim.cmd.edit('docs/login.md')
require('chorus.dispatch').run('tell', { task = { 'task-3' } })
shop.ready(function()
  return shop.shows('chorus://tell/3', 'last use')
end)
