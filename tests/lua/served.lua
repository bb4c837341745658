--- A web server on the loopback device.
local M = {}

---@class chorus.Served
---@field url string without a slash at its end
---@field close fun(self: chorus.Served)

--- Serves what `answers` has for each path: its body, and its length where that is to be told wrongly.
---@param answers table<string, { body: string, length?: integer }>
---@return chorus.Served
function M.serve(answers)
  local server = assert(vim.uv.new_tcp())
  server:bind('127.0.0.1', 0)
  server:listen(8, function()
    local client = assert(vim.uv.new_tcp())
    server:accept(client)
    local asked = ''
    client:read_start(function(_, data)
      asked = asked .. (data or '')
      local path = asked:match('^GET /(%S+)')
      if path and asked:find('\r\n\r\n', 1, true) then
        client:read_stop()
        local found = answers[path]
        local status = found and '200 OK' or '404 Not Found'
        local body = found and found.body or ''
        local length = found and found.length or #body
        local head = ('HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n'):format(status, length)
        client:write(head .. body, function()
          client:close()
        end)
      end
    end)
  end)
  return {
    url = ('http://127.0.0.1:%d'):format(server:getsockname().port),
    close = function()
      server:close()
    end,
  }
end

--- Serves a release whose program for this system is that file.
---@param program string
---@return chorus.Served
function M.release(program)
  local file = assert(io.open(program, 'rb'))
  local body = file:read('*a')
  file:close()
  local name = assert(require('chorus.install.release').program())
  local sum = vim.system({ 'sha256sum', program }, { text = true }):wait().stdout:match('^%x+')
  return M.serve({ [name] = { body = body }, SHA256SUMS = { body = ('%s  %s\n'):format(sum, name) } })
end

return M
