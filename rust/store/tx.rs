//! One transaction: the place of every typed operation. Those that only look take `&self`.

use super::StoreChange;
use super::column::JsonColumn;
use super::journal::Who;
use crate::contract::Event;
use crate::error::Result;
use crate::status::Millis;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, params};

/// An open transaction. `task` arguments are uuids; [`Tx::task`] finds a task by what a person typed.
pub struct Tx<'c> {
    db: &'c Connection,
    now: Millis,
    touched: Vec<String>,
    told: Vec<StoreChange>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(db: &'c Connection) -> Self {
        Tx { db, now: crate::clock::now(), touched: Vec::new(), told: Vec::new() }
    }

    /// The time that everything in this transaction is stamped with.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Minutes since midnight where the daemon runs.
    pub fn minute_of_day(&self) -> Result<u16> {
        let sql = "SELECT strftime('%H', 'now', 'localtime') * 60 + strftime('%M', 'now', 'localtime')";
        Ok(u16::try_from(self.number(sql, [])?).unwrap_or_default())
    }

    /// A small fact about the store itself, such as the last boot.
    pub fn recall(&self, key: &str) -> Result<Option<String>> {
        self.one("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }

    /// All facts whose key begins so, with the rest of the key.
    pub fn recall_all(&self, lead: &str) -> Result<Vec<(String, String)>> {
        let sql =
            "SELECT substr(key, length(?1) + 1), value FROM meta WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key";
        self.all(sql, [lead], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Keeps a small fact about the store itself. `id` is taken.
    pub fn remember(&mut self, key: &str, value: &str) -> Result<()> {
        self.run(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2 WHERE key <> 'id'",
            [key, value],
        )?;
        Ok(())
    }

    /// Lets go of a small fact about the store itself. `id` stays.
    pub fn forget_fact(&mut self, key: &str) -> Result<()> {
        self.run("DELETE FROM meta WHERE key = ?1 AND key <> 'id'", [key])?;
        Ok(())
    }

    /// Adds to the task's journal: one sentence, and what programs may want to know.
    pub fn journal(
        &mut self,
        task: &str,
        who: Who,
        what: &str,
        text: &str,
        data: Option<&serde_json::Value>,
    ) -> Result<()> {
        let text = crate::text::clean_line(text, 500);
        self.run(
            "INSERT INTO journal (task, at, who, what, text, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![task, self.now, who.word(), what, text, data.map(JsonColumn)],
        )?;
        Ok(())
    }

    /// Marks the task as changed: its revision grows, once in a transaction, and its row is published.
    pub(super) fn touch(&mut self, task: &str) -> Result<()> {
        if !self.touched.iter().any(|touched| touched == task) {
            self.run("UPDATE tasks SET revision = revision + 1 WHERE uuid = ?1", [task])?;
            self.touched.push(task.to_owned());
        }
        Ok(())
    }

    /// Publishes no row: the task is gone.
    pub(super) fn forget(&mut self, task: &str) {
        self.touched.retain(|touched| touched != task);
    }

    /// Publishes beside the task's row.
    pub(super) fn notify(&mut self, project: &str, event: Event) {
        self.told.push(StoreChange { project: project.to_owned(), event });
    }

    /// What to publish: rows first, then what happened to them.
    pub(super) fn finish(mut self) -> Result<Vec<StoreChange>> {
        let mut changes = Vec::new();
        for task in &self.touched {
            let task = self.row(task)?;
            changes.push(StoreChange { project: task.project.clone(), event: Event::TaskChanged(Box::new(task)) });
        }
        changes.append(&mut self.told);
        Ok(changes)
    }

    pub(super) fn statement(&self, sql: &str) -> Result<CachedStatement<'c>> {
        Ok(self.db.prepare_cached(sql)?)
    }

    /// Number of rows changed.
    pub(super) fn run(&self, sql: &str, values: impl Params) -> Result<usize> {
        Ok(self.statement(sql)?.execute(values)?)
    }

    /// The row, if there is one.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.statement(sql)?.query_row(values, read).optional()?)
    }

    /// All rows.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// A number, such as a count.
    pub(super) fn number(&self, sql: &str, values: impl Params) -> Result<i64> {
        Ok(self.one(sql, values, |row| row.get(0))?.unwrap_or_default())
    }
}
