INSERT INTO trusted VALUES ('/home/me/project', 'f1', '[policy]', 1795159038000);
INSERT INTO answers (at, project, number, task, request, kind, tool, summary, seen, cut, asked_at, outcome, who, via, sent)
VALUES (1795159038000, '/home/me/project', 2, 't1', 'r0', 'permission', 'Bash', 'ls', '{"command":"ls"}', 0, 1795159037000, 'allowed', 'person', 'a shell', NULL);
