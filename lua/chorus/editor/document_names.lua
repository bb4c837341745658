--- Documents by the names that a person writes: `[[plan]]`, `{doc:docs/plan.md}`.
local client = require('chorus.client')

local M = {}

---@type chorus.Document[]?
local known

---@param documents chorus.Document[]
---@param name string # in lower case
---@return chorus.Document? document
---@return chorus.Document[] others
local function find_named(documents, name)
  local tests = {
    function(document)
      return document.path:lower() == name
    end,
    function(document)
      return document.path:lower() == name .. '.md'
    end,
    function(document)
      local file = document.path:lower():match('[^/]*$')
      return file == name or file == name .. '.md' or file == name .. '.markdown'
    end,
    function(document)
      return document.title:lower() == name
    end,
  }
  for _, test in ipairs(name ~= '' and tests or {}) do
    local found = vim.tbl_filter(test, documents)
    if #found > 0 then
      return found[1], vim.list_slice(found, 2)
    end
  end
  return nil, {}
end

--- The document of a name: its path, the name of its file with or without `.md`, or its title, whatever the case. What
--- follows a `#` names a heading, unless it belongs to the name. Pure.
---@param documents chorus.Document[]
---@param name string
---@return chorus.Document? document
---@return chorus.Document[] others that the name fits as well
function M.find(documents, name)
  name = vim.trim(name):lower()
  local document, others = find_named(documents, name)
  local heading = name:find('#', 1, true)
  if not document and heading then
    return find_named(documents, vim.trim(name:sub(1, heading - 1)))
  end
  return document, others
end

--- The documents that are known without asking.
---@return chorus.Document[]
function M.known()
  return known or {}
end

--- Hands on the documents of the project, which are asked for once and after each change.
---@param on_documents? fun(documents: chorus.Document[])
function M.load(on_documents)
  on_documents = on_documents or function() end
  if known then
    return on_documents(known)
  elseif not client.is_connected() then
    return on_documents({})
  end
  local group = vim.api.nvim_create_augroup('chorus_document_names', {})
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = { 'ChorusDocumentChanged', 'ChorusConnected', 'ChorusDisconnected' },
    callback = function()
      known = nil
    end,
  })
  require('chorus.editor.documents').get(nil, function(err, found)
    known = not err and found and found.documents or nil
    on_documents(known or {})
  end)
end

return M
