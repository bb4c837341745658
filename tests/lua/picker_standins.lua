--- Stand-ins for picker plugins, with the part of their interface that Chorus calls, as in telescope.nvim 7d32479,
--- fzf-lua 9ad7340, snacks.nvim ad9ede6 and mini.pick ebe3dac. Each is driven as a person drives the plugin.
local M = {}

local modules = {
  telescope = {
    'telescope',
    'telescope.pickers',
    'telescope.finders',
    'telescope.previewers',
    'telescope.pickers.entry_display',
    'telescope.actions',
    'telescope.actions.set',
    'telescope.actions.state',
    'telescope.config',
  },
  ['fzf-lua'] = { 'fzf-lua', 'fzf-lua.utils', 'fzf-lua.previewer.builtin' },
  snacks = { 'snacks', 'snacks.picker' },
  mini = { 'mini.pick' },
}

local send = vim.api.nvim_chan_send

--- Takes every stand-in away.
function M.remove()
  for _, names in pairs(modules) do
    for _, name in ipairs(names) do
      package.loaded[name] = nil
    end
  end
  _G.Snacks, _G.MiniPick = nil, nil
  vim.api.nvim_chan_send = send
end

local function lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
end

function M.telescope()
  local driver, select = { at = 1 }, nil
  local picker = { prompt_bufnr = nil, _multi = {} }
  local function entries()
    return vim.tbl_map(picker.finder.entry_maker, picker.finder.results)
  end
  function picker.find()
    picker.prompt_bufnr = vim.api.nvim_create_buf(false, true)
    vim.bo[picker.prompt_bufnr].bufhidden = 'wipe'
    picker.options.attach_mappings(picker.prompt_bufnr, function(modes, key, run, options)
      assert(vim.deep_equal(modes, { 'i', 'n' }) and options.desc)
      picker.mappings[key] = run
    end)
  end
  function picker.get_multi_selection()
    return vim.tbl_filter(function(entry)
      return picker._multi[entry] == true
    end, entries())
  end
  function picker.refresh(_, finder, options)
    assert(options.multi == picker._multi and options.reset_prompt == false)
    picker.finder = finder
  end
  package.loaded['telescope'] = {
    register_extension = function(extension)
      return extension
    end,
  }
  package.loaded['telescope.pickers'] = {
    new = function(_, options)
      picker.options, picker.finder, picker.mappings = options, options.finder, {}
      return picker
    end,
  }
  package.loaded['telescope.finders'] = {
    new_table = function(options)
      return options
    end,
  }
  package.loaded['telescope.previewers'] = {
    new_buffer_previewer = function(options)
      return options
    end,
  }
  package.loaded['telescope.pickers.entry_display'] = { create = function() end }
  package.loaded['telescope.config'] = { values = { generic_sorter = function() end } }
  package.loaded['telescope.actions'] = {
    close = function(buffer)
      vim.api.nvim_buf_delete(buffer, { force = true })
    end,
  }
  -- What its keys that open something run: `<CR>`, and in its own mappings those below.
  package.loaded['telescope.actions.set'] = {
    select = setmetatable({
      replace = function(_, run)
        select = run
      end,
    }, { __call = function() end }),
  }
  local opening = { ['<C-x>'] = 'horizontal', ['<C-v>'] = 'vertical', ['<C-t>'] = 'tab' }
  package.loaded['telescope.actions.state'] = {
    get_current_picker = function(buffer)
      return buffer == picker.prompt_bufnr and picker or nil
    end,
    get_selected_entry = function()
      return entries()[driver.at]
    end,
  }
  function driver.title()
    return picker.options.prompt_title
  end
  function driver.lines()
    return vim.tbl_map(function(entry)
      return (entry:display())
    end, entries())
  end
  function driver.preview(index)
    local buffer = vim.api.nvim_create_buf(false, true)
    picker.options.previewer.define_preview({ state = { bufnr = buffer, winid = 0 } }, entries()[index])
    return function()
      return lines(buffer)
    end
  end
  function driver.mark(index)
    picker._multi[entries()[index]] = true
  end
  function driver.go_to(index)
    driver.at = index
  end
  function driver.choose()
    select(picker.prompt_bufnr, 'default')
  end
  function driver.press(key)
    if picker.mappings[key] then
      return picker.mappings[key]()
    end
    select(picker.prompt_bufnr, opening[key])
  end
  function driver.cancel()
    vim.api.nvim_buf_delete(picker.prompt_bufnr, { force = true })
  end
  return driver
