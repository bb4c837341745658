--- The windows that show a task's page: the bar above it, and the folds of its turns.
local page_rows = require('chorus.ui.tasks.page_rows')
local status = require('chorus.ui.kit.status')

local M = {}

--- Sets what a window needs to show a page: long lines wrap under their text, and each turn is a fold.
---@param window integer
function M.set_up(window)
  local options = {
    wrap = true,
    linebreak = true,
    breakindent = true,
    breakindentopt = 'shift:2',
    foldmethod = 'expr',
    foldexpr = "v:lua.require'chorus.ui.tasks.page'.fold_level()",
    foldlevel = 0,
    foldenable = true,
    foldtext = '',
    fillchars = 'fold: ,eob: ',
    cursorline = true,
  }
  for name, value in pairs(options) do
    vim.wo[window][0][name] = value
  end
end

--- The fold level of a line.
---@param page chorus.PageBuffer
---@param line integer
---@return string|integer
function M.fold_level(page, line)
  local tick = vim.api.nvim_buf_get_changedtick(page.buffer)
  if page.stop_tick ~= tick then
    page.stop, page.stop_tick = page_rows.separator(vim.api.nvim_buf_get_lines(page.buffer, 0, -1, false)), tick
  end
  local row = page.stop and page.rows and page.rows[line - page.stop]
  return row and row.data and row.data.fold or 0
end

--- Opens the newest turn, once each, in the windows that show the page.
---@param page chorus.PageBuffer
function M.open_newest(page)
  local stop = page_rows.separator(vim.api.nvim_buf_get_lines(page.buffer, 0, -1, false))
  for index, row in ipairs(stop and page.rows or {}) do
    if row.data and row.data.opens then
      for _, window in ipairs(vim.fn.win_findbuf(page.buffer)) do
        if page.opened[window] ~= row.key then
          page.opened[window] = row.key
          vim.api.nvim_win_call(window, function()
            -- The expression is evaluated anew only here.
            vim.cmd('silent! normal! zx')
            vim.cmd(('silent! %dfoldopen'):format(stop + index))
          end)
        end
      end
      return
    end
  end
end

--- Says above the text which task it is, how it is, and what to do.
---@param page chorus.PageBuffer
function M.draw_bar(page)
  local task = require('chorus.tasks').get(page.uuid or page.number) or page.page and page.page.task
  local left = task and status.title(task, status.now()) or { { (' #%d '):format(page.number), 'ChorusNumber' } }
  require('chorus.ui.kit.write_bar').set(page.buffer, 'page', left, 'saves')
end

return M
