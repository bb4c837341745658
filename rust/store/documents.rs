//! Versions of documents, and which of them each task's agent knows.

use super::column::{Cells, WordColumn};
use super::tx::Tx;
use crate::error::Result;
use crate::status::Millis;
use rusqlite::params;
use serde::{Deserialize, Serialize};

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

/// A version that a task's agent knows.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownDocument {
    /// The task's uuid.
    pub task: String,
    /// From the project's root.
    pub path: String,
    /// The version.
    pub version: String,
    /// How the agent came to know it.
    pub how: KnownBy,
    /// When.
    pub at: Millis,
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

    /// The task's agent knows that version of a document from now on.
    pub fn know_document(&mut self, task: &str, path: &str, version: &str, how: KnownBy) -> Result<()> {
        self.run(
            "INSERT INTO document_reads (task, path, version, how, at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET how = ?4, at = ?5",
            params![task, path, version, WordColumn(how), self.now()],
        )?;
        Ok(())
    }

    /// What the agents of the project's live tasks know: of each task and document the newest version.
    pub fn known_documents(&self, project: &str) -> Result<Vec<KnownDocument>> {
        let sql = "SELECT task, path, version, how, max(at) FROM document_reads JOIN tasks ON tasks.uuid = task
            WHERE project = ?1 AND status IN ('running', 'waiting') GROUP BY task, path ORDER BY task, path";
        self.all(sql, [project], |row| {
            let mut cells = Cells::of(row);
            Ok(KnownDocument {
                task: cells.next()?,
                path: cells.next()?,
                version: cells.next()?,
                how: cells.word()?,
                at: cells.next()?,
            })
        })
    }

    /// Projects in which a live task's agent has read documents.
    pub fn projects_with_readers(&self) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT project FROM document_reads JOIN tasks ON tasks.uuid = task
            WHERE status IN ('running', 'waiting')";
        self.all(sql, [], |row| row.get(0))
    }

    /// How many documents changed since the task's agent read them.
    pub fn set_outdated(&mut self, task: &str, count: i64) -> Result<()> {
        let sql = "UPDATE tasks SET outdated = ?2 WHERE uuid = ?1 AND outdated <> ?2";
        if self.run(sql, params![task, count])? == 1 {
            self.touch(task)?;
        }
        Ok(())
    }
}
