local helpers = require('helpers')
local contract = require('chorus.contract')
local shapes = require('shapes')

describe('the contract', function()
  --- `chorus.Task[]` and `table<string,string>` as the table spells them.
  local function plain(kind)
    local renamed = { ['table<string,string>'] = 'map' }
    return renamed[kind] or (kind:gsub('^chorus%.', ''))
  end

  it('is annotated as it is written', function()
    local class
    local found, words = {}, {}
    for line in helpers.read(helpers.root .. '/lua/chorus/contract.lua'):gmatch('[^\n]+') do
      local alias, choices = line:match('^%-%-%-@alias chorus%.(%w+) (.+)$')
      class = line:match('^%-%-%-@class chorus%.(%w+)') or class
      local field, absent, kind = line:match('^%-%-%-@field ([%w_]+)(%??) (%S+)')
      if alias then
        words[alias] = vim.tbl_map(function(choice)
          return choice:sub(2, -2)
        end, vim.split(choices, '|'))
      elseif field then
        found[class] = found[class] or {}
        found[class][field] = plain(kind) .. absent
      end
    end
    found.Nothing = {}
    assert.same(contract.shapes, found)
    assert.same(contract.words, words)
  end)

  it('names only shapes it has', function()
    local function check(name)
      assert(contract.shapes[name], 'there is no shape ' .. name)
    end
    for _, request in pairs(contract.requests) do
      vim.tbl_map(check, request)
    end
    vim.tbl_map(check, vim.tbl_values(contract.events))
  end)

  it('says how a value departs from a shape', function()
    local function check(expected, shape, value)
      assert.equal(expected, (shapes.fault(shape, value)))
    end
    check(nil, 'Task', helpers.task())
    check(nil, 'Opened', helpers.request())
    check(nil, 'string?', nil)
    check(nil, 'TaskStart', { task = 'x', environment = { A = 'b' } })
    check('TaskSend has no field `txt`', 'TaskSend', { task = 'x', text = 'x', txt = 'x' })
    check('TaskSend.text is missing', 'TaskSend', { task = 'x' })
    check('TaskSend.text must be a string, not a number', 'TaskSend', { task = 'x', text = 1 })
    check('TaskApprove.always must be a integer, not a number', 'TaskApprove', { task = 'x', always = 1.5 })
    check('Task.tags[2] must be a string, not a number', 'Task', helpers.task({ tags = { 'a', 2 } }))
    check('Task.tags must be a list, not a string', 'Task', helpers.task({ tags = 'a' }))
    check(
      'TaskNew.isolation must be one of auto, stack, worktree, none, not best',
      'TaskNew',
      { title = 'x', isolation = 'best' }
    )
    check('TaskStart.environment must be a map, not a table', 'TaskStart', { task = 'x', environment = { A = 1 } })
    check('One must be a One, not a string', 'One', 'x')
  end)
end)
