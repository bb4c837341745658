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

ALTER TABLE tasks ADD COLUMN uncommitted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN overlaps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tasks ADD COLUMN trouble TEXT;

-- Commits made for a task. GitButler rewrites commits; `change` survives that.
CREATE TABLE commits (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    oid TEXT NOT NULL,
    change TEXT,
    branch TEXT NOT NULL,
    subject TEXT NOT NULL,
    files INTEGER NOT NULL,
    at INTEGER NOT NULL,
    gone_at INTEGER
) STRICT;
CREATE INDEX commits_of_task ON commits (task, id);
CREATE INDEX commits_by_oid ON commits (oid);
CREATE INDEX commits_by_change ON commits (change);

-- A commit that is being made: what a daemon that was killed in between must look at.
CREATE TABLE intents (
    task TEXT PRIMARY KEY REFERENCES tasks (uuid) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    intent TEXT NOT NULL
) STRICT;
