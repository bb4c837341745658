local helpers = require('helpers')

local PATH = helpers.root .. '/doc/chorus.txt'

--- The blocks of the help that are made from the code. `CHORUS_WRITE_HELP=1` writes them.
local blocks = {}

---@param tags string[]
local function tag_line(tags)
  local text = '*' .. table.concat(tags, '* *') .. '*'
  return (' '):rep(math.max(78 - #text, 0)) .. text
end

---@param text string
---@param indent integer
---@return string[]
local function wrapped(text, indent)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    if line ~= '' and indent + #line + 1 + #word > 78 then
      lines[#lines + 1], line = (' '):rep(indent) .. line, word
    else
      line = line == '' and word or line .. ' ' .. word
    end
  end
  lines[#lines + 1] = (' '):rep(indent) .. line
  return lines
end

blocks['chorus-verbs'] = function()
  local lines = {}
  for _, verb in ipairs(require('chorus.command').verbs) do
    local name = ('|:Chorus%s|'):format(verb.name:sub(1, 1):upper() .. verb.name:sub(2))
    local told = wrapped(verb.does, 21)
    told[1] = ('%-20s %s'):format(name, vim.trim(told[1]))
    vim.list_extend(lines, told)
  end
  return lines
end

--- What the words of `fits` say, in the order of the help.
local applies_to = {
  { 'any', 'every task' },
  { 'pending', 'pending' },
  { 'live', 'running' },
  { 'busy', 'agent works on a turn' },
  { 'asking', 'has an open request' },
  { 'ended', 'completed or failed' },
  { 'not_live', 'not running' },
  { 'branch', 'has a branch' },
  { 'uncommitted', 'has uncommitted edits' },
  { 'unclaimed', 'may own unclaimed edits' },
  { 'worktree', 'has a worktree branch' },
  { 'trouble', 'needs a fix' },
  { 'outdated', 'read documents that changed' },
  { 'alerted', 'has an alert' },
  { 'undelivered', 'has an undelivered prompt' },
  { 'muted', 'is muted' },
}

blocks['chorus-verb-tasks'] = function()
  local lines, listed = {}, 0
  for _, each in ipairs(applies_to) do
    local word, tasks = each[1], each[2]
    local verbs = {}
    for _, verb in ipairs(require('chorus.command').verbs) do
      if verb.takes ~= 'nothing' and verb.fits == word then
        verbs[#verbs + 1], listed = verb.name, listed + 1
      end
    end
    assert(#verbs > 0, 'no verb applies to: ' .. tasks)
    for index, part in ipairs(require('chorus.text').wrap(table.concat(verbs, ' '), 48)) do
      lines[#lines + 1] = ('    %-25s %s'):format(index == 1 and tasks or '', part)
    end
  end
  local with_task = vim.tbl_filter(function(verb)
    return verb.takes ~= 'nothing'
  end, require('chorus.command').verbs)
  assert.equal(#with_task, listed)
  return lines
end

blocks['chorus-option-list'] = function()
  local lines = {}
  for _, option in ipairs(require('chorus.config').schema) do
    local kind = type(option.type) == 'table' and "'" .. table.concat(option.type, "' or '") .. "'" or option.type
    local default = option.default == nil and 'none' or vim.inspect(option.default)
    lines[#lines + 1] = tag_line({ 'chorus-option-' .. option.key })
    local head = ('%s  (%s, default %s)'):format(option.key, kind, default)
    if #head > 78 then
      lines[#lines + 1] = ('%s  (default %s)'):format(option.key, default)
      vim.list_extend(lines, wrapped(kind .. '.', 4))
    else
      lines[#lines + 1] = head
    end
    vim.list_extend(lines, wrapped(option.description, 4))
    lines[#lines + 1] = ''
  end
  lines[#lines] = nil
  return lines
end

blocks['chorus-event-list'] = function()
  local lines = {}
  for _, event in ipairs(require('chorus.events').all) do
    lines[#lines + 1] = tag_line({ event[1] })
    lines[#lines + 1] = ('%s  `%s`'):format(event[1], event[2])
    vim.list_extend(lines, wrapped(event[3], 4))
    lines[#lines + 1] = ''
  end
  lines[#lines] = nil
  return lines
end

blocks['chorus-highlight-list'] = function()
  local lines = {}
  for _, group in ipairs(require('chorus.highlight').groups) do
    lines[#lines + 1] = tag_line({ 'hl-' .. group[1] })
    lines[#lines + 1] = ('%s  (%s)'):format(group[1], group[2])
    vim.list_extend(lines, wrapped(group[3], 4))
  end
  return lines
end

blocks['chorus-key-list'] = function()
  local lines = {}
  local views = require('chorus.window_keys')
  local names = vim.tbl_keys(views)
  table.sort(names)
  for _, view in ipairs(names) do
    lines[#lines + 1] = 'keys.' .. view .. ' ~'
    for _, key in ipairs(views[view]) do
      lines[#lines + 1] = ('    %-14s %-12s %s'):format(key.action, table.concat(key.keys, ' '), key.does)
    end
  end
  return lines
end

--- Where a block is: after the line with its tag and an empty one, up to the next empty line before a ruler.
---@param lines string[]
---@param tag string
---@return integer first
---@return integer last
local function place(lines, tag)
  local first
  for index, line in ipairs(lines) do
    if line:find('*' .. tag .. '*', 1, true) then
      first = index + 2
    elseif first and line:match('^[=-]+$') then
      return first, index - 2
    end
  end
  error('doc/chorus.txt has no block ' .. tag)
end

describe('the help', function()
  local world

  helpers.in_a_world(function(fresh)
    world = fresh
  end)

  local function text()
    return assert(helpers.read(PATH))
  end

  for tag, make in pairs(blocks) do
    it('has ' .. tag .. ' as the code has it', function()
      local lines = vim.split(text(), '\n')
      local first, last = place(lines, tag)
      local expected = make()
      if os.getenv('CHORUS_WRITE_HELP') then
        local written = vim.list_slice(lines, 1, first - 1)
        vim.list_extend(written, expected)
        vim.list_extend(written, lines, last + 1)
        helpers.write(PATH, table.concat(written, '\n'))
        return
      end
      assert.same(expected, vim.list_slice(lines, first, last))
    end)
  end

  it('explains every verb under its commands', function()
    for _, verb in ipairs(require('chorus.command').verbs) do
      local name = verb.name:sub(1, 1):upper() .. verb.name:sub(2)
      local usage = (':%sChorus%s %s'):format(
        verb.range and '[range]' or '',
        verb.bang ~= '' and '[!]' or '',
        verb.name
      )
      usage = usage .. (verb.takes ~= 'nothing' and ' [task]' or '') .. (verb.rest ~= '' and ' ' .. verb.rest or '')
      for _, part in ipairs({ '*:Chorus' .. name .. '*', '*<Plug>(chorus-' .. verb.name .. ')*', '\n' .. usage .. '\n' }) do
        assert(text():find(part, 1, true), ('doc/chorus.txt lacks `%s`'):format(vim.trim(part)))
      end
    end
  end)

  it('is well made: tags are unique, links lead somewhere, lines fit', function()
    vim.fn.mkdir(world.folder .. '/doc')
    helpers.write(world.folder .. '/doc/chorus.txt', text())
    vim.cmd.helptags(world.folder .. '/doc')
    local tags = {}
    for tag in helpers.read(world.folder .. '/doc/tags'):gmatch('([^\t\n]+)\t[^\n]*') do
      tags[tag] = true
    end
    for link in text():gmatch('|([^|%s]+)|') do
      local known = tags[link] or #vim.fn.getcompletion(link, 'help') > 0
      assert(known, ('the link |%s| leads nowhere'):format(link))
    end
    for number, line in ipairs(vim.split(text(), '\n')) do
      assert(vim.fn.strdisplaywidth(line) <= 78, ('line %d is too wide: %s'):format(number, line))
    end
  end)
end)
