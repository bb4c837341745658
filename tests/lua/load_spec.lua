local helpers = require('helpers')

describe('every module', function()
  local world

  helpers.in_a_world(function(fresh)
    world = fresh
  end)

  local base = helpers.root .. '/lua'
  for path in vim.fs.dir(base, { depth = 5 }) do
    local name = path:match('^(chorus/.+)%.lua$')
    if name then
      name = name:gsub('/init$', ''):gsub('/', '.')
      it(name .. ' loads, alone, without starting anything', function()
        local autocommands = #vim.api.nvim_get_autocmds({})
        assert.is_not_nil(require(name))
        assert.equal(autocommands, #vim.api.nvim_get_autocmds({}))
        assert.same({}, world.said)
      end)
    end
  end
end)
