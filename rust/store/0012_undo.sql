-- What persons did in the last day, newest last: what `undo` takes back, or says that it cannot.
CREATE TABLE steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    -- Steps of one command have the same word here.
    command TEXT,
    at INTEGER NOT NULL,
    verb TEXT NOT NULL,
    -- A task may be deleted, so there is no foreign key.
    task TEXT,
    number INTEGER,
    title TEXT,
    change TEXT NOT NULL,
    undone_at INTEGER
) STRICT;
CREATE INDEX steps_of_project ON steps (project, id);

-- The rows of tasks that were deleted in the last day, as JSON, by the table that they were in.
CREATE TABLE deleted (
    task TEXT NOT NULL,
    at INTEGER NOT NULL,
    part TEXT NOT NULL,
    row TEXT NOT NULL
) STRICT;
CREATE INDEX deleted_of_task ON deleted (task);
