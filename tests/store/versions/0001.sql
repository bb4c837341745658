INSERT INTO meta VALUES ('id', '11111111-2222-4333-8444-555555555555');
INSERT INTO projects VALUES ('/home/me/project', 3);
INSERT INTO tasks (uuid, project, number, title, description, priority, tags, status, agent, agent_status, agent_kind,
    agent_detail, agent_since, isolation, pane, terminal, session_id, created_at, started_at, revision)
VALUES ('t1', '/home/me/project', 2, 'An old task', 'text', 1, '["ui"]', 'waiting', 'claude', 'waiting', 'permission',
    '{"tool":"Bash","summary":null,"message":null,"retry":null,"code":null,"signal":null,"background":null}',
    1795159031843, 'auto', '%3',
    '{"socket":"/tmp/s","server":{"pid":5,"start":"77"},"boot":{"machine":"m","id":"b"},"session":"$1","window":"@2","pane":"%3","process":{"pid":6,"start":"78"}}',
    's1', 1795159030000, 1795159031000, 7);
INSERT INTO launches (id, task, session_id, config_dir, machine, boot, pid, start, started_at)
VALUES ('l1', 't1', 's1', '/c', 'm', 'b', 6, '78', 1795159031000);
INSERT INTO sessions (task, session_id, at) VALUES ('t1', 's1', 1795159031000);
INSERT INTO requests (id, task, kind, tool, summary, input, suggestions, answerable, opened_at)
VALUES ('r1', 't1', 'permission', 'Bash', 'ls', '{"command":"ls"}', '["allow ls"]', 'hook', 1795159032000);
INSERT INTO prompts (task, text, raw, state, queued_at, changed_at) VALUES ('t1', 'go on', 0, 'queued', 1795159033000, 1795159033000);
INSERT INTO hooks (id) VALUES ('h1');
INSERT INTO journal (task, at, who, what, text) VALUES ('t1', 1795159030000, 'person', 'created', 'Created as `An old task`');
