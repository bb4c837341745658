--- Operators on lines: `<Plug>(chorus-ref-operator)` ties what a motion covers to a task, and
--- `<Plug>(chorus-send-operator)` and `<Plug>(chorus-new-operator)` begin a prompt or a new task with it.

local M = {}

--- Runs a verb on the lines that a motion covered.
---@param verb string
---@return fun()
local function on_lines(verb)
  return function()
    local first = vim.api.nvim_buf_get_mark(0, '[')[1]
    local last = vim.api.nvim_buf_get_mark(0, ']')[1]
    require('chorus.dispatch').run(verb, { range = { first = first, last = last }, composes = true })
  end
end

M.ref = on_lines('ref')
M.send = on_lines('send')
M.new = on_lines('new')

--- For an expression mapping: waits for the motion.
---@param name string
---@return string keys
function M.start(name)
  vim.o.operatorfunc = ("v:lua.require'chorus.editor.operators'.%s"):format(name)
  return 'g@'
end

return M
