--- Prompts that are being written, as files: what a text is for in the first line, then the text.
local kept_files = require('chorus.ui.kit.kept_files')

--- What a text is for. The uuids say which tasks are meant; the numbers are for people, since each project counts its own.
---@class chorus.Purpose
---@field kind 'prompt'|'raw'|'waiting'|'plan' a prompt, one that is typed as it is, a prompt in the queue, a plan
---@field subject? string the prompt in the queue, or the request that the plan is of
---@field to chorus.Recipient[]

---@class chorus.Recipient
---@field number integer
---@field uuid? string missing in a file of an older version

local KINDS = { prompt = true, raw = true, waiting = true, plan = true }

--- The purpose that a file's first line names.
---@param line string
---@return chorus.Purpose
local function parse(line)
  local kind, subject, names = line:match('^(%a+) (%S+) to (.*)$')
  if not kind then
    kind, names = line:match('^(%a+) to (.*)$')
  end
  local to = {}
  for number, uuid in (names or line):gmatch('#(%d+)%s*([^#%s]*)') do
    to[#to + 1] = { number = tonumber(number), uuid = uuid ~= '' and uuid or nil }
  end
  return { kind = KINDS[kind] and kind or 'prompt', subject = subject, to = to }
end

--- The first line of a file.
---@param purpose chorus.Purpose
---@return string
local function head_of(purpose)
  local words = { purpose.kind, purpose.subject }
  words[#words + 1] = 'to'
  for _, recipient in ipairs(purpose.to) do
    words[#words + 1] = '#' .. recipient.number
    words[#words + 1] = recipient.uuid
  end
  return table.concat(words, ' ')
end

local NAMES = { prompt = '%s', raw = '%s, typed as it is', waiting = 'waiting prompt of %s', plan = 'plan of %s' }

---@class chorus.PromptFiles: chorus.KeptFiles
local M = kept_files.of('prompts', 'chorus://prompt/', function(head)
  local first = vim.iter(vim.list_slice(head, 2)):find(function(line)
    return line:find('%S')
  end)
  local purpose = parse(head[1] or '')
  local name = NAMES[purpose.kind]:format(require('chorus.phrase').numbers(purpose.to))
  return ('%s: %s'):format(name, first or '')
end)

--- Why a prompt cannot be opened here; nil when it can.
---@param path? string
---@return string?
function M.fault_of(path)
  if not path or not vim.uv.fs_stat(path) then
    return 'This prompt is gone: it was sent, or it was deleted. `:Chorus send` writes a new one.'
  elseif M:is_elsewhere(path) then
    return 'Another Neovim has this prompt open.'
  elseif not M:is_of_this_project(path) then
    return 'This prompt is for another project. Open Neovim there: `:Chorus send` offers it.'
  end
end

--- Writes a prompt.
---@param path string
---@param purpose chorus.Purpose
---@param lines string[]
---@return string? fault
function M.write(path, purpose, lines)
  return M:save(path, vim.list_extend({ head_of(purpose) }, lines))
end

--- Reads a prompt.
---@param path string
---@param most? integer lines of the file; by default all
---@return chorus.Purpose
---@return string[] lines
function M.read(path, most)
  local lines = most and M:head(path, most) or vim.fn.readfile(path)
  return parse(lines[1] or ''), vim.list_slice(lines, 2)
end

return M
