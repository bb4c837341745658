//! What happened to a task, as sentences.

use super::column::Cells;
use super::tx::Tx;
use crate::contract::Entry;
use crate::error::Result;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person, by a verb or at the agent's terminal.
    Person,
    /// A person, by a button of a desktop notification.
    Notification,
    /// The agent.
    Agent,
    /// Chorus by itself.
    Chorus,
    /// A rule of the person's policy.
    Rule,
}

impl Who {
    /// The word in [`Entry::who`].
    pub fn word(self) -> &'static str {
        match self {
            Who::Person => "person",
            Who::Notification => "notification",
            Who::Agent => "agent",
            Who::Chorus => "chorus",
            Who::Rule => "rule",
        }
    }
}

impl Tx<'_> {
    /// The newest `limit` entries of the task, newest last.
    pub fn entries(&self, uuid: &str, limit: u32) -> Result<Vec<Entry>> {
        let sql = "SELECT at, what, who, text FROM journal WHERE task = ?1 ORDER BY id DESC LIMIT ?2";
        let mut entries = self.all(sql, rusqlite::params![uuid, limit], |row| {
            let mut cells = Cells::of(row);
            let (at, what, who, text) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
            Ok(Entry { at, what, who, text, work: None })
        })?;
        entries.reverse();
        Ok(entries)
    }
}
