//! What was committed for a task, what is about to be, and what stands in the way.

use super::column::{Cells, JsonColumn};
use super::tx::Tx;
use crate::contract::{Commit, EditsChanged, Event, Trouble};
use crate::error::Result;
use crate::status::Millis;
use crate::text::clean_line;
use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A commit as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit {
    /// The commit's id.
    pub oid: String,
    /// GitButler's id of the change, which survives rewriting.
    pub change: Option<String>,
    /// The branch it is on.
    pub branch: String,
    /// First line of its message.
    pub subject: String,
    /// How many files it changes.
    pub files: i64,
}

impl Tx<'_> {
    /// The task's commits, newest first.
    pub fn commits(&self, task: &str, limit: u32) -> Result<Vec<Commit>> {
        let sql =
            "SELECT oid, subject, at, files FROM commits WHERE task = ?1 AND gone_at IS NULL ORDER BY id DESC LIMIT ?2";
        self.all(sql, params![task, limit], |row| {
            let mut cells = Cells::of(row);
            Ok(Commit { oid: cells.next()?, subject: cells.next()?, at: cells.next()?, files: cells.next()? })
        })
    }

    /// Records a commit, once; one that was discarded and is back counts again.
    pub fn add_commit(&mut self, task: &str, commit: &NewCommit) -> Result<()> {
        if self.number("SELECT count(*) FROM commits WHERE task = ?1 AND oid = ?2", [task, &commit.oid])? > 0 {
            let sql = "UPDATE commits SET gone_at = NULL WHERE task = ?1 AND oid = ?2 AND gone_at IS NOT NULL";
            return if self.run(sql, [task, &commit.oid])? == 1 { self.touch(task) } else { Ok(()) };
        }
        let subject = clean_line(&commit.subject, 200);
        self.run(
            "INSERT INTO commits (task, oid, change, branch, subject, files, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![task, commit.oid, commit.change, commit.branch, subject, commit.files, self.now()],
        )?;
        self.touch(task)
    }

    /// Commits that were rewritten: GitButler's id of the change, and the commit's id now.
    pub fn follow_commits(&mut self, changes: &[(String, String)]) -> Result<()> {
        for (change, oid) in changes {
            let sql = "UPDATE commits SET oid = ?2 WHERE change = ?1 AND oid <> ?2 AND gone_at IS NULL";
            self.run(sql, [change, oid])?;
        }
        Ok(())
    }

    /// The task's commits are on no branch any more: they were discarded.
    pub fn forget_commits(&mut self, task: &str) -> Result<()> {
        self.run("UPDATE commits SET gone_at = ?2 WHERE task = ?1 AND gone_at IS NULL", params![task, self.now()])?;
        self.touch(task)
    }

    /// Some of the task's commits are on its branch no more.
    pub fn lose_commits(&mut self, task: &str, oids: &[String]) -> Result<()> {
        for oid in oids {
            let sql = "UPDATE commits SET gone_at = ?3 WHERE task = ?1 AND oid = ?2 AND gone_at IS NULL";
            self.run(sql, params![task, oid, self.now()])?;
        }
        self.touch(task)
    }

    /// What was discarded of the task is back, and its commits with it.
    pub fn bring_back_commits(&mut self, task: &str) -> Result<()> {
        let sql = "UPDATE commits SET gone_at = NULL
            WHERE task = ?1 AND gone_at >= (SELECT at FROM discarded WHERE task = ?1)";
        self.run(sql, [task])?;
        self.touch(task)
    }

    /// Whether that commit was ever one of the task's.
    pub fn knows_commit(&self, task: &str, oid: &str) -> Result<bool> {
        Ok(self.number("SELECT count(*) FROM commits WHERE task = ?1 AND oid = ?2", [task, oid])? > 0)
    }

    /// The task that a commit was made for, by its id or by GitButler's id of the change.
    pub fn task_of_commit(&self, oid: &str, change: Option<&str>) -> Result<Option<String>> {
        let sql = "SELECT task FROM commits WHERE oid = ?1 OR change = ?2 ORDER BY id DESC";
        self.one(sql, params![oid, change], |row| row.get(0))
    }

    /// What keeps the task's edits from being committed, or that nothing does.
    pub fn set_trouble(&mut self, task: &str, trouble: Option<&Trouble>) -> Result<()> {
        let sql = "UPDATE tasks SET trouble = ?2 WHERE uuid = ?1 AND trouble IS NOT ?2";
        if self.run(sql, params![task, trouble.map(JsonColumn)])? == 1 {
            self.touch(task)?;
        }
        Ok(())
    }

    /// How many files hold uncommitted edits of the task, and which tasks (numbers) have edits in the same ones.
    pub fn set_uncommitted(&mut self, task: &str, files: i64, overlaps: &[i64]) -> Result<()> {
        let sql = "UPDATE tasks SET uncommitted = ?2, overlaps = ?3
            WHERE uuid = ?1 AND (uncommitted <> ?2 OR overlaps <> ?3)";
        if self.run(sql, params![task, files, JsonColumn(overlaps)])? == 1 {
            self.touch(task)?;
        }
        Ok(())
    }

    /// How many unclaimed edits may be of the task.
    pub fn set_unclaimed(&mut self, task: &str, edits: i64) -> Result<()> {
        if self.run("UPDATE tasks SET unclaimed = ?2 WHERE uuid = ?1 AND unclaimed <> ?2", params![task, edits])? == 1 {
            self.touch(task)?;
        }
        Ok(())
    }

    /// Tells every Neovim of the project that uncommitted edits became different.
    pub fn notify_edits(&mut self, project: &str, paths: &[String]) {
        self.notify(project, Event::EditsChanged(EditsChanged::of(paths)));
    }

    /// Notes what a commit is about to do, before it is done.
    pub fn begin_intent(&mut self, task: &str, intent: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(intent).unwrap_or_default();
        self.run(
            "INSERT INTO intents (task, at, intent) VALUES (?1, ?2, ?3)
            ON CONFLICT (task) DO UPDATE SET at = ?2, intent = ?3",
            params![task, self.now(), text],
        )?;
        Ok(())
    }

    /// It was done, or undone.
    pub fn end_intent(&mut self, task: &str) -> Result<()> {
        self.run("DELETE FROM intents WHERE task = ?1", [task])?;
        Ok(())
    }

    /// What was begun for the task and did not come to its end.
    pub fn intent<T: DeserializeOwned>(&self, task: &str) -> Result<Option<T>> {
        let text: Option<String> = self.one("SELECT intent FROM intents WHERE task = ?1", [task], |row| row.get(0))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// What was about to be done when the daemon was killed, with the task's uuid.
    pub fn intents<T: DeserializeOwned>(&self) -> Result<Vec<(String, T)>> {
        let rows = self.all("SELECT task, intent FROM intents ORDER BY at", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        Ok(rows.into_iter().filter_map(|(task, text)| Some((task, serde_json::from_str(&text).ok()?))).collect())
    }

    /// Keeps what was discarded of the task and where; an empty text where it is back.
    pub fn keep_discarded(&mut self, task: &str, kept: &str) -> Result<()> {
        if kept.is_empty() {
            return self.run("DELETE FROM discarded WHERE task = ?1", [task]).map(drop);
        }
        self.run(
            "INSERT INTO discarded (task, at, kept) VALUES (?1, ?2, ?3)
            ON CONFLICT (task) DO UPDATE SET at = ?2, kept = ?3",
            params![task, self.now(), kept],
        )?;
        Ok(())
    }

    /// What was discarded of the task.
    pub fn discarded(&self, task: &str) -> Result<Option<String>> {
        self.one("SELECT kept FROM discarded WHERE task = ?1", [task], |row| row.get(0))
    }

    /// When it was discarded.
    pub fn discarded_at(&self, task: &str) -> Result<Option<Millis>> {
        self.one("SELECT at FROM discarded WHERE task = ?1", [task], |row| row.get(0))
    }

    /// All that was discarded and can be brought back.
    pub fn all_discarded(&self) -> Result<Vec<String>> {
        let sql = "SELECT kept FROM discarded
            UNION ALL SELECT json_extract(row, '$.kept') FROM deleted WHERE part = 'discarded'";
        self.all(sql, [], |row| row.get(0))
    }

    /// Every project that has or had a task.
    pub fn projects(&self) -> Result<Vec<String>> {
        self.all("SELECT path FROM projects ORDER BY path", [], |row| row.get(0))
    }
}
