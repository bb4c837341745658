//! Lua as `stylua` leaves it.

use super::source::{Shape, Words};

/// The first line of a generated file.
pub fn header(source: &str) -> String {
    format!("-- Generated from {source} by `cargo xtask generate`. Do not edit.\n")
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    match escaped.contains('\'') && !escaped.contains('"') {
        true => format!("\"{escaped}\""),
        false => format!("'{}'", escaped.replace('\'', "\\'")),
    }
}

/// The type of a closed set of words.
pub fn alias(words: &Words) -> String {
    let choices: Vec<String> = words.words.iter().map(|word| format!("'{word}'")).collect();
    format!("{}---@alias chorus.{} {}\n", comment(&words.doc), words.name, choices.join("|"))
}

/// The type of a table with fields.
pub fn class(shape: &Shape) -> String {
    let mut text = format!("{}---@class chorus.{}\n", comment(&shape.doc), shape.name);
    for field in &shape.fields {
        let absent = if field.is_optional { "?" } else { "" };
        text += &format!("---@field {}{absent} {} {}\n", field.name, field.kind.annotation(), field.doc);
    }
    text
}

fn comment(doc: &str) -> String {
    if doc.is_empty() { String::new() } else { format!("--- {doc}\n") }
}
