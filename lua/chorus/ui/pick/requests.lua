--- Open requests to pick from.
local dispatch = require('chorus.dispatch')
local item_rows = require('chorus.ui.pick.item_rows')
local sessions = require('chorus.ui.pick.session')
local tasks = require('chorus.tasks')

local M = {}

---@param on_change fun()
---@return fun() stop
local function watch(on_change)
  local id = vim.api.nvim_create_autocmd('User', {
    pattern = { 'ChorusRequestOpened', 'ChorusRequestClosed', 'ChorusElsewhereChanged', 'ChorusConnected' },
    callback = on_change,
  })
  return function()
    pcall(vim.api.nvim_del_autocmd, id)
  end
end

---@param verb string
---@return fun(found: chorus.Opened[])
local function runs(verb)
  return function(found)
    dispatch.run(verb, { task = found[1].task })
  end
end

---@class chorus.RequestPick
---@field title string
---@field requests? chorus.Opened[] may be of another project; by default all of this one
---@field on_choice? fun(request: chorus.Opened) by default its window is opened

---@param wish chorus.RequestPick
---@return chorus.PickList
function M.list(wish)
  return {
    name = 'requests',
    kind = 'chorus_request',
    title = wish.title,
    many = false,
    items = function()
      local now = {}
      for _, request in ipairs(wish.requests or tasks.requests()) do
        local current = tasks.request(request.id)
        if current then
          local task = tasks.get(current.task)
          now[#now + 1] = sessions.item(current.id, item_rows.request(current, task and task.title), current)
        end
      end
      return now
    end,
    watch = watch,
    preview = function(request, _, show)
      show(require('chorus.ui.requests.preview').rows(request))
    end,
    actions = wish.on_choice and {} or require('chorus.ui.pick.actions').of({
      output = runs('output'),
      attach = runs('attach'),
      show = runs('show'),
    }),
    choose = function(found)
      if wish.on_choice then
        return wish.on_choice(found[1])
      end
      require('chorus.ui.requests.request').open(found[1])
    end,
  }
end

return M
