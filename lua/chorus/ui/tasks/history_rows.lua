--- What happened on a task, as rows: its turns, newest first, each a fold under its prompt, then what was before the first.
--- Pure.
local canvas = require('chorus.ui.kit.canvas')
local text = require('chorus.text')

local M = {}

---@class chorus.Turn
---@field at integer
---@field who string who gave the prompt; the agent's own word means that it was typed at the terminal
---@field prompt string
---@field entries chorus.Entry[]
---@field commits chorus.Commit[]
---@field ended? integer
---@field is_taken boolean whether the agent has got the prompt
---@field work? chorus.TurnWork what it did for the prompt

--- What the agent's word on a prompt and on a turn's end begin with.
local GOT, ENDED = 'Got a prompt: ', 'The turn ended: '

local WHO = { person = 'you', agent = 'agent', chorus = 'Chorus' }

--- Names of entries, where the sentence of the journal says less.
local NAMES = { turn_ended = 'said', request_opened = 'asked', request_closed = 'answer', committed = 'commit' }

---@param entry chorus.Entry
---@return string? prompt that the agent has got
local function got(entry)
  return entry.what == 'prompt'
      and entry.who == 'agent'
      and vim.startswith(entry.text, GOT)
      and entry.text:sub(#GOT + 1)
    or nil
end

--- Pairs each prompt that the agent has got with the one that was sent: the journal has both.
---@param journal chorus.Entry[] oldest first
---@return table<integer, integer> sent the index of the sent prompt, by that of the one which the agent got
---@return table<integer, true> is_paired by the index of the sent one
local function pair_prompts(journal)
  local open, sent, is_paired = {}, {}, {}
  for index, entry in ipairs(journal) do
    local taken = got(entry)
    if entry.what == 'prompt' and not taken then
      open[#open + 1] = index
    elseif taken then
      for at, candidate in ipairs(open) do
        -- The task's context may stand before the prompt, and both may be cut.
        local asked = vim.trim(journal[candidate].text)
        if
          vim.trim(taken) == asked
          or vim.endswith(vim.trim(taken), asked)
          or vim.startswith(asked, vim.trim(taken))
        then
          sent[index], is_paired[candidate] = candidate, true
          table.remove(open, at)
          break
        end
      end
    end
  end
  return sent, is_paired
end

--- A task's turns, oldest first, and what happened before the first.
---@param journal chorus.Entry[] oldest first
---@param commits chorus.Commit[] newest first
---@return chorus.Turn[] turns
---@return { entries: chorus.Entry[], commits: chorus.Commit[] } before
function M.turns(journal, commits)
  local sent, is_paired = pair_prompts(journal)
  local turns, before = {}, { entries = {}, commits = {} }
  for index, entry in ipairs(journal) do
    local taken = got(entry)
    if taken or (entry.what == 'prompt' and not is_paired[index]) then
      local asked = sent[index] and journal[sent[index]]
      turns[#turns + 1] = {
        at = entry.at,
        who = asked and asked.who or entry.who,
        prompt = asked and asked.text or taken or entry.text,
        entries = {},
        commits = {},
        is_taken = taken ~= nil,
        work = taken and entry.work or nil,
      }
    elseif not is_paired[index] then
      local turn = turns[#turns]
      table.insert((turn or before).entries, entry)
      if turn and entry.what == 'turn_ended' then
        turn.ended, turn.is_taken = entry.at, true
      end
    end
  end
  for index = #commits, 1, -1 do
    local home = before
    for _, turn in ipairs(turns) do
      home = turn.at <= commits[index].at and turn or home
    end
    table.insert(home.commits, commits[index])
  end
  return turns, before
end

--- The time of day; for another day also the date.
---@param at integer milliseconds
---@param now integer
---@return string
local function clock(at, now)
  local seconds = math.floor(at / 1000)
  local is_today = os.date('%x', seconds) == os.date('%x', math.floor(now / 1000))
  return os.date(is_today and '%H:%M' or '%d %b %H:%M', seconds) --[[@as string]]
end

---@param commit chorus.Commit
---@param indent string
---@param fold? string|integer
---@return chorus.Row
local function commit_row(commit, indent, fold)
  return canvas.row({
    { indent .. text.fit('commit', 8), 'ChorusHint' },
    { text.clean(commit.oid):sub(1, 8) .. '  ', 'ChorusNumber' },
    text.clean(commit.subject),
    { '  ' .. require('chorus.phrase').count(commit.files, 'file'), 'ChorusHint' },
  }, { commit = commit.oid, fold = fold })
end

--- The entries of a turn or of the time before, a line each; what the agent said keeps its lines.
---@param rows chorus.Row[]
---@param home { entries: chorus.Entry[], commits: chorus.Commit[] }
---@param now integer
---@param fold? integer
local function add_entries(rows, home, now, fold)
  local indent = '      '
  for _, entry in ipairs(home.entries) do
    local words = entry.text
    if vim.startswith(words, ENDED) then
      words = words:sub(#ENDED + 1)
    end
    local name = NAMES[entry.what] or WHO[entry.who] or text.clean(entry.who, 8)
    local lines = text.lines(words)
    -- A commit has a row of its own.
    if entry.what ~= 'committed' or #home.commits == 0 then
      for index, line in ipairs(entry.what == 'turn_ended' and lines or { text.clean(words) }) do
        rows[#rows + 1] = canvas.row({
          { indent .. text.fit(index == 1 and name or '', 8), 'ChorusHint' },
          line,
          { index == 1 and '  ' .. clock(entry.at, now) or '', 'ChorusAge' },
        }, { fold = fold })
      end
    end
  end
  for _, commit in ipairs(home.commits) do
    rows[#rows + 1] = commit_row(commit, indent, fold)
  end
end

---@param used chorus.ToolUse
---@return string
local function use(used)
  local failed = used.failed > 0 and (' (%d failed)'):format(used.failed) or ''
  return ('%s %d%s'):format(text.clean(used.tool, 40), used.calls, failed)
end

--- The tools that the agent used in a turn, and the files that they edited.
---@param rows chorus.Row[]
---@param work chorus.TurnWork
local function add_work(rows, work)
  local function add(name, words, others)
    words[#words + 1] = others > 0 and ('%d more'):format(others) or nil
    if #words > 0 then
      local heading = { '      ' .. text.fit(name, 8), 'ChorusHint' }
      rows[#rows + 1] = canvas.row({ heading, table.concat(words, ', ') }, { fold = 1 })
    end
  end
  add('tools', vim.tbl_map(use, work.tools), work.other_calls)
  add('files', vim.tbl_map(text.clean, work.files), work.other_files)
end

---@param rows chorus.Row[]
---@param turn chorus.Turn
---@param now integer
---@param opens boolean whether its fold is opened for the person
local function add_turn(rows, turn, now, opens)
  local lines = vim.tbl_filter(function(line)
    return line:find('%S') ~= nil
  end, text.lines(turn.prompt))
  local who = turn.who == 'agent' and 'terminal' or WHO[turn.who] or text.clean(turn.who, 8)
  local size = {}
  size[#size + 1] = turn.ended and text.age(math.max(turn.ended - turn.at, 0)):gsub('^now$', '0s') or nil
  size[#size + 1] = #turn.commits > 0 and require('chorus.phrase').count(#turn.commits, 'commit') or nil
  size[#size + 1] = not turn.is_taken and 'not taken yet' or nil
  rows[#rows + 1] = canvas.row({
    { '  ' .. clock(turn.at, now) .. '  ', 'ChorusAge' },
    { text.fit(who, 8) .. ' ', 'ChorusHint' },
    { text.clean(lines[1] or '', 70), 'ChorusTitle' },
    { #lines > 1 and ' …' or '', 'ChorusHint' },
    { #size > 0 and '   ' .. table.concat(size, ', ') or '', 'ChorusHeader' },
  }, { fold = '>1', opens = opens }, ('turn %d %s'):format(turn.at, turn.prompt:sub(1, 20)))
  if #lines > 1 or text.width(lines[1] or '') > 70 then
    for index, line in ipairs(lines) do
      rows[#rows + 1] = canvas.row(
        { { '      ' .. text.fit(index == 1 and 'prompt' or '', 8), 'ChorusHint' }, line },
        { fold = 1 }
      )
    end
  end
  if turn.work then
    add_work(rows, turn.work)
  end
  add_entries(rows, turn, now, 1)
end

--- Rows of the history.
---@param page { journal: chorus.Entry[], commits: chorus.Commit[] }
---@param now integer
---@return chorus.Row[]
function M.rows(page, now)
  local turns, before = M.turns(page.journal, page.commits)
  local rows = {}
  if #turns > 0 then
    vim.list_extend(rows, { canvas.row({}), canvas.row({ { '  Turns', 'ChorusTitle' } }) })
    local newest = #turns
    while newest > 1 and not turns[newest].is_taken do
      newest = newest - 1
    end
    for index = #turns, 1, -1 do
      add_turn(rows, turns[index], now, index == newest)
    end
  end
  if #before.entries + #before.commits > 0 then
    local title = #turns > 0 and '  Before the first turn' or '  What happened'
    vim.list_extend(rows, { canvas.row({}), canvas.row({ { title, 'ChorusTitle' } }) })
    local newest_first = { entries = {}, commits = {} }
    for _, name in ipairs({ 'entries', 'commits' }) do
      for index = #before[name], 1, -1 do
        table.insert(newest_first[name], before[name][index])
      end
    end
    add_entries(rows, newest_first, now)
  end
  return rows
end

return M
