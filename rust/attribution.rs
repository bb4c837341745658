//! Whose each uncommitted edit is. Pure: no I/O, no clock.
//!
//! A [`Ledger`] keeps, for one file, the content last seen and who made each line of it. It says nothing of what a line
//! was before: a hunk (difference from the committed content to the working tree) takes the owners of the lines it adds
//! and of the gaps where it deletes.

mod change;
mod difference;
pub mod interval;
mod ledger;
mod marks;
mod past;
mod patch;
mod projected;
mod query;
mod traced;
mod version;
mod write;

pub use change::{AskedChange, Replacement};
pub use ledger::Ledger;
pub use marks::Marks;
pub use past::Past;
pub use patch::{Hunk, Patch};
pub use traced::Evidence;
pub use version::{Content, FileKind, LIMIT, Version};
pub use write::{FileState, Nanos, Write, WriteKind};

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who made an edit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A task, by uuid.
    Task(String),
    /// The person, in an editor.
    User,
    /// Nobody can be named. The tasks that it may be, by uuid, sorted; none where nothing is known.
    Unclaimed(Vec<String>),
}

impl Owner {
    /// Nobody, and no candidate.
    pub fn unknown() -> Owner {
        Owner::Unclaimed(Vec::new())
    }

    /// Nobody, with `candidates`.
    pub fn one_of<'a>(candidates: impl IntoIterator<Item = &'a str>) -> Owner {
        let sorted: BTreeSet<&str> = candidates.into_iter().collect();
        Owner::Unclaimed(sorted.into_iter().map(str::to_owned).collect())
    }

    /// Nobody, with the tasks that it is or may be, and `more`; the same where there are no more.
    pub fn or_one_of<'a>(&'a self, more: impl IntoIterator<Item = &'a str>) -> Owner {
        let mut more = more.into_iter().peekable();
        match more.peek() {
            None => self.clone(),
            Some(_) => Owner::one_of(self.tasks().iter().map(String::as_str).chain(more)),
        }
    }

    /// The tasks it is or may be.
    pub fn tasks(&self) -> &[String] {
        match self {
            Owner::Task(task) => std::slice::from_ref(task),
            Owner::User => &[],
            Owner::Unclaimed(candidates) => candidates,
        }
    }

    /// Whose an edit by `self` is when it changed what `earlier` had made: still its own when that was itself, else
    /// nobody's, with everyone as candidates.
    pub(crate) fn contested<'a>(&self, earlier: impl IntoIterator<Item = &'a Owner>) -> Owner {
        let others: Vec<&Owner> = earlier.into_iter().filter(|owner| *owner != self).collect();
        if others.is_empty() {
            return self.clone();
        }
        let tasks = others.iter().copied().chain([self]).flat_map(Owner::tasks);
        Owner::one_of(tasks.map(String::as_str))
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
