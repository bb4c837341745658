//! Rules, what they would have done, and answers that were given.

use super::{age, line, word};
use crate::contract::{Audited, PolicyReport, Tested};
use crate::status::{Action, Kind, Millis};

/// The rules that count, and what they would have done.
pub fn policy(report: &PolicyReport, now: Millis) -> Vec<String> {
    let rule = |rule: &crate::contract::PolicyRule| {
        format!("{:<6} {}  # {}", word(&rule.action), line(&rule.text), line(&rule.place))
    };
    let mut lines: Vec<String> = report.rules.iter().map(rule).collect();
    if lines.is_empty() {
        lines.push("There are no rules: every request is asked.".to_owned());
    }
    if !report.tested.is_empty() {
        lines.push(String::new());
        lines.extend(report.tested.iter().map(|tested| self::tested(tested, now)));
        lines.push(summary(&report.tested));
    }
    lines
}

fn tested(tested: &Tested, now: Millis) -> String {
    let because = match (&tested.why, tested.by.is_empty()) {
        (Some(why), _) => line(why),
        (None, false) => format!("by {}", line(&tested.by)),
        (None, true) => String::new(),
    };
    format!(
        "{:<6} {:>4} ago  #{}  {}  ({because}; it was {})",
        word(&tested.would),
        age(tested.at, now),
        tested.number,
        called(tested.tool.as_deref(), &tested.summary),
        tested.outcome.as_deref().unwrap_or("not answered yet"),
    )
}

/// How many requests the rules would have answered.
fn summary(tested: &[Tested]) -> String {
    let count = |action| tested.iter().filter(|tested| tested.would == action).count();
    format!(
        "{} request{}: {} would be allowed, {} denied, {} asked",
        tested.len(),
        if tested.len() == 1 { "" } else { "s" },
        count(Action::Allow),
        count(Action::Deny),
        count(Action::Ask)
    )
}

fn called(tool: Option<&str>, summary: &str) -> String {
    let tool = tool.filter(|tool| !tool.is_empty()).map(|tool| format!("{}: ", line(tool)));
    format!("{}{}", tool.unwrap_or_default(), line(summary))
}

/// Answers, oldest first. What an answer said beyond its outcome stands below it.
pub fn audit(answers: &[Audited], now: Millis) -> Vec<String> {
    let rows = |answer: &Audited| {
        let kind = word(&answer.kind);
        let named = answer.tool.as_deref().filter(|_| answer.kind == Kind::Permission).unwrap_or(&kind);
        let row = format!(
            "{:>4} ago  #{}  {} {}  {}",
            age(answer.at, now),
            answer.number,
            line(&answer.outcome),
            by(answer),
            called(Some(named), &answer.summary)
        );
        std::iter::once(row).chain(answer.said.as_deref().map(|said| format!("          {}", line(said))))
    };
    answers.iter().flat_map(rows).collect()
}

/// Who answered, and by what, as the end of a sentence.
fn by(answer: &Audited) -> String {
    let via = answer.via.as_deref().map(line);
    let of = |who: &str| via.as_ref().map_or_else(|| who.to_owned(), |via| format!("{who}, {via}"));
    match answer.who.as_str() {
        "person" => of("by you"),
        "rule" => via.map_or_else(|| "by a rule".to_owned(), |via| format!("by the rule at {via}")),
        "notification" => "by a notification’s button".to_owned(),
        "agent" => via.map_or_else(|| "by the agent".to_owned(), |via| format!("by {via}")),
        other => of(&format!("by {}", line(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_names_who_gave_it_and_what_it_said() {
        let answer = |who: &str, via: Option<&str>, kind: &str, said: Option<&str>| {
            let value = json!({"at": 0, "project": "/p", "number": 3, "task": "t", "request": "r", "kind": kind, "tool": "T",
                "summary": "x", "seen": null, "cut": false, "asked_at": 0, "outcome": "denied", "who": who, "via": via,
                "sent": null, "said": said});
            serde_json::from_value::<Audited>(value).unwrap()
        };
        let lines = audit(
            &[
                answer("person", Some("Neovim (process 4)"), "permission", Some("reason: no\nway")),
                answer("person", None, "question", None),
                answer("notification", Some("a notification's button"), "permission", None),
                answer("rule", Some("/u/c.toml:2"), "permission", None),
                answer("agent", Some("the agent's terminal, or a hook of yours"), "plan", None),
            ],
            60_000,
        );
        assert_eq!(
            lines,
            [
                "  1m ago  #3  denied by you, Neovim (process 4)  T: x",
                "          reason: no way",
                "  1m ago  #3  denied by you  question: x",
                "  1m ago  #3  denied by a notification’s button  T: x",
                "  1m ago  #3  denied by the rule at /u/c.toml:2  T: x",
                "  1m ago  #3  denied by the agent's terminal, or a hook of yours  plan: x",
            ]
        );
    }

    #[test]
    fn what_rules_would_do_is_told_with_the_reason() {
        let tested = |would: &str, why: Option<&str>| {
            json!({"request": "r", "number": 3, "at": 0, "tool": "Bash", "summary": "ls", "outcome": "allowed", "would": would,
                "by": if why.is_some() { "" } else { "/u/c.toml:4" }, "why": why})
        };
        let report = json!({"rules": [{"action": "allow", "text": "command = \"ls\"", "place": "/u/c.toml:4"}], "notices": [],
            "tested": [tested("allow", None), tested("ask", Some("no rule allows `ls`"))]});
        let lines = policy(&serde_json::from_value(report).unwrap(), 60_000);
        assert_eq!(
            lines,
            [
                "allow  command = \"ls\"  # /u/c.toml:4",
                "",
                "allow    1m ago  #3  Bash: ls  (by /u/c.toml:4; it was allowed)",
                "ask      1m ago  #3  Bash: ls  (no rule allows `ls`; it was allowed)",
                "2 requests: 1 would be allowed, 0 denied, 1 asked",
            ]
        );
    }
}
