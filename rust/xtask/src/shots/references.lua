-- A document with references, one of them stale.
local shop = dofile(vim.env.SHOT_SHOP)
vim.cmd.edit('docs/login.md')
shop.ready(function()
  local namespace = vim.api.nvim_get_namespaces().chorus_references
  return #vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, {}) == 4
end)
