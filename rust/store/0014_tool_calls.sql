-- Tool calls of tasks' agents that have ended, as hooks told. What they asked and got is in the agents' conversations.
CREATE TABLE tool_calls (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    tool TEXT NOT NULL,
    failed INTEGER NOT NULL,
    -- The file that the tool edited.
    file TEXT
) STRICT;
CREATE INDEX tool_calls_of_task ON tool_calls (task, id);
