-- A task's page.
local shop = dofile(vim.env.SHOT_SHOP)
require('chorus.ui.tasks.page').open(shop.tasks[1])
shop.ready(function()
  return shop.shows('chorus://task/4', 'Before the first turn')
end)
