std = 'luajit'
cache = false
max_line_length = 140
max_comment_line_length = false
globals = { 'vim' }
files['tests/lua'] = { std = '+busted' }
