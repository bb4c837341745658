//! Launches: each start of a task's agent process.

use super::column::Cells;
use super::text;
use super::tx::Tx;
use crate::error::Result;
use crate::process::Identity;
use crate::status::Millis;
use crate::task::AlertKind;
use crate::text::clean_line;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// One run of one machine. A process of another machine is never judged, one of an earlier boot is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The machine.
    pub machine: String,
    /// Its boot, as [`crate::process::boot_id`].
    pub id: String,
}

/// What is known when an agent is about to be launched.
#[derive(Clone, Debug)]
pub struct NewLaunch {
    /// The agent's session id, when it is given one or resumes one.
    pub session_id: Option<String>,
    /// The agent's configuration folder, where its session files are.
    pub config_dir: Option<String>,
    /// Where it will run.
    pub boot: Boot,
    /// Whether it is the stand-in.
    pub demo: bool,
    /// Whether it counts as a restart.
    pub restart: bool,
}

/// One start of the agent's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// A uuid; the agent's hooks carry it.
    pub id: String,
    /// The task's uuid.
    pub task: String,
    /// The agent's session id at its start.
    pub session_id: Option<String>,
    /// The agent's configuration folder.
    pub config_dir: Option<String>,
    /// Where it runs.
    pub boot: Boot,
    /// The process, once it is known.
    pub process: Option<Identity>,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// How it ended: `exit 0`, `signal 9`, `lost`, `replaced`.
    pub how: Option<String>,
}

const SELECT: &str =
    "SELECT id, task, session_id, config_dir, machine, boot, pid, start, started_at, ended_at, how FROM launches";

fn read(row: &Row<'_>) -> rusqlite::Result<Launch> {
    let mut cells = Cells::of(row);
    Ok(Launch {
        id: cells.next()?,
        task: cells.next()?,
        session_id: cells.next()?,
        config_dir: cells.next()?,
        boot: Boot { machine: cells.next()?, id: cells.next()? },
        process: {
            let (pid, start) = (cells.next::<Option<u32>>()?, cells.next::<Option<String>>()?);
            pid.zip(start).map(|(pid, start)| Identity { pid, start })
        },
        started_at: cells.next()?,
        ended_at: cells.next()?,
        how: cells.next()?,
    })
}

impl Boot {
    /// This run of this machine.
    pub fn here() -> Boot {
        Boot { machine: crate::process::machine_id(), id: crate::process::boot_id() }
    }
}

impl Tx<'_> {
    /// Records a launch before its process exists; an earlier one of the task that has not ended is `replaced`.
    pub fn begin_launch(&mut self, uuid: &str, new: NewLaunch) -> Result<Launch> {
        if let Some(earlier) = self.open_launch(uuid)? {
            self.end_launch(&earlier.id, "replaced")?;
        }
        let id = uuid::Uuid::new_v4().to_string();
        self.run(
            "INSERT INTO launches (id, task, session_id, config_dir, machine, boot, started_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![id, uuid, new.session_id, new.config_dir, new.boot.machine, new.boot.id, self.now()],
        )?;
        if let Some(session) = &new.session_id {
            self.set_session(uuid, session)?;
        }
        // What they say is about the launch before.
        self.end_alert(uuid, AlertKind::Hooks)?;
        self.end_alert(uuid, AlertKind::Conversation)?;
        self.run(
            "UPDATE tasks SET restarts = restarts + ?2, demo = ?3 WHERE uuid = ?1",
            params![uuid, new.restart, new.demo],
        )?;
        self.touch(uuid)?;
        self.one(&format!("{SELECT} WHERE id = ?1"), [&id], read)?
            .ok_or_else(|| crate::error::Error::internal("the launch just made is not there"))
    }

    /// Records the agent's process.
    pub fn set_process(&mut self, launch: &str, process: &Identity) -> Result<()> {
        self.run(
            "UPDATE launches SET pid = ?2, start = ?3 WHERE id = ?1",
            params![launch, process.pid, process.start],
        )?;
        Ok(())
    }

    /// Records the pane's process as the agent's, as long as no other is known.
    pub fn set_first_process(&mut self, launch: &str, process: &Identity) -> Result<()> {
        self.run(
            "UPDATE launches SET pid = ?2, start = ?3 WHERE id = ?1 AND pid IS NULL",
            params![launch, process.pid, process.start],
        )?;
        Ok(())
    }

    /// Records how the agent's process ended; true when that was not known yet.
    pub fn end_launch(&mut self, launch: &str, how: &str) -> Result<bool> {
        let ended = self.run(
            "UPDATE launches SET ended_at = ?2, how = ?3 WHERE id = ?1 AND ended_at IS NULL",
            params![launch, self.now(), clean_line(how, text::NAME)],
        )?;
        Ok(ended == 1)
    }

    /// The task's launch that has not ended.
    pub fn open_launch(&self, uuid: &str) -> Result<Option<Launch>> {
        self.one(&format!("{SELECT} WHERE task = ?1 AND ended_at IS NULL"), [uuid], read)
    }

    /// The task's newest launch, ended or not.
    pub fn newest_launch(&self, uuid: &str) -> Result<Option<Launch>> {
        self.one(&format!("{SELECT} WHERE task = ?1 ORDER BY started_at DESC, rowid DESC LIMIT 1"), [uuid], read)
    }

    /// The task's launches, oldest first.
    pub fn launches(&self, uuid: &str) -> Result<Vec<Launch>> {
        self.all(&format!("{SELECT} WHERE task = ?1 ORDER BY started_at, rowid"), [uuid], read)
    }
}
