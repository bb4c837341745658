//! What people read in a shell. Pure: values in, lines out; every foreign text is cleaned of what a terminal obeys or hides.

mod changes;
mod documents;
mod policy;
mod questions;
mod requests;
mod tasks;

pub use changes::changes;
pub use documents::{context, documents, references};
pub use policy::{audit, policy};
pub use requests::requests;
pub use tasks::{done, nothing, tasks};

use crate::contract::{Explanation, Health, Opened, Output, Page, Sent, ToolUse, TurnWork, WaitingPrompt};
use crate::sgr;
use crate::status::{AgentState, AgentStatus, Millis};
use crate::task::{Status, Task};
use crate::text::{blank, reveal_block};

/// A line of output without its colors.
pub fn plain(text: &str) -> String {
    blank(&sgr::plain(text))
}

fn line(text: &str) -> String {
    blank(text).replace('\n', " ")
}

/// `2m`, `3h`, `5d`.
pub fn age(from: Millis, now: Millis) -> String {
    match (now - from).max(0) / 1000 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86400),
    }
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// `waiting (permission)`.
pub fn agent_state(state: &AgentState) -> String {
    let mut text = word(&state.status).replace('_', " ");
    if let Some(kind) = state.kind {
        text = match (kind, state.detail.code, state.detail.signal) {
            (crate::status::Kind::Code, Some(code), _) => format!("{text} (code {code})"),
            (crate::status::Kind::Signal, _, Some(signal)) => format!("{text} (signal {signal})"),
            _ => format!("{text} ({})", word(&kind).replace('_', " ")),
        };
    }
    if let Some(retry) = &state.detail.retry {
        text = format!("{text}, retrying {}", line(retry));
    }
    text
}

/// What a list shows in the status column.
pub fn status(task: &Task) -> String {
    match task.status {
        Status::Running | Status::Waiting if task.agent_status.status != AgentStatus::Stopped => {
            agent_state(&task.agent_status)
        }
        status => word(&status),
    }
}

/// What needs a person beside requests, each with what can be done.
fn alerts(task: &Task) -> impl Iterator<Item = String> {
    task.alerts.iter().map(|alert| {
        let remedy = alert.remedy.as_deref().map(|remedy| format!(" ({remedy})")).unwrap_or_default();
        format!("  ! {}{}", line(&alert.text), line(&remedy))
    })
}

/// Why a prompt waits; nothing when it was delivered.
pub fn sent(sent: &Sent) -> Vec<String> {
    let reason = sent.reason.as_deref().unwrap_or("the agent is not free");
    if sent.queued { vec![format!("queued: {}", line(reason))] } else { vec![] }
}

/// Prompts that wait, in the order in which they will be typed: place, id, age, text.
pub fn prompts(waiting: &[WaitingPrompt], now: Millis) -> Vec<String> {
    let row = |(place, prompt): (usize, &WaitingPrompt)| {
        let note = if prompt.sending { "  (being typed)" } else { "" };
        let mut lines = reveal_block(&prompt.text).split('\n').map(str::to_owned).collect::<Vec<_>>().into_iter();
        let first = lines.next().unwrap_or_default();
        let head = format!("{place:>3}.  id {:<6} {:>4}  {first}{note}", prompt.id, age(prompt.queued_at, now));
        std::iter::once(head).chain(lines.map(|line| format!("                      | {line}")))
    };
    (1..).zip(waiting).flat_map(row).collect()
}

/// What became of a request.
pub fn answered(request: &Opened) -> Vec<String> {
    let outcome = request.outcome.as_deref().unwrap_or("answered");
    vec![format!("#{} {outcome}: {}", request.number, blank(&request.summary))]
}

/// What became of a request, and what is allowed from now on.
pub fn allowed(request: &Opened, always: Option<usize>) -> Vec<String> {
    let mut lines = answered(request);
    lines.extend(always.and_then(|index| request.suggestions.get(index)).map(|rule| format!("always: {}", line(rule))));
    lines
}

/// The screen and its history.
pub fn output(output: &Output, in_color: bool) -> Vec<String> {
    let shown = |line: &String| if in_color { format!("{line}\x1b[m") } else { plain(line) };
    output.lines.iter().map(shown).collect()
}

