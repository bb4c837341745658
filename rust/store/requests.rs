//! Requests: what agents need answers to.

use super::column::{Cells, JsonColumn, WordColumn};
use super::journal::Who;
use super::tx::Tx;
use super::{refuse, text};
use crate::contract::{Code, Event, Json as Value, Opened};
use crate::error::Result;
use crate::status::{Answerable, Kind, Millis};
use crate::task::{Status, Step};
use crate::text::reveal_line;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// Bytes of a request's input; a larger one is left out, so who makes it shortens it.
pub const INPUT: usize = 256 * 1024;

/// A request as evidence gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRequest {
    /// The hook event's id, or one made from what was seen.
    pub id: String,
    /// What is asked.
    pub kind: Kind,
    /// The tool asked for.
    pub tool: Option<String>,
    /// One line for lists.
    pub summary: String,
    /// The whole input, at most [`INPUT`] bytes.
    pub input: Option<Value>,
    /// Whether something of the input is left out.
    pub cut: bool,
    /// The agent's own rules for "allow always", each as a sentence.
    pub suggestions: Vec<String>,
    /// The agent's working folder when it asked.
    pub folder: Option<String>,
    /// How it can be answered.
    pub answerable: Answerable,
    /// When it was first seen.
    pub at: Millis,
}

/// How a request closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestOutcome {
    /// Chorus said yes.
    Allowed,
    /// Chorus said no.
    Denied,
    /// Chorus answered a question.
    Answered,
    /// The agent goes on without an answer of Chorus's: a person answered at its terminal, or a hook or a rule did.
    Elsewhere,
    /// The agent asks no more: ended, interrupted, lost.
    Gone,
}

impl RequestOutcome {
    /// Who tells of a request that closed without an answer through Chorus. Nothing shows that a person answered it, so
    /// it is never a person.
    pub fn teller(self) -> Who {
        if self == RequestOutcome::Elsewhere { Who::Agent } else { Who::Chorus }
    }
}

/// What closes a request.
#[derive(Clone, Debug)]
pub struct Closing {
    /// How.
    pub outcome: RequestOutcome,
    /// Who answered.
    pub who: Who,
    /// By what: a person's client, or the rules as `FILE:LINE`.
    pub via: Option<String>,
    /// The answer itself, kept.
    pub answer: Option<Value>,
}

/// What came of evidence for a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// It is open, new or not.
    Open(Opened),
    /// It was answered already: this answer is still to be given to the agent, if it waits for one.
    Answered(Opened, Option<Value>),
}

const SELECT: &str = "SELECT requests.id, project, number, task, kind, tool, summary, input, cut, suggestions, folder,
    answerable, opened_at, closed_at, outcome FROM requests JOIN tasks ON tasks.uuid = requests.task";

fn read(row: &Row<'_>) -> rusqlite::Result<Opened> {
    let mut cells = Cells::of(row);
    Ok(Opened {
        id: cells.next()?,
        project: cells.next()?,
        number: cells.next()?,
        task: cells.next()?,
        kind: cells.word()?,
        tool: cells.next()?,
        summary: cells.next()?,
        input: cells.next::<Option<JsonColumn<Value>>>()?.map(|input| input.0),
        cut: cells.next()?,
        suggestions: cells.json()?,
        folder: cells.next()?,
        answerable: cells.word()?,
        opened_at: cells.next()?,
        closed_at: cells.next()?,
        outcome: cells.next()?,
    })
}

