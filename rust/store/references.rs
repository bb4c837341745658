//! References: lines of documents tied to tasks.

use super::column::{Cells, JsonColumn, WordColumn};
use super::journal::Who;
use super::refuse;
use super::tx::Tx;
use crate::contract::{Code, ReferenceState};
use crate::documents::anchor::Anchor;
use crate::error::Result;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// References of one task.
const MOST: i64 = 1000;

/// A reference as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReference {
    /// Identity.
    pub id: i64,
    /// The task's uuid.
    pub task: String,
    /// The task's number.
    pub number: i64,
    /// From the project's root.
    pub path: String,
    /// Where it is.
    pub spot: ReferenceSpot,
    /// Whether it is the whole document.
    pub whole: bool,
    /// The text and its surroundings when it was tied, and the version of that time.
    pub tied: TiedText,
    /// Why.
    pub note: Option<String>,
    /// Whether the agent gets it with its context.
    pub included: bool,
}

/// Where a reference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSpot {
    /// Lines from 0.
    pub lines: Range<u32>,
    /// The version they are in.
    pub version: String,
    /// Whether the text is there.
    pub state: ReferenceState,
    /// Where it may be, if it is not.
    pub nearest: Option<Range<u32>>,
}

/// What a reference was tied to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TiedText {
    /// Its first line then, from 0.
    pub first: u32,
    /// The version then.
    pub version: String,
    /// Its lines.
    pub text: Vec<String>,
    /// Lines above it.
    pub before: Vec<String>,
    /// Lines below it.
    pub after: Vec<String>,
}

impl TiedText {
    /// Of an anchor in a version.
    pub fn of(anchor: Anchor, version: &str) -> TiedText {
        let Anchor { text, before, after, first } = anchor;
        TiedText { first, version: version.to_owned(), text, before, after }
    }

    /// What finds it again.
    pub fn anchor(&self) -> Anchor {
        let TiedText { first, text, before, after, .. } = self.clone();
        Anchor { text, before, after, first }
    }
}

/// A reference to be made.
#[derive(Clone, Debug)]
pub struct NewReference {
    /// From the project's root.
    pub path: String,
    /// Where it is.
    pub spot: ReferenceSpot,
    /// Whether it is the whole document.
    pub whole: bool,
    /// What it is tied to.
    pub tied: TiedText,
    /// Why.
    pub note: Option<String>,
}

const SELECT: &str = "SELECT document_references.id, task, number, path, first, after_last, version,
    document_references.state, nearest, whole, anchor, note, included
    FROM document_references JOIN tasks ON tasks.uuid = task";

fn read(row: &Row<'_>) -> rusqlite::Result<StoredReference> {
    let mut cells = Cells::of(row);
    Ok(StoredReference {
        id: cells.next()?,
        task: cells.next()?,
        number: cells.next()?,
        path: cells.next()?,
        spot: ReferenceSpot {
            lines: cells.next()?..cells.next()?,
            version: cells.next()?,
            state: cells.word()?,
            nearest: cells.next::<Option<JsonColumn<Range<u32>>>>()?.map(|nearest| nearest.0),
        },
        whole: cells.next()?,
        tied: cells.json()?,
        note: cells.next()?,
        included: cells.next()?,
    })
}

