INSERT INTO tool_calls (task, at, tool, failed, file) VALUES ('t1', 1795159038000, 'Edit', 0, '/home/me/project/a.rs');