impl Tx<'_> {
    /// Opens a request, or brings it up to date. One that closed as gone opens again: its agent still asks.
    pub fn receive(&mut self, uuid: &str, new: NewRequest) -> Result<Received> {
        self.may(uuid, Step::Touch, "open a request of")?;
        let id = text::id(&new.id);
        let old = self.request(&id)?;
        if old.as_ref().is_some_and(|old| old.task != uuid) {
            return Err(refuse(Code::BadInput, "this request id belongs to another task", "use an id once"));
        }
        if let Some(old) = old.as_ref().filter(|old| old.outcome.as_deref().is_some_and(|outcome| outcome != "gone")) {
            let answer = self.one("SELECT answer FROM requests WHERE id = ?1", [&id], |row| {
                Ok(row.get::<_, Option<JsonColumn<Value>>>(0)?.map(|answer| answer.0))
            })?;
            return Ok(Received::Answered(old.clone(), answer.flatten()));
        }
        self.insert_request(uuid, &id, &new)?;
        let request = self.existing(&id)?;
        if old.as_ref() == Some(&request) {
            return Ok(Received::Open(request));
        }
        if old.is_none_or(|old| old.closed_at.is_some()) {
            self.journal(uuid, Who::Agent, "request_opened", &format!("Asks: {}", request.summary), None)?;
            self.run("UPDATE tasks SET status = ?2 WHERE uuid = ?1", params![uuid, WordColumn(Status::Waiting)])?;
            self.touch(uuid)?;
        }
        self.notify(&request.project, Event::RequestOpened(request.clone()));
        Ok(Received::Open(request))
    }

    /// Stores a request together with its answer. No event reports it as open.
    pub fn receive_answered(&mut self, uuid: &str, new: NewRequest, closing: Closing) -> Result<Received> {
        let id = text::id(&new.id);
        if self.request(&id)?.is_none() {
            self.may(uuid, Step::Touch, "open a request of")?;
            self.insert_request(uuid, &id, &new)?;
        } else if let Received::Answered(request, answer) = self.receive(uuid, new)? {
            return Ok(Received::Answered(request, answer));
        }
        let answer = closing.answer.clone();
        let closed = self.close_request(&id, closing)?;
        Ok(Received::Answered(closed.map_or_else(|| self.existing(&id), Ok)?, answer))
    }

    fn insert_request(&mut self, uuid: &str, id: &str, new: &NewRequest) -> Result<()> {
        let input = new.input.as_ref().map(Value::to_string).filter(|input| input.len() <= INPUT);
        let cut = new.cut || new.input.is_some() && input.is_none();
        let suggestions: Vec<String> = new.suggestions.iter().take(50).map(|rule| reveal_line(rule, 500)).collect();
        self.run(
            "INSERT INTO requests (id, task, kind, tool, summary, input, suggestions, answerable, opened_at, cut, folder)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (id) DO UPDATE SET kind = ?3, tool = ?4, summary = ?5, input = ?6, suggestions = ?7,
                answerable = ?8, cut = ?10, folder = ?11, closed_at = NULL, outcome = NULL, closed_by = NULL, answer = NULL",
            params![
                id,
                uuid,
                WordColumn(new.kind),
                new.tool.as_deref().map(|tool| reveal_line(tool, 200)),
                reveal_line(&new.summary, 500),
                input,
                JsonColumn(&suggestions),
                WordColumn(new.answerable),
                new.at,
                cut,
                new.folder,
            ],
        )?;
        Ok(())
    }

    /// Closes a request; nothing when it is closed already, so the first answer wins.
    pub fn close_request(&mut self, id: &str, closing: Closing) -> Result<Option<Opened>> {
        let closed = self.run(
            "UPDATE requests SET closed_at = ?2, outcome = ?3, closed_by = ?4, answer = ?5
            WHERE id = ?1 AND closed_at IS NULL",
            params![
                id,
                self.now(),
                WordColumn(closing.outcome),
                closing.who.word(),
                closing.answer.as_ref().map(JsonColumn)
            ],
        )?;
        if closed == 0 {
            return Ok(None);
        }
        let request = self.existing(id)?;
        let how = match closing.outcome {
            RequestOutcome::Allowed => "Allowed",
            RequestOutcome::Denied => "Denied",
            RequestOutcome::Answered => "Answered",
            RequestOutcome::Elsewhere => "Answered elsewhere",
            RequestOutcome::Gone => "No longer asked",
        };
        let data = serde_json::json!({ "request": id, "outcome": closing.outcome, "via": closing.via });
        let by = closing.via.as_ref().filter(|_| closing.who == Who::Rule).map(|via| format!(" by the rule at {via}"));
        let text = format!("{how}{}: {}", by.unwrap_or_default(), request.summary);
        self.audit(&request, &closing)?;
        self.journal(&request.task, closing.who, "request_closed", &text, Some(&data))?;
        self.run(
            "UPDATE tasks SET status = 'running' WHERE uuid = ?1 AND status = 'waiting'
                AND NOT EXISTS (SELECT 1 FROM requests WHERE task = ?1 AND closed_at IS NULL)",
            [&request.task],
        )?;
        self.touch(&request.task)?;
        self.notify(&request.project, Event::RequestClosed(request.clone()));
        Ok(Some(request))
    }

    /// Closes every open request of the task in the same way, without an answer.
    pub fn close_requests(&mut self, uuid: &str, outcome: RequestOutcome, who: Who) -> Result<Vec<Opened>> {
        let mut closed = Vec::new();
        for request in self.open_requests_of(uuid)? {
            closed.extend(self.close_request(&request.id, Closing { outcome, who, via: None, answer: None })?);
        }
        Ok(closed)
    }

    /// The request of that id, open or closed.
    pub fn request(&self, id: &str) -> Result<Option<Opened>> {
        self.one(&format!("{SELECT} WHERE requests.id = ?1"), [id], read)
    }

    /// Open requests of a project, or of all; oldest first.
    pub fn open_requests(&self, project: Option<&str>) -> Result<Vec<Opened>> {
        let rest = "WHERE closed_at IS NULL AND (?1 IS NULL OR project = ?1) ORDER BY opened_at, requests.rowid";
        self.all(&format!("{SELECT} {rest}"), [project], read)
    }

    /// The newest `limit` permissions that were asked for by hooks in a project, oldest first.
    pub fn recent_permissions(&self, project: &str, limit: u32) -> Result<Vec<Opened>> {
        let rest =
            "WHERE project = ?1 AND kind = 'permission' AND answerable = 'hook' ORDER BY requests.rowid DESC LIMIT ?2";
        let mut found = self.all(&format!("{SELECT} {rest}"), params![project, limit], read)?;
        found.reverse();
        Ok(found)
    }

    /// Open requests of a task; oldest first.
    pub fn open_requests_of(&self, uuid: &str) -> Result<Vec<Opened>> {
        let rest = "WHERE task = ?1 AND closed_at IS NULL ORDER BY opened_at, requests.rowid";
        self.all(&format!("{SELECT} {rest}"), [uuid], read)
    }

    /// The open request that an answer is for: the one the person saw, or the only one.
    pub fn request_to_answer(&self, uuid: &str, seen: Option<&str>) -> Result<Opened> {
        let number = self.row(uuid)?.number;
        let mut open = self.open_requests_of(uuid)?;
        if let Some(seen) = seen {
            let found = open.into_iter().find(|request| request.id == seen);
            return found.ok_or_else(|| {
                let message = format!("cannot answer #{number}: the request you saw is no longer open");
                refuse(Code::RequestChanged, message, "read what it asks now, and answer that")
            });
        }
        match (open.pop(), open.len()) {
            (Some(request), 0) => Ok(request),
            (Some(_), more) => {
                let message = format!("cannot answer #{number}: {} requests are open", more + 1);
                Err(refuse(Code::SeveralRequests, message, "name one; `inbox` shows them"))
            }
            (None, _) => {
                let message = format!("cannot answer #{number}: it has no open request");
                Err(refuse(Code::NoRequest, message, "`explain` says what it does"))
            }
        }
    }

    fn existing(&self, id: &str) -> Result<Opened> {
        self.request(id)?.ok_or_else(|| crate::error::Error::internal("the request is not there"))
    }
}
