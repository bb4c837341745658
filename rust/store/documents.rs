//! Versions of documents, and which of them each task's agent knows.

use super::column::{Cells, WordColumn};
use super::tx::Tx;
use crate::error::Result;
use crate::status::Millis;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Bytes of a version that is kept; of a larger one only its id is.
pub const KEPT: usize = 1024 * 1024;

/// How an agent came to know a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// Chorus gave it with the task's context.
    Context,
    /// The agent read the file.
    Read,
    /// The agent wrote the file.
    Edit,
    /// A person had the difference sent.
    Tell,
}

/// What a live task's agent knows of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownDocument {
    /// The task's uuid.
    pub task: String,
    /// The task's number.
    pub number: i64,
    /// From the project's root.
    pub path: String,
    /// The version of the project's document that it knows.
    pub version: String,
    /// The version in the task's own worktree, where it is another one.
    pub own: Option<String>,
}

impl Tx<'_> {
    /// Keeps a version, so that a later one can be compared with it.
    pub fn keep_version(&mut self, version: &str, content: &str) -> Result<()> {
        let content = Some(content).filter(|content| content.len() <= KEPT);
        self.run(
            "INSERT INTO document_versions (version, content, at) VALUES (?1, ?2, ?3)
            ON CONFLICT (version) DO UPDATE SET at = ?3",
            params![version, content, self.now()],
        )?;
        Ok(())
    }

    /// The text of a version, where it is kept.
    pub fn version(&self, version: &str) -> Result<Option<String>> {
        let sql = "SELECT content FROM document_versions WHERE version = ?1";
        Ok(self.one(sql, [version], |row| row.get(0))?.flatten())
    }

    /// When a version was there last, as far as that was noted.
    pub fn version_kept_at(&self, version: &str) -> Result<Option<Millis>> {
        self.one("SELECT at FROM document_versions WHERE version = ?1", [version], |row| row.get(0))
    }

    /// The task's agent knows that version of the project's document from now on.
    pub fn know_document(&mut self, task: &str, path: &str, version: &str, how: KnownBy) -> Result<()> {
        self.run(
            "INSERT INTO document_reads (task, path, version, how, at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET version = ?3, how = ?4, at = ?5",
            params![task, path, version, WordColumn(how), self.now()],
        )?;
        Ok(())
    }

    /// The document in the task's own worktree has that version, by the task's own work: its agent knows no more of the
    /// project's document than before. Of one that it knew nothing of, it knows `known`.
    pub fn know_own_document(&mut self, task: &str, path: &str, own: &str, known: &str, how: KnownBy) -> Result<()> {
        self.run(
            "INSERT INTO document_reads (task, path, version, own, how, at) VALUES (?1, ?2, ?4, ?3, ?5, ?6)
            ON CONFLICT DO UPDATE SET own = ?3, at = ?6",
            params![task, path, own, known, WordColumn(how), self.now()],
        )?;
        Ok(())
    }

    /// Whether the task's agent knows a version of that document.
    pub fn knows_document(&self, task: &str, path: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM document_reads WHERE task = ?1 AND path = ?2";
        Ok(self.number(sql, [task, path])? > 0)
    }

    /// Whether the task's agent knows any document.
    pub fn knows_documents(&self, task: &str) -> Result<bool> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM document_reads WHERE task = ?1)", [task])? > 0)
    }

    /// What the agents of the project's live tasks know.
    pub fn known_documents(&self, project: &str) -> Result<Vec<KnownDocument>> {
        let sql = "SELECT task, number, path, version, own FROM document_reads JOIN tasks ON tasks.uuid = task
            WHERE project = ?1 AND status IN ('running', 'waiting') ORDER BY task, path";
        self.all(sql, [project], |row| {
            let mut cells = Cells::of(row);
            Ok(KnownDocument {
                task: cells.next()?,
                number: cells.next()?,
                path: cells.next()?,
                version: cells.next()?,
                own: cells.next()?,
            })
        })
    }

    /// Projects in which a live task's agent has read documents.
    pub fn projects_with_readers(&self) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT project FROM document_reads JOIN tasks ON tasks.uuid = task
            WHERE status IN ('running', 'waiting')";
        self.all(sql, [], |row| row.get(0))
    }

    /// How many documents changed since each task's agent read them; none for the project's other tasks.
    pub fn set_outdated(&mut self, project: &str, counts: &HashMap<String, i64>) -> Result<()> {
        let sql = "SELECT uuid FROM tasks WHERE project = ?1 AND outdated > 0";
        let mut tasks: BTreeSet<String> = self.all(sql, [project], |row| row.get(0))?.into_iter().collect();
        tasks.extend(counts.keys().cloned());
        for task in tasks {
            let count = counts.get(&task).copied().unwrap_or_default();
            let sql = "UPDATE tasks SET outdated = ?2 WHERE uuid = ?1 AND outdated <> ?2";
            if self.run(sql, params![task, count])? == 1 {
                self.touch(&task)?;
            }
        }
        Ok(())
    }
}
