--- A new document from a template: asks for each `{{field}}`, then for the name of the file.
local message = require('chorus.message')
local template_plan = require('chorus.ui.documents.template_plan')

local M = {}

--- Bytes of a template.
local MOST = 1024 * 1024

---@param path string
---@return string[]? lines
local function read(path)
  local about = vim.uv.fs_lstat(path)
  if not about or about.type ~= 'file' or about.size > MOST then
    return nil
  end
  local ok, lines = pcall(vim.fn.readfile, path)
  return ok and lines or nil
end

--- Asks for each field in turn.
---@param fields string[]
---@param on_values fun(values: table<string, string>)
local function ask(fields, on_values)
  local values = {}
  local function next_field(index)
    local field = fields[index]
    if not field then
      return on_values(values)
    end
    local default = field:lower() == 'date' and os.date('%Y-%m-%d') or nil
    require('chorus.picker').input({ prompt = field .. ': ', default = default }, function(typed)
      if typed then
        values[field] = typed
        next_field(index + 1)
      end
    end)
  end
  next_field(1)
end

--- Opens the new document as a buffer that is not written yet.
---@param root string
---@param lines string[]
---@param default string
local function open(root, lines, default)
  require('chorus.picker').input({ prompt = 'File: ', default = default, completion = 'file' }, function(path)
    if not path or path == '' then
      return
    end
    local file = require('chorus.ui.kit.place').below(root, path)
    if not file then
      return message.fail(('`%s` is no path in the project'):format(path), 'name a path from ' .. root)
    elseif vim.uv.fs_lstat(file) then
      return message.fail(('%s is there already'):format(path), '`:Chorus docs` opens it')
    end
    local buffer = vim.fn.bufadd(file)
    vim.bo[buffer].buflisted = true
    require('chorus.ui.kit.place').show(buffer)
    vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
    vim.api.nvim_create_autocmd('BufWritePre', {
      buffer = 0,
      once = true,
      callback = function()
        vim.fn.mkdir(vim.fs.dirname(file), 'p')
      end,
    })
  end)
end

---@param root string
---@param document chorus.Document
local function fill(root, document)
  local lines = read(vim.fs.joinpath(root, document.path))
  if not lines then
    return message.fail(('cannot read the template %s'):format(document.path), 'a template is a text of at most 1 MB')
  end
  ask(template_plan.fields(lines), function(values)
    open(root, template_plan.fill(lines, values), template_plan.path(document.path, values))
  end)
end

--- Makes a document from the template of that name, or from one that the person picks.
---@param name? string a part of its path or its title
function M.new(name)
  require('chorus.editor.documents').ask(nil, function(found)
    local templates = vim.tbl_filter(function(document)
      local words = (document.path .. ' ' .. document.title):lower()
      return document.template and (not name or words:find(name:lower(), 1, true) ~= nil)
    end, found.documents)
    local root = assert(require('chorus.client').welcome()).project
    if #templates == 0 then
      local what = name and (' `%s`'):format(name) or ''
      return message.info(('there is no template%s'):format(what), '`[documents] templates` says where they are')
    elseif #templates == 1 then
      return fill(root, templates[1])
    end
    require('chorus.picker').pick(templates, {
      prompt = 'Template:',
      kind = 'chorus_document',
      format = function(document)
        return ('%s · %s'):format(document.path, document.title)
      end,
    }, function(document)
      if document then
        fill(root, document)
      end
    end)
  end)
end

return M
