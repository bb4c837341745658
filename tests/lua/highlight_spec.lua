local helpers = require('helpers')

describe('the highlight groups', function()
  local highlight

  helpers.in_a_world(function()
    highlight = require('chorus.highlight')
  end)

  it('are links by default, which a person or a color scheme may replace', function()
    vim.api.nvim_set_hl(0, 'ChorusBusy', { fg = '#123456' })
    highlight.setup()
    assert.same({ fg = 0x123456 }, vim.api.nvim_get_hl(0, { name = 'ChorusBusy' }))
    for _, group in ipairs(highlight.groups) do
      if group[1] ~= 'ChorusBusy' then
        assert.equal(group[2], vim.api.nvim_get_hl(0, { name = group[1] }).link)
      end
    end
    vim.cmd.colorscheme('habamax')
    assert.equal('DiagnosticWarn', vim.api.nvim_get_hl(0, { name = 'ChorusWaiting' }).link)
    vim.api.nvim_set_hl(0, 'ChorusBusy', {})
  end)

  it('cover every status', function()
    for _, status in ipairs(require('chorus.contract').words.AgentStatus) do
      assert.matches('^Chorus%u', highlight.of_status({ status = status }))
    end
  end)

  it('are all that the code uses', function()
    local known, events = {}, {}
    for _, event in ipairs(require('chorus.events').all) do
      events[event[1]] = true
    end
    for _, group in ipairs(highlight.groups) do
      known[group[1]] = true
    end
    for path in vim.fs.dir(helpers.root .. '/lua', { depth = 5 }) do
      local text = path:match('%.lua$') and helpers.read(helpers.root .. '/lua/' .. path) or ''
      for name in text:gmatch('[\'"](Chorus%u%a*)[\'"]') do
        assert(known[name] or events[name], ('%s uses %s, which is no group and no event'):format(path, name))
      end
    end
  end)
end)
