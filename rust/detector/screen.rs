//! Classifies one captured screen by [`Rules`]. Pure; never panics, whatever the capture holds.

pub mod dialog;
pub mod layout;
pub mod lines;

use super::rules::{Compiled, Condition, LONGEST_LINE, Place, Rule, Rules};
use crate::evidence::reading::{Dialog, DialogOption, Means, ScreenReading};
use crate::status::{AgentStatus, Detail, Kind};
use crate::text::{clean_line, clip};
use layout::{Layout, ScreenPart};
use lines::ScreenLine;
use regex::{Captures, RegexSet};
use std::collections::BTreeMap;

/// How many lines a person sees of a question that a plain pattern found.
const SHOWN: usize = 15;

/// What is known beside the screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// tmux's `pane_current_command`.
    pub command: Option<&'a str>,
    /// tmux's `pane_dead_status`, when the pane is dead.
    pub dead: Option<i32>,
}

/// Whether a foreground program is a shell: where an agent should be, it means that the agent ended or was stopped.
pub fn is_shell(command: &str) -> bool {
    let name = command.rsplit('/').next().unwrap_or(command).trim_start_matches('-');
    matches!(
        name,
        "sh" | "bash" | "zsh" | "fish" | "dash" | "ksh" | "mksh" | "tcsh" | "csh" | "ash" | "nu" | "elvish" | "xonsh"
    )
}

/// Classifies a capture, plain or with SGR escapes.
pub fn classify(rules: &Rules, capture: &str, beside: Beside) -> ScreenReading {
    let lines = lines::lines(capture);
    let rules = &*rules.0;
    let layout = Layout::of(&lines, &rules.marks);
    if let Some(code) = beside.dead {
        let detail = Detail { code: Some(code), message: last_line(&layout), ..Detail::default() };
        return reading(AgentStatus::Exited, Some(Kind::Code), "dead", detail);
    }
    if beside.command.is_some_and(is_shell) {
        return left_to_shell(&layout);
    }
    if layout.is_blank() {
        return reading(AgentStatus::Starting, None, "blank", Detail::default());
    }
    let flat = Flat::of(&layout);
    let held = rules.rules.iter().find_map(|rule| Some((rule, holds(rule, &layout, &flat)?)));
    match held {
        Some((rule, found)) => by_rule(rules, rule, found, &layout),
        None => by_patterns(rules, &layout),
    }
}

fn reading(status: AgentStatus, kind: Option<Kind>, rule: &str, detail: Detail) -> ScreenReading {
    ScreenReading { status, kind, rule: rule.to_owned(), detail, ..ScreenReading::default() }
}

fn last_line(layout: &Layout) -> Option<String> {
    Some(clean_line(&layout.part(ScreenPart::Screen)?.last()?.text, 500))
}

/// A shell in front: the agent ended, or Ctrl-Z stopped it and the shell says so.
fn left_to_shell(layout: &Layout) -> ScreenReading {
    let tail = layout.part(ScreenPart::Tail).unwrap_or_default();
    let stopped = tail.iter().any(|line| line.text.contains("has been suspended") || line.text.contains("]+  Stopped"));
    let kind = stopped.then_some(Kind::Suspended);
    reading(AgentStatus::Exited, kind, if stopped { "suspended" } else { "shell" }, Detail::default())
}

/// Each part's text with white space collapsed.
struct Flat(BTreeMap<u8, String>);

impl Flat {
    fn of(layout: &Layout) -> Flat {
        let parts = [
            ScreenPart::Screen,
            ScreenPart::Tail,
            ScreenPart::Box,
            ScreenPart::Footer,
            ScreenPart::Turn,
            ScreenPart::Last,
            ScreenPart::Dialog,
        ];
        let text = |part: ScreenPart| Some((part as u8, flatten(layout.part(part)?)));
        Flat(parts.into_iter().filter_map(text).collect())
    }
}

fn flatten(lines: &[&ScreenLine]) -> String {
    let words = lines.iter().flat_map(|line| line.text.split_whitespace());
    words.fold(String::new(), |mut flat, word| {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(word);
        flat
    })
}

/// The details a rule's conditions found, when all hold.
fn holds(rule: &Rule, layout: &Layout, flat: &Flat) -> Option<Detail> {
    let mut detail = Detail::default();
    for condition in &rule.when {
        let lines = layout.part(condition.part)?;
        let text = flat.0.get(&(condition.part as u8))?;
        holds_one(condition, lines, text, &mut detail)?;
    }
    detail.background = rule.text.background.clone();
    detail.tool = detail.tool.or(rule.text.tool.clone());
    Some(detail)
}

fn holds_one(condition: &Condition, lines: &[&ScreenLine], text: &str, detail: &mut Detail) -> Option<()> {
    if condition.lacks.as_ref().is_some_and(|lacks| lacks.is_match(text)) {
        return None;
    }
    if let Some(has) = &condition.has {
        note(&has.captures(text)?, detail);
    }
    if let Some(pattern) = &condition.line {
        note(&lines.iter().rev().find_map(|line| pattern.captures(&line.text))?, detail);
    }
    Some(())
}

fn note(found: &Captures, detail: &mut Detail) {
    let group =
        |name: &str| found.name(name).map(|group| clean_line(group.as_str(), 500)).filter(|text| !text.is_empty());
    detail.tool = group("tool").or(detail.tool.take());
    detail.summary = group("summary").or(detail.summary.take());
    detail.message = group("message").or(detail.message.take());
    detail.retry = group("retry").or(detail.retry.take());
}

