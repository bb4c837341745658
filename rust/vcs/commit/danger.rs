//! What takes whole stacks in and out of the tree, or resets it, runs only while no other task has uncommitted edits.

use crate::contract::Code;
use crate::error::{Error, Result};

/// The most paths named in a refusal.
const NAMED: usize = 5;

/// An uncommitted edit of somebody else than the one that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncommitted {
    /// `#12`, `you`, `nobody known`.
    pub whose: String,
    /// Its path.
    pub path: String,
}

/// Refuses `verb` (`apply`, `unapply`, `move`, `undo`, `pull`, `land`, `discard`, …) while others have uncommitted
/// edits, naming whose and which files.
pub fn refuse(verb: &str, others: &[Uncommitted]) -> Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    let named = others.iter().take(NAMED).map(|one| format!("{} ({})", one.path, one.whose)).collect::<Vec<_>>();
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("cannot {verb} while there are uncommitted edits of others: {}{more}", named.join(", "));
    Err(Error::new(Code::WrongState, message).hint("commit them first, or ask for it with `!`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_owners_are_named() {
        assert!(refuse("apply", &[]).is_ok());
        let others: Vec<_> = (1..=7).map(|n| Uncommitted { whose: format!("#{n}"), path: format!("f{n}") }).collect();
        let error = refuse("apply", &others).unwrap_err();
        assert!(error.message.contains("f1 (#1), f2 (#2)") && error.message.ends_with("and 2 more"), "{error}");
    }
}
