CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Outlives its tasks, so that a number is never given twice.
CREATE TABLE projects (
    path TEXT PRIMARY KEY,
    next_number INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
    uuid TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (path),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    priority INTEGER NOT NULL DEFAULT 0,
    tags TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL,
    agent TEXT NOT NULL,
    model TEXT,
    permission_mode TEXT,
    agent_status TEXT NOT NULL,
    agent_kind TEXT,
    agent_detail TEXT NOT NULL DEFAULT '{}',
    agent_since INTEGER NOT NULL,
    unread INTEGER NOT NULL DEFAULT 0,
    isolation TEXT NOT NULL,
    stack TEXT,
    "on" INTEGER,
    base TEXT,
    worktree TEXT,
    pane TEXT,
    -- The rest of where the pane is, as JSON; set and cleared together with `pane`.
    terminal TEXT,
    session_id TEXT,
    restarts INTEGER NOT NULL DEFAULT 0,
    result TEXT,
    demo INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    revision INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project, number)
) STRICT;

CREATE TABLE launches (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    session_id TEXT,
    config_dir TEXT,
    machine TEXT NOT NULL,
    boot TEXT NOT NULL,
    pid INTEGER,
    start TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    how TEXT
) STRICT;
CREATE INDEX launches_of_task ON launches (task, started_at);
CREATE INDEX open_launches ON launches (task) WHERE ended_at IS NULL;

-- One row each time a task's agent is found in another session than before.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_task ON sessions (task, id);

CREATE TABLE requests (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    tool TEXT,
    summary TEXT NOT NULL,
    input TEXT,
    suggestions TEXT NOT NULL DEFAULT '[]',
    answerable TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    outcome TEXT,
    closed_by TEXT,
    answer TEXT
) STRICT;
CREATE INDEX requests_of_task ON requests (task);
CREATE INDEX open_requests ON requests (task) WHERE closed_at IS NULL;

CREATE TABLE prompts (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL REFERENCES tasks (uuid) ON DELETE CASCADE,
    text TEXT NOT NULL,
    raw INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    queued_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX prompts_of_task ON prompts (task, id);
CREATE INDEX waiting_prompts ON prompts (task, id) WHERE state IN ('queued', 'sending');

-- Hook events that were taken in; the oldest are forgotten.
CREATE TABLE hooks (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
) STRICT;

-- Keeps what happened to a deleted task too, so it has no foreign key.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    text TEXT NOT NULL,
    data TEXT
) STRICT;
CREATE INDEX journal_of_task ON journal (task, id);