/// A task's page.
pub fn page(page: &Page, now: Millis) -> Vec<String> {
    let task = &page.task;
    let mut lines = vec![format!("#{}  {}", task.number, line(&task.title)), format!("status     {}", status(task))];
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("{name:<10} {}", line(&value)));
        }
    };
    field("message", task.agent_status.detail.message.clone());
    field("agent", Some(if task.demo { format!("{} (demo)", task.agent) } else { task.agent.clone() }));
    field("isolation", Some(word(&task.isolation)));
    field("because", task.isolation_reason.clone());
    field("stack", task.stack.clone());
    field("worktree", task.worktree.clone());
    field("commits", (task.commits > 0).then(|| task.commits.to_string()));
    field(
        "uncommitted",
        (task.uncommitted > 0)
            .then(|| format!("{} file{}", task.uncommitted, if task.uncommitted == 1 { "" } else { "s" })),
    );
    field("overlaps", Some(task.overlaps.iter().map(|other| format!("#{other} ")).collect()));
    field(
        "unclaimed",
        (task.unclaimed > 0).then(|| {
            let edits = if task.unclaimed == 1 { "edit" } else { "edits" };
            format!("{} {edits} may be of it: `assign {}` assigns them", task.unclaimed, task.number)
        }),
    );
    field(
        "documents",
        (task.outdated > 0)
            .then(|| format!("{} changed since its agent read them: `tell {}` tells it", task.outdated, task.number)),
    );
    field("trouble", task.trouble.as_ref().map(|trouble| trouble.text.clone()));
    field("mend", task.trouble.as_ref().and_then(|trouble| trouble.remedy.clone()));
    for alert in &task.alerts {
        field("alert", Some(alert.text.clone()));
        field("", alert.remedy.clone());
    }
    field("session", task.session_id.clone());
    field("restarts", (task.restarts > 0).then(|| task.restarts.to_string()));
    field("tags", Some(task.tags.join(" ")));
    field("result", task.result.clone());
    if let Some(description) = task.description.as_ref().filter(|text| !text.is_empty()) {
        lines.push(String::new());
        lines.extend(description.lines().map(blank));
    }
    if !page.requests.is_empty() {
        lines.extend([String::new(), "Open requests".into()]);
        lines.extend(requests(&page.requests, now));
    }
    if !page.references.is_empty() {
        lines.extend([String::new(), "References".into()]);
        lines.extend(references(&page.references));
    }
    if !page.prompts.is_empty() {
        lines.extend([String::new(), "Prompts that wait".into()]);
        lines.extend(prompts(&page.prompts, now));
    }
    if !page.commits.is_empty() {
        lines.extend([String::new(), "Commits".into()]);
        lines.extend(page.commits.iter().map(|commit| {
            let oid: String = commit.oid.chars().take(8).collect();
            format!("{:>4} ago  {oid}  {}", age(commit.at, now), line(&commit.subject))
        }));
    }
    if !page.journal.is_empty() {
        lines.extend([String::new(), "Journal".into()]);
        for entry in &page.journal {
            lines.push(format!("{:>4} ago  {:<8} {}", age(entry.at, now), entry.who, line(&entry.text)));
            lines.extend(entry.work.iter().map(|work| format!("{:<19} {}", "", line(&did(work)))));
        }
    }
    lines
}

/// `tools: Bash 3 (1 failed), Edit 1; files: src/a.rs, 2 more`.
fn did(work: &TurnWork) -> String {
    let tool = |used: &ToolUse| match used.failed {
        0 => format!("{} {}", used.tool, used.calls),
        failed => format!("{} {} ({failed} failed)", used.tool, used.calls),
    };
    let list = |name: &str, mut shown: Vec<String>, others: i64| {
        shown.extend((others > 0).then(|| format!("{others} more")));
        (!shown.is_empty()).then(|| format!("{name}: {}", shown.join(", ")))
    };
    let tools = list("tools", work.tools.iter().map(tool).collect(), work.other_calls);
    tools.into_iter().chain(list("files", work.files.clone(), work.other_files)).collect::<Vec<_>>().join("; ")
}

/// Why a status is what it is.
pub fn explanation(explanation: &Explanation, now: Millis) -> Vec<String> {
    let state = agent_state(&explanation.task.agent_status);
    let mut lines = vec![format!("#{} is {state}: {}", explanation.task.number, line(&explanation.rule))];
    lines.extend(explanation.evidence.iter().map(|piece| {
        let mark = if piece.used { '*' } else { ' ' };
        let age = piece.at.map(|at| format!("{} ago", age(at, now))).unwrap_or_default();
        format!("{mark} {:<13} {:>8}  {}", piece.source, age, line(&piece.says))
    }));
    lines
}

/// Health, one line a check and its advice below.
pub fn health(health: &Health) -> Vec<String> {
    let mut lines = Vec::new();
    for check in &health.checks {
        lines.push(format!("{:<5} {}: {}", check.level, check.name, line(&check.text)));
        lines.extend(check.advice.iter().map(|advice| format!("      {}", line(advice))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        assert_eq!(["59s", "1m", "2h", "3d"].map(str::to_owned), [59, 61, 7300, 260_000].map(|s| age(0, s * 1000)));
    }

    #[test]
    fn what_may_be_allowed_always_is_numbered_as_it_is_named() {
        let request = serde_json::json!({"id": "r", "project": "/p", "number": 2, "task": "t", "kind": "permission",
            "tool": "Bash", "summary": "touch x", "input": null, "cut": false, "suggestions": ["allow edits", "allow touch *"],
            "answerable": "hook", "opened_at": 0, "closed_at": 0, "outcome": "allowed"});
        let request: Opened = serde_json::from_value(request).unwrap();
        let lines = requests(std::slice::from_ref(&request), 1000);
        assert_eq!(lines[1..], ["  --always 1  allow edits", "  --always 2  allow touch *"]);
        assert_eq!(allowed(&request, Some(1)), ["#2 allowed: touch x", "always: allow touch *"]);
        assert_eq!(allowed(&request, None), ["#2 allowed: touch x"]);
    }

    #[test]
    fn output_for_a_pipe_has_no_escapes() {
        assert_eq!(plain("a\x1b[1;31mb\x1b[mc"), "abc");
    }

    #[test]
    fn a_title_cannot_drive_the_terminal() {
        assert_eq!(line("a\x1b]0;x\x07\nb\u{9b}2J"), "a ]0;x  b 2J");
    }
}
