//! The list of tasks, in the order and the words of the dashboard. Pure.

use super::{age, alerts, line, word};
use crate::cli::style::{Style, mark};
use crate::status::{AgentStatus, Kind, Millis};
use crate::store::Filter;
use crate::task::{Status, Task};
use crate::text::{blank, clean_line, clean_summary};

/// Characters of what is said about a task.
const SAID: usize = 60;
/// With less room nothing is said.
const LEAST: usize = 10;

/// The state in one or two words, as the dashboard says it.
fn state(task: &Task) -> String {
    let agent = &task.agent_status;
    let kind = agent.kind.map(|kind| word(&kind));
    match (task.status, agent.status) {
        (Status::Pending | Status::Completed | Status::Failed, _) => word(&task.status),
        (_, AgentStatus::Idle) if task.unread => "unread".to_owned(),
        (_, AgentStatus::Waiting) => kind.unwrap_or_else(|| "waiting".to_owned()),
        (_, AgentStatus::LoginRequired) => "login".to_owned(),
        (_, AgentStatus::Error) => match agent.kind {
            Some(Kind::RateLimit) => "rate limit",
            Some(Kind::Server) => "api error",
            Some(Kind::Request) => "refused",
            _ => "error",
        }
        .to_owned(),
        (_, AgentStatus::Busy) if agent.detail.retry.is_some() => "retrying".to_owned(),
        (_, AgentStatus::Exited) => match (agent.kind, agent.detail.code, agent.detail.signal) {
            (Some(Kind::Code), Some(code), _) => format!("exit {code}"),
            (Some(Kind::Signal), _, Some(signal)) => format!("signal {signal}"),
            (Some(Kind::Suspended | Kind::Lost), ..) => kind.unwrap_or_default(),
            _ => "exited".to_owned(),
        },
        (_, status) => word(&status),
    }
}

/// The call in hand or asked for. The state already says that it is a question or a plan.
fn call(task: &Task) -> Option<String> {
    let detail = &task.agent_status.detail;
    let asks = matches!(task.agent_status.kind, Some(Kind::Question | Kind::Plan)) && detail.summary.is_some();
    match (detail.tool.as_ref().filter(|_| !asks), detail.summary.as_ref().map(|summary| task.relative(summary))) {
        (Some(tool), Some(summary)) => Some(format!("{tool}: {summary}")),
        (tool, summary) => tool.cloned().or(summary.map(str::to_owned)),
    }
}

/// What there is to say about a task: what is wrong, what is asked, what it does, its last message, how it ended.
fn said(task: &Task) -> Option<String> {
    let detail = &task.agent_status.detail;
    if !task.status.is_live() {
        return task.result.clone().or_else(|| task.trouble.as_ref().map(|trouble| trouble.text.clone()));
    }
    let wrong = task.alerts.first().map(|alert| alert.text.clone());
    let wrong = wrong.or_else(|| task.trouble.as_ref().map(|trouble| trouble.text.clone()));
    match task.agent_status.status {
        AgentStatus::Waiting => call(task),
        _ if wrong.is_some() => wrong,
        AgentStatus::Busy => {
            let of_title = |prompt: &&String| !(prompt.contains(" task #") && prompt.ends_with(&task.title));
            detail.retry.clone().or_else(|| call(task)).or_else(|| detail.prompt.as_ref().filter(of_title).cloned())
        }
        _ => detail.message.clone(),
    }
}

/// What stands behind a title.
fn marks(task: &Task, with_project: bool) -> Vec<String> {
    let mut marks = Vec::new();
    marks.extend(task.demo.then(|| "[demo]".to_owned()));
    marks.extend((task.isolation_reason.is_some() && task.status.is_live()).then(|| "⚠ not isolated".to_owned()));
    marks.extend(task.muted.then(|| "⊘".to_owned()));
    marks.extend((task.unclaimed > 0).then(|| format!("{} unclaimed", task.unclaimed)));
    marks.extend((task.commits > 0).then(|| format!("⎇ {}", task.commits)));
    marks.extend((task.uncommitted > 0).then(|| format!("✎ {}", task.uncommitted)));
    marks.extend((task.priority != 0).then(|| format!("P{}", task.priority)));
    marks.extend(task.tags.iter().map(|tag| format!("+{}", line(tag))));
    marks.extend(with_project.then(|| format!("in {}", line(&task.project))));
    marks
}

/// One line a task, in the order of the dashboard. At a terminal each has its mark, and what is said about it fills the
/// line.
pub fn tasks(tasks: &[Task], now: Millis, with_project: bool, style: Style) -> Vec<String> {
    let mut tasks: Vec<&Task> = tasks.iter().collect();
    tasks.sort_by_cached_key(|task| task.rank());
    let width = tasks.iter().map(|task| state(task).chars().count()).max().unwrap_or(0);
    let row = |task: &&Task| {
        let number = format!("#{}", task.number);
        let age = age(task.state_since(), now);
        let (mark, color) = mark(task);
        let mark = if style.columns.is_some() { format!("{mark} ") } else { String::new() };
        let state = style.paint(color, &format!("{mark}{:<width$}", state(task)));
        let mut row = format!("{number:>5}  {state}  {age:>4}  {}", line(&task.title));
        row.extend(
            Some(marks(task, with_project).join(" ")).filter(|marks| !marks.is_empty()).map(|it| format!("  {it}")),
        );
        let used = unicode_width::UnicodeWidthStr::width(crate::sgr::plain(&row).as_str()) + 2;
        let room = style.columns.map_or(SAID, |columns| columns.saturating_sub(used));
        let said = said(task).filter(|_| room >= LEAST).map(|said| clean_summary(&said, room));
        row.extend(said.filter(|said| !said.is_empty()).map(|said| format!("  {}", style.paint("2", &said))));
        row
    };
    tasks.iter().map(row).collect()
}

