//! Which hook events were taken in already: the same event twice is one event.

use super::tx::Tx;
use crate::error::Result;

/// How many ids are remembered: a spool of some hundred events is drained after a restart, twice at most.
const REMEMBERED: i64 = 10_000;

impl Tx<'_> {
    /// Notes a hook event; true the first time. In one transaction with what the event changes, it is exactly once.
    pub fn first_time(&mut self, hook: &str) -> Result<bool> {
        let id = super::text::id(hook);
        let added = self.run("INSERT INTO hooks (id) VALUES (?1) ON CONFLICT DO NOTHING", [id])?;
        if added == 1 {
            self.run("DELETE FROM hooks WHERE seq <= (SELECT max(seq) FROM hooks) - ?1", [REMEMBERED])?;
        }
        Ok(added == 1)
    }
}
