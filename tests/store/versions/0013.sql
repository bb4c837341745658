PRAGMA application_id = 1128812370;
PRAGMA user_version = 13;
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
ALTER TABLE tasks ADD COLUMN isolation_reason TEXT;
ALTER TABLE requests ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN unclaimed INTEGER NOT NULL DEFAULT 0;

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
CREATE TABLE discarded (
    task TEXT PRIMARY KEY REFERENCES tasks (uuid) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kept TEXT NOT NULL
) STRICT;

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

-- The agent's working folder when it asked.
ALTER TABLE requests ADD COLUMN folder TEXT;

-- Where a prompt stands among those that wait, once a person has moved one; by id otherwise.
ALTER TABLE prompts ADD COLUMN place INTEGER;

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

-- Of each document that a task's agent knows: the one version that it knows.
CREATE TABLE document_reads (
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
CREATE INDEX reads_by_version ON document_reads (version);

-- Documents that changed since the task's agent read them.
ALTER TABLE tasks ADD COLUMN outdated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
CREATE TABLE trusted (
    project TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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
INSERT INTO meta VALUES ('id', '11111111-2222-4333-8444-555555555555');
INSERT INTO projects VALUES ('/home/me/project', 3);
INSERT INTO tasks (uuid, project, number, title, description, priority, tags, status, agent, agent_status, agent_kind,
    agent_detail, agent_since, isolation, pane, terminal, session_id, created_at, started_at, revision)
VALUES ('t1', '/home/me/project', 2, 'An old task', 'text', 1, '["ui"]', 'waiting', 'claude', 'waiting', 'permission',
    '{"tool":"Bash","summary":null,"message":null,"retry":null,"code":null,"signal":null,"background":null}',
    1795159031843, 'auto', '%3',
    '{"socket":"/tmp/s","server":{"pid":5,"start":"77"},"boot":{"machine":"m","id":"b"},"session":"$1","window":"@2","pane":"%3","process":{"pid":6,"start":"78"}}',
    's1', 1795159030000, 1795159031000, 7);
INSERT INTO launches (id, task, session_id, config_dir, machine, boot, pid, start, started_at)
VALUES ('l1', 't1', 's1', '/c', 'm', 'b', 6, '78', 1795159031000);
INSERT INTO sessions (task, session_id, at) VALUES ('t1', 's1', 1795159031000);
INSERT INTO requests (id, task, kind, tool, summary, input, suggestions, answerable, opened_at)
VALUES ('r1', 't1', 'permission', 'Bash', 'ls', '{"command":"ls"}', '["allow ls"]', 'hook', 1795159032000);
INSERT INTO prompts (task, text, raw, state, queued_at, changed_at) VALUES ('t1', 'go on', 0, 'queued', 1795159033000, 1795159033000);
INSERT INTO hooks (id) VALUES ('h1');
INSERT INTO journal (task, at, who, what, text) VALUES ('t1', 1795159030000, 'person', 'created', 'Created as `An old task`');
INSERT INTO ledgers VALUES ('/home/me/project', 'src/a b.rs', 'file', x'6f6e650a74776f0a', NULL,
    '{"whole":null,"lines":[[1,null],[1,{"task":"t1"}]],"gaps":[[1,"user"],[2,null]]}');
INSERT INTO ledgers VALUES ('/home/me/project', 'x.png', 'executable', NULL, 'abc',
    '{"whole":{"unclaimed":["t1"]},"lines":[],"gaps":[[1,null]]}');
INSERT INTO windows VALUES ('t1', 'toolu_1', '{"kind":"edit","path":"src/a b.rs"}', 1795159034000);
INSERT INTO windows VALUES ('t1', 'toolu_2', '{"kind":"background"}', 1795159035000);
UPDATE tasks SET uncommitted = 1, overlaps = '[3]', trouble = '{"kind":"depends","text":"t","remedy":null,"files":["x"]}' WHERE uuid = 't1';
INSERT INTO commits (task, oid, change, branch, subject, files, at) VALUES ('t1', 'abc', 'wxyz', 'chorus/2-an-old-task', 'Fix it', 1, 1795159036000);
INSERT INTO alerts (task, kind, text, remedy, at) VALUES ('t1', 'hooks', 'its hooks do not run', NULL, 1795159037000);
INSERT INTO document_versions VALUES ('ce013625030ba8dba906f756967f9e9ca394464a', 'hello
', 1795159038000);
INSERT INTO document_references (task, path, first, after_last, whole, version, anchor, state, note, position, created_at)
VALUES ('t1', 'PLAN.md', 0, 1, 0, 'ce013625030ba8dba906f756967f9e9ca394464a',
    '{"first":0,"version":"ce013625030ba8dba906f756967f9e9ca394464a","text":["hello"],"before":[],"after":[]}', 'current', 'why', 1, 1795159038000);
INSERT INTO document_reads VALUES ('t1', 'PLAN.md', 'ce013625030ba8dba906f756967f9e9ca394464a', NULL, 'context', 1795159038000);
INSERT INTO trusted VALUES ('/home/me/project', 'f1', '[policy]', 1795159038000);
INSERT INTO answers (at, project, number, task, request, kind, tool, summary, seen, cut, asked_at, outcome, who, via, sent)
VALUES (1795159038000, '/home/me/project', 2, 't1', 'r0', 'permission', 'Bash', 'ls', '{"command":"ls"}', 0, 1795159037000, 'allowed', 'person', 'a shell', NULL);
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

INSERT INTO steps (project, command, at, verb, task, number, title, change)
    VALUES ('/home/me/project', NULL, 1795159038000, 'send', 't1', 2, 'An old task', '{"kind":"stays","why":"the agent has the prompt"}');

-- Versions of documents that the agent knows once it has the prompt, as JSON.
ALTER TABLE prompts ADD COLUMN documents TEXT;
UPDATE prompts SET documents = '[{"path":"PLAN.md","version":"ce013625030ba8dba906f756967f9e9ca394464a"}]';
