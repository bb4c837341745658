-- Contents of documents that tasks refer to or have read, by git's id of a blob with these bytes. Without content, the
-- document was too large to be kept.
CREATE TABLE document_versions (
    version TEXT PRIMARY KEY,
    content TEXT,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Lines of a document tied to a task.
CREATE TABLE document_references (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    path TEXT NOT NULL,
    -- Lines from 0, the last one excluded, in the version.
    first INTEGER NOT NULL,
    after_last INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    version TEXT NOT NULL,
    -- The text and its surroundings when it was tied, as JSON.
    anchor TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Where a text that is gone may be now, as JSON.
    nearest TEXT,
    note TEXT,
    included INTEGER NOT NULL DEFAULT 1,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX references_of_task ON document_references (task, position);
CREATE INDEX references_by_path ON document_references (path);

-- Which versions of documents a task's agent has been given or has read.
CREATE TABLE document_reads (
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    path TEXT NOT NULL,
    version TEXT NOT NULL,
    how TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (task, path, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX reads_by_version ON document_reads (version);

-- Documents that changed since the task's agent read them.
ALTER TABLE tasks ADD COLUMN outdated INTEGER NOT NULL DEFAULT 0;
