//! One full example of every message: each optional field is there, so that each is compared.

use chorus::contract::*;
use chorus::status::{AgentState, AgentStatus, Detail, Kind};
use chorus::task::{Isolation, Status, Task};

fn text() -> String {
    "x".into()
}

fn some() -> Option<String> {
    Some(text())
}

fn environment() -> Environment {
    Environment([(text(), text())].into())
}

/// A task with every field.
pub fn task() -> Task {
    Task {
        project: text(),
        number: 12,
        uuid: text(),
        title: text(),
        description: some(),
        priority: 1,
        tags: vec![text()],
        status: Status::Waiting,
        agent: text(),
        model: some(),
        permission_mode: some(),
        agent_status: AgentState {
            status: AgentStatus::Waiting,
            kind: Some(Kind::Permission),
            detail: Detail {
                tool: some(),
                summary: some(),
                message: some(),
                retry: some(),
                code: Some(1),
                signal: Some(9),
                background: some(),
            },
            since: 1,
        },
        unread: true,
        isolation: Isolation::Stack,
        stack: some(),
        on: Some(1),
        worktree: some(),
        commits: 1,
        uncommitted: 1,
        overlaps: vec![3],
        trouble: Some(Trouble { kind: text(), text: text(), remedy: some(), above: some(), files: vec![text()] }),
        pane: some(),
        session_id: some(),
        restarts: 1,
        queued: 1,
        requests: 1,
        result: some(),
        demo: true,
        created_at: 1,
        started_at: Some(1),
        completed_at: Some(1),
        revision: 1,
    }
}

fn opened() -> Opened {
    Opened {
        id: text(),
        project: text(),
        number: 12,
        task: text(),
        kind: Kind::Permission,
        tool: some(),
        summary: text(),
        input: Some(serde_json::json!({"command": "ls"})),
        suggestions: vec![text()],
        answerable: chorus::status::Answerable::Hook,
        opened_at: 1,
        closed_at: Some(1),
        outcome: some(),
    }
}

fn output() -> Output {
    Output { task: text(), columns: 120, rows: 40, lines: vec![text()], alternate: true }
}

/// One of each.
pub fn requests() -> Vec<Request> {
    let one = || One { task: text() };
    let confirm = || Confirm { task: text(), confirmed: true };
    let list = || TaskList { filter: some(), everywhere: true };
    vec![
        Request::Hello(Hello { protocol: 1, version: text(), folder: text(), client: text() }),
        Request::Snapshot(Nothing {}),
        Request::TaskNew(TaskNew {
            title: text(),
            description: some(),
            priority: 1,
            tags: vec![text()],
            agent: some(),
            model: some(),
            permission_mode: some(),
            isolation: Some(Isolation::Auto),
            on: Some(1),
        }),
        Request::TaskEdit(TaskEdit {
            task: text(),
            title: some(),
            description: some(),
            priority: Some(1),
            tags: Some(vec![text()]),
        }),
        Request::TaskStart(TaskStart { task: text(), prompt: some(), environment: environment() }),
        Request::TaskSend(TaskSend { task: text(), text: text(), raw: true }),
        Request::TaskInterrupt(one()),
        Request::TaskApprove(TaskApprove { task: text(), request: some(), always: Some(0) }),
        Request::TaskDeny(TaskDeny { task: text(), request: some(), reason: some() }),
        Request::TaskAnswer(TaskAnswer { task: text(), request: some(), answers: [(text(), text())].into() }),
        Request::TaskRestart(TaskRestart { task: text(), fresh: true, environment: environment() }),
        Request::TaskComplete(TaskComplete { task: text(), force: true, message: some() }),
        Request::TaskFail(TaskFail { task: text(), reason: some(), discard: true }),
        Request::TaskReopen(TaskReopen { task: text(), restore: true }),
        Request::TaskDelete(one()),
        Request::TaskShow(one()),
        Request::TaskList(list()),
        Request::TaskInbox(list()),
        Request::TaskExplain(one()),
        Request::TaskOutput(TaskOutput { task: text(), history: 1 }),
        Request::TaskWatch(TaskWatch { task: text(), on: true }),
        Request::TaskAttach(one()),
        Request::TaskSeen(one()),
        Request::TaskWeb(TaskWeb { task: text(), write: true }),
        Request::TaskDiff(TaskDiff { task: text(), part: text() }),
        Request::TaskCommit(TaskCommit { task: text(), message: some() }),
        Request::TaskMessage(one()),
        Request::TaskMend(confirm()),
        Request::TaskPreview(confirm()),
        Request::Changes(Nothing {}),
        Request::ChangesAssign(ChangesAssign { path: text(), hunk: some(), task: some() }),
        Request::Line(LineAsk { path: text(), line: 1 }),
        Request::FileSaved(FileSaved { path: text() }),
        Request::Setup(confirm()),
        Request::Health(Nothing {}),
        Request::Config(Nothing {}),
        Request::Hook(Hook {
            id: text(),
            task: text(),
            launch: text(),
            at: 1,
            wait: true,
            event: text().into(),
            agent: some(),
        }),
        Request::PaneDied(PaneDied { task: text() }),
        Request::Exec(ExecAsk { task: text() }),
    ]
}

