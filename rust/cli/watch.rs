//! Verbs that ask again and again: `wait`, and `list --watch`. They go on when the daemon is replaced or killed.

use super::style::Style;
use super::{InputRefusal, output, print};
use crate::client::Client;
use crate::contract::{Code, One, Page, Request, TaskList, Tasks};
use crate::error::Error;
use crate::status::AgentStatus;
use crate::task::order::Section;
use crate::task::{Status, Task};
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// A question costs the daemon one query.
const PAUSE: Duration = Duration::from_millis(300);
/// A daemon that ends this often in a row is not asked again.
const TRIES: usize = 3;

/// A connection for questions, which are asked again of the next daemon when this one ends.
pub struct Asking {
    client: Client,
    connect: Box<dyn Fn() -> Result<Client, Error>>,
}

impl Asking {
    /// Goes on with `client`; `connect` makes the next connection.
    pub fn new(client: Client, connect: Box<dyn Fn() -> Result<Client, Error>>) -> Asking {
        Asking { client, connect }
    }

    fn call<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T, Error> {
        for _ in 1..TRIES {
            match self.client.call(request) {
                Err(error) if matches!(error.code, Code::DaemonUnreachable | Code::Replaced) => {
                    self.client = (self.connect)()?;
                }
                answer => return answer,
            }
        }
        self.client.call(request)
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Any of the three.
    Rest,
    /// The agent is free, and nothing needs a person.
    Idle,
    /// A person is needed.
    Waiting,
    /// The task has ended.
    Ended,
}

impl Awaited {
    /// As `--for` names it.
    pub fn parse(word: Option<&str>) -> Option<Awaited> {
        Some(match word {
            None => Awaited::Rest,
            Some("idle") => Awaited::Idle,
            Some("waiting") => Awaited::Waiting,
            Some("ended") => Awaited::Ended,
            Some(_) => return None,
        })
    }

