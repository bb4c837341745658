--- Proposes the rule that would have answered a request, and writes it into the person's chorus.toml after confirmation.
local ask_daemon = require('chorus.ask_daemon')
local message = require('chorus.message')
local picker = require('chorus.picker')
local text = require('chorus.text')

local M = {}

--- Other requests that are named one by one.
local MOST_NAMED = 5

--- What the rule would also have allowed, as a sentence. Pure.
---@param others chorus.Tested[]
---@return string
function M.others(others)
  if #others == 0 then
    return 'It would have allowed no other recent request.'
  end
  local named = {}
  for index = #others, math.max(1, #others - MOST_NAMED + 1), -1 do
    named[#named + 1] = ('#%d %s'):format(others[index].number, text.reveal_line(others[index].summary))
  end
  local more = #others > MOST_NAMED and (' and %d more'):format(#others - MOST_NAMED) or ''
  return ('It would also have allowed: %s%s.'):format(table.concat(named, '; '), more)
end

---@param request chorus.Opened
---@param everywhere boolean
---@param proposal chorus.PolicyProposal
---@param on_end fun(is_answered: boolean)
local function confirm(request, everywhere, proposal, on_end)
  local other_scope = everywhere and 'Propose it for this project only' or 'Propose it for every project'
  local lines = vim.tbl_map(text.reveal_line, vim.split(vim.trim(proposal.rule), '\n', { plain = true }))
  vim.list_extend(lines, { '', '# ' .. M.others(proposal.others) })
  require('chorus.ui.kit.plain_text').open('chorus://rule', lines, 'toml')
  vim.cmd.redraw()
  local prompt = ('Add this rule to %s?'):format(vim.fn.fnamemodify(proposal.file, ':~'))
  picker.pick({ 'Add it', other_scope, 'Cancel' }, {
    prompt = prompt,
    kind = 'chorus_rule',
    format = function(item)
      return item
    end,
  }, function(choice)
    local shown = vim.fn.bufnr('^chorus://rule$')
    if shown ~= -1 and choice ~= other_scope then
      pcall(vim.api.nvim_buf_delete, shown, { force = true })
    end
    if choice == other_scope then
      return M.propose(request, on_end, not everywhere)
    elseif choice ~= 'Add it' then
      return on_end(false)
    end
    local params = { request = request.id, everywhere = everywhere, rule = proposal.rule }
    ask_daemon.once('policy_add', params, function(added)
      local now = added.answered and ' It answered the request.' or ''
      on_end(added.answered)
      local place = vim.fn.fnamemodify(added.place, ':~')
      message.info(('the rule is at %s.%s'):format(place, now))
    end, function()
      on_end(false)
    end)
  end)
end

--- Proposes a rule. The proposal takes the place of the window that shows the request.
---@param request chorus.Opened
---@param on_end fun(is_answered: boolean) the question is over; not called where nothing was proposed
---@param everywhere? boolean for every project
function M.propose(request, on_end, everywhere)
  everywhere = everywhere or false
  ask_daemon.once('policy_propose', { request = request.id, everywhere = everywhere }, function(proposal)
    confirm(request, everywhere, proposal, on_end)
  end)
end

return M
