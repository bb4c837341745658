--- Messages to the person: one notification for each action, with a title, a sentence and what to do next.

local config = require('chorus.config')
local notify = require('chorus.notify')

local M = {}

--- Progress is shown after this long, in milliseconds.
local PATIENCE = 500

---@param level 'info'|'warn'|'error'
---@param text string
---@param hint? string
local function say(level, text, hint)
  notify.show(level, config.get().notify, text, hint)
end

---@param text string
---@param hint? string
function M.info(text, hint)
  say('info', text, hint)
end

---@param text string
---@param hint? string
function M.warn(text, hint)
  say('warn', text, hint)
end

---@param text string
---@param hint? string
function M.fail(text, hint)
  say('error', text, hint)
end

--- Shows why a request was refused.
---@param err chorus.Failure
function M.failure(err)
  M.fail(err.message, err.hint)
end

--- Shows a notice of the daemon.
---@param notice chorus.Notice
function M.notice(notice)
  local is_level = notice.level == 'warn' or notice.level == 'error'
  say(is_level and notice.level --[[@as 'warn'|'error']] or 'info', notice.text, notice.hint)
end

---@class chorus.Progress
---@field report fun(text: string, percent?: integer)
---@field done fun(text: string, failed?: boolean) what to say at the end; '' for nothing. Later reports show nothing.

--- Shows progress: as a progress message where Neovim has them (0.12), else in the echo area.
---@param title string
---@return chorus.Progress
function M.progress(title)
  local has_progress = vim.fn.has('nvim-0.12') == 1
  local id, is_over = nil, false
  local function show(text, status, percent)
    text = require('chorus.text').clean(text)
    if has_progress then
      local given = { kind = 'progress', title = title, status = status, percent = percent, id = id, source = 'chorus' }
      id = vim.api.nvim_echo({ { text } }, false, given)
    else
      local line = ('%s: %s%s'):format(title, percent and percent .. '% ' or '', text)
      vim.api.nvim_echo({ { vim.fn.strcharpart(line, 0, math.max(vim.o.columns - 12, 20)) } }, false, {})
      vim.cmd.redraw()
    end
  end
  return {
    report = function(text, percent)
      if not is_over then
        show(text, 'running', percent)
      end
    end,
    done = function(text, failed)
      is_over = true
      if has_progress then
        local ending = failed and 'failed' or 'done'
        show(text ~= '' and text or ending, failed and 'failed' or 'success', not failed and 100 or nil)
      elseif not failed and text ~= '' then
        show(text, 'success')
      else
        vim.api.nvim_echo({ { '' } }, false, {})
      end
    end,
  }
end

--- Shows progress if an action takes long. Call the returned function at its end.
---@param doing string such as `start #3`
---@return fun(failed?: boolean) done
function M.patience(doing)
  local progress
  local timer = vim.defer_fn(function()
    progress = M.progress('Chorus')
    progress.report(doing)
  end, PATIENCE)
  return function(failed)
    if not timer:is_closing() then
      timer:close()
    end
    if progress then
      progress.done('', failed)
    end
  end
end

return M
