-- Configuration files of projects that a person trusts, as they were seen.
CREATE TABLE trusted (
    project TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every answer to a request. It outlives request and task, so it has no foreign key.
CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    project TEXT NOT NULL,
    number INTEGER NOT NULL,
    task TEXT NOT NULL,
    request TEXT NOT NULL,
    kind TEXT NOT NULL,
    tool TEXT,
    summary TEXT NOT NULL,
    seen TEXT,
    cut INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    who TEXT NOT NULL,
    via TEXT,
    sent TEXT
) STRICT;
CREATE INDEX answers_of_task ON answers (task, id);
