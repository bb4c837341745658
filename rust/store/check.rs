//! Whether the file is sound: looked at beside the work, since it takes a second for each 100 MB.

#![expect(clippy::disallowed_methods, reason = "Chorus's own store")]

use super::tx::Tx;
use super::{Store, fault, open};
use crate::error::{Code, Error, Result};
use crate::status::Millis;
use rusqlite::Connection;
use std::path::Path;

/// A file of at most so many bytes is checked before it is used at all, in some milliseconds.
const AT_OPENING: u64 = 8 * 1024 * 1024;

/// How long a check counts.
const LASTS: Millis = 7 * 24 * 60 * 60 * 1000;

/// In `meta`: when the file was checked, and that a daemon works with it.
const CHECKED: &str = "checked";
const IN_USE: &str = "in use";

/// Refuses a damaged file that is small enough to be looked through at once.
pub fn at_opening(connection: &Connection, file: &Path) -> Result<()> {
    match std::fs::metadata(file).is_ok_and(|found| found.len() <= AT_OPENING) {
        true => whole(connection),
        false => Ok(()),
    }
}

fn whole(connection: &Connection) -> Result<()> {
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check == "ok" {
        return Ok(());
    }
    Err(Error::new(Code::StoreUnusable, format!("it is damaged ({})", crate::text::clean_line(&check, 200))))
}

impl Tx<'_> {
    /// Notes that a daemon works with the store from `now` on; true when the file is to be checked: the last check is a
    /// week old, or the daemon before did not come to its end.
    pub fn begin_use(&mut self, now: Millis) -> Result<bool> {
        let was_cut_short = self.recall(IN_USE)?.is_some_and(|state| state == "yes");
        let checked = self.recall(CHECKED)?.and_then(|at| at.parse::<Millis>().ok());
        self.remember(IN_USE, "yes")?;
        Ok(was_cut_short || checked.is_none_or(|at| !(0..LASTS).contains(&(now - at))))
    }

    /// The daemon leaves.
    pub fn end_use(&mut self) -> Result<()> {
        self.remember(IN_USE, "no")
    }
}

impl Store {
    /// Looks through the whole file by a connection and on a thread of its own. Once it is found damaged, all further
    /// work is refused, so that nothing is written into it.
    ///
    /// # Errors
    /// [`Code::StoreUnusable`] for a damaged file.
    pub async fn check(&self, now: Millis) -> Result<()> {
        let file = self.file.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let look = || whole(&open::read_only(&file)?);
            look().map_err(|error| fault::in_file(error, &file))
        });
        let sound = looked.await.map_err(Error::internal)?;
        if let Err(error) = &sound
            && error.message.contains("it is damaged")
        {
            self.refuse_work(error.clone());
        }
        sound?;
        self.write(move |tx| tx.remember(CHECKED, &now.to_string())).await
    }

    /// Refuses all further work.
    pub(super) fn refuse_work(&self, why: Error) {
        *self.damage.lock() = Some(why);
    }

    /// Why all work is refused: what [`Store::check`] or [`Store::keep`] found.
    pub fn damage(&self) -> Option<Error> {
        self.damage.lock().clone()
    }
}
