--- Unfinished texts as files, so that no crash loses one: `<state>/<folder>/<project>-<time>-<pid>.md`. Their buffers have
--- names of their own, so that neither 'autochdir' nor a plugin takes that folder for the project.
local M = {}

---@class chorus.KeptFiles
---@field folder_name string
---@field prefix string
---@field title_of fun(head: string[]): string
local Files = {}
Files.__index = Files

---@class chorus.KeptFile
---@field path string
---@field title string
---@field at integer when it was written, in seconds

--- Texts of one kind.
---@param folder string below the state folder, such as `drafts`
---@param prefix string of the buffers' names, such as `chorus://draft/`
---@param title_of fun(head: string[]): string from the first lines of a file
---@return chorus.KeptFiles
function M.of(folder, prefix, title_of)
  return setmetatable({ folder_name = folder, prefix = prefix, title_of = title_of }, Files)
end

--- The folder, created if missing; only its owner may read it.
---@return string
function Files:folder()
  local folder = vim.fs.joinpath(require('chorus.client').state_dir(), self.folder_name)
  if vim.fn.isdirectory(folder) == 0 then
    vim.fn.mkdir(folder, 'p', tonumber('700', 8))
  end
  return folder
end

--- The file of a buffer's text.
---@param name string the buffer's
---@return string? path
function Files:path_of(name)
  local file = vim.startswith(name, self.prefix) and name:sub(#self.prefix + 1)
  return file and file:match('^[%w_-]+%.md$') and vim.fs.joinpath(self:folder(), file) or nil
end

--- Whether the path is that of such a file.
---@param path string
---@return boolean
function Files:is_kept(path)
  return vim.fs.dirname(path) == vim.fs.joinpath(require('chorus.client').state_dir(), self.folder_name)
end

--- The name of a text's buffer.
---@param path string
---@return string
function Files:name_of(path)
  return self.prefix .. vim.fs.basename(path)
end

--- A project as a part of a file name: readable, and never the same for two projects.
local function project_part()
  local client = require('chorus.client')
  local welcome = client.welcome()
  local project = welcome and welcome.project or require('chorus.client.folder').project_of(client.folder())
  local name = vim.fn.fnamemodify(project, ':t'):gsub('[^%w_]', '_'):sub(1, 30)
  return ('%s_%s'):format(name, vim.fn.sha256(project):sub(1, 8))
end

--- A path for a new text of this Neovim.
---@return string
function Files:new_path()
  local path
  local attempt = 0
  repeat
    local stamp = os.date('%Y%m%d%H%M%S') .. (attempt > 0 and '_' .. attempt or '')
    path = ('%s/%s-%s-%d.md'):format(self:folder(), project_part(), stamp, vim.fn.getpid())
    attempt = attempt + 1
  until not vim.uv.fs_stat(path) and vim.fn.bufexists(self:name_of(path)) == 0
  return path
end

--- Writes a text atomically: a crash leaves the old or the new one.
---@param path string
---@param lines string[]
---@return string? fault
function Files:save(path, lines) -- luacheck: no self
  local aside = path .. '.new'
  local descriptor, fault = vim.uv.fs_open(aside, 'w', tonumber('600', 8))
  if not descriptor then
    return fault
  end
  local text = table.concat(lines, '\n') .. '\n'
  local written, why = vim.uv.fs_write(descriptor, text)
  vim.uv.fs_close(descriptor)
  -- A full disk takes the beginning of a text without a fault.
  if written ~= #text then
    vim.uv.fs_unlink(aside)
    return why or ('only %d of %d bytes were written to %s'):format(written, #text, aside)
  end
  local _, kept = vim.uv.fs_rename(aside, path)
  return kept
end

---@param path string
function Files:remove(path) -- luacheck: no self
  vim.uv.fs_unlink(path)
end

--- Whether a text is for the project of this Neovim.
---@param path string
---@return boolean
function Files:is_of_this_project(path) -- luacheck: no self
  return vim.startswith(vim.fs.basename(path), project_part() .. '-')
end

--- Whether another Neovim that still runs has the text open.
---@param path string
---@return boolean
function Files:is_elsewhere(path) -- luacheck: no self
  local pid = tonumber(path:match('%-(%d+)%.md$'))
  if not pid or pid == vim.fn.getpid() then
    return false
  end
  if vim.uv.kill(pid, 0) ~= 0 then
    return false
  end
  local name = io.open(('/proc/%d/comm'):format(pid))
  if not name then
    return true
  end
  local is_neovim = (name:read('*l') or ''):find('nvim', 1, true) ~= nil
  name:close()
  return is_neovim
end

--- Whether a Neovim has the text open.
---@param path string
---@return boolean
function Files:is_taken(path)
  local buffer = vim.fn.bufnr('^' .. self:name_of(path) .. '$')
  -- A page of that name may only say why the text could not be opened.
  local is_open = buffer ~= -1 and vim.api.nvim_buf_is_loaded(buffer) and vim.b[buffer].chorus_is_set_up == true
  return is_open or self:is_elsewhere(path)
end

--- This project's texts that no Neovim has open, newest first.
---@return chorus.KeptFile[]
function Files:unfinished()
  local found = {}
  for _, path in ipairs(vim.fn.glob(self:folder() .. '/' .. project_part() .. '-*.md', true, true)) do
    local about = vim.uv.fs_stat(path)
    if about and not self:is_taken(path) then
      found[#found + 1] = { path = path, title = self.title_of(self:head(path, 20)), at = about.mtime.sec }
    end
  end
  table.sort(found, function(a, b)
    return a.at > b.at
  end)
  return found
end

--- The beginning of a file; nothing of one that is gone.
---@param path string
---@param most integer lines
---@return string[]
function Files:head(path, most) -- luacheck: no self
  return vim.uv.fs_stat(path) and vim.fn.readfile(path, '', most) or {}
end

--- Takes over a text of another Neovim.
---@param path string
---@return string path
function Files:adopt(path)
  if path:match('%-(%d+)%.md$') == tostring(vim.fn.getpid()) then
    return path
  end
  local own = self:new_path()
  return vim.uv.fs_rename(path, own) and own or path
end

return M
