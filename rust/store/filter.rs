//! Which tasks a list shows. Pure; `lua/chorus/tasks/filter.lua` is the other half.

use super::refuse;
use crate::contract::Code;
use crate::error::Result;
use crate::status::AgentStatus;
use crate::task::{Status, Task};

/// Words that must all hold: a task status, an agent status, `live`, `unread`, `status:` before one of these, `+tag`,
/// `#12`, or a word of the title; none or `all` for every task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Status(Status),
    Agent(AgentStatus),
    /// An open request, or an agent that waits.
    Waiting,
    Live,
    Unread,
    /// A kind of waiting, error or exit.
    Kind(String),
    Tag(String),
    Number(i64),
    /// In lower case.
    Text(String),
}

const TERMS: &[(&str, Term)] = &[
    ("pending", Term::Status(Status::Pending)),
    ("running", Term::Status(Status::Running)),
    ("waiting", Term::Waiting),
    ("completed", Term::Status(Status::Completed)),
    ("failed", Term::Status(Status::Failed)),
    ("stopped", Term::Agent(AgentStatus::Stopped)),
    ("starting", Term::Agent(AgentStatus::Starting)),
    ("busy", Term::Agent(AgentStatus::Busy)),
    ("idle", Term::Agent(AgentStatus::Idle)),
    ("login_required", Term::Agent(AgentStatus::LoginRequired)),
    ("error", Term::Agent(AgentStatus::Error)),
    ("exited", Term::Agent(AgentStatus::Exited)),
    ("unknown", Term::Agent(AgentStatus::Unknown)),
    ("live", Term::Live),
    ("unread", Term::Unread),
];

impl Filter {
    /// Reads what a person typed. Fails with [`Code::BadInput`] where a mark such as `+` has nothing behind it.
    pub fn parse(text: &str) -> Result<Filter> {
        text.split_whitespace().filter(|word| bare(word) != "all").map(term).collect::<Result<_>>().map(Filter)
    }

    /// The words there are, beside `all`, `+tag`, `#12`, and words of titles.
    pub fn words() -> Vec<&'static str> {
        TERMS.iter().map(|(name, _)| *name).collect()
    }

    /// Whether a word names tasks by what they are, so that a verb may act on all of them. A word of a title does not.
    pub fn names_tasks(word: &str) -> bool {
        bare(word) == "all" || named(bare(word)).is_some() || word.strip_prefix('+').is_some_and(|tag| !tag.is_empty())
    }

    /// Whether the list shows `task`.
    pub fn matches(&self, task: &Task) -> bool {
        self.0.iter().all(|term| match term {
            Term::Status(status) => task.status == *status,
            Term::Agent(status) => task.agent_status.status == *status,
            Term::Waiting => task.status == Status::Waiting || task.agent_status.status == AgentStatus::Waiting,
            Term::Live => task.status.is_live(),
            Term::Unread => task.unread,
            Term::Kind(kind) => task.agent_status.kind.is_some_and(|its| word(&its) == *kind),
            Term::Tag(tag) => task.tags.contains(tag),
            Term::Number(number) => task.number == *number,
            Term::Text(text) => task.title.to_lowercase().contains(text.as_str()) || task.number.to_string() == *text,
        })
    }
}

/// Without `status:`.
fn bare(word: &str) -> &str {
    word.strip_prefix("status:").unwrap_or(word)
}

fn named(word: &str) -> Option<Term> {
    TERMS.iter().find(|(name, _)| *name == word).map(|(_, term)| term.clone())
}

fn word(kind: &crate::status::Kind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn term(word: &str) -> Result<Term> {
    let nothing_behind = || {
        let message = format!("`{word}` has nothing behind it");
        let hint = format!("the filters are {}, +tag, #12, all, and words of titles", Filter::words().join(", "));
        refuse(Code::BadInput, message, hint)
    };
    if let Some(status) = word.strip_prefix("status:") {
        let kind = || (!status.is_empty()).then(|| Term::Kind(status.to_owned()));
        return named(status).or_else(kind).ok_or_else(nothing_behind);
    }
    if let Some(tag) = word.strip_prefix('+') {
        return if tag.is_empty() { Err(nothing_behind()) } else { Ok(Term::Tag(tag.to_owned())) };
    }
    if let Some(number) = word.strip_prefix('#').and_then(|digits| digits.parse().ok()) {
        return Ok(Term::Number(number));
    }
    Ok(named(word).unwrap_or_else(|| Term::Text(word.to_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_word() {
        for status in [Status::Pending, Status::Running, Status::Completed, Status::Failed] {
            let word = serde_json::to_value(status).unwrap();
            assert_eq!(term(word.as_str().unwrap()).unwrap(), Term::Status(status));
        }
        use AgentStatus::*;
        for status in [Stopped, Starting, Busy, Idle, LoginRequired, Error, Exited, Unknown] {
            let word = serde_json::to_value(status).unwrap();
            assert_eq!(term(word.as_str().unwrap()).unwrap(), Term::Agent(status));
        }
    }

    #[test]
    fn words_add_up() {
        assert_eq!(Filter::parse(" all ").unwrap(), Filter::default());
        assert_eq!(Filter::parse("status:all").unwrap(), Filter::default());
        assert_eq!(Filter::parse("live +ui").unwrap(), Filter(vec![Term::Live, Term::Tag("ui".into())]));
        let words = vec![Term::Agent(AgentStatus::Busy), Term::Number(12), Term::Text("login".into())];
        assert_eq!(Filter::parse("status:busy #12 Login").unwrap(), Filter(words));
        assert_eq!(Filter::parse("status:plan").unwrap(), Filter(vec![Term::Kind("plan".into())]));
        assert!(Filter::parse("+").unwrap_err().hint.unwrap().contains("waiting"));
        assert!(Filter::parse("status:").is_err());
    }

    #[test]
    fn a_word_of_a_title_names_no_tasks_for_a_verb() {
        for word in ["all", "busy", "status:busy", "+ui"] {
            assert!(Filter::names_tasks(word), "{word}");
        }
        for word in ["wating", "login", "+", "status:wating", "#12"] {
            assert!(!Filter::names_tasks(word), "{word}");
        }
    }
}
