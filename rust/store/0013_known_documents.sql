-- Of each document that a task's agent knows: the one version that it knows.
CREATE TABLE known_documents (
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    path TEXT NOT NULL,
    -- The version of the project's document that the agent knows.
    version TEXT NOT NULL,
    -- The version in the task's own worktree, where it is another one: the agent's own edits are no news to it.
    own TEXT,
    how TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (task, path)
) STRICT, WITHOUT ROWID;
INSERT INTO known_documents (task, path, version, how, at)
    SELECT task, path, version, how, max(at) FROM document_reads GROUP BY task, path;
DROP TABLE document_reads;
ALTER TABLE known_documents RENAME TO document_reads;
CREATE INDEX reads_by_version ON document_reads (version);

-- The same in what is kept of deleted tasks.
DELETE FROM deleted WHERE part = 'document_reads' AND EXISTS (
    SELECT 1 FROM deleted AS newer
    WHERE newer.part = 'document_reads' AND newer.task = deleted.task AND newer.rowid > deleted.rowid
        AND json_extract(newer.row, '$.path') = json_extract(deleted.row, '$.path'));

-- Versions of documents that the agent knows once it has the prompt, as JSON.
ALTER TABLE prompts ADD COLUMN documents TEXT;

-- A reference to a whole document keeps its beginning only: its version tells the rest.
UPDATE document_references
SET anchor = json_set(anchor, '$.before', json('[]'), '$.after', json('[]'), '$.text',
    (SELECT json_group_array(value) FROM (SELECT value FROM json_each(anchor, '$.text') LIMIT 40)))
WHERE whole;

-- A task that has ended has nothing to hear.
UPDATE tasks SET outdated = 0 WHERE status NOT IN ('running', 'waiting');