/// The type of each request's reply, as its documentation says. A new request does not compile without one.
pub fn reply_of(request: &Request) -> &'static str {
    match request {
        Request::Hello(_) => "Welcome",
        Request::Snapshot(_) => "Snapshot",
        Request::TaskNew(_) | Request::TaskEdit(_) | Request::TaskStart(_) | Request::TaskInterrupt(_) => "Task",
        Request::TaskRestart(_) | Request::TaskComplete(_) | Request::TaskFail(_) | Request::TaskReopen(_) => "Task",
        Request::TaskSend(_) => "Sent",
        Request::TaskApprove(_) | Request::TaskDeny(_) | Request::TaskAnswer(_) => "Opened",
        Request::TaskDelete(_) | Request::TaskWatch(_) | Request::TaskSeen(_) => "Nothing",
        Request::TaskShow(_) => "Page",
        Request::TaskList(_) => "Tasks",
        Request::TaskInbox(_) => "Requests",
        Request::TaskExplain(_) => "Explanation",
        Request::TaskOutput(_) => "Output",
        Request::TaskAttach(_) => "Terminal",
        Request::TaskWeb(_) => "Web",
        Request::TaskDiff(_) => "Diff",
        Request::TaskCommit(_) => "Task",
        Request::TaskMessage(_) => "CommitMessage",
        Request::TaskMend(_) | Request::TaskPreview(_) | Request::Setup(_) => "Offer",
        Request::Changes(_) | Request::ChangesAssign(_) => "Changes",
        Request::Line(_) => "Line",
        Request::FileSaved(_) => "Nothing",
        Request::Health(_) => "Health",
        Request::Config(_) => "Config",
        Request::Hook(_) => "HookReply",
        Request::PaneDied(_) => "Nothing",
        Request::Exec(_) => "Exec",
    }
}

/// One of each, with the name of its type.
pub fn replies() -> Vec<(&'static str, Reply)> {
    let replies = vec![
        Reply::Welcome(Welcome { protocol: 1, version: text(), pid: 1, project: text(), state_dir: text() }),
        Reply::Snapshot(Snapshot { tasks: vec![task()], requests: vec![opened()], elsewhere: 1 }),
        Reply::Page(Page {
            task: task(),
            requests: vec![opened()],
            commits: vec![Commit { oid: text(), subject: text(), at: 1, files: 1 }],
            journal: vec![Entry { at: 1, what: text(), who: text(), text: text() }],
        }),
        Reply::Explanation(Explanation {
            task: task(),
            rule: text(),
            evidence: vec![Piece { source: text(), says: text(), at: Some(1), expires: Some(1), used: true }],
        }),
        Reply::Task(Box::new(task())),
        Reply::Sent(Sent { queued: true, reason: some() }),
        Reply::Tasks(Tasks { tasks: vec![task()] }),
        Reply::Requests(Requests { requests: vec![opened()] }),
        Reply::Opened(opened()),
        Reply::Output(output()),
        Reply::Terminal(Terminal { argv: vec![text()] }),
        Reply::Web(Web { url: text() }),
        Reply::Diff(Diff { number: 12, title: text(), root: text(), text: text(), cut: true }),
        Reply::CommitMessage(CommitMessage { text: text(), files: vec![text()] }),
        Reply::Offer(Offer { text: text(), done: true }),
        Reply::Changes(Changes {
            root: text(),
            files: vec![ChangedFile {
                path: text(),
                change: text(),
                hunks: vec![ChangedHunk { id: text(), line: 1, lines: vec![text()], owner: text(), tasks: vec![12] }],
            }],
            notices: vec![text()],
        }),
        Reply::Line(Line { owner: text(), tasks: vec![12], text: text(), commit: some() }),
        Reply::Health(Health { checks: vec![Check { name: text(), level: text(), text: text(), advice: some() }] }),
        Reply::Config(Config {
            values: vec![Setting { key: text(), value: text(), origin: text() }],
            notices: vec![text()],
        }),
        Reply::Exec(Exec { argv: vec![text()], environment: environment(), folder: text() }),
        Reply::HookReply(HookReply { output: Some(text().into()) }),
        Reply::Nothing(Nothing {}),
    ];
    replies.into_iter().map(|reply| (type_of(&reply), reply)).collect()
}

/// A new reply does not compile without a name here.
fn type_of(reply: &Reply) -> &'static str {
    match reply {
        Reply::Welcome(_) => "Welcome",
        Reply::Snapshot(_) => "Snapshot",
        Reply::Page(_) => "Page",
        Reply::Explanation(_) => "Explanation",
        Reply::Task(_) => "Task",
        Reply::Sent(_) => "Sent",
        Reply::Tasks(_) => "Tasks",
        Reply::Requests(_) => "Requests",
        Reply::Opened(_) => "Opened",
        Reply::Output(_) => "Output",
        Reply::Terminal(_) => "Terminal",
        Reply::Web(_) => "Web",
        Reply::Diff(_) => "Diff",
        Reply::CommitMessage(_) => "CommitMessage",
        Reply::Offer(_) => "Offer",
        Reply::Changes(_) => "Changes",
        Reply::Line(_) => "Line",
        Reply::Health(_) => "Health",
        Reply::Config(_) => "Config",
        Reply::Exec(_) => "Exec",
        Reply::HookReply(_) => "HookReply",
        Reply::Nothing(_) => "Nothing",
    }
}

/// One of each.
pub fn events() -> Vec<Event> {
    vec![
        Event::TaskChanged(Box::new(task())),
        Event::TaskDeleted(TaskDeleted { uuid: text(), number: 12 }),
        Event::RequestOpened(opened()),
        Event::RequestClosed(opened()),
        Event::TurnEnded(TurnEnded { uuid: text(), number: 12, title: text(), message: some() }),
        Event::Output(output()),
        Event::Elsewhere(Elsewhere { count: 1 }),
        Event::EditsChanged(EditsChanged { paths: vec![text()] }),
        Event::Notice(Notice { level: text(), text: text(), hint: some() }),
    ]
}
