INSERT INTO steps (project, command, at, verb, task, number, title, change)
    VALUES ('/home/me/project', NULL, 1795159038000, 'send', 't1', 2, 'An old task', '{"kind":"stays","why":"the agent has the prompt"}');
