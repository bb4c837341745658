//! Where a task is: its tmux pane, and where its edits go.

use super::column::{Cells, JsonColumn};
use super::launches::Boot;
use super::text;
use super::tx::Tx;
use crate::error::Result;
use crate::process::Identity;
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// The task's terminal. Ids count within one tmux server, so they mean something only while that very server lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedPane {
    /// Absolute path of the tmux server's socket.
    pub socket: String,
    /// The tmux server.
    pub server: Identity,
    /// When the machine that runs it was booted.
    pub boot: Boot,
    /// tmux session id, such as `$3`.
    pub session: String,
    /// tmux window id, such as `@3`.
    pub window: String,
    /// tmux pane id, such as `%3`.
    pub pane: String,
    /// The pane's process, once it is known.
    pub process: Option<Identity>,
}

/// Where a task's edits go. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPlace {
    /// The stack's branch.
    pub stack: Option<String>,
    /// The worktree's path.
    pub worktree: Option<String>,
    /// The commit it started from.
    pub base: Option<String>,
}

impl Tx<'_> {
    /// The task's terminal, if it has one.
    pub fn pane(&self, uuid: &str) -> Result<Option<RecordedPane>> {
        let found = self.one("SELECT terminal FROM tasks WHERE uuid = ?1", [uuid], |row| {
            Ok(row.get::<_, Option<JsonColumn<RecordedPane>>>(0)?.map(|pane| pane.0))
        })?;
        Ok(found.flatten())
    }

    /// Every task's terminal, with the task's uuid.
    pub fn panes(&self) -> Result<Vec<(String, RecordedPane)>> {
        self.all("SELECT uuid, terminal FROM tasks WHERE terminal IS NOT NULL ORDER BY uuid", [], |row| {
            let mut cells = Cells::of(row);
            Ok((cells.next()?, cells.json()?))
        })
    }

    /// Records the task's terminal, or that it has none.
    pub fn set_pane(&mut self, uuid: &str, pane: Option<&RecordedPane>) -> Result<()> {
        let changed = self.run(
            "UPDATE tasks SET pane = ?2, terminal = ?3 WHERE uuid = ?1 AND terminal IS NOT ?3",
            params![uuid, pane.map(|pane| &pane.pane), pane.map(JsonColumn)],
        )?;
        if changed == 1 {
            self.touch(uuid)?;
        }
        Ok(())
    }

    /// Records how the task's edits are kept apart, once that is settled, and why they are not where that was not asked
    /// for.
    pub fn set_isolation(&mut self, uuid: &str, isolation: crate::task::Isolation, reason: Option<&str>) -> Result<()> {
        let word = super::column::WordColumn(isolation);
        let reason = reason.map(|reason| crate::text::clean_line(reason, 500));
        let changed = self.run(
            "UPDATE tasks SET isolation = ?2, isolation_reason = ?3
            WHERE uuid = ?1 AND (isolation <> ?2 OR isolation_reason IS NOT ?3)",
            params![uuid, word, reason],
        )?;
        if changed == 1 {
            self.touch(uuid)?;
        }
        Ok(())
    }

    /// Records where the task's edits go.
    pub fn set_place(&mut self, uuid: &str, place: &TaskPlace) -> Result<()> {
        self.run(
            "UPDATE tasks SET stack = coalesce(?2, stack), worktree = coalesce(?3, worktree), base = coalesce(?4, base)
            WHERE uuid = ?1",
            params![uuid, place.stack, place.worktree, place.base],
        )?;
        self.touch(uuid)?;
        Ok(())
    }

    /// The task's edits go nowhere yet: a start was taken back.
    pub fn forget_place(&mut self, uuid: &str) -> Result<()> {
        self.run("UPDATE tasks SET stack = NULL, worktree = NULL, base = NULL WHERE uuid = ?1", [uuid])?;
        self.touch(uuid)
    }

    /// The commit the task started from.
    pub fn base(&self, uuid: &str) -> Result<Option<String>> {
        Ok(self.one("SELECT base FROM tasks WHERE uuid = ?1", [uuid], |row| row.get(0))?.flatten())
    }

    /// The permission mode that the task's conversation was in last, in the agent's own word.
    pub fn mode(&self, uuid: &str) -> Result<Option<String>> {
        Ok(self.one("SELECT mode FROM tasks WHERE uuid = ?1", [uuid], |row| row.get(0))?.flatten())
    }

    /// Notes the permission mode that the task's conversation is in.
    pub fn set_mode(&mut self, uuid: &str, mode: &str) -> Result<()> {
        let mode = crate::text::clean_line(mode, 40);
        self.run("UPDATE tasks SET mode = ?2 WHERE uuid = ?1", params![uuid, mode]).map(drop)
    }

    /// Whether a plan was approved in the session that the task is in, through Chorus or at the agent's terminal: only the
    /// mode that follows tells a terminal's yes from its no.
    pub fn plan_approved(&self, uuid: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM requests JOIN tasks ON uuid = task
            WHERE task = ?1 AND kind = 'plan' AND outcome IN ('allowed', 'elsewhere') AND closed_at >=
                coalesce((SELECT max(at) FROM sessions WHERE task = ?1 AND sessions.session_id = tasks.session_id), 0))";
        Ok(self.one(sql, [uuid], |row| row.get(0))?.unwrap_or_default())
    }

    /// Whether a turn has ended since the task is in that session.
    pub fn has_conversed(&self, uuid: &str, session: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM journal WHERE task = ?1 AND what = 'turn_ended' AND at >=
            coalesce((SELECT max(at) FROM sessions WHERE task = ?1 AND session_id = ?2), 0))";
        Ok(self.one(sql, [uuid, session], |row| row.get(0))?.unwrap_or_default())
    }

    /// Another live task (its number) that is in that session.
    pub fn other_in_session(&self, uuid: &str, session: &str) -> Result<Option<i64>> {
        let sql = "SELECT number FROM tasks WHERE session_id = ?2 AND uuid <> ?1
            AND project = (SELECT project FROM tasks WHERE uuid = ?1) ORDER BY number LIMIT 1";
        self.one(sql, [uuid, session], |row| row.get(0))
    }

    /// Notes in which of the agent's sessions the task is now, and keeps the ones before; true when that is news.
    pub fn set_session(&mut self, uuid: &str, session: &str) -> Result<bool> {
        let session = text::name("a session id", session)?;
        let changed = self.run(
            "UPDATE tasks SET session_id = ?2, mode = NULL WHERE uuid = ?1 AND session_id IS NOT ?2",
            params![uuid, session],
        )?;
        if changed == 1 {
            self.run(
                "INSERT INTO sessions (task, session_id, at) VALUES (?1, ?2, ?3)",
                params![uuid, session, self.now()],
            )?;
            self.touch(uuid)?;
        }
        Ok(changed == 1)
    }

    /// Ids of the agent's sessions in the order the task went through them.
    pub fn sessions(&self, uuid: &str) -> Result<Vec<String>> {
        self.all("SELECT session_id FROM sessions WHERE task = ?1 ORDER BY id", [uuid], |row| row.get(0))
    }
}
