-- busted inside a real Neovim:
--   BUSTED_ROOT=PREFIX nvim --clean --headless -l tests/lua/run.lua [busted options] [spec]
-- BUSTED_ROOT is where lua-busted was unpacked; empty when it is installed on the system.
local root = os.getenv('BUSTED_ROOT') or ''
local share = root .. '/usr/share/lua/5.1/'
package.path = share .. '?.lua;' .. share .. '?/init.lua;' .. package.path
package.cpath = root .. '/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;' .. package.cpath

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
vim.opt.runtimepath:prepend(vim.fs.dirname(vim.fs.dirname(here)))
package.path = here .. '/?.lua;' .. package.path

-- Setting 'columns' or 'lines' here corrupts memory under `-l` (0.12.4): there is no screen yet. A spec that needs another
-- size runs a Neovim of its own.
if #_G.arg == 0 then
  _G.arg[1] = here
end

-- On Lua 5.1 busted leaves by error(nil) after a failure, which Neovim would report as E5113 with no text.
local ok, err = pcall(require('busted.runner'), { standalone = false })
io.stdout:flush()
if not ok and err ~= nil then
  io.stderr:write(tostring(err), '\n')
end
os.exit(ok and 0 or 1)
