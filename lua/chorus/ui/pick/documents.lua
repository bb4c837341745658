--- Documents to pick from.
local all_documents = require('chorus.editor.documents')
local dispatch = require('chorus.dispatch')
local document_list = require('chorus.ui.documents.list')
local document_rows = require('chorus.ui.pick.document_rows')
local item_rows = require('chorus.ui.pick.item_rows')
local message = require('chorus.message')
local sessions = require('chorus.ui.pick.session')
local tasks = require('chorus.tasks')

local M = {}

--- The file of a document; nil where its path leads out of the project.
---@param document chorus.Document
---@return string?
local function file_of(document)
  local welcome = require('chorus.client').welcome()
  return welcome and require('chorus.ui.kit.place').below(welcome.project, document.path)
end

---@param document chorus.Document
---@param show fun(rows: chorus.Row[])
local function preview(document, _, show)
  local titles = {}
  for _, task in ipairs(tasks.all()) do
    titles[task.number] = task.title
  end
  local welcome = require('chorus.client').welcome()
  local read = require('chorus.editor.read_document')(welcome and welcome.project or '', file_of(document))
  show(document_rows.rows(document, titles, read, require('chorus.editor.outline').of(read.lines)))
end

--- Opens documents, each in a window of its own where a place is given.
---@param found chorus.Document[]
---@param place? table
local function open(found, place)
  for _, document in ipairs(found) do
    local file = file_of(document)
    if place and file and vim.uv.fs_stat(file) and pcall(vim.cmd.split, { mods = place }) then
      vim.cmd.edit({ args = { file }, magic = { file = false, bar = false } })
    else
      document_list.open(document)
    end
  end
end

---@return chorus.PickAction[]
local function actions()
  local handlers = {
    ref = function(found)
      -- The verb is about the current buffer.
      if document_list.open(found[1]) then
        dispatch.run('ref', { bang = true })
      end
    end,
    tell = function(found)
      if #found[1].changed_for == 0 then
        return message.info('no running agent read an earlier version of ' .. found[1].path)
      end
      dispatch.run('tell', { task = vim.deepcopy(found[1].changed_for) })
    end,
  }
  for name, place in pairs(require('chorus.ui.pick.actions').places()) do
    handlers[name] = function(found)
      open(found, place)
    end
  end
  return require('chorus.ui.pick.actions').of(handlers)
end

---@class chorus.DocumentPick
---@field title string
---@field documents chorus.Document[]
---@field category? string
---@field on_choice? fun(document: chorus.Document) by default it is opened

---@param wish chorus.DocumentPick
---@return chorus.PickList
function M.list(wish)
  local documents = wish.documents
  -- There may be thousands, and the list asks for them with each key.
  local items, items_of
  return {
    name = 'documents',
    kind = 'chorus_document',
    title = wish.title,
    many = not wish.on_choice,
    items = function()
      if items_of ~= documents then
        items_of = documents
        items = vim.tbl_map(function(document)
          return sessions.item(document.path, item_rows.document(document), document, file_of(document))
        end, documents)
      end
      return items
    end,
    watch = function(on_change)
      local id = vim.api.nvim_create_autocmd('User', {
        pattern = 'ChorusDocumentChanged',
        callback = function()
          all_documents.get(wish.category, function(err, found)
            documents = not err and found and found.documents or documents
            on_change()
          end)
        end,
      })
      return function()
        pcall(vim.api.nvim_del_autocmd, id)
      end
    end,
    preview = preview,
    actions = wish.on_choice and {} or actions(),
    choose = function(found)
      if wish.on_choice then
        return wish.on_choice(found[1])
      end
      open(found)
    end,
  }
end

--- Asks for the documents and lets the person pick.
---@param category? string
---@param show fun(list: chorus.PickList)
function M.ask(category, show)
  all_documents.ask(category, function(found)
    if #found.documents == 0 then
      if category then
        return message.info(
          ('there is no document of the category `%s`'):format(category),
          '`[documents.categories]` in chorus.toml says which files are in it'
        )
      end
      return message.info('there is no document here', '`[documents] patterns` in chorus.toml says which files are one')
    elseif found.cut then
      message.warn('there are more documents than Chorus lists', 'narrow `[documents] patterns`')
    end
    local title = category and 'Documents: ' .. require('chorus.text').clean(category) or 'Documents'
    show(M.list({ title = title, documents = found.documents, category = category }))
  end)
end

return M
