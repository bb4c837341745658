std = 'luajit'
cache = false
max_line_length = 140
globals = { 'vim' }
files['tests/lua'] = { std = '+busted' }