/// Why a list is empty, and what to do.
pub fn nothing(filter: Option<&str>) -> String {
    match filter.filter(|filter| !filter.trim().is_empty()) {
        None => "there are no tasks yet: `chorus new --title TITLE` makes one".to_owned(),
        Some(filter) => format!(
            "no task matches `{}`: the filters are {}, +tag, #12, and words of titles",
            clean_line(filter, SAID),
            Filter::words().join(", ")
        ),
    }
}

/// A task that a verb changed, and its result where it has one.
pub fn done(task: &Task, now: Millis, style: Style) -> Vec<String> {
    let mut lines = tasks(std::slice::from_ref(task), now, false, style);
    if let Some(reason) = task.isolation_reason.as_ref().filter(|_| task.status.is_live()) {
        lines.push(format!("not isolated: {}", line(reason)));
    }
    // The row has a short one.
    let is_shown = |result: &&String| lines.iter().any(|row| crate::sgr::plain(row).ends_with(result.as_str()));
    let result = task.result.iter().filter(|result| !is_shown(result)).map(|result| blank(result));
    lines.extend(result.collect::<Vec<_>>());
    lines.extend(alerts(task));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Detail;

    fn task(number: i64, agent: AgentStatus, detail: Detail) -> Task {
        let task = serde_json::json!({"project": "/p", "number": number, "uuid": number.to_string(),
            "title": format!("Task {number}"), "priority": 0, "tags": [], "status": "running", "agent": "claude",
            "agent_status": {"status": agent, "detail": detail, "since": 1000}, "unread": false, "isolation": "none",
            "commits": 0, "uncommitted": 0, "overlaps": [], "unclaimed": 0, "restarts": 0, "queued": 0, "requests": 0,
            "demo": false, "created_at": 1000, "revision": 1});
        serde_json::from_value(task).unwrap()
    }

    #[test]
    fn the_list_says_what_the_dashboard_says_in_its_order() {
        let tool = Detail { tool: Some("Bash".into()), summary: Some("npm run\nbuild".into()), ..Detail::default() };
        let busy =
            Task { priority: 2, tags: vec!["web".into()], commits: 3, ..task(1, AgentStatus::Busy, tool.clone()) };
        let prompt = Detail { prompt: Some("Work on task #2: Task 2".into()), ..Detail::default() };
        let begun = task(2, AgentStatus::Busy, prompt);
        let mut asks = task(3, AgentStatus::Waiting, tool);
        asks.agent_status.kind = Some(Kind::Permission);
        let message = Detail { message: Some("all is done".into()), ..Detail::default() };
        let write = Detail { tool: Some("Write".into()), summary: Some("/p/src/new.rs".into()), ..Detail::default() };
        let write = Task { priority: 1, ..task(5, AgentStatus::Busy, write) };
        let mut apart = Task { worktree: Some("/trees/6".into()), ..write.clone() };
        (apart.number, apart.agent_status.detail.summary) = (6, Some("/trees/6/src/old.rs".into()));
        let unread = Task { unread: true, demo: true, ..task(4, AgentStatus::Idle, message) };
        let lines = tasks(&[begun, busy, unread, asks, write, apart], 61_000, true, Style::default());
        assert_eq!(
            lines,
            [
                "   #3  permission    1m  Task 3  in /p  Bash: npm run ↵ build",
                "   #4  unread        1m  Task 4  [demo] in /p  all is done",
                "   #1  busy          1m  Task 1  ⎇ 3 P2 +web in /p  Bash: npm run ↵ build",
                "   #5  busy          1m  Task 5  P1 in /p  Write: src/new.rs",
                "   #6  busy          1m  Task 5  P1 in /p  Write: src/old.rs",
                "   #2  busy          1m  Task 2  in /p",
            ]
        );
    }

    #[test]
    fn a_question_is_shown_without_the_name_of_its_tool() {
        let asks = |kind| {
            let detail = Detail {
                tool: Some("AskUserQuestion".into()),
                summary: Some("Which one?".into()),
                ..Detail::default()
            };
            let mut task = task(1, AgentStatus::Waiting, detail);
            task.agent_status.kind = Some(kind);
            tasks(&[task], 61_000, false, Style::default()).remove(0)
        };
        assert_eq!(asks(Kind::Question), "   #1  question    1m  Task 1  Which one?");
        assert_eq!(asks(Kind::Permission), "   #1  permission    1m  Task 1  AskUserQuestion: Which one?");
    }

    #[test]
    fn a_result_is_said_once() {
        let ended = |result: &str| Task {
            status: Status::Failed,
            result: Some(result.to_owned()),
            ..task(1, AgentStatus::Stopped, Detail::default())
        };
        assert_eq!(done(&ended("gone"), 61_000, Style::default()).len(), 1);
        let long = "x".repeat(SAID + 1);
        assert_eq!(done(&ended(&long), 61_000, Style::default()).last(), Some(&long));
    }

    #[test]
    fn an_empty_list_says_what_to_do() {
        assert!(nothing(Some(" ")).contains("chorus new"));
        assert!(nothing(Some("wat\x1bing")).starts_with("no task matches `watng`: the filters are pending"));
    }
}
