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

  describe('in every color scheme of Neovim', function()
    local colors, background, scheme

    before_each(function()
      colors, background, scheme = vim.o.termguicolors, vim.o.background, vim.g.colors_name or 'default'
      vim.o.termguicolors = true
    end)

    after_each(function()
      vim.o.termguicolors, vim.o.background = colors, background
      vim.cmd.colorscheme(scheme)
    end)

    local function each_scheme(check)
      for _, name in ipairs(vim.fn.getcompletion('', 'color')) do
        for _, shade in ipairs({ 'dark', 'light' }) do
          vim.o.background = shade
          vim.cmd.colorscheme(name)
          vim.o.background = shade
          check(('%s, %s'):format(name, shade))
        end
      end
    end

    it('can be read', function()
      local contrast = require('chorus.contrast')
      highlight.setup()
      local float = require('chorus.ui.kit.float')
      each_scheme(function(name)
        for _, group in ipairs(highlight.groups) do
          local ratio = contrast.of(group[1], 'Normal')
          local link = vim.api.nvim_get_hl(0, { name = group[1] }).link
          -- What the scheme itself keeps dim is dim by intention.
          local is_dim = link == group[2] and not vim.startswith(link, 'Diagnostic')
          assert(is_dim or ratio >= contrast.ENOUGH, ('%s in %s: %.1f'):format(group[1], name, ratio))
          local floating = contrast.of(group[1], float.text_group())
          local is_as_good = floating >= ratio or floating >= contrast.ENOUGH
          assert(is_dim or is_as_good, ('%s in %s, floating: %.1f'):format(group[1], name, floating))
        end
      end)
    end)

    it('stay as a person set them, and follow the scheme else', function()
      highlight.setup()
      vim.o.background = 'light'
      vim.cmd.colorscheme('morning')
      assert.are_not.equal('DiagnosticOk', vim.api.nvim_get_hl(0, { name = 'ChorusUnread' }).link)
      vim.o.background = 'dark'
      vim.cmd.colorscheme('default')
      assert.equal('DiagnosticOk', vim.api.nvim_get_hl(0, { name = 'ChorusUnread' }).link)
      vim.api.nvim_set_hl(0, 'ChorusUnread', { fg = '#808080' })
      vim.api.nvim_exec_autocmds('ColorScheme', { pattern = 'default' })
      assert.same({ fg = 0x808080 }, vim.api.nvim_get_hl(0, { name = 'ChorusUnread' }))
      vim.api.nvim_set_hl(0, 'ChorusUnread', {})
    end)
  end)

  it('survive a scheme that clears everything', function()
    highlight.setup()
    vim.cmd('highlight clear')
    assert.equal('DiagnosticWarn', vim.api.nvim_get_hl(0, { name = 'ChorusWaiting' }).link)
    local colors = vim.o.termguicolors
    for _, gui in ipairs({ false, true }) do
      vim.o.termguicolors = gui
      for _, name in ipairs(vim.fn.getcompletion('', 'highlight')) do
        vim.api.nvim_set_hl(0, name, {})
      end
      vim.api.nvim_exec_autocmds('ColorScheme', { pattern = 'bare' })
      local float = require('chorus.ui.kit.float')
      float.open(float.scratch(), { width = 20, height = 3, title = { { 'bare', 'ChorusTitle' } } }):close()
    end
    vim.o.termguicolors = colors
    vim.cmd.colorscheme('default')
  end)

  it('have a color in terminals of 16 colors, or look like other text', function()
    vim.cmd.colorscheme('default')
    local plain = { Comment = true, ['@none'] = true, Number = true, Title = true }
    for _, group in ipairs(highlight.groups) do
      local found = vim.api.nvim_get_hl(0, { name = group[2], link = false })
      local has_color = found.ctermfg or found.ctermbg or (found.cterm and next(found.cterm))
      assert(has_color or plain[group[2]], ('%s has no color'):format(group[1]))
    end
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
