-- The whole chain of a privately fetched Neovim, not only its loader: runtime
-- files, parsers, and a child that runs with the host's libraries.
--   nvim --clean --headless -l check-nvim.lua
assert((vim.env.LD_LIBRARY_PATH or '') == '')
for _, language in ipairs({ 'lua', 'markdown', 'markdown_inline', 'vimdoc' }) do
  vim.treesitter.language.add(language)
  assert(vim.treesitter.language.inspect(language))
end
local job = vim.fn.jobstart({ 'sh', '-c', 'exit 7' })
assert(vim.fn.jobwait({ job }, 5000)[1] == 7)
assert(vim.fn.system({ vim.v.progpath, '--version' }):find('^NVIM'))
