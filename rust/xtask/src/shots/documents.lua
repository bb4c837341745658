-- The documents, in Chorus's own list.
local shop = dofile(vim.env.SHOT_SHOP)
require('chorus.dispatch').run('docs', { args = '' })
shop.ready(function()
  return vim.tbl_contains(vim.api.nvim_list_bufs(), function(buffer)
    return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)):find('README.md', 1, true) ~= nil
  end, { predicate = true })
end)
