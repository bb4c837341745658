//! Which of what happens to tasks tells a person outside of Neovim, when, and in which words. Pure.
//!
//! [`Ringer`] hears the events that every Neovim gets and says what to show and what to take away; `decision` is its one
//! rule. Whoever shows it is below `ops` and `desktop`.

mod decision;
mod quiet;
mod redact;
mod ringer;
mod words;

pub use decision::Rules;
pub use quiet::QuietHours;
pub use ringer::{Ringer, Shown, is_same_request};
pub use words::{Words, escape_markup};

/// What may ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// A turn ended.
    Turn,
    /// A prompt was not delivered.
    Prompt,
    /// The agent reports an error, has no login, or has ended.
    Error,
    /// A request opened.
    Request,
}
