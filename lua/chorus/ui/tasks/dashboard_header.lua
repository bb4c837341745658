--- The line above the dashboard's list. Pure.
local highlight = require('chorus.highlight')
local icons = require('chorus.icons')
local phrase = require('chorus.phrase')
local text = require('chorus.text')

local M = {}

---@class chorus.HeaderOptions
---@field project string
---@field total integer tasks that are listed without the filter
---@field is_everywhere boolean
---@field group chorus.Grouping
---@field filter? string
---@field marked integer
---@field is_connected boolean
---@field fault? string of the configuration
---@field notice? chorus.Notice the daemon's last warning

--- What is wrong, where somebody must know: the configuration, a warning of the daemon, the connection.
---@param options chorus.HeaderOptions
---@return chorus.Chunk[]
local function faults(options)
  local chunks, trouble = {}, icons.of('trouble')
  if not options.is_connected then
    chunks[1] = { '   not connected', 'ChorusFailed' }
  end
  if options.fault then
    -- Its folder says less than what is wrong.
    local fault = text.clean(options.fault):gsub('^%S*/', '')
    chunks[#chunks + 1] = { ('   %s %s'):format(trouble, text.cut(fault, 70)), 'ChorusFailed' }
  end
  if options.notice then
    local notice = options.notice --[[@as chorus.Notice]]
    chunks[#chunks + 1] = {
      ('   %s %s'):format(trouble, phrase.joined({ text.clean(notice.text), text.clean(notice.hint) })),
      'ChorusTrouble',
    }
  end
  return chunks
end

--- The line above the list.
---@param counts chorus.Counts
---@param options chorus.HeaderOptions
---@return chorus.Chunk[]
function M.header(counts, options)
  local place = options.is_everywhere and 'all projects' or options.project
  ---@type chorus.Chunk[]
  local chunks = { { ' Chorus', 'ChorusTitle' }, { ' · ' .. text.clean(place, 40), 'ChorusHeader' } }
  chunks[3] = { '   ' .. phrase.count(options.total, 'task'), 'ChorusHeader' }
  local function count(number, icon, group)
    if (number or 0) > 0 then
      vim.list_extend(chunks, { { ' · ', 'ChorusHeader' }, { ('%s %d'):format(icon, number), group } })
    end
  end
  local waiting, busy = { status = 'waiting' }, { status = 'busy' }
  count(counts.waiting, icons.of(waiting), highlight.of_status(waiting))
  count(counts.trouble, icons.of('trouble'), 'ChorusTrouble')
  count(counts.busy, icons.of(busy), highlight.of_status(busy))
  count(counts.unread, icons.of('unread'), 'ChorusUnread')
  count(counts.unknown, icons.of('unknown'), 'ChorusUnknown')
  if (counts.elsewhere or 0) > 0 and not options.is_everywhere then
    chunks[#chunks + 1] = { (' · (+%d elsewhere)'):format(counts.elsewhere), 'ChorusHeader' }
  end
  if options.marked > 0 then
    chunks[#chunks + 1] = { ('   %s %d marked'):format(icons.of('marked'), options.marked), 'ChorusMarked' }
  end
  if options.group ~= 'need' then
    chunks[#chunks + 1] = { '   by ' .. options.group, 'ChorusHint' }
  end
  if options.filter and options.filter ~= '' then
    chunks[#chunks + 1] = { '   / ' .. text.clean(options.filter, 30), 'ChorusTag' }
  end
  return vim.list_extend(chunks, faults(options))
end

return M