fn by_rule(rules: &Compiled, rule: &Rule, mut detail: Detail, layout: &Layout) -> ScreenReading {
    let means = |text: &str| {
        rules.means.iter().find(|(_, pattern)| pattern.is_match(text)).map_or(Means::Other, |found| found.0)
    };
    let mut dialog = None;
    if let Some(lines) = layout.part(ScreenPart::Dialog).filter(|_| rule.text.status == AgentStatus::Waiting) {
        dialog = rule.text.options.then(|| dialog::read(lines, &rules.marks.more, &means)).flatten();
        if let Some(dialog) = &mut dialog {
            dialog.refusal = rules.answers.get("no").cloned();
        }
        about(rules, lines, dialog.as_ref(), &mut detail);
    }
    let typed = layout.part(ScreenPart::Box).and_then(|content| {
        let first = content.first()?.bright.trim_start_matches(|mark: char| !mark.is_alphanumeric() && mark != ' ');
        Some(clean_line(first, 500)).filter(|text| !text.is_empty())
    });
    let text = &rule.text;
    ScreenReading { status: text.status, kind: text.kind, rule: text.name.clone(), detail, dialog, typed }
}

/// Tool and summary of a dialog, by its title; the question where the title tells nothing.
fn about(rules: &Compiled, lines: &[&ScreenLine], dialog: Option<&Dialog>, detail: &mut Detail) {
    let filled: Vec<&str> = lines.iter().map(|line| line.text.trim()).filter(|text| !text.is_empty()).collect();
    let title = filled.first().copied().unwrap_or_default();
    let found = rules.tools.iter().find_map(|tool| Some((tool, tool.title.captures(title)?)));
    if let Some((tool, captures)) = found {
        let named = captures.name("tool").map(|name| clean_line(name.as_str(), 100));
        detail.tool = detail.tool.take().or(named).or(tool.name.clone());
        let shown = summary(tool.summary, &filled[1..]);
        detail.summary = detail.summary.take().or(Some(clean_line(&shown, 500)).filter(|text| !text.is_empty()));
    }
    detail.summary = detail.summary.take().or_else(|| dialog?.question.clone());
}

/// What stands between the fences, or on the first line below the title. The client draws an edge along text of several
/// lines, so that a command cannot draw fences of its own.
fn summary(place: Place, below: &[&str]) -> String {
    let is_fence = |text: &&&str| text.chars().all(|character| character == '╌');
    let inner = |text: &&str| text.trim_matches(['│', ' ']).to_owned();
    let fence = below.iter().position(|text| is_fence(&text));
    match (place, fence) {
        (Place::Body, Some(fence)) => {
            let body = below[fence + 1..].iter().take_while(|text| !is_fence(text));
            body.map(inner).collect::<Vec<_>>().join(" ")
        }
        _ => below.iter().map(inner).find(|text| text.contains(char::is_alphanumeric)).unwrap_or_default(),
    }
}

/// The plain patterns: waiting before busy before idle, on the last lines.
fn by_patterns(rules: &Compiled, layout: &Layout) -> ScreenReading {
    let screen = layout.part(ScreenPart::Screen).unwrap_or_default();
    let tail = &screen[screen.len().saturating_sub(rules.plain.lines)..];
    let hit = |patterns: &RegexSet| {
        let fits = |line: &&&ScreenLine| patterns.is_match(clip(&line.text, LONGEST_LINE));
        (!patterns.is_empty()).then(|| tail.iter().rev().find(fits)).flatten().map(|line| clean_line(&line.text, 500))
    };
    if let Some(line) = hit(&rules.plain.waiting) {
        return asks(rules, &screen[screen.len().saturating_sub(rules.plain.lines.max(SHOWN))..], line);
    }
    if let Some(line) = hit(&rules.plain.busy) {
        let detail = Detail { message: Some(line), ..Detail::default() };
        return reading(AgentStatus::Busy, None, "status.busy", detail);
    }
    if hit(&rules.plain.idle).is_some() {
        return reading(AgentStatus::Idle, None, "status.idle", Detail::default());
    }
    reading(AgentStatus::Unknown, None, "none", Detail::default())
}

/// A question on that line. Where a person configured what allows and refuses it, it is a permission.
fn asks(rules: &Compiled, shown: &[&ScreenLine], line: String) -> ScreenReading {
    let means = |word: &str| match word {
        "yes" => Means::Yes,
        "no" => Means::No,
        "always" => Means::Always,
        _ => Means::Other,
    };
    // `no` alone refuses dialogs that are read off the screen.
    let is_configured = rules.answers.keys().any(|word| word != "no");
    let mut options: Vec<DialogOption> = Vec::new();
    for (word, keys) in rules.answers.iter().filter(|_| is_configured) {
        options.push(DialogOption {
            digit: None,
            label: clean_line(word, 200),
            note: Some(format!("presses {}", keys.join(" "))),
            selected: false,
            checked: None,
            means: means(word),
            keys: Some(keys.clone()),
        });
    }
    options.sort_by_key(|option| match option.means {
        Means::Yes => 0,
        Means::Always => 1,
        Means::No => 2,
        _ => 3,
    });
    let kind = if rules.answers.contains_key("yes") { Kind::Permission } else { Kind::Question };
    let takes_words = options.is_empty() && !rules.has_built_in;
    let dialog = Dialog { takes_words, ..dialog::configured(shown, &line, options) };
    let detail = Detail { summary: Some(line), ..Detail::default() };
    ScreenReading { dialog: Some(dialog), ..reading(AgentStatus::Waiting, Some(kind), "status.waiting", detail) }
}
