//! An agent's questions with their options, numbered as `chorus answer` takes them.

use super::requests::{field, line_of};
use crate::contract::Json;
use crate::text::reveal_block;

/// Adds the questions of an input; false, with nothing added, where it does not have their shape. Fields that are no part
/// of a question are listed below it.
pub fn show(number: i64, input: &Json, lines: &mut Vec<String>) -> bool {
    let Some(questions) = input.get("questions").and_then(Json::as_array).filter(|questions| !questions.is_empty())
    else {
        return false;
    };
    let mut found = Vec::new();
    for (place, question) in (1..).zip(questions) {
        if add(place, questions.len(), question, &mut found).is_none() {
            return false;
        }
    }
    lines.append(&mut found);
    for (name, value) in input.as_object().into_iter().flatten().filter(|(name, _)| *name != "questions") {
        field(name, value, "    ", lines);
    }
    // Less indented than any option, so that none can look like it.
    let words = questions.iter().map(|question| if is_multiple(question) { " 1,2" } else { " 1" });
    lines.push(format!("  `chorus answer {number}{}` answers with these options", words.collect::<String>()));
    true
}

fn is_multiple(question: &Json) -> bool {
    question.get("multiSelect") == Some(&Json::Bool(true))
}

fn add(place: usize, count: usize, question: &Json, lines: &mut Vec<String>) -> Option<()> {
    let text = question.get("question")?.as_str()?;
    let options = question.get("options")?.as_array()?;
    let mut text = reveal_block(text).split('\n').map(str::to_owned).collect::<Vec<_>>().into_iter();
    let head = if count > 1 { format!("Question {place}: ") } else { String::new() };
    let several = if is_multiple(question) { " (choose one or more)" } else { "" };
    lines.push(format!("    {head}{}{several}", text.next().unwrap_or_default()));
    lines.extend(text.map(|line| format!("    | {line}")));
    for (place, option) in (1..).zip(options) {
        let label = option.get("label")?.as_str()?;
        let about = option.get("description").and_then(Json::as_str).filter(|about| !about.contains('\n'));
        lines.push(
            format!("      {place}  {}  {}", line_of(label), about.map(line_of).unwrap_or_default()).trim_end().into(),
        );
        for (name, value) in option.as_object()? {
            if name != "label" && !(name == "description" && about.is_some()) {
                field(name, value, "           ", lines);
            }
        }
    }
    let is_shown = |name: &str, value: &Json| match name {
        "question" | "options" => true,
        "multiSelect" => value.is_boolean(),
        _ => false,
    };
    for (name, value) in question.as_object()?.iter().filter(|(name, value)| !is_shown(name, value)) {
        field(name, value, "      ", lines);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(input: &Json) -> Vec<String> {
        let mut lines = Vec::new();
        assert!(show(3, input, &mut lines));
        lines
    }

    #[test]
    fn options_are_numbered_and_nothing_is_left_out() {
        let lines = shown(&json!({"questions": [
            {"question": "Which colour?", "header": "Colour", "multiSelect": false,
             "options": [{"label": "Red", "description": "warm", "preview": "one\ntwo"}, {"label": "Blue"}]},
            {"question": "Where?", "multiSelect": true, "options": [{"label": "Linux"}]}],
            "odd": 1}));
        assert_eq!(
            lines,
            [
                "    Question 1: Which colour?",
                "      1  Red  warm",
                "           preview:",
                "             | one",
                "             | two",
                "      2  Blue",
                "      header: Colour",
                "    Question 2: Where? (choose one or more)",
                "      1  Linux",
                "    odd: 1",
                "  `chorus answer 3 1 1,2` answers with these options",
            ]
        );
    }

    #[test]
    fn what_has_another_shape_is_left_to_the_list_of_fields() {
        for odd in [json!({}), json!({"questions": []}), json!({"questions": [{"question": "a", "options": [7]}]})] {
            assert!(!show(1, &odd, &mut Vec::new()), "{odd}");
        }
    }
}
