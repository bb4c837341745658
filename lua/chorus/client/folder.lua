--- Which folder Neovim works in, and to which project a folder belongs as far as its files say. The daemon's word on the
--- project is stronger; this is for the time before there is one.

local M = {}

--- A folder that a variable names. The daemon takes no relative one either: it would be another one for each shell.
---@param name string
---@return string?
local function absolute(name)
  local folder = vim.env[name] --[[@as string?]]
  if folder and vim.startswith(folder, '/') then
    return folder
  end
end

---@return string
local function default_state_dir()
  return absolute('CHORUS_STATE_DIR')
    or vim.fs.joinpath(absolute('XDG_STATE_HOME') or vim.fs.normalize('~/.local/state'), 'chorus')
end

--- The daemon's state folder; before the first handshake, where a daemon would have it.
---@param welcome? chorus.Welcome
---@return string
function M.state_dir(welcome)
  return welcome and welcome.state_dir or default_state_dir()
end

--- Whether the path is one of Chorus's own files. Worktrees are a project's.
---@param path string
---@param state string the state folder
---@return boolean
function M.is_own(path, state)
  return (path == state or vim.startswith(path, state .. '/')) and not vim.startswith(path, state .. '/worktrees/')
end

--- The folder whose project Neovim works on.
---
--- Ignores window-local folders: moving the cursor must not change the project. 'autochdir' follows Chorus's own files too.
--- Other programs use PROJECT_ROOT as well, so a repository that Neovim is in is stronger. A relative folder is relative to
--- Neovim's.
---@param before? string the folder of the connection, which stays while Neovim is in one of Chorus's own
---@param state string the state folder
---@return string
function M.working(before, state)
  local here = vim.fn.getcwd(-1, 0)
  local named = vim.env.CHORUS_PROJECT_ROOT
  if not named and not vim.fs.root(here, '.git') then
    named = vim.env.PROJECT_ROOT
  end
  if named and named ~= '' then
    return vim.startswith(named, '/') and named or vim.fs.joinpath(here, named)
  end
  return before and M.is_own(here, state) and before or here
end

--- The first line of a small file.
---@param path string
---@return string?
local function first_line(path)
  local about = vim.uv.fs_stat(path)
  local file = about and about.type == 'file' and io.open(path)
  local line = file and file:read('*l')
  if file then
    file:close()
  end
  return line and vim.trim(line)
end

--- A path that one of git's files names, from the folder of that file.
---@param from string
---@param path string
---@return string
local function named_by(from, path)
  local whole = vim.startswith(path, '/') and path or vim.fs.joinpath(from, path)
  return vim.uv.fs_realpath(whole) or vim.fs.normalize(whole)
end

--- The project of a linked worktree with this `.git` file; nil for a submodule, and where git's files do not tell.
---@param git string
---@return string?
local function main_tree(git)
  local pointer = (first_line(git) or ''):match('^gitdir:%s*(.+)$')
  local own = pointer and named_by(vim.fs.dirname(git), pointer)
  local common = own and first_line(own .. '/commondir')
  if not common then
    return nil
  end
  local made_for = first_line(own .. '/chorus-project')
  if made_for and vim.uv.fs_stat(made_for) then
    return made_for
  end
  common = named_by(own, common)
  return vim.fs.basename(common) == '.git' and vim.fs.dirname(common) or first_line(common .. '/chorus-project')
end

--- The project to which a folder belongs, as the daemon would say: the main working tree of its repository, else the folder.
---@param folder string
---@return string
function M.project_of(folder)
  local root = vim.fs.root(folder, '.git')
  if not root then
    return vim.uv.fs_realpath(folder) or folder
  end
  return main_tree(root .. '/.git') or vim.uv.fs_realpath(root) or root
end

return M
