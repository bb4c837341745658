//! Uncommitted edits: the ledger of each file that has some, and the tool calls that may be editing now.

use super::Filter;
use super::column::{Cells, JsonColumn, WordColumn};
use super::text;
use super::tx::Tx;
use crate::attribution::interval::{Reach, Window};
use crate::attribution::{Content, Ledger, Marks, Version};
use crate::contract::{Editing, Event};
use crate::error::Result;
use crate::status::Millis;
use crate::task::Isolation;
use rusqlite::{Row, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn read_ledger(row: &Row<'_>) -> rusqlite::Result<(String, Ledger)> {
    let mut cells = Cells::of(row);
    let (path, kind) = (cells.next()?, cells.word()?);
    let (bytes, hash) = (cells.next::<Option<Vec<u8>>>()?, cells.next::<Option<String>>()?);
    let content = match hash {
        Some(hash) => Content::Opaque { hash },
        None => Content::Text(bytes.unwrap_or_default()),
    };
    Ok((path, Ledger::kept(Version { kind, content }, cells.json()?)))
}

fn read_window(row: &Row<'_>) -> rusqlite::Result<Window> {
    let mut cells = Cells::of(row);
    Ok(Window { task: cells.next()?, id: cells.next()?, reach: cells.json()?, opened: cells.next()? })
}

/// Paths are relative to the project's root.
impl Tx<'_> {
    /// The file's ledger; nothing where it has no uncommitted edit.
    pub fn ledger(&self, project: &str, path: &str) -> Result<Option<Ledger>> {
        let sql = "SELECT path, kind, content, hash, marks FROM ledgers WHERE project = ?1 AND path = ?2";
        Ok(self.one(sql, [project, path], read_ledger)?.map(|(_, ledger)| ledger))
    }

    /// Every file with uncommitted edits, by path.
    pub fn ledgers(&self, project: &str) -> Result<Vec<(String, Ledger)>> {
        let sql = "SELECT path, kind, content, hash, marks FROM ledgers WHERE project = ?1 ORDER BY path";
        self.all(sql, [project], read_ledger)
    }

    /// The owners in every file with uncommitted edits, without reading what the files hold.
    fn all_marks(&self, project: &str) -> Result<Vec<Marks>> {
        self.all("SELECT marks FROM ledgers WHERE project = ?1", [project], |row| Cells::of(row).json())
    }

    /// Keeps the file's ledger, also in a project that has no task yet.
    pub fn put_ledger(&mut self, project: &str, path: &str, ledger: &Ledger) -> Result<()> {
        let Version { kind, content } = ledger.version();
        let (bytes, hash) = match content {
            Content::Text(bytes) => (Some(bytes), None),
            Content::Opaque { hash } => (None, Some(hash)),
        };
        self.run("INSERT INTO projects (path) VALUES (?1) ON CONFLICT DO NOTHING", [project])?;
        self.run(
            "INSERT INTO ledgers (project, path, kind, content, hash, marks) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET kind = ?3, content = ?4, hash = ?5, marks = ?6",
            params![project, path, WordColumn(kind), bytes, hash, JsonColumn(ledger.marks())],
        )?;
        Ok(())
    }

    /// Nothing of the file is uncommitted any more.
    pub fn drop_ledger(&mut self, project: &str, path: &str) -> Result<()> {
        self.run("DELETE FROM ledgers WHERE project = ?1 AND path = ?2", [project, path])?;
        Ok(())
    }

    /// A tool call begins; told again, it reaches what is told last.
    pub fn open_window(&mut self, window: &Window) -> Result<()> {
        let id = text::id(&window.id);
        self.run(
            "INSERT INTO windows (task, id, reach, opened_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET reach = ?3",
            params![window.task, id, JsonColumn(&window.reach), window.opened],
        )?;
        self.notify_editing(window, true);
        Ok(())
    }

    /// Tells every Neovim of the project that a task edits a file from now on, or does no more.
    fn notify_editing(&mut self, window: &Window, on: bool) {
        if let Reach::Edit(path) = &window.reach
            && let Ok(task) = self.row(&window.task)
        {
            let editing = Editing { uuid: task.uuid, number: task.number, path: path.clone(), on };
            self.notify(&task.project, Event::Editing(editing));
        }
    }

    /// A tool call ended; what it was, if it was open.
    pub fn close_window(&mut self, task: &str, id: &str) -> Result<Option<Window>> {
        let id = text::id(id);
        let sql = "DELETE FROM windows WHERE task = ?1 AND id = ?2 RETURNING task, id, reach, opened_at";
        let closed = self.one(sql, [task, &id], read_window)?;
        if let Some(window) = &closed {
            self.notify_editing(window, false);
        }
        Ok(closed)
    }

    /// Open tool calls of the project's tasks, oldest first.
    pub fn windows(&self, project: &str) -> Result<Vec<Window>> {
        let sql = "SELECT task, id, reach, opened_at FROM windows JOIN tasks ON tasks.uuid = task WHERE project = ?1
            ORDER BY opened_at, id";
        self.all(sql, [project], read_window)
    }

    /// Ends the task's tool calls that began until then and of which no end was told, and with `background` what runs on
    /// after its call; they are returned.
    pub fn close_windows(&mut self, task: &str, background: bool, until: Millis) -> Result<Vec<Window>> {
        let sql = "SELECT task, id, reach, opened_at FROM windows WHERE task = ?1 AND opened_at <= ?2
            ORDER BY opened_at, id";
        let mut windows = self.all(sql, params![task, until], read_window)?;
        windows.retain(|window| background || window.reach != Reach::Background);
        for window in &windows {
            self.run("DELETE FROM windows WHERE task = ?1 AND id = ?2", [task, &window.id])?;
            self.notify_editing(window, false);
        }
        Ok(windows)
    }

    /// Writes for every task of the project how many files hold its uncommitted edits, who else has edits in them, and how
    /// many unclaimed edits may be of it.
    pub fn recount_edits(&mut self, project: &str) -> Result<()> {
        let tasks = self.tasks(Some(project), &Filter::default())?;
        let numbers: HashMap<&str, i64> = tasks.iter().map(|task| (task.uuid.as_str(), task.number)).collect();
        let mut found: BTreeMap<String, (i64, BTreeSet<i64>)> = BTreeMap::new();
        let mut unclaimed: BTreeMap<String, i64> = BTreeMap::new();
        for marks in self.all_marks(project)? {
            marks.candidates().into_iter().for_each(|(task, edits)| *unclaimed.entry(task).or_default() += edits);
            let owners = marks.tasks();
            for owner in &owners {
                let others =
                    owners.iter().filter(|other| *other != owner).filter_map(|other| numbers.get(other.as_str()));
                let count = found.entry(owner.clone()).or_default();
                count.0 += 1;
                count.1.extend(others);
            }
        }
        // A worktree is counted by itself.
        for task in tasks.iter().filter(|task| task.isolation != Isolation::Worktree) {
            let (files, overlaps) = found.remove(&task.uuid).unwrap_or_default();
            let overlaps: Vec<i64> = overlaps.into_iter().collect();
            let unclaimed = unclaimed.remove(&task.uuid).unwrap_or_default();
            if (task.uncommitted, &task.overlaps, task.unclaimed) != (files, &overlaps, unclaimed) {
                self.set_uncommitted(&task.uuid, files, &overlaps)?;
                self.set_unclaimed(&task.uuid, unclaimed)?;
            }
        }
        Ok(())
    }
}
