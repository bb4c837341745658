INSERT INTO document_versions VALUES ('ce013625030ba8dba906f756967f9e9ca394464a', 'hello
', 1795159038000);
INSERT INTO document_references (task, path, first, after_last, whole, version, anchor, state, note, position, created_at)
VALUES ('t1', 'PLAN.md', 0, 1, 0, 'ce013625030ba8dba906f756967f9e9ca394464a',
    '{"first":0,"version":"ce013625030ba8dba906f756967f9e9ca394464a","text":["hello"],"before":[],"after":[]}', 'current', 'why', 1, 1795159038000);
INSERT INTO document_reads VALUES ('t1', 'PLAN.md', 'ce013625030ba8dba906f756967f9e9ca394464a', 'context', 1795159038000);
