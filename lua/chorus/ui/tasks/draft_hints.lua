--- Hints behind the empty fields of a draft: what goes in, and what is meant by nothing.
local front_matter = require('chorus.ui.tasks.front_matter')

local M = {}

local namespace = vim.api.nvim_create_namespace('chorus_draft_hints')

--- Options whose effective value a hint names, by field.
local OPTIONS = { agent = 'agent.default', isolation = 'vcs.isolation' }

---@class chorus.DraftDefaults
---@field agent? string
---@field isolation? string

--- What each field takes.
---@param defaults chorus.DraftDefaults
---@return table<string, string>
local function words(defaults)
  return {
    title = 'one line that says what to do',
    priority = 'a whole number, higher first',
    tags = 'words to find it by, such as: web auth',
    agent = defaults.agent and ('%s, unless another is named'):format(defaults.agent)
      or 'another agent than the default',
    isolation = defaults.isolation and ('%s, or: stack worktree none'):format(defaults.isolation)
      or 'auto, stack, worktree or none',
    on = 'the number of a task whose branch it builds on',
    model = 'another model than the agent’s own',
    permission_mode = table.concat(front_matter.values('permission_mode'), ', '),
  }
end

--- The hints for the lines of a draft. Pure.
---@param lines string[]
---@param defaults chorus.DraftDefaults
---@return { line: integer, text: string }[]
function M.of(lines, defaults)
  local hints, says = {}, words(defaults)
  local stop = 1
  for index = 2, #lines do
    local name = lines[index]:match('^%s*([%w_]+)%s*:%s*$')
    if lines[index] == '---' then
      stop = index
      break
    elseif name and says[name] then
      hints[#hints + 1] = { line = index, text = says[name] }
    end
  end
  local is_empty = not table.concat(vim.list_slice(lines, stop + 1)):find('%S')
  if stop > 1 and is_empty and #lines > stop then
    hints[#hints + 1] = {
      line = #lines,
      text = 'what the agent should know and do; <C-x><C-u> completes fields, [[documents]], #12, {file}',
    }
  end
  return hints
end

---@param buffer integer
---@param defaults chorus.DraftDefaults
local function draw(buffer, defaults)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for _, hint in ipairs(M.of(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), defaults)) do
    vim.api.nvim_buf_set_extmark(buffer, namespace, hint.line - 1, 0, {
      virt_text = { { ' ' .. hint.text, 'ChorusHint' } },
      virt_text_pos = 'eol',
    })
  end
end

--- Shows hints in a draft as long as it lives. Asks a connected daemon what the defaults are.
---@param buffer integer
---@param on fun(events: string|string[], handle: fun())
function M.show(buffer, on)
  local defaults = {}
  on({ 'TextChanged', 'TextChangedI', 'TextChangedP' }, function()
    draw(buffer, defaults)
  end)
  draw(buffer, defaults)
  local client = require('chorus.client')
  if not client.is_connected() then
    return
  end
  client.request('config', {}, function(err, config)
    for _, setting in ipairs(not err and config.values or {}) do
      for field, key in pairs(OPTIONS) do
        if setting.key == key then
          defaults[field] = tostring(setting.value):gsub('"', '')
        end
      end
    end
    draw(buffer, defaults)
  end)
end

return M
