//! Verbs that look again and again: `wait`, and `list --watch`.

use super::look::Look;
use super::{InputRefusal, output, print};
use crate::client::Client;
use crate::contract::{One, Page, Request, TaskList, Tasks};
use crate::error::Error;
use crate::status::AgentStatus;
use crate::task::Task;
use std::time::{Duration, Instant};

/// A look costs the daemon one query.
const PAUSE: Duration = Duration::from_millis(300);

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Any of the three.
    Rest,
    /// The agent is free.
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

    /// Whether the task has come to that.
    pub fn is_reached(self, task: &Task) -> bool {
        use AgentStatus::{Error, Exited, Idle, LoginRequired, Waiting};
        let live = task.status.is_live();
        let status = task.agent_status.status;
        let needs = live && (task.requests > 0 || matches!(status, Waiting | LoginRequired | Error | Exited));
        let idle = live && status == Idle && task.queued == 0 && task.requests == 0;
        match self {
            Awaited::Rest => !live || needs || idle,
            Awaited::Idle => idle,
            Awaited::Waiting => needs,
            Awaited::Ended => !live,
        }
    }
}

/// Waits for each of the tasks; those that came to it. A task that is waited for to be idle or asking and ends meanwhile
/// never will: that is an error.
pub fn wait(
    client: &mut Client,
    tasks: &[String],
    awaited: Awaited,
    limit: Option<Duration>,
) -> Result<Vec<Task>, InputRefusal> {
    let began = Instant::now();
    let mut reached = Vec::new();
    for given in tasks {
        loop {
            let page: Page = client.call(&Request::TaskShow(One { task: given.clone() }))?;
            if awaited.is_reached(&page.task) {
                reached.push(page.task);
                break;
            }
            if !page.task.status.is_live() {
                return Err(InputRefusal::Error(refuse(&page.task, "it does not run", "`chorus start` starts it")));
            }
            if limit.is_some_and(|limit| began.elapsed() >= limit) {
                let why = format!("the time is over and it is {}", print::status(&page.task));
                return Err(InputRefusal::Error(refuse(&page.task, &why, "`chorus explain` says what it does")));
            }
            std::thread::sleep(PAUSE);
        }
    }
    Ok(reached)
}

fn refuse(task: &Task, why: &str, hint: &str) -> Error {
    Error::new(crate::contract::Code::WrongState, format!("gave up waiting for #{}: {why}", task.number)).hint(hint)
}

/// Prints the list, and again whenever it is different, until a key of the terminal ends it. Ages alone are no difference.
pub fn list(client: &mut Client, list: &TaskList, look: Look) -> Result<i32, InputRefusal> {
    let mut before = None;
    loop {
        let now = crate::clock::now();
        let tasks: Tasks = client.call(&Request::TaskList(list.clone()))?;
        let key: Vec<_> = tasks.tasks.iter().map(|task| (task.uuid.clone(), task.revision)).collect();
        let minute = now / 60_000;
        if before.as_ref() != Some(&(key.clone(), minute)) {
            before = Some((key, minute));
            let lines = print::tasks(&tasks.tasks, now, list.everywhere, look);
            match look.columns {
                // The whole screen anew, from its top.
                Some(_) => output::line(format!("\x1b[H\x1b[2J{}", lines.join("\n"))),
                None => output::line(lines.join("\n") + "\n"),
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
    use crate::task::{Isolation, Status};

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
        let rows = [
            (task(Status::Running, AgentStatus::Busy, 0), vec![]),
            (task(Status::Running, AgentStatus::Idle, 0), vec![Rest, Idle]),
            (task(Status::Waiting, AgentStatus::Waiting, 1), vec![Rest, Waiting]),
            (task(Status::Running, AgentStatus::Exited, 0), vec![Rest, Waiting]),
            (task(Status::Completed, AgentStatus::Stopped, 0), vec![Rest, Ended]),
        ];
        for (task, reached) in rows {
            let all = [Rest, Idle, Waiting, Ended].into_iter().filter(|awaited| awaited.is_reached(&task));
            assert_eq!(all.collect::<Vec<_>>(), reached, "{task:?}");
        }
        assert_eq!(Awaited::parse(Some("done")), None);
    }
}
