--- The input of a tool as rows. The tool's name alone decides how: an input must not choose what is shown of it. Every field
--- that a tool's own rows do not show is listed. Pure.
local canvas = require('chorus.ui.kit.canvas')
local diff_rows = require('chorus.ui.requests.diff_rows')
local edit_diff = require('chorus.ui.requests.edit_diff')
local field_rows = require('chorus.ui.requests.field_rows')
local question_rows = require('chorus.ui.requests.question_rows')
local text = require('chorus.text')

local M = {}

---@class chorus.ToolRows
---@field title? chorus.Chunk[] beside the tool's name
---@field shown string[] fields that `add` shows
---@field add fun(rows: chorus.Row[])

local function blank(rows)
  rows[#rows + 1] = canvas.row({})
end

--- A path as short as can be, and where it is.
---@param path string
---@param options chorus.RequestOptions
---@return chorus.Chunk[]
local function path_chunks(path, options)
  for _, place in ipairs({ { options.worktree, '  in its worktree' }, { options.project, '' } }) do
    local folder, note = place[1], place[2]
    if folder and vim.startswith(path, folder .. '/') then
      return { { text.reveal_line(path:sub(#folder + 2)), 'ChorusTitle' }, { note, 'ChorusHint' } }
    end
  end
  return { { text.reveal_line(path), 'ChorusTitle' } }
end

--- What `Edit`, `MultiEdit` and `Write` do to a file.
---@return chorus.ToolRows?
local function edit(input, options, shown)
  local path = edit_diff.path(input)
  if not path then
    return nil
  end
  local content, is_there = options.read(path)
  local title = path_chunks(path, options)
  if vim.list_contains(shown, 'content') and not content then
    title[#title + 1] =
      { is_there and '  overwrites the file, which is too large to compare' or '  new file', 'ChorusRequest' }
  end
  if input.replace_all == true then
    title[#title + 1] = { '  every occurrence', 'ChorusRequest' }
  end
  return {
    title = title,
    shown = shown,
    add = function(rows)
      local unified, _, after = edit_diff.of(input, content)
      if unified == '' then
        rows[#rows + 1] = canvas.row({ { '  The file stays as it is.', 'ChorusHint' } })
      end
      diff_rows.add(rows, unified, { path = path, after = after }, options.syntax)
    end,
  }
end

--- Where a command runs.
---@param folder string
---@param options chorus.RequestOptions
---@return chorus.Chunk[]
local function folder_chunks(folder, options)
  for _, place in ipairs({ { options.worktree, 'its worktree' }, { options.project, 'the project' } }) do
    local root, name = place[1], place[2]
    if root and folder == root then
      return { { '  in ', 'ChorusHint' }, { name .. '’s folder', 'ChorusHint' } }
    elseif root and vim.startswith(folder, root .. '/') then
      return { { '  in ', 'ChorusHint' }, text.reveal_line(folder:sub(#root + 2)), { ' of ' .. name, 'ChorusHint' } }
    end
  end
  return { { '  in ', 'ChorusHint' }, { text.reveal_line(folder), 'ChorusRequest' } }
end

--- An address with its host marked, which alone decides who is asked.
---@param rows chorus.Row[]
---@param url string
local function url_rows(rows, url)
  local scheme, rest = url:match('^(%a[%w+.-]*://)(.*)$')
  local authority, path = (rest or ''):match('^([^/?#\\]*)(.*)$')
  if not scheme or authority == '' then
    rows[#rows + 1] = canvas.row({ '  ', { text.reveal_line(url), 'ChorusTitle' } })
    return
  end
  local before, host = authority:match('^(.*@)([^@]*)$')
  rows[#rows + 1] = canvas.row({
    { '  ' .. text.reveal_line(scheme .. (before or '')), 'ChorusHint' },
    { text.reveal_line(host or authority), 'ChorusTitle' },
    text.reveal_line(path),
  })
  if before then
    rows[#rows + 1] = canvas.row({ { '  What stands before “@” is not the host.', 'ChorusFailed' } })
  end
  if authority:find('[\128-\255]') or authority:find('xn%-%-') then
    rows[#rows + 1] = canvas.row({ { '  The host has letters that can look like others.', 'ChorusFailed' } })
  end
end

--- Says what an MCP tool’s name means, where it can be read in one way only.
---@param rows chorus.Row[]
---@param tool string
local function mcp_rows(rows, tool)
  local server, name = tool:match('^mcp__(.-)__(.+)$')
  if server and server ~= '' and not name:find('__', 1, true) then
    rows[#rows + 1] = canvas.row({
      { '  ', 'ChorusHint' },
      text.reveal_line(name),
      { ', a tool of the MCP server ', 'ChorusHint' },
      text.reveal_line(server),
    })
    blank(rows)
  end
end

--- Renderers by tool. A renderer returns nil for an input of another shape than the tool's: all fields are listed then.
---@type table<string, fun(input: table, options: chorus.RequestOptions, request: chorus.Opened): chorus.ToolRows?>
local TOOLS = {
  Edit = function(input, options)
    if type(input.old_string) == 'string' and type(input.new_string) == 'string' then
      local shown = { 'file_path', 'old_string', 'new_string' }
      if type(input.replace_all) == 'boolean' then
        shown[#shown + 1] = 'replace_all'
      end
      return edit({
        file_path = input.file_path,
        old_string = input.old_string,
        new_string = input.new_string,
        replace_all = input.replace_all,
      }, options, shown)
    end
  end,
  MultiEdit = function(input, options)
    local are_plain = type(input.edits) == 'table'
      and vim.islist(input.edits)
      and vim.iter(input.edits):all(function(each)
        return type(each) == 'table'
          and type(each.old_string) == 'string'
          and type(each.new_string) == 'string'
          and (each.replace_all == nil or type(each.replace_all) == 'boolean')
          and next(field_rows.without(each, { 'old_string', 'new_string', 'replace_all' })) == nil
      end)
    if are_plain then
      local plain = { file_path = input.file_path, edits = input.edits }
      local rows = edit(plain, options, { 'file_path', 'edits' })
      local everywhere = {}
      for index, each in ipairs(input.edits) do
        everywhere[#everywhere + 1] = each.replace_all and tostring(index) or nil
      end
      if rows and #everywhere > 0 then
        local which = ('  %d edits; every occurrence in: %s'):format(#input.edits, table.concat(everywhere, ', '))
        table.insert(rows.title, { which, 'ChorusRequest' })
      end
      return rows
    end
  end,
  Write = function(input, options)
    if type(input.content) == 'string' then
      return edit({ file_path = input.file_path, content = input.content }, options, { 'file_path', 'content' })
    end
  end,
  NotebookEdit = function(input, options)
    if type(input.notebook_path) == 'string' then
      return { title = path_chunks(input.notebook_path, options), shown = { 'notebook_path' }, add = function() end }
    end
  end,
  Bash = function(input, options, request)
    if type(input.command) ~= 'string' then
      return nil
    end
    local shown = { 'command' }
    local says = type(input.description) == 'string' and text.reveal(input.description) or {}
    if #says == 1 and says[1] ~= '' then
      shown[#shown + 1] = 'description'
    end
    if input.run_in_background == true then
      shown[#shown + 1] = 'run_in_background'
    end
    return {
      shown = shown,
      add = function(rows)
        if vim.list_contains(shown, 'description') then
          rows[#rows + 1] = canvas.row({ { '  The agent says: ', 'ChorusHint' }, { says[1], 'ChorusSummary' } })
          blank(rows)
        end
        if request.folder then
          rows[#rows + 1] = canvas.row(folder_chunks(request.folder, options))
          blank(rows)
        end
        field_rows.body(rows, input.command, { first = '  $ ', before = '  ' .. field_rows.BAR })
        if input.run_in_background == true then
          blank(rows)
          rows[#rows + 1] = canvas.row({ { '  The command runs in the background.', 'ChorusHint' } })
        end
      end,
    }
  end,
  AskUserQuestion = function(_, options, request)
    if question_rows.are_whole(request) then
      return {
        shown = { 'questions' },
        add = function(rows)
          question_rows.add(rows, request, options.answers)
        end,
      }
    end
  end,
  ExitPlanMode = function(input, options)
    if type(input.plan) == 'string' then
      local path = input.planFilePath
      local is_path = type(path) == 'string' and #text.reveal(path) == 1
      local shown = is_path and { 'plan', 'planFilePath' } or { 'plan' }
      return {
        title = is_path and { { ' ' .. text.reveal_line(path), 'ChorusHint' } } or nil,
        shown = shown,
        add = function(rows)
          field_rows.body(rows, input.plan, { marks = options.syntax and options.syntax('plan.md', input.plan) })
        end,
      }
    end
  end,
  WebFetch = function(input)
    if type(input.url) == 'string' and #text.reveal(input.url) == 1 then
      local asks = type(input.prompt) == 'string'
      local shown = asks and { 'url', 'prompt' } or { 'url' }
      return {
        shown = shown,
        add = function(rows)
          url_rows(rows, input.url)
          if asks then
            blank(rows)
            field_rows.fields(rows, { prompt = input.prompt })
          end
        end,
      }
    end
  end,
}

--- Adds the tool's name and its whole input. Fields without rows of their own come first, since a text below could look
--- like them.
---@param rows chorus.Row[]
---@param request chorus.Opened
---@param options chorus.RequestOptions
function M.add(rows, request, options)
  local tool, input = request.tool or '', request.input
  local fields = type(input) == 'table' and input or { input = input }
  local renderer = TOOLS[tool]
  local own = renderer and type(input) == 'table' and renderer(input, options, request) or nil
  local group = request.kind == 'permission' and 'ChorusTitle' or 'ChorusHint'
  local title = { { '  ' .. text.reveal_line(tool), own and own.title and 'ChorusHeader' or group }, ' ' }
  if tool ~= '' then
    rows[#rows + 1] = canvas.row(vim.list_extend(title, own and own.title or {}))
    blank(rows)
    mcp_rows(rows, tool)
  end
  local rest = field_rows.without(fields, own and own.shown or {})
  if next(rest) ~= nil then
    field_rows.fields(rows, rest)
    blank(rows)
  elseif not own then
    field_rows.body(rows, request.summary)
  end
  if own then
    own.add(rows)
  end
end

return M
