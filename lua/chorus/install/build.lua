--- Building the program with cargo in the plugin's folder.

local M = {}

--- Lines of cargo's output that are kept for a message.
local TAIL = 20

M.command = { 'cargo', 'build', '--release', '--locked' }

--- How to do it by hand.
---@param root string
---@return string
function M.by_hand(root)
  return ('`%s` in %s'):format(table.concat(M.command, ' '), root)
end

--- The progress in a line of cargo's output. Pure.
---@param line string
---@return string? text
---@return integer? percent
function M.read_progress(line)
  local done, all, what = line:match('(%d+)/(%d+):?%s*([^%c]*)')
  if done and tonumber(all) > 0 then
    return what ~= '' and what or 'building', math.floor(tonumber(done) * 100 / tonumber(all))
  end
  local crate = line:match('^%s*Compiling%s+(%S+)') or line:match('^%s*Downloaded%s+(%S+)')
  return crate
end

--- Builds it.
---@param root string the plugin's folder
---@param report fun(text: string, percent: integer)
---@param on_done fun(problem?: string, hint?: string)
function M.run(root, report, on_done)
  if vim.fn.executable('cargo') == 0 then
    return on_done('`cargo` was not found', 'install Rust (https://rustup.rs), then run ' .. M.by_hand(root))
  end
  local tail, percent = {}, 0
  local function read(_, data)
    for line in (data or ''):gmatch('[^\r\n]+') do
      local text, now = M.read_progress(line)
      percent = math.max(percent, now or 0)
      if text then
        vim.schedule(function()
          report(text, percent)
        end)
      else
        tail[#tail + 1] = line
        if #tail > TAIL then
          table.remove(tail, 1)
        end
      end
    end
  end
  local env = { CARGO_TERM_PROGRESS_WHEN = 'always', CARGO_TERM_PROGRESS_WIDTH = '100', CARGO_TERM_COLOR = 'never' }
  local function finish(result)
    if result.code == 0 then
      return on_done()
    end
    on_done('\n' .. table.concat(tail, '\n'), 'for the full output, run ' .. M.by_hand(root))
  end
  vim.system(M.command, { cwd = root, env = env, stderr = read, text = true }, vim.schedule_wrap(finish))
end

return M
