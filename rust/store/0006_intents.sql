-- An intent says what it is about; those from before were all commits.
UPDATE intents SET intent = json_object('commit', json(intent));

-- What was discarded of a task and can be brought back, with where it is kept.
CREATE TABLE discarded (
    task TEXT PRIMARY KEY REFERENCES tasks (uuid) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kept TEXT NOT NULL
) STRICT;
INSERT INTO discarded (task, at, kept)
    SELECT tasks.uuid, 0, meta.value FROM meta JOIN tasks ON meta.key = 'discarded ' || tasks.uuid WHERE meta.value <> '';
DELETE FROM meta WHERE key LIKE 'discarded %';
