//! The one error type: a code for programs, a sentence and a remedy for people.

mod failure;

pub use failure::{Code, Failure};

/// What could not be done and why (`message`: lower case, no full stop), and what to do next (`hint`).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// For programs.
    pub code: Code,
    /// For people.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without a remedy.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error { code, message: message.into(), hint: None }
    }

    /// Adds what to do next; the first hint, nearest to the knowledge, wins.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Says what was being done: `cannot start #12: …`.
    pub fn context(mut self, doing: impl std::fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// An impossible state, or a fault of our own.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Error::new(Code::Internal, message.to_string()).hint("see `chorus log`; please report it")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { code: error.code, message: error.message, hint: error.hint }
    }
}
