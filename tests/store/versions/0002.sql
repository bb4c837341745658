INSERT INTO ledgers VALUES ('/home/me/project', 'src/a b.rs', 'file', x'6f6e650a74776f0a', NULL,
    '{"whole":null,"lines":[[1,null],[1,{"task":"t1"}]],"gaps":[[1,"user"],[2,null]]}');
INSERT INTO ledgers VALUES ('/home/me/project', 'x.png', 'executable', NULL, 'abc',
    '{"whole":{"unclaimed":["t1"]},"lines":[],"gaps":[[1,null]]}');
INSERT INTO windows VALUES ('t1', 'toolu_1', '{"kind":"edit","path":"src/a b.rs"}', 1795159034000);
INSERT INTO windows VALUES ('t1', 'toolu_2', '{"kind":"background"}', 1795159035000);
UPDATE tasks SET uncommitted = 1, overlaps = '[3]', trouble = '{"kind":"depends","text":"t","remedy":null,"files":["x"]}' WHERE uuid = 't1';
INSERT INTO commits (task, oid, change, branch, subject, files, at) VALUES ('t1', 'abc', 'wxyz', 'chorus/2-an-old-task', 'Fix it', 1, 1795159036000);
