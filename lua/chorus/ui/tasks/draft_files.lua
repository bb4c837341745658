--- Unfinished new tasks as files, so that no crash loses one: `<state>/drafts/<project>-<time>-<pid>.md`. Their buffers have
--- names of their own, so that neither 'autochdir' nor a plugin takes the drafts' folder for the project.
local M = {}

local PREFIX = 'chorus://draft/'

--- The folder of the drafts, created if missing; only its owner may read it.
---@return string
local function folder()
  local drafts = vim.fs.joinpath(require('chorus.client').state_dir(), 'drafts')
  if vim.fn.isdirectory(drafts) == 0 then
    vim.fn.mkdir(drafts, 'p', tonumber('700', 8))
  end
  return drafts
end

--- The file of a buffer's draft.
---@param name string the buffer's
---@return string? path
function M.path_of(name)
  local file = vim.startswith(name, PREFIX) and name:sub(#PREFIX + 1)
  return file and file:match('^[%w_-]+%.md$') and vim.fs.joinpath(folder(), file) or nil
end

--- Whether the path is that of a draft's file.
---@param path string
---@return boolean
function M.is_kept(path)
  return vim.fs.dirname(path) == vim.fs.joinpath(require('chorus.client').state_dir(), 'drafts')
end

--- The name of a draft's buffer.
---@param path string
---@return string
function M.name_of(path)
  return PREFIX .. vim.fs.basename(path)
end

--- A project as a part of a file name: readable, and never the same for two projects.
local function project_part()
  local client = require('chorus.client')
  local welcome = client.welcome()
  local project = welcome and welcome.project or require('chorus.client.folder').project_of(client.folder())
  local name = vim.fn.fnamemodify(project, ':t'):gsub('[^%w_]', '_'):sub(1, 30)
  return ('%s_%s'):format(name, vim.fn.sha256(project):sub(1, 8))
end

--- A path for a new draft of this Neovim.
---@return string
function M.new_path()
  local path
  local attempt = 0
  repeat
    local stamp = os.date('%Y%m%d%H%M%S') .. (attempt > 0 and '_' .. attempt or '')
    path = ('%s/%s-%s-%d.md'):format(folder(), project_part(), stamp, vim.fn.getpid())
    attempt = attempt + 1
  until not vim.uv.fs_stat(path) and vim.fn.bufexists(M.name_of(path)) == 0
  return path
end

--- Writes a draft atomically: a crash leaves the old or the new one.
---@param path string
---@param lines string[]
---@return string? fault
function M.save(path, lines)
  local aside = path .. '.new'
  local descriptor, fault = vim.uv.fs_open(aside, 'w', tonumber('600', 8))
  if not descriptor then
    return fault
  end
  local written, why = vim.uv.fs_write(descriptor, table.concat(lines, '\n') .. '\n')
  vim.uv.fs_close(descriptor)
  if not written then
    vim.uv.fs_unlink(aside)
    return why
  end
  local _, kept = vim.uv.fs_rename(aside, path)
  return kept
end

---@param path string
function M.remove(path)
  vim.uv.fs_unlink(path)
end

--- Whether a draft is for the project of this Neovim.
---@param path string
---@return boolean
function M.is_of_this_project(path)
  return vim.startswith(vim.fs.basename(path), project_part() .. '-')
end

--- Whether another Neovim that still runs has the draft open.
---@param path string
---@return boolean
function M.is_elsewhere(path)
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

--- Whether a Neovim has the draft open.
local function is_taken(path)
  local buffer = vim.fn.bufnr('^' .. M.name_of(path) .. '$')
  -- A page of that name may only say why the draft could not be opened.
  local is_open = buffer ~= -1 and vim.api.nvim_buf_is_loaded(buffer) and vim.b[buffer].chorus_is_set_up == true
  return is_open or M.is_elsewhere(path)
end

--- This project's drafts that no Neovim has open, newest first.
---@return {path: string, title: string, at: integer}[]
function M.unfinished()
  local found = {}
  for _, path in ipairs(vim.fn.glob(folder() .. '/' .. project_part() .. '-*.md', true, true)) do
    local about = vim.uv.fs_stat(path)
    if about and not is_taken(path) then
      local head = vim.fn.readfile(path, '', 20)
      local title = ''
      for _, line in ipairs(head) do
        title = line:match('^title:%s*(.+)$') or title
      end
      found[#found + 1] = { path = path, title = title, at = about.mtime.sec }
    end
  end
  table.sort(found, function(a, b)
    return a.at > b.at
  end)
  return found
end

--- Takes over a draft of another Neovim.
---@param path string
---@return string path
function M.adopt(path)
  if path:match('%-(%d+)%.md$') == tostring(vim.fn.getpid()) then
    return path
  end
  local own = M.new_path()
  return vim.uv.fs_rename(path, own) and own or path
end

return M
