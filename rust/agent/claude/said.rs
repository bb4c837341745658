//! What a reply that was sent said beyond yes or no, in one line. Pure.

use super::request::NO_REASON;
use super::suggestion;
use crate::contract::Json;
use crate::text::clean_summary;
use serde_json::Value;

/// Characters of a line.
const LINE: usize = 300;

/// See [`crate::agent::Adapter::said`].
pub fn said(sent: &Json) -> Option<String> {
    let decision = sent.pointer("/hookSpecificOutput/decision")?;
    let line = |label: &str, text: &str| Some(format!("{label}: {}", clean_summary(text, LINE)));
    if decision.get("behavior")? == "deny" {
        return decision
            .get("message")?
            .as_str()
            .filter(|reason| *reason != NO_REASON)
            .and_then(|it| line("reason", it));
    }
    if let Some(answers) = answers(decision) {
        return line("answer", &answers);
    }
    // The last of several suggestions is all of them together.
    let always = suggestion::of(decision.get("updatedPermissions"), None).pop()?;
    line("always", &always.sentence)
}

/// The answers in the order of the questions.
fn answers(decision: &Json) -> Option<String> {
    let input = decision.get("updatedInput")?;
    let answers = input.get("answers")?.as_object()?;
    let questions = input.get("questions")?.as_array()?.iter();
    let given =
        questions.filter_map(|question| answers.get(question.get("question")?.as_str()?)).filter_map(Value::as_str);
    let given: Vec<String> = given.map(|answer| format!("“{answer}”")).collect();
    (!given.is_empty()).then(|| given.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::claude::request::{self, Asked};
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn a_reply_says_its_reason_its_answers_and_what_is_allowed_from_now_on() {
        let always = Asked::of(&json!({"tool_name": "Bash", "tool_input": {"command": "npm run x"},
            "permission_suggestions": [{"type": "addRules", "behavior": "allow",
                "rules": [{"toolName": "Bash", "ruleContent": "npm run *"}]}]}));
        assert_eq!(said(&always.allow().unwrap()), None);
        assert_eq!(
            said(&always.allow_always(0).unwrap()).as_deref(),
            Some("always: allow `npm run *` in this session")
        );
        assert_eq!(said(&request::deny(Some("use\nmake"))).as_deref(), Some("reason: use ↵ make"));
        assert_eq!(said(&request::deny(None)), None);

        let question =
            |text: &str| json!({"question": text, "header": "H", "options": [{"label": "A"}, {"label": "B"}]});
        let asked = Asked::of(&json!({"tool_name": "AskUserQuestion",
            "tool_input": {"questions": [question("Z first?"), question("A second?")]}}));
        let given = [("Z first?", "B"), ("A second?", "A")].map(|(key, word)| (key.to_owned(), word.to_owned()));
        let sent = asked.answer(&BTreeMap::from(given)).unwrap();
        assert_eq!(said(&sent).as_deref(), Some("answer: “B”, “A”"));
    }

    #[test]
    fn what_is_no_reply_says_nothing() {
        for odd in [json!(null), json!({}), json!({"hookSpecificOutput": {"decision": {"behavior": "deny"}}})] {
            assert_eq!(said(&odd), None, "{odd}");
        }
    }
}
