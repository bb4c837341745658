//! Documents and references as lines.

use super::line;
use crate::contract::{Document, Reference, ReferenceState};

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
