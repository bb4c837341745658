//! `lua/chorus/contract.lua`: the contract in `rust/contract`, as data and annotations.

use super::lua::{alias, class, header, quoted};
use super::source::{Shape, Source, Variant};
use crate::cargo;
use std::collections::BTreeSet;

/// What travels between the plugin and the program. `contract/agents.rs` is not read: it is for other faces.
const FILES: [&str; 11] = [
    "rust/clock.rs",
    "rust/status.rs",
    "rust/task.rs",
    "rust/contract.rs",
    "rust/contract/replies.rs",
    "rust/contract/edits.rs",
    "rust/contract/documents.rs",
    "rust/contract/events.rs",
    "rust/error/failure.rs",
    "rust/contract/asks.rs",
    "rust/contract/policy.rs",
];

const INTRODUCTION: &str = "\
--- The Lua half of the contract between plugin and program, as data. The other half is `rust/contract.rs`.
---
--- A field's type is a word: `string`, `integer`, `boolean`, `any`, `map` (text to text), the name of a shape or of a
--- set of words, with `[]` for a list and `?` where it may be absent.
";

/// The whole file.
pub fn module() -> Result<String, String> {
    let mut source = Source::read(&FILES)?;
    let parameters: BTreeSet<String> = source.variants("Request")?.iter().map(|it| it.carries.clone()).collect();
    source.shapes.iter_mut().filter(|shape| parameters.contains(&shape.name)).for_each(leave_out_defaults);
    let is_read = |request: &&Variant| source.shapes.iter().any(|shape| shape.name == request.carries);
    let (requests, other_faces): (Vec<_>, Vec<_>) = source.variants("Request")?.iter().partition(is_read);
    let events = source.variants("Event")?;

    let mut text = header("rust/contract");
    text += &format!("\n{INTRODUCTION}\nlocal M = {{}}\n\nM.protocol = {}\n", source.integer("PROTOCOL")?);
    text += &format!("\n--- The version of plugin and program.\nM.version = {}\n", quoted(&version()?));
    text += "\n--- Words with a closed set of values.\nM.words = {}\n";
    for words in &source.words {
        text += &format!("\n{}M.words.{} = {{\n", alias(words), words.name);
        words.words.iter().for_each(|word| text += &format!("  {},\n", quoted(word)));
        text += "}\n";
    }
    text += "\n--- Tables with fields.\nM.shapes = {}\n";
    source.shapes.iter().for_each(|shape| text += &format!("\n{}", of_shape(shape)));
    text += "\n--- What Neovim may ask for: the shapes of the parameters and of the reply.\nM.requests = {\n";
    for request in requests {
        text += &format!("  {} = {{ {}, {} }},\n", request.name, quoted(&request.carries), quoted(reply(request)?));
    }
    text += "}\n\n--- Requests of other faces of the program, which no Lua sends.\nM.not_ours = {\n";
    other_faces.iter().for_each(|request| text += &format!("  {},\n", quoted(&request.name)));
    text += "}\n\n--- What the daemon reports unasked, and the shape of its data.\nM.events = {\n";
    for event in events {
        text += &format!("  {} = {},\n", event.name, quoted(&event.carries));
    }
    Ok(text + "}\n\nreturn M\n")
}

/// The type after `Reply:` in a request's documentation.
fn reply(request: &Variant) -> Result<&str, String> {
    let named = request.doc.split_once("Reply: `").and_then(|(_, rest)| rest.split_once('`'));
    let missing = || format!("the documentation of the request `{}` lacks \"Reply: [`Type`]\"", request.name);
    named.map(|(name, _)| name).ok_or_else(missing)
}

/// A client may leave out parameters that have a default. The daemon sends every field.
fn leave_out_defaults(shape: &mut Shape) {
    shape.fields.iter_mut().for_each(|field| field.is_optional |= field.has_default);
}

fn of_shape(shape: &Shape) -> String {
    let mut text = class(shape);
    if shape.fields.is_empty() {
        return text + &format!("M.shapes.{} = {{}}\n", shape.name);
    }
    text += &format!("M.shapes.{} = {{\n", shape.name);
    for field in &shape.fields {
        let absent = if field.is_optional { "?" } else { "" };
        text += &format!("  {} = '{}{absent}',\n", field.name, field.kind.spelled());
    }
    text + "}\n"
}

/// The program's own version.
fn version() -> Result<String, String> {
    let output = std::process::Command::new(cargo::build()?).arg("--version").output();
    let output = output.map_err(|error| format!("cannot run chorus: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().nth(1).map(str::to_owned).ok_or_else(|| "chorus does not say its version".to_owned())
}
