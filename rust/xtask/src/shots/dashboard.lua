-- The work list.
local shop = dofile(vim.env.SHOT_SHOP)
require('chorus.ui.tasks.dashboard').open()
shop.ready(function()
  return vim.o.columns < 110 or shop.shows('chorus://preview', 'touch')
end)
