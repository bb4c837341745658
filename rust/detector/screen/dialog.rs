//! A dialog's question and options, read so that keys can answer it safely or not at all.

use super::lines::Line;
use crate::text::clean_line;
use regex::Regex;
use serde::Serialize;
use std::sync::LazyLock;

/// What choosing an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Allows, once.
    Yes,
    /// Refuses.
    No,
    /// Allows and remembers.
    Always,
    /// Allows and changes the session's permission mode.
    Mode,
    /// Anything else.
    Other,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The digit that chooses and confirms it (or, with `checked`, toggles it); none in an unnumbered list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digit: Option<u8>,
    /// Its first line.
    pub label: String,
    /// What stands below the label: its rest, or a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the marker stands on it.
    pub selected: bool,
    /// For a list with several answers, whether it is ticked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// What choosing it does.
    pub means: Means,
}

/// A dialog with options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dialog {
    /// The paragraph above the options.
    pub question: Option<String>,
    /// Top to bottom.
    pub options: Vec<Choice>,
    /// Whether the whole list is on screen with the marker on exactly one row: only then do arrows lead anywhere sure.
    pub complete: bool,
}

impl Dialog {
    /// The keys (tmux names) that choose the option at `index`: its digit, or arrows and Enter from the marked row.
    /// Nothing where that is not sure, for a refusal (never by digit: see [`Dialog::deny`]), and for a tick.
    pub fn choose(&self, index: usize) -> Option<Vec<String>> {
        let choice = self.options.get(index)?;
        if !self.complete || choice.means == Means::No || choice.checked.is_some() {
            return None;
        }
        if let Some(digit) = choice.digit {
            return Some(vec![digit.to_string()]);
        }
        let marked = self.options.iter().position(|choice| choice.selected)?;
        let arrow = if index > marked { "Down" } else { "Up" };
        let moves = std::iter::repeat_n(arrow, index.abs_diff(marked));
        Some(moves.chain(["Enter"]).map(str::to_owned).collect())
    }

    /// The keys that allow once; nothing unless exactly one option means yes.
    pub fn approve(&self) -> Option<Vec<String>> {
        let mut yes = (0..self.options.len()).filter(|index| self.options[*index].means == Means::Yes);
        let index = yes.next().filter(|_| yes.next().is_none())?;
        self.choose(index)
    }

    /// The key that refuses. In Claude Code it also ends the turn, and quits it at a start dialog.
    pub fn deny(&self) -> Vec<String> {
        vec!["Escape".to_owned()]
    }
}

static NUMBERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\s*)([❯›>]\s+)?(\d{1,2})\.\s+(?:\[([ xX✔✓])\]\s+)?(\S.*)$").ok());
static MARKED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\s*[❯›]\s+)(\S.*)$").ok());

/// Reads the options of a dialog's lines; nothing when there are none.
pub fn read(lines: &[&Line], more: &Regex, means: &dyn Fn(&str) -> Means) -> Option<Dialog> {
    let rows = numbered(lines).or_else(|| unnumbered(lines))?;
    let first = rows.first()?.place;
    let digits_start_at_one = rows.first().is_none_or(|row| row.choice.digit.is_none_or(|digit| digit == 1));
    let mut options: Vec<Choice> = rows.into_iter().map(|row| row.choice).collect();
    for choice in &mut options {
        let whole = choice.note.as_ref().map_or(choice.label.clone(), |note| format!("{} {note}", choice.label));
        choice.means = means(&whole);
    }
    let cut = lines.iter().any(|line| more.is_match(&line.text));
    let complete = digits_start_at_one && !cut && options.iter().filter(|choice| choice.selected).count() == 1;
    Some(Dialog { question: question(&lines[..first]), options, complete })
}

struct Row {
    place: usize,
    column: usize,
    choice: Choice,
}

fn choice(digit: Option<u8>, label: &str, selected: bool, checked: Option<bool>) -> Choice {
    Choice { digit, label: clean_line(label, 200), note: None, selected, checked, means: Means::Other }
}

/// The last list counted from its first digit on, preferably one with the marker in it: plans and questions hold lists too.
fn numbered(lines: &[&Line]) -> Option<Vec<Row>> {
    let pattern = NUMBERED.as_ref()?;
    let mut runs: Vec<Vec<Row>> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let Some(found) = pattern.captures(&line.text) else { continue };
        let Ok(digit) = found[3].parse::<u8>() else { continue };
        let checked = found.get(4).map(|mark| mark.as_str() != " ");
        let column = found.get(5).map_or(0, |label| line.text[..label.start()].chars().count());
        let row = Row { place, column, choice: choice(Some(digit), &found[5], found.get(2).is_some(), checked) };
        let follows =
            |run: &Vec<Row>| run.last().and_then(|last| last.choice.digit).is_some_and(|last| last + 1 == digit);
        match runs.last_mut() {
            Some(run) if follows(run) => run.push(row),
            _ => runs.push(vec![row]),
        }
    }
    let marked = runs.iter().rposition(|run| run.iter().any(|row| row.choice.selected));
    let mut run = runs.swap_remove(marked?);
    let ends: Vec<usize> = run.iter().skip(1).map(|row| row.place).chain([lines.len()]).collect();
    for (row, end) in run.iter_mut().zip(ends) {
        let indented =
            |line: &&&Line| line.text.chars().take_while(|character| *character == ' ').count() >= row.column.min(5);
        let below = lines[row.place + 1..end].iter().take_while(|line| !line.is_blank()).take_while(indented);
        let note: Vec<&str> = below.map(|line| line.text.trim()).collect();
        row.choice.note = (!note.is_empty()).then(|| clean_line(&note.join(" "), 300));
    }
    Some(run)
}

/// The rows around the marker that begin in its label's column.
fn unnumbered(lines: &[&Line]) -> Option<Vec<Row>> {
    let pattern = MARKED.as_ref()?;
    let (place, found) =
        lines.iter().enumerate().rev().find_map(|(place, line)| Some((place, pattern.captures(&line.text)?)))?;
    let bare = found[2].trim_start_matches(['✔', '✓', ' ']);
    let columns =
        [found[1].chars().count(), found[1].chars().count() + found[2].chars().count() - bare.chars().count()];
    let starts = |line: &Line| {
        let column = line.text.chars().take_while(|character| *character == ' ').count();
        !line.is_blank() && columns.contains(&column)
    };
    let above = lines[..place].iter().rev().take_while(|line| starts(line)).count();
    let below = lines[place + 1..].iter().take_while(|line| starts(line)).count();
    let rows = (place - above..=place + below).map(|row| {
        let text = if row == place { bare } else { lines[row].text.trim() };
        let label = text.trim_start_matches(['✔', '✓', ' ']);
        Row { place: row, column: columns[0], choice: choice(None, label, row == place, None) }
    });
    Some(rows.collect())
}

fn question(above: &[&Line]) -> Option<String> {
    let filled = above.iter().rposition(|line| !line.is_blank())?;
    let start = above[..filled].iter().rposition(|line| line.is_blank()).map_or(0, |blank| blank + 1);
    let start = start.max(filled.saturating_sub(5));
    let edge = |line: &&Line| {
        let text = line.text.trim();
        text.starts_with('│') || text.chars().all(|character| matches!(character, '╌' | '─' | '╭' | '╮' | '╰' | '╯'))
    };
    let start = above[start..=filled].iter().rposition(edge).map_or(start, |place| start + place + 1);
    let text: Vec<&str> = above[start.min(filled)..=filled].iter().map(|line| line.text.trim()).collect();
    Some(clean_line(&text.join(" "), 500)).filter(|text| !text.is_empty())
}