impl Tx<'_> {
    /// Ties a document to a task. The same lines again are the same reference, with another note.
    pub fn add_reference(&mut self, task: &str, new: NewReference) -> Result<StoredReference> {
        let same = "SELECT id FROM document_references WHERE task = ?1 AND path = ?2 AND first = ?3 AND after_last = ?4
            AND whole = ?5";
        let lines = new.spot.lines.clone();
        let known = params![task, new.path, lines.start, lines.end, new.whole];
        if let Some(id) = self.one(same, known, |row| row.get(0))? {
            self.tie_again(id, &new)?;
            return self.reference(id);
        }
        let count = "SELECT count(*) FROM document_references WHERE task = ?1";
        if self.number(count, [task])? >= MOST {
            let hint = "`unref` takes one away; a reference to the whole document takes the place of many";
            return Err(refuse(Code::BadInput, format!("a task has at most {MOST} references"), hint));
        }
        self.run(
            "INSERT INTO document_references
                (task, path, first, after_last, whole, version, anchor, state, note, position, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                (SELECT coalesce(max(position), 0) + 1 FROM document_references WHERE task = ?1), ?10)",
            params![
                task,
                new.path,
                lines.start,
                lines.end,
                new.whole,
                new.spot.version,
                JsonColumn(&new.tied),
                WordColumn(new.spot.state),
                new.note,
                self.now()
            ],
        )?;
        let id = self.number("SELECT max(id) FROM document_references", [])?;
        self.journal(task, Who::Person, "referenced", &format!("Tied {}", shown(&new.path, &new)), None)?;
        self.touch(task)?;
        self.reference(id)
    }

    /// A person says anew to what a reference is tied.
    pub fn tie_again(&mut self, id: i64, new: &NewReference) -> Result<()> {
        let task = self.reference(id)?.task;
        self.run(
            "UPDATE document_references SET path = ?2, first = ?3, after_last = ?4, whole = ?5, version = ?6, anchor = ?7,
                state = ?8, nearest = NULL, note = coalesce(?9, note) WHERE id = ?1",
            params![
                id,
                new.path,
                new.spot.lines.start,
                new.spot.lines.end,
                new.whole,
                new.spot.version,
                JsonColumn(&new.tied),
                WordColumn(new.spot.state),
                new.note
            ],
        )?;
        self.touch(&task)
    }

    /// The reference of that id.
    pub fn reference(&self, id: i64) -> Result<StoredReference> {
        let found = self.one(&format!("{SELECT} WHERE document_references.id = ?1"), [id], read)?;
        found.ok_or_else(|| {
            refuse(
                Code::BadInput,
                format!("there is no reference {id}"),
                "`refs` lists the references with their numbers",
            )
        })
    }

    /// The task's references, in the order in which its agent gets them.
    pub fn references_of(&self, task: &str) -> Result<Vec<StoredReference>> {
        self.all(&format!("{SELECT} WHERE task = ?1 ORDER BY position, document_references.id"), [task], read)
    }

    /// The references of the project's tasks.
    pub fn references_in(&self, project: &str) -> Result<Vec<StoredReference>> {
        let rest = "WHERE project = ?1 ORDER BY path, first, number, document_references.id";
        self.all(&format!("{SELECT} {rest}"), [project], read)
    }

    /// The references of the project's tasks to these documents.
    pub fn references_to(&self, project: &str, paths: &BTreeSet<String>) -> Result<Vec<StoredReference>> {
        let rest = "WHERE path IN (SELECT value FROM json_each(?2)) AND project = ?1
            ORDER BY path, first, number, document_references.id";
        self.all(&format!("{SELECT} {rest}"), params![project, JsonColumn(paths)], read)
    }

    /// Whether the task refers to that document.
    pub fn refers_to(&self, task: &str, path: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM document_references WHERE path = ?2 AND task = ?1";
        Ok(self.number(sql, [task, path])? > 0)
    }

    /// Paths and numbers of the tasks that refer to them.
    pub fn referring(&self, project: &str) -> Result<Vec<(String, i64)>> {
        let sql = "SELECT DISTINCT path, number FROM document_references JOIN tasks ON tasks.uuid = task
            WHERE project = ?1 ORDER BY path, number";
        self.all(sql, [project], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The reference follows its text; `tied` replaces its surroundings, where all of the text was found. Returns whether
    /// a person would see a difference.
    pub fn move_reference(
        &mut self,
        id: i64,
        path: &str,
        spot: &ReferenceSpot,
        tied: Option<&TiedText>,
    ) -> Result<bool> {
        let before = self.reference(id)?;
        self.run(
            "UPDATE document_references SET path = ?2, first = ?3, after_last = ?4, version = ?5, state = ?6, nearest = ?7,
                anchor = coalesce(?8, anchor) WHERE id = ?1",
            params![
                id,
                path,
                spot.lines.start,
                spot.lines.end,
                spot.version,
                WordColumn(spot.state),
                spot.nearest.as_ref().map(JsonColumn),
                tied.map(JsonColumn)
            ],
        )?;
        let is_seen = before.path != path
            || (before.spot.lines, before.spot.state, before.spot.nearest)
                != (spot.lines.clone(), spot.state, spot.nearest.clone());
        if is_seen {
            self.touch(&before.task)?;
        }
        Ok(is_seen)
    }

    /// A person says at which place of the context a reference is, and whether it is part of it.
    pub fn arrange_reference(&mut self, id: i64, position: i64, included: bool) -> Result<()> {
        let sql = "UPDATE document_references SET position = ?2, included = ?3 WHERE id = ?1";
        self.run(sql, params![id, position, included])?;
        Ok(())
    }

    /// The same without the choice.
    pub fn place_reference(&mut self, id: i64, position: i64) -> Result<()> {
        self.run("UPDATE document_references SET position = ?2 WHERE id = ?1", params![id, position])?;
        Ok(())
    }

    /// What a task refers to is different, so that its row is published.
    pub fn changed(&mut self, task: &str) -> Result<()> {
        self.touch(task)
    }

    /// Takes a reference away; returns it.
    pub fn remove_reference(&mut self, id: i64) -> Result<StoredReference> {
        let reference = self.reference(id)?;
        self.run("DELETE FROM document_references WHERE id = ?1", [id])?;
        let text = format!("Took away the reference to {}", reference.path);
        self.journal(&reference.task, Who::Person, "unreferenced", &text, None)?;
        self.touch(&reference.task)?;
        Ok(reference)
    }
}

fn shown(path: &str, new: &NewReference) -> String {
    match new.whole {
        true => path.to_owned(),
        false => format!("{path}:{}-{}", new.spot.lines.start + 1, new.spot.lines.end),
    }
}
