--- The badge. Events compute its text, so that drawing a statusline computes nothing.

local icons = require('chorus.icons')

local M = {}

local badge, escaped = '', ''

--- The badge as plain text. Pure but for the options.
---@param counts chorus.Counts
---@param is_lost boolean the daemon was connected and is not
---@return string
function M.badge(counts, is_lost)
  if is_lost then
    return icons.of('lost')
  end
  local parts = {}
  for _, name in ipairs({ 'waiting', 'trouble', 'busy', 'unread', 'unknown' }) do
    if (counts[name] or 0) > 0 then
      parts[#parts + 1] = icons.of(name) .. ' ' .. counts[name]
    end
  end
  if counts.elsewhere > 0 then
    parts[#parts + 1] = ('(+%d)'):format(counts.elsewhere)
  end
  return table.concat(parts, ' ')
end

local function update()
  local counts = require('chorus.tasks').counts()
  local text = M.badge(counts, require('chorus.client').is_lost())
  vim.g.chorus_counts = counts
  if text ~= badge then
    badge, escaped = text, (text:gsub('%%', '%%%%'))
    vim.g.chorus_status = badge
    vim.cmd.redrawstatus({ bang = true })
  end
end

local is_due = false

--- From now on updates the badge, `g:chorus_status` and `g:chorus_counts`, once for all events of one turn of the main
--- loop.
function M.attach()
  vim.api.nvim_create_autocmd('User', {
    group = vim.api.nvim_create_augroup('chorus_statusline', {}),
    pattern = { 'ChorusTaskChanged', 'ChorusElsewhereChanged', 'ChorusConnected', 'ChorusDisconnected' },
    desc = 'Chorus: update the badge',
    callback = function()
      if not is_due then
        is_due = true
        vim.schedule(function()
          is_due = false
          update()
        end)
      end
    end,
  })
end

--- The badge for a statusline: `⚑ 2 ● 3 ✓ 1`, or nothing. With `click`, a click opens what needs you most.
---@param opts? { click?: boolean }
---@return string
function M.text(opts)
  if escaped ~= '' and opts and opts.click then
    return "%@v:lua.require'chorus.statusline'.click@" .. escaped .. '%X'
  end
  return escaped
end

--- Left: what needs you most. Any other button: the dashboard.
---@param _ integer
---@param _ integer
---@param button string
function M.click(_, _, button)
  require('chorus.verbs').run(button == 'l' and 'next' or 'dashboard', {})
end

return M