    /// Whether the task has come to that, by the section of the work list that it stands in.
    pub fn is_reached(self, task: &Task) -> bool {
        let has_ended = matches!(task.status, Status::Completed | Status::Failed);
        let needs = task.section() == Section::NeedsYou;
        let is_free = task.status.is_live() && task.agent_status.status == AgentStatus::Idle && task.queued == 0;
        let idle = is_free && !needs;
        match self {
            Awaited::Rest => has_ended || needs || idle,
            Awaited::Idle => idle,
            Awaited::Waiting => needs,
            Awaited::Ended => has_ended,
        }
    }
}

/// Waits for each of the tasks; those that came to it. A task that is waited for to be idle or asking and ends meanwhile
/// never will: that is an error.
pub fn wait(
    asking: &mut Asking,
    named: &[String],
    awaited: Awaited,
    limit: Option<Duration>,
) -> Result<Vec<Task>, InputRefusal> {
    let began = Instant::now();
    let mut tasks: Vec<Task> = Vec::new();
    for task in named {
        tasks.push(asking.call::<Page>(&Request::TaskShow(One { task: task.clone() }))?.task);
    }
    // A uuid may be of another project.
    let is_number = |name: &String| name.trim_start_matches('#').bytes().all(|byte| byte.is_ascii_digit());
    let everywhere = !named.iter().all(is_number);
    let mut reached: Vec<bool> = vec![false; tasks.len()];
    loop {
        for (task, reached) in tasks.iter().zip(&mut reached).filter(|(_, reached)| !**reached) {
            *reached = awaited.is_reached(task);
            if !*reached && !task.status.is_live() {
                return Err(refuse(task, "it does not run", "`chorus start` starts it"));
            }
        }
        let Some(first) = reached.iter().position(|reached| !reached) else { return Ok(tasks) };
        if limit.is_some_and(|limit| began.elapsed() >= limit) {
            let why = format!("the time is over and it is {}", print::status(&tasks[first]));
            return Err(refuse(&tasks[first], &why, "`chorus explain` says what it does"));
        }
        std::thread::sleep(PAUSE);
        let found: Tasks = asking.call(&Request::TaskList(TaskList { filter: None, everywhere }))?;
        for (task, _) in tasks.iter_mut().zip(&reached).filter(|(_, reached)| !**reached) {
            match found.tasks.iter().find(|it| it.uuid == task.uuid) {
                Some(now) => task.clone_from(now),
                None => return Err(refuse(task, "it was deleted", "`chorus undo` brings it back")),
            }
        }
    }
}

fn refuse(task: &Task, why: &str, hint: &str) -> InputRefusal {
    Error::new(Code::WrongState, format!("gave up waiting for #{}: {why}", task.number)).hint(hint).into()
}

/// Prints the list, and again whenever it is different, until a key of the terminal ends it. On a terminal, the list is
/// as high and wide as that, and ages count as a difference. As JSON, each list is one line.
pub fn list(asking: &mut Asking, list: &TaskList, mut style: Style, json: bool) -> Result<i32, InputRefusal> {
    let mut before = None;
    // Such a terminal shows lines only.
    let is_dumb = crate::environment::variable("TERM").is_none_or(|term| term == "dumb");
    loop {
        let now = crate::clock::now();
        let tasks: Tasks = asking.call(&Request::TaskList(list.clone()))?;
        style.measure();
        let shown: Vec<_> = tasks.tasks.iter().map(|task| (task.uuid.clone(), task.revision)).collect();
        let minute = style.columns.filter(|_| !json).map(|_| now / 60_000);
        let state = Some((shown, minute, style.columns, style.rows));
        if before != state {
            before = state;
            match (json, style.columns) {
                (true, _) => output::line(serde_json::to_string(&tasks.tasks).map_err(Error::internal)?),
                (false, Some(_)) if !is_dumb => {
                    let lines = print::tasks(&tasks.tasks, now, list.everywhere, style);
                    // The whole screen anew, from its top.
                    output::text(format!("\x1b[H\x1b[2J{}", style.fit_screen(lines).join("\n")));
                }
                (false, _) => {
                    let lines = print::tasks(&tasks.tasks, now, list.everywhere, style);
                    output::line(lines.join("\n") + "\n");
                }
            }
        }
        if output::is_left() {
            return Ok(0);
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::AgentState;
    use crate::task::{Alert, AlertKind, Isolation, Status};

    fn task(status: Status, agent: AgentStatus, requests: i64) -> Task {
        let state = AgentState { status: agent, ..AgentState::default() };
        let task = serde_json::json!({ "project": "/p", "number": 1, "uuid": "t", "title": "T", "priority": 0, "tags": [],
            "status": status, "agent": "a", "agent_status": state, "unread": false, "isolation": Isolation::None,
            "commits": 0, "uncommitted": 0, "overlaps": [], "unclaimed": 0, "restarts": 0, "queued": 0,
            "requests": requests, "demo": false, "created_at": 0, "revision": 1 });
        serde_json::from_value(task).unwrap()
    }

    #[test]
    fn what_is_waited_for() {
        use Awaited::*;
        let lost = Alert { kind: AlertKind::Prompt, text: "it did not get “x”".into(), remedy: None };
        let trouble = serde_json::json!({ "kind": "left", "text": "a hook refused it", "remedy": null, "above": null, "files": [] });
        let trouble = serde_json::from_value(trouble).unwrap();
        let rows = [
            (task(Status::Running, AgentStatus::Busy, 0), vec![]),
            (task(Status::Running, AgentStatus::Idle, 0), vec![Rest, Idle]),
            (task(Status::Waiting, AgentStatus::Waiting, 1), vec![Rest, Waiting]),
            (task(Status::Running, AgentStatus::Exited, 0), vec![Rest, Waiting]),
            (task(Status::Completed, AgentStatus::Stopped, 0), vec![Rest, Ended]),
            (Task { unread: true, ..task(Status::Failed, AgentStatus::Stopped, 0) }, vec![Rest, Ended]),
            (Task { unread: true, ..task(Status::Running, AgentStatus::Idle, 0) }, vec![Rest, Idle]),
            (Task { queued: 1, ..task(Status::Running, AgentStatus::Idle, 0) }, vec![]),
            // It has not begun, so it has not ended.
            (task(Status::Pending, AgentStatus::Stopped, 0), vec![]),
            // A prompt that was not delivered, and a commit that failed, need a person.
            (Task { alerts: vec![lost], ..task(Status::Running, AgentStatus::Idle, 0) }, vec![Rest, Waiting]),
            (Task { trouble: Some(trouble), ..task(Status::Running, AgentStatus::Idle, 0) }, vec![Rest, Waiting]),
        ];
        for (task, reached) in rows {
            let all = [Rest, Idle, Waiting, Ended].into_iter().filter(|awaited| awaited.is_reached(&task));
            assert_eq!(all.collect::<Vec<_>>(), reached, "{task:?}");
        }
        assert_eq!(Awaited::parse(Some("done")), None);
    }
}
