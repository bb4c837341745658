-- Times the list of the project's documents: the first, those after it, and the time from a write of a document to the
-- `User` event about it. One time in milliseconds a line: `cold 80.1`.
vim.opt.runtimepath:prepend(vim.env.BENCH_CHECKOUT)
vim.g.chorus = { binary = vim.env.BENCH_CHORUS }

local client = require('chorus.client')
local is_ready = false
client.ready(function(err)
  is_ready = not err
end)
assert(vim.wait(10000, function()
  return is_ready
end), 'no connection')

local function report(name, began)
  io.stdout:write(('%s %f\n'):format(name, (vim.uv.hrtime() - began) / 1e6))
end

local function list(name)
  local began, found = vim.uv.hrtime(), nil
  require('chorus.editor.documents').get(nil, function(err, reply)
    assert(not err, err and err.message)
    report(name, began)
    found = #reply.documents
  end)
  assert(vim.wait(30000, function()
    return found
  end, 1), 'no list')
  io.stdout:write(('found %d\n'):format(found))
end

list('cold')
for _ = 1, 20 do
  list('warm')
end

local told
vim.api.nvim_create_autocmd('User', {
  pattern = 'ChorusDocumentChanged',
  callback = function(event)
    told = told or vim.list_contains(event.data.paths, 'docs/0/0.md')
  end,
})
local file = assert(client.welcome()).project .. '/docs/0/0.md'
for run = 1, 20 do
  told = false
  local began = vim.uv.hrtime()
  vim.fn.writefile({ '# Changed ' .. ('x'):rep(run) }, file)
  assert(vim.wait(5000, function()
    return told
  end, 1), 'no event')
  report('changed', began)
  list('again')
end
