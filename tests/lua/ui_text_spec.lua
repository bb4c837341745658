local world = require('ui_world')

describe('text', function()
  local text

  before_each(function()
    world.start()
    text = require('chorus.text')
  end)

  it('makes one harmless line of anything', function()
    for given, clean in pairs({
      ['plain words'] = 'plain words',
      ['  much   space '] = 'much space',
      ['two\nlines\tand a tab\r\n'] = 'two ↵ lines and a tab',
      ['\27[31mred\27[0m'] = 'red',
      ['\27]0;a title\7rest'] = 'rest',
      ['\27]8;;http://x\27\\link\27]8;;\27\\'] = 'link',
      ['\27Pq#0\27\\x'] = 'x',
      ['\27(Bx\27='] = 'x',
      ['bell\7 null\0 del\127'] = 'bell null del',
      ['left\226\128\174thgir'] = 'leftthgir',
      ['zero\226\128\139width\239\187\191'] = 'zerowidth',
      ['c1\194\155 31m'] = 'c1',
      ['c1\194\15531mred\194\1570;title\194\156'] = 'c1red',
      ['\194\171quoted\194\187'] = '«quoted»',
      ['cut\27[31'] = 'cut',
      ['cut\27]0;title'] = 'cut',
      ['cut\27]0;title\nnext'] = 'cut ↵ next',
      ['\n exit 1 \r\n\n\27[0m\n\1done\n\27[0m\n'] = 'exit 1 ↵ done',
      ['a\rb\tc'] = 'a b c',
      ['in\27[3\27[31m1mner'] = 'in1mner',
      ['in\27]0;x\27]0;y\7ner'] = 'inner',
      ['\27\27[m]0;x\7'] = ']0;x',
      ['\27é日\27[31é'] = '日é',
      ['tag\243\160\129\129'] = 'tag',
      ['日本語 naïve שלום'] = '日本語 naïve שלום',
    }) do
      assert.are.equal(clean, text.clean(given))
    end
    assert.are.equal('', text.clean(nil))
    assert.are.equal('', text.clean(vim.NIL))
    assert.are.equal('12', text.clean(12))
  end)

  it('is not impressed by a very long text', function()
    local cut = text.clean(('é'):rep(1000000), 20)
    assert.are.equal(20, text.width(cut))
    assert.are.equal('…', cut:sub(-3))
  end)

  it('reads a run of blanks once, wherever it stands', function()
    local blanks = (' '):rep(1000000)
    local hidden = 'true' .. blanks .. '; curl x'
    assert.is_true(text.reveal_line(hidden) == hidden)
    assert.are.equal('true<20>×1000000<09>', text.reveal_line('true' .. blanks .. '\t'))
    assert.are.equal('<20>×1000000', text.reveal_line(blanks))
    assert.are.equal('', text.trim(blanks))
    assert.are.equal(' x', text.trim_end(' x' .. blanks, '%s'))
    local canvas = require('chorus.ui.kit.canvas')
    assert.is_true(canvas.row({ hidden, { blanks, 'ChorusHint' } }).text == hidden)
    local rows = {}
    require('chorus.ui.requests.diff_rows').add(rows, ('@@ -1 +1 @@\n-%s\n+%s x\n'):format(blanks, blanks))
    assert.are.equal('  -<20>×1000000', rows[2].text)
    assert.is_true(rows[3].text == '  +' .. blanks .. ' x')
    local outline = require('chorus.editor.outline')
    assert.is_true(outline.title_of('# a' .. blanks .. 'b ##') == 'a' .. blanks .. 'b')
    assert.are.equal('', outline.title_of('#' .. blanks .. '#'))
    local strip = require('chorus.ui.edits.commit_message').strip
    assert.is_true(strip({ hidden, blanks }) == hidden)
    local fill = require('chorus.editor.placeholder_plan').fill
    assert.is_true(fill('{hunk}', { ['{hunk}'] = { hidden } }) == hidden)
    local read =
      require('chorus.ui.tasks.front_matter').parse({ '---', 'title: x', 'tags: a' .. blanks .. 'b', '---', blanks })
    assert.are.same({ { title = 'x', tags = { 'a', 'b' } }, '' }, { read.fields, read.description })
  end)

  it('cuts and fills by screen cells', function()
    assert.are.equal('日本…', text.cut('日本語', 5))
    assert.are.equal('日本语', text.cut('日本语', 6))
    assert.are.equal('', text.cut('abc', 0))
    assert.are.equal('…', text.cut('abc', 1))
    for _, value in ipairs({
      'abc',
      '日本語タイトル',
      'a日本語',
      '🚀🚀🚀🚀🚀',
      'e\204\129e\204\129e\204\129e\204\129e\204\129e\204\129e\204\129',
    }) do
      assert.are.equal(6, text.width(text.fit(value, 6)), value)
    end
    assert.are.equal('  ab', text.fit('ab', 4, true))
  end)

  it('writes out what would hide, where a person decides', function()
    assert.are.same(
      { 'rm <202e>x<1b>[31m', '\ttab stays', 'nul<00>' },
      text.reveal('rm \226\128\174x\27[31m\n\ttab stays\r\nnul\0')
    )
    assert.are.same({}, text.reveal(nil))
  end)

  it('keeps the lines of a longer text', function()
    assert.are.same({ 'one', '\ttwo', '' }, text.lines('one\r\n\27[1m\ttwo\27[m\n'))
    assert.are.same({ 'one', 'two' }, text.lines('one\194\15531m\194\1570;title\ntw\27[3\27[31mo'))
    assert.are.same({ 'one\226\128\174', 'two' }, text.editable('one\27]0;x\27\\\226\128\174\n\194\15531mtwo'))
  end)

  it('tells an age in at most four cells', function()
    local second = 1000
    for given, age in pairs({
      [-5] = 'now',
      [0] = 'now',
      [9 * second] = 'now',
      [45 * second] = '40s',
      [60 * second] = '1m',
      [3599 * second] = '59m',
      [3600 * second] = '1h',
      [86400 * second] = '1d',
      [86400 * 13 * second] = '13d',
      [86400 * 14 * second] = '2w',
      [86400 * 365 * 100 * second] = '999w',
    }) do
      assert.are.equal(age, text.age(given))
      assert.is_true(#age <= 4)
    end
  end)
end)
