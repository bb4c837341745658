//! Documents and references as lines.

use super::{age, line};
use crate::contract::{ContextPage, Document, Reference, ReferenceState};
use crate::status::Millis;
use crate::text::blank;

fn numbers(numbers: &[i64]) -> String {
    numbers.iter().map(|number| format!("#{number}")).collect::<Vec<_>>().join(" ")
}

/// One line a document.
pub fn documents(documents: &[Document]) -> Vec<String> {
    let width = documents.iter().map(|document| document.path.chars().count()).max().unwrap_or(0).min(60);
    let row = |document: &Document| {
        let mark = if document.pinned { '*' } else { ' ' };
        let category = super::word(&document.category);
        let mut text = format!("{mark} {:<width$}  {category:<13} {}", line(&document.path), line(&document.title));
        if !document.tasks.is_empty() {
            text += &format!("  ({})", numbers(&document.tasks));
        }
        if !document.changed_for.is_empty() {
            text += &format!("  (changed since {} read it)", numbers(&document.changed_for));
        }
        text
    };
    documents.iter().map(row).collect()
}

/// Each reference with the beginning of its text below.
pub fn references(references: &[Reference]) -> Vec<String> {
    let mut lines = Vec::new();
    for reference in references {
        lines.push(head(reference));
        let first = reference.text.lines().find(|text| !text.trim().is_empty());
        lines.extend(first.map(|text| format!("        {}", line(text))));
    }
    lines
}

/// What the agent gets, with the size of each part.
pub fn context(page: &ContextPage, now: Millis) -> Vec<String> {
    let mut lines = vec![format!("#{}  {} of {} units", page.number, page.units, page.limit)];
    lines.extend(page.parts.iter().map(|part| format!("{:>8}  {}", part.units, line(&part.heading))));
    lines.push(match page.given_at {
        Some(at) => format!("given {} ago; with its next new conversation the agent gets:", age(at, now)),
        None => "with its next new conversation the agent gets:".to_owned(),
    });
    lines.push(String::new());
    lines.extend(page.text.lines().map(blank));
    lines
}

fn head(reference: &Reference) -> String {
    let lines = match reference.whole {
        true => String::new(),
        false => format!(":{}-{}", reference.start_line, reference.end_line),
    };
    let mut text = format!("{:>5}  #{}  {}{lines}", reference.id, reference.number, line(&reference.path));
    match (reference.state, reference.nearest_start, reference.nearest_end) {
        (ReferenceState::Current, ..) => {}
        (ReferenceState::Changed, ..) => text += "  (changed)",
        (ReferenceState::Stale, Some(first), Some(last)) => {
            text += &format!("  (stale; perhaps now in {first}-{last})")
        }
        (ReferenceState::Stale, ..) => text += "  (stale)",
    }
    if !reference.included {
        text += "  (left out of the context)";
    }
    if let Some(note) = &reference.note {
        text += &format!("  {}", line(note));
    }
    text
}
