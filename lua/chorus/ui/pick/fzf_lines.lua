--- How items and keys are written for fzf. Pure, but for the colors of highlight groups.
local M = {}

--- `<M-s>` as fzf writes it: `alt-s`.
---@param key string
---@return string
function M.key(key)
  return (key:gsub('^<C%-(.)>$', 'ctrl-%1'):gsub('^<[MA]%-(.)>$', 'alt-%1'))
end

--- The item of a line, which begins with its key.
---@param session chorus.PickSession
---@param line string
---@return chorus.PickItem?
function M.item(session, line)
  return session:item(vim.base64.decode(line:match('^(%S+)\t') or ''))
end

--- A line for fzf: the key, which is not shown, and the text in colors.
---@param item chorus.PickItem
---@param is_marked? boolean nil in a list without marks
---@return string
function M.line(item, is_marked)
  ---@diagnostic disable-next-line: unresolved-require the plugin is there when this is used
  local colored = require('fzf-lua.utils').ansi_from_hl
  local parts = vim.tbl_map(function(chunk)
    return type(chunk) == 'table' and chunk[2] and (colored(chunk[2], chunk[1])) or chunk[1] or chunk
  end, item.chunks)
  if is_marked ~= nil then
    table.insert(parts, 1, is_marked and (colored('ChorusMarked', '┃')) or ' ')
  end
  return vim.base64.encode(item.key) .. '\t' .. table.concat(parts)
end

return M
