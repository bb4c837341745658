-- What of a live task needs a person and is no request.
CREATE TABLE alerts (
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    remedy TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (task, kind)
) STRICT, WITHOUT ROWID;

-- A failed prompt that a person has neither sent again nor dismissed.
ALTER TABLE prompts ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;

-- The permission mode that the conversation was in last.
ALTER TABLE tasks ADD COLUMN mode TEXT;
