//! Which tasks a list shows. Pure.

use super::refuse;
use crate::contract::Code;
use crate::error::Result;
use crate::status::AgentStatus;
use crate::task::{Status, Task};

/// Words that must all hold: a task status, an agent status, `live`, `unread`, `+tag`; none or `all` for every task.
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
    Tag(String),
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
    /// Reads what a person typed. Fails with [`Code::BadInput`], naming the words there are.
    pub fn parse(text: &str) -> Result<Filter> {
        text.split_whitespace().filter(|word| *word != "all").map(term).collect::<Result<_>>().map(Filter)
    }

    /// The words there are, beside `all` and `+tag`.
    pub fn words() -> Vec<&'static str> {
        TERMS.iter().map(|(name, _)| *name).collect()
    }

    /// Whether the list shows `task`.
    pub fn matches(&self, task: &Task) -> bool {
        self.0.iter().all(|term| match term {
            Term::Status(status) => task.status == *status,
            Term::Agent(status) => task.agent_status.status == *status,
            Term::Waiting => task.status == Status::Waiting || task.agent_status.status == AgentStatus::Waiting,
            Term::Live => task.status.is_live(),
            Term::Unread => task.unread,
            Term::Tag(tag) => task.tags.contains(tag),
        })
    }
}

fn term(word: &str) -> Result<Term> {
    if let Some(tag) = word.strip_prefix('+').filter(|tag| !tag.is_empty()) {
        return Ok(Term::Tag(tag.to_owned()));
    }
    if let Some((_, term)) = TERMS.iter().find(|(name, _)| *name == word) {
        return Ok(term.clone());
    }
    let message = format!("unknown filter `{}`", crate::text::clean_line(word, 50));
    Err(refuse(Code::BadInput, message, format!("the filters are {}, +tag, all", Filter::words().join(", "))))
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
    fn words_add_up_and_unknown_ones_are_told_the_others() {
        assert_eq!(Filter::parse(" all ").unwrap(), Filter::default());
        assert_eq!(Filter::parse("live +ui").unwrap(), Filter(vec![Term::Live, Term::Tag("ui".into())]));
        let error = Filter::parse("wating").unwrap_err();
        assert_eq!(error.code, Code::BadInput);
        assert!(error.hint.unwrap().contains("waiting"));
        assert!(Filter::parse("+").is_err());
    }
}
