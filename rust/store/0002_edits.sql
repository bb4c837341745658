-- Files with uncommitted edits: what was last seen, and whose it is. Of a file without lines, the hash in place of the content.
CREATE TABLE ledgers (
    project TEXT NOT NULL REFERENCES projects (path),
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    content BLOB,
    hash TEXT,
    marks TEXT NOT NULL,
    UNIQUE (project, path)
) STRICT;

-- Tool calls that may be editing now.
CREATE TABLE windows (
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    id TEXT NOT NULL,
    reach TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    PRIMARY KEY (task, id)
) STRICT, WITHOUT ROWID;