end

M['fzf-lua'] = function()
  local driver, options, contents, window = { at = 1, keymap = {} }, nil, nil, nil
  local Base = {}
  Base.__index = Base
  function Base.extend()
    local class = setmetatable({ super = Base }, Base)
    class.__index = class
    return class
  end
  function Base.new() end
  function Base.get_tmp_buffer()
    return vim.api.nvim_create_buf(false, true)
  end
  function Base.set_preview_buf(previewer, buffer)
    previewer.shown = buffer
  end
  local printed = {}
  local function read()
    printed = {}
    contents(function(line)
      printed[#printed + 1] = line and line:gsub('\27%[[%d;]*m', '') or nil
    end)
    return printed
  end
  package.loaded['fzf-lua'] = {
    config = { globals = { fzf_bin = 'sh', keymap = { fzf = driver.keymap } } },
    fzf_exec = function(give, with)
      contents, options = give, with
      window = { fzf_bufnr = vim.api.nvim_create_buf(false, true) }
      read()
    end,
  }
  package.loaded['fzf-lua.utils'] = {
    ansi_from_hl = function(_, text)
      return '\27[38;2;1;2;3m' .. text .. '\27[0m', nil
    end,
    fzf_winobj = function()
      return window
    end,
  }
  package.loaded['fzf-lua.previewer.builtin'] = { base = Base }
  -- What fzf does with the key that reads the list again.
  function driver.sent(bytes)
    assert(bytes == '\27[24~')
    options.actions.f12.fn()
    read()
  end
  --- Begins a program in fzf's window, which is sent keys.
  function driver.terminal()
    local channel = vim.api.nvim_buf_call(window.fzf_bufnr, function()
      return vim.fn.has('nvim-0.11') == 1 and vim.fn.jobstart({ 'cat' }, { term = true }) or vim.fn.termopen({ 'cat' })
    end)
    vim.api.nvim_chan_send = function(to, bytes)
      if to == channel then
        return driver.sent(bytes)
      end
      send(to, bytes)
    end
    return channel
  end
  function driver.title()
    return (options.prompt:gsub('> $', ''))
  end
  function driver.lines()
    read()
    assert(options.fzf_opts['--with-nth'] == '2..' and options.fzf_opts['--delimiter'] == '\t')
    local has_marks = options.fzf_opts['--multi'] ~= nil
    return vim.tbl_map(function(line)
      local text = line:match('^%S+\t(.*)$')
      return has_marks and assert(text:match('^ (.*)$') or text:match('^┃(.*)$')) or text
    end, printed)
  end
  --- Whether each line is drawn as marked.
  function driver.marks()
    return vim.tbl_map(function(line)
      return line:match('^%S+\t┃') ~= nil
    end, printed)
  end
  function driver.preview(index)
    local previewer = setmetatable({ win = { preview_winid = 0 } }, options.previewer)
    previewer = options.previewer.new(previewer, {}, {}) or previewer
    previewer:populate_preview_buf(printed[index])
    local buffer = previewer.shown
    return function()
      return lines(buffer)
    end
  end
  --- What fzf itself does with keys.
  function driver.native()
    return options.keymap.fzf
  end
  --- What fzf runs of itself without an end of the list: for a line, or for all that fit.
  function driver.run(key, indexes)
    local action = options.actions[key]
    assert(action.exec_silent and action.field_index == (action.prefix and '{+}' or '{}'))
    local given = {}
    for index, line in ipairs(printed) do
      if not indexes or vim.list_contains(indexes, index) then
        given[#given + 1] = line
      end
    end
    action.fn(given, options)
    return ('%s,%s'):format(action.prefix or '', action.postfix or '')
  end
  function driver.mark(index)
    driver.run('tab', { index })
  end
  function driver.go_to(index)
    driver.at = index
  end
  local function selected()
    return { printed[driver.at] }
  end
  function driver.choose()
    options.winopts.on_close()
    options.actions.enter(selected(), options)
  end
  function driver.press(key)
    local modifier, letter = key:match('^<(%a)%-(.)>$')
    options.winopts.on_close()
    options.actions[(modifier == 'M' and 'alt-' or 'ctrl-') .. letter](selected(), options)
  end
  function driver.cancel()
    options.winopts.on_close()
  end
  return driver
end

function M.snacks()
  local driver, options = { at = 1 }, nil
  local found = {}
  local function key_of(item)
    return item._select_key or item.text
  end
  local picker = { closed = false, marked = {}, list = { set_target = function() end } }
  function picker.find(_, with)
    assert(with == nil or with.refresh)
    found = options.finder({}, {})
  end
  function picker.close()
    if not picker.closed then
      picker.closed = true
      options.on_close(picker)
    end
  end
  function picker.current()
    return found[picker.at or 1]
  end
  function picker.selected(_, with)
    local marked = vim.tbl_filter(function(item)
      return picker.marked[key_of(item)] == true
    end, found)
    -- It gives copies.
    return vim.deepcopy(#marked > 0 and marked or with.fallback and { picker.current() } or {})
  end
  local module = {
    pick = function(with)
      options, picker.closed, picker.marked = with, false, {}
      picker.find()
      return picker
    end,
  }
  package.loaded['snacks.picker'] = module
  package.loaded['snacks'] = { picker = module }
  _G.Snacks = { picker = module, config = { picker = { enabled = true } } }
  function driver.title()
    return options.title
  end
  function driver.lines()
    return vim.tbl_map(function(item)
      local text = {}
      for _, chunk in ipairs(options.format(item, picker)) do
        text[#text + 1] = chunk[1]
      end
      return (table.concat(text):gsub(' +$', ''))
    end, found)
  end
  function driver.preview(index)
    local buffer = vim.api.nvim_create_buf(false, true)
    local nothing = function() end
    options.preview({ item = found[index], buf = buffer, win = 0, preview = { reset = nothing, minimal = nothing } })
    return function()
      return lines(buffer)
    end
  end
  function driver.mark(index)
    picker.marked[key_of(found[index])] = true
  end
  function driver.go_to(index)
    picker.at = index
  end
  function driver.choose()
    options.confirm(picker, picker:current(), {})
  end
  function driver.press(key)
    local mapped = options.win.input.keys[key]
    assert(vim.deep_equal(mapped.mode, { 'i', 'n' }) and options.win.list.keys[key])
    options.actions[mapped[1]].action(picker)
  end
  function driver.cancel()
    picker:close()
  end
  return driver
end

--- mini.pick waits for keys inside of `start`: what a person does meanwhile is `script`.
function M.mini()
  local driver, options = { at = 1, marked = {}, is_active = false }, nil
  local items = {}
  local function matches()
    local marked = {}
    for _, index in ipairs(driver.marked) do
      marked[#marked + 1] = items[index]
    end
    return vim.deepcopy({ current = items[driver.at], marked = marked, marked_inds = driver.marked })
  end
  local pick = {
    start = function(with)
      options, driver.is_active = with, true
      items = with.source.items()
      driver.script()
      driver.is_active = false
    end,
    default_show = function(buffer, shown)
      vim.api.nvim_buf_set_lines(
        buffer,
        0,
        -1,
        false,
        vim.tbl_map(function(item)
          return item.text
        end, shown)
      )
    end,
    get_picker_matches = matches,
    get_picker_state = function()
      return { windows = { main = 0 } }
    end,
    set_picker_items = function(new)
      items, driver.marked = new, {}
    end,
    set_picker_match_inds = function(indices, kind)
      assert(kind == 'marked')
      driver.marked = indices
    end,
    is_picker_active = function()
      return driver.is_active
    end,
  }
  package.loaded['mini.pick'] = pick
  _G.MiniPick = pick
  function driver.title()
    return options.source.name
  end
  function driver.lines()
    local buffer = vim.api.nvim_create_buf(false, true)
    options.source.show(buffer, items, {})
    return lines(buffer)
  end
  function driver.preview(index)
    local buffer = vim.api.nvim_create_buf(false, true)
    options.source.preview(buffer, items[index])
    return function()
      return lines(buffer)
    end
  end
  function driver.mark(index)
    driver.marked[#driver.marked + 1] = index
  end
  function driver.go_to(index)
    driver.at = index
  end
  function driver.choose()
    if #driver.marked > 0 then
      options.source.choose_marked(matches().marked)
    else
      options.source.choose(matches().current)
    end
  end
  function driver.press(key)
    for _, mapped in pairs(options.mappings) do
      if mapped.char == key then
        return assert(mapped.func())
      end
    end
    error('no mapping ' .. key)
  end
  function driver.cancel() end
  return driver
end

return M
