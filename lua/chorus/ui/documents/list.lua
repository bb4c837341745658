--- Picking one of the project's documents, and opening it as a normal buffer.
local ask_daemon = require('chorus.ask_daemon')
local message = require('chorus.message')
local document_rows = require('chorus.ui.documents.document_rows')

local M = {}

--- Opens a document.
---@param document chorus.Document
function M.open(document)
  local welcome = require('chorus.client').welcome()
  if welcome then
    require('chorus.ui.kit.place').open_file(welcome.project, document.path)
  end
end

--- Lets the person pick one of the documents.
---@param category? string
---@param on_choice? fun(document: chorus.Document) opens it by default
function M.pick(category, on_choice)
  ask_daemon.once('docs', { category = category }, function(found)
    if #found.documents == 0 then
      local what = category and ('of the category `%s`'):format(category) or 'here'
      return message.info(('there is no document %s'):format(what), '`[documents] patterns` names the files that are')
    elseif found.cut then
      message.warn('there are more documents than Chorus lists', 'narrow `[documents] patterns`')
    end
    local welcome = require('chorus.client').welcome()
    require('chorus.picker').pick(found.documents, {
      prompt = 'Document:',
      kind = 'chorus_document',
      format = document_rows.line,
      file = function(document)
        return welcome and vim.fs.joinpath(welcome.project, document.path) or nil
      end,
    }, function(document)
      if document then
        (on_choice or M.open)(document)
      end
    end)
  end)
end

return M
