//! What a notification says. Titles, commands and messages come from agents and files: they are bounded, on plain lines,
//! and without what looks like a secret.

use super::Occasion;
use super::redact::redact;
use super::ringer::Member;
use crate::contract::{Json, Opened};
use crate::status::{AgentStatus, Answerable, Kind};
use crate::task::{AlertKind, Task};
use crate::text::{clean_line, is_unseen};

/// Characters of a title, of a line, and lines.
const TITLE: usize = 80;
const LINE: usize = 200;
const LISTED: usize = 4;

/// A notification in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// A few lines; not yet markup.
    pub body: String,
    /// Whether the body is all of what a yes would allow.
    pub is_whole: bool,
}

impl Words {
    /// Of one occasion, or of several together.
    pub fn of(members: &[Member]) -> Words {
        match members {
            [one] => alone(one),
            several => together(several),
        }
    }
}

/// For a server that reads the body as markup.
pub fn escape_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn line(text: &str, most: usize) -> String {
    // First on one line, so that a break hides nothing from the search.
    clean_line(&redact(&clean_line(text, most * 8)), most)
}

fn alone(member: &Member) -> Words {
    let task = &member.task;
    let title = line(&format!("#{} {}: {}", task.number, what(member), task.title), TITLE);
    if let Some(whole) = member.request.as_ref().and_then(whole) {
        return Words { title, body: whole, is_whole: true };
    }
    Words { title, body: line(&detail(member), LINE), is_whole: false }
}

fn together(members: &[Member]) -> Words {
    let needs = members.iter().filter(|member| member.occasion != Occasion::Turn).count();
    let title = match (needs, members.len() - needs) {
        (0, turns) => format!("{turns} tasks finished a turn"),
        (needs, 0) => format!("{needs} tasks need you"),
        (1, turns) => format!("1 task needs you, {turns} finished a turn"),
        (needs, turns) => format!("{needs} tasks need you, {turns} finished a turn"),
    };
    let of = |member: &Member| {
        let detail = match member.occasion {
            Occasion::Turn => member.task.title.clone(),
            _ => detail(member),
        };
        line(&format!("#{} {}: {detail}", member.task.number, what(member)), LINE / 2)
    };
    let mut lines: Vec<String> = members.iter().take(LISTED).map(of).collect();
    if members.len() > LISTED {
        lines.push(format!("and {} more", members.len() - LISTED));
    }
    Words { title, body: lines.join("\n"), is_whole: false }
}

/// As the verb of a sentence about the task.
fn what(member: &Member) -> &'static str {
    match (member.occasion, member.request.as_ref().map(|request| request.kind)) {
        (Occasion::Request, Some(Kind::Permission)) => "asks for permission",
        (Occasion::Request, Some(Kind::Plan)) => "has a plan",
        (Occasion::Request, Some(Kind::Trust | Kind::Dialog)) => "asks in its terminal",
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
                (Some(tool), Kind::Permission) => format!("{tool}: {}", request.summary),
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

/// All that a yes would allow, each field on a line of its own; nothing where that cannot be shown as it is: it is not
/// whole, too long, has line breaks or hidden characters, or looks like a secret.
fn whole(request: &Opened) -> Option<String> {
    let answers = request.kind == Kind::Permission && request.answerable == Answerable::Hook && !request.cut;
    let fields = request.input.as_ref().filter(|_| answers)?.as_object().filter(|fields| !fields.is_empty())?;
    let tool = request.tool.as_deref()?;
    let field = |(name, value): (&String, &Json)| {
        let value = match value {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            Json::Bool(value) => value.to_string(),
            _ => return None,
        };
        Some(if fields.len() == 1 { format!("{tool}: {value}") } else { format!("{name}: {value}") })
    };
    let mut lines: Vec<String> = fields.iter().map(field).collect::<Option<_>>()?;
    if fields.len() > 1 {
        lines.insert(0, tool.to_owned());
    }
    let is_plain =
        |text: &String| !text.contains(is_unseen) && text.chars().count() < LINE && line(text, LINE) == *text;
    (lines.len() <= LISTED && lines.iter().all(is_plain)).then(|| lines.join("\n"))
}
