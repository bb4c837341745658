//! What a notification says. Titles, commands and messages come from agents and files: they are bounded, on plain lines,
//! and without what looks like a secret.

use super::Occasion;
use super::notification::Member;
use super::redact::redact;
use crate::contract::{Json, Opened};
use crate::status::{AgentStatus, Answerable, Kind};
use crate::task::{AlertKind, Task};
use crate::text::{clean_summary, is_unseen};
use std::collections::BTreeSet;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Characters of a title, of a line, and lines.
const TITLE: usize = 80;
const LINE: usize = 200;
const LISTED: usize = 4;
/// What a desktop shows of a body without cutting it (GNOME Shell 46: six rows of an open notification).
const ROWS: usize = 6;
const COLUMNS: usize = 40;
/// The field that needs no name: nothing else is called so.
const COMMAND: &str = "command";

/// The text of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationText {
    /// One line.
    pub title: String,
    /// A few lines; not yet markup.
    pub body: String,
    /// Whether the body is all of what a yes would allow.
    pub is_whole: bool,
}

impl NotificationText {
    /// Of one occasion, or of several together.
    pub fn of(members: &[Member]) -> NotificationText {
        match members {
            [one] => alone(one),
            several => together(several),
        }
    }
}

/// For a server that reads the body as markup. Quotes stay: they mean nothing outside of a tag, and GNOME Shell shows
/// their entities as they are written.
pub fn escape_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn line(text: &str, most: usize) -> String {
    // First on one line, so that a break hides nothing from the search.
    clean_summary(&redact(&clean_summary(text, most * 8)), most)
}

fn alone(member: &Member) -> NotificationText {
    let task = &member.task;
    let title = line(&format!("#{} {}: {}", task.number, what(member), task.title), TITLE);
    if let Some(whole) = member.request.as_ref().and_then(|request| whole(request, task.worktree.as_deref())) {
        return NotificationText { title, body: whole, is_whole: true };
    }
    NotificationText { title, body: line(&detail(member), LINE), is_whole: false }
}

fn together(members: &[Member]) -> NotificationText {
    let needs = members.iter().filter(|member| member.occasion != Occasion::Turn).count();
    let title = match (needs, members.len() - needs) {
        (0, turns) => format!("{turns} tasks finished a turn"),
        (needs, 0) => format!("{needs} tasks need you"),
        (1, turns) => format!("1 task needs you, {turns} finished a turn"),
        (needs, turns) => format!("{needs} tasks need you, {turns} finished a turn"),
    };
    let projects: BTreeSet<&str> = members.iter().map(|member| member.task.project.as_str()).collect();
    let of = |member: &Member| {
        // Each project has a task #1.
        let project = Path::new(&member.task.project).file_name().filter(|_| projects.len() > 1);
        let project = project.map(|name| format!("{} ", name.to_string_lossy())).unwrap_or_default();
        let detail = match member.occasion {
            Occasion::Turn => member.task.title.clone(),
            _ => detail(member),
        };
        line(&format!("{project}#{} {}: {detail}", member.task.number, what(member)), LINE / 2)
    };
    let mut lines: Vec<String> = members.iter().take(LISTED).map(of).collect();
    if members.len() > LISTED {
        lines.push(format!("and {} more", members.len() - LISTED));
    }
    NotificationText { title, body: lines.join("\n"), is_whole: false }
}

/// As the verb of a sentence about the task.
fn what(member: &Member) -> &'static str {
    match (member.occasion, member.request.as_ref().map(|request| request.kind)) {
        (Occasion::Request, Some(Kind::Permission)) => "asks for permission",
        (Occasion::Request, Some(Kind::Plan)) => "has a plan",
        (Occasion::Request, Some(Kind::Trust)) => "asks whether to trust a folder",
        (Occasion::Request, Some(Kind::Dialog)) => "shows a dialog",
        (Occasion::Request, _) => "has a question",
        (Occasion::Turn, _) => "finished a turn",
        (Occasion::Prompt, _) => "did not get a prompt",
        (Occasion::Error, _) => match member.task.agent_status.status {
            AgentStatus::LoginRequired => "needs a login",
            AgentStatus::Exited => "has no agent any more",
            _ => "reports an error",
        },
    }
}

fn detail(member: &Member) -> String {
    let task: &Task = &member.task;
    let state = &task.agent_status;
    match member.occasion {
        Occasion::Request => match &member.request {
            Some(request) => match (&request.tool, request.kind) {
                (Some(tool), Kind::Permission) => format!("{tool}: {}", task.relative(&request.summary)),
                _ => request.summary.clone(),
            },
            None => String::new(),
        },
        Occasion::Turn => member.message.clone().unwrap_or_default(),
        Occasion::Prompt => {
            let alert = task.alerts.iter().find(|alert| alert.kind == AlertKind::Prompt);
            alert.map(|alert| alert.text.clone()).unwrap_or_default()
        }
        Occasion::Error => match (state.status, state.detail.signal, state.detail.code, &state.detail.message) {
            (AgentStatus::Exited, Some(signal), ..) => format!("its agent ended by signal {signal}"),
            (AgentStatus::Exited, None, Some(code), _) => format!("its agent ended with exit code {code}"),
            (AgentStatus::Exited, ..) => "its agent is gone".to_owned(),
            (.., Some(message)) => message.clone(),
            _ => String::new(),
        },
    }
}

/// All that a yes would allow: tool, every field and the folder, each on a line of its own. Nothing where that cannot be
/// shown as it is: it is not whole, too long, has line breaks or hidden characters, or looks like a secret.
fn whole(request: &Opened, worktree: Option<&str>) -> Option<String> {
    let answers = request.kind == Kind::Permission && request.answerable == Answerable::Hook && !request.cut;
    let fields = request.input.as_ref().filter(|_| answers)?.as_object().filter(|fields| !fields.is_empty())?;
    let tool = request.tool.as_deref()?;
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    let mut lines: Vec<String> = match (fields.len(), fields.get(COMMAND)) {
        (1, Some(command)) => vec![format!("{tool}: {}", text(command)?)],
        _ => {
            let field = |(name, value): (&String, &Json)| Some(format!("{name}: {}", text(value)?));
            let fields = fields.iter().map(field);
            std::iter::once(Some(tool.to_owned())).chain(fields).collect::<Option<_>>()?
        }
    };
    // The long path of a worktree says less than these words, which no path is: it begins with `/`.
    let place =
        |folder: &str| if worktree == Some(folder) { "in its worktree".to_owned() } else { format!("in {folder}") };
    lines.extend(request.folder.as_deref().map(place));
    let is_plain = |text: &String| !text.contains(is_unseen) && line(text, LINE) == *text;
    let rows: usize = lines.iter().map(|text| text.width().div_ceil(COLUMNS)).sum();
    (rows <= ROWS && lines.iter().all(is_plain)).then(|| lines.join("\n"))
}
