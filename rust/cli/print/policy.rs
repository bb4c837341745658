//! Rules, what they would have done, and answers that were given.

use super::{age, line, word};
use crate::contract::{Audited, PolicyReport, Tested};
use crate::status::{Action, Millis};

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

/// Answers, oldest first.
pub fn audit(answers: &[Audited], now: Millis) -> Vec<String> {
    let row = |answer: &Audited| {
        let via = answer.via.as_deref().map(|via| format!(", {}", line(via))).unwrap_or_default();
        format!(
            "{:>4} ago  #{}  {} by {}{via}  {}",
            age(answer.at, now),
            answer.number,
            line(&answer.outcome),
            line(&answer.who),
            called(answer.tool.as_deref(), &answer.summary)
        )
    };
    answers.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
