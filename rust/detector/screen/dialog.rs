//! A dialog's question and options, read so that keys can answer it safely or not at all.

use super::lines::ScreenLine;
use crate::evidence::reading::{Dialog, DialogOption, Means};
use crate::text::{clean_line, reveal_block};
use regex::Regex;
use std::sync::LazyLock;

static NUMBERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\s*)([❯›>]\s+)?(\d{1,2})\.\s+(?:\[([ xX✔✓])\]\s+)?(\S.*)$").ok());
static MARKED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\s*[❯›]\s+)(\S.*)$").ok());

/// Reads the options of a dialog's lines; nothing when there are none.
pub fn read(lines: &[&ScreenLine], more: &Regex, means: &dyn Fn(&str) -> Means) -> Option<Dialog> {
    let rows = numbered(lines).or_else(|| unnumbered(lines))?;
    let first = rows.first()?.place;
    let digits_start_at_one = rows.first().is_none_or(|row| row.choice.digit.is_none_or(|digit| digit == 1));
    let mut options: Vec<DialogOption> = rows.into_iter().map(|row| row.choice).collect();
    for choice in &mut options {
        let whole = choice.note.as_ref().map_or(choice.label.clone(), |note| format!("{} {note}", choice.label));
        choice.means = means(&whole);
    }
    let cut = lines.iter().any(|line| more.is_match(&line.text));
    let complete = digits_start_at_one && !cut && options.iter().filter(|choice| choice.selected).count() == 1;
    let (text, question) = (text(&lines[..first]), question(&lines[..first]));
    Some(Dialog { text, question, options, complete, ..Dialog::default() })
}

/// The lines as a dialog that a person answers by keys of their own configuration.
pub fn configured(lines: &[&ScreenLine], question: &str, options: Vec<DialogOption>) -> Dialog {
    Dialog { text: text(lines), question: Some(question.to_owned()), options, complete: true, ..Dialog::default() }
}

struct Row {
    place: usize,
    column: usize,
    choice: DialogOption,
}

fn choice(digit: Option<u8>, label: &str, selected: bool, checked: Option<bool>) -> DialogOption {
    DialogOption {
        digit,
        label: clean_line(label, 200),
        note: None,
        selected,
        checked,
        means: Means::Other,
        keys: None,
    }
}

/// The last list counted from its first digit on, preferably one with the marker in it: plans and questions hold lists too.
fn numbered(lines: &[&ScreenLine]) -> Option<Vec<Row>> {
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
        let indented = |line: &&&ScreenLine| {
            line.text.chars().take_while(|character| *character == ' ').count() >= row.column.min(5)
        };
        let below = lines[row.place + 1..end].iter().take_while(|line| !line.is_blank()).take_while(indented);
        let note: Vec<&str> = below.map(|line| line.text.trim()).collect();
        row.choice.note = (!note.is_empty()).then(|| clean_line(&note.join(" "), 300));
    }
    Some(run)
}

/// The rows around the marker that begin in its label's column.
fn unnumbered(lines: &[&ScreenLine]) -> Option<Vec<Row>> {
    let pattern = MARKED.as_ref()?;
    let (place, found) =
        lines.iter().enumerate().rev().find_map(|(place, line)| Some((place, pattern.captures(&line.text)?)))?;
    let bare = found[2].trim_start_matches(['✔', '✓', ' ']);
    let columns =
        [found[1].chars().count(), found[1].chars().count() + found[2].chars().count() - bare.chars().count()];
    let starts = |line: &ScreenLine| {
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

/// The lines without the blanks that all of them begin with, and without blank lines at both ends.
fn text(above: &[&ScreenLine]) -> Vec<String> {
    let is_blank = |line: &&&ScreenLine| line.is_blank();
    let above = &above[above.iter().take_while(is_blank).count()..];
    let above = &above[..above.len() - above.iter().rev().take_while(is_blank).count()];
    let indent = |line: &&ScreenLine| line.text.chars().take_while(|character| *character == ' ').count();
    let least = above.iter().filter(|line| !line.is_blank() && !is_edge(line)).map(indent).min().unwrap_or(0);
    let line = |line: &&ScreenLine| {
        reveal_block(line.text.chars().skip(indent(line).min(least)).collect::<String>().trim_end())
    };
    above.iter().map(line).collect()
}

/// Whether the line is one that the agent draws around a text.
fn is_edge(line: &ScreenLine) -> bool {
    line.text.trim().chars().all(|character| matches!(character, '╌' | '─' | '╭' | '╮' | '╰' | '╯'))
}

fn question(above: &[&ScreenLine]) -> Option<String> {
    let filled = above.iter().rposition(|line| !line.is_blank())?;
    let start = above[..filled].iter().rposition(|line| line.is_blank()).map_or(0, |blank| blank + 1);
    let start = start.max(filled.saturating_sub(5));
    let edge = |line: &&ScreenLine| line.text.trim().starts_with('│') || is_edge(line);
    let start = above[start..=filled].iter().rposition(edge).map_or(start, |place| start + place + 1);
    let text: Vec<&str> = above[start.min(filled)..=filled].iter().map(|line| line.text.trim()).collect();
    Some(clean_line(&text.join(" "), 500)).filter(|text| !text.is_empty())
}
