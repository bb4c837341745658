--- Unfinished new tasks as files.
return require('chorus.ui.kit.kept_files').of('drafts', 'chorus://draft/', function(head)
  local title = ''
  for _, line in ipairs(head) do
    title = line:match('^title:%s*(.+)$') or title
  end
  return title
end)
