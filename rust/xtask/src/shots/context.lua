-- What an agent got as its task's context.
local shop = dofile(vim.env.SHOT_SHOP)
require('chorus.ui.documents.context').open(shop.tasks[1])
shop.ready(function()
  return shop.shows('chorus://context/4', 'Referenced')
end)
