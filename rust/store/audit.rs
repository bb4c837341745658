//! Every answer to a request: by whom, what was seen and what was sent.

use super::column::{Cells, JsonColumn, WordColumn};
use super::requests::{Closing, RequestOutcome};
use super::tx::Tx;
use crate::contract::{Audited, Json, Opened};
use crate::error::Result;
use crate::status::Millis;
use crate::text::clean_line;
use rusqlite::params;

/// Bytes of an input or an answer that are kept; a larger one is left out.
const LONGEST: usize = 16 * 1024;

/// Nobody reads a dialog and presses a key in this time.
const TOO_SOON: Millis = 400;

impl Tx<'_> {
    /// Notes that a request was answered.
    pub(super) fn audit(&mut self, request: &Opened, closing: &Closing) -> Result<()> {
        if closing.outcome == RequestOutcome::Gone {
            return Ok(());
        }
        let bounded = |json: Option<&Json>| json.map(Json::to_string).filter(|text| text.len() <= LONGEST);
        let seen = bounded(request.input.as_ref());
        let via = closing.via.clone().or_else(|| match closing.outcome {
            RequestOutcome::Elsewhere if self.now() - request.opened_at < TOO_SOON => {
                Some("a hook or a rule of the agent's own settings".to_owned())
            }
            RequestOutcome::Elsewhere => Some("the agent's terminal, or a hook of yours".to_owned()),
            _ => None,
        });
        self.run(
            "INSERT INTO answers (at, project, number, task, request, kind, tool, summary, seen, cut, asked_at, outcome, who,
                via, sent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                self.now(),
                request.project,
                request.number,
                request.task,
                request.id,
                WordColumn(request.kind),
                request.tool,
                request.summary,
                seen,
                request.cut || request.input.is_some() && seen.is_none(),
                request.opened_at,
                WordColumn(closing.outcome),
                closing.who.word(),
                via.map(|via| clean_line(&via, 1000)),
                bounded(closing.answer.as_ref()),
            ],
        )?;
        Ok(())
    }

    /// The newest `limit` answers since then, oldest first: of a task, else of a project.
    pub fn audited(&self, project: &str, task: Option<&str>, since: Millis, limit: u32) -> Result<Vec<Audited>> {
        let sql = "SELECT at, project, number, task, request, kind, tool, summary, seen, cut, asked_at, outcome, who, via, sent
            FROM answers WHERE at >= ?3 AND (task = ?2 OR ?2 IS NULL
                AND (project = ?1 OR task IN (SELECT uuid FROM tasks WHERE tasks.project = ?1)))
            ORDER BY id DESC LIMIT ?4";
        let mut found = self.all(sql, params![project, task, since, limit], |row| {
            let mut cells = Cells::of(row);
            Ok(Audited {
                at: cells.next()?,
                project: cells.next()?,
                number: cells.next()?,
                task: cells.next()?,
                request: cells.next()?,
                kind: cells.word()?,
                tool: cells.next()?,
                summary: cells.next()?,
                seen: cells.next::<Option<JsonColumn<Json>>>()?.map(|json| json.0),
                cut: cells.next()?,
                asked_at: cells.next()?,
                outcome: cells.next()?,
                who: cells.next()?,
                via: cells.next()?,
                sent: cells.next::<Option<JsonColumn<Json>>>()?.map(|json| json.0),
                said: None,
            })
        })?;
        found.reverse();
        Ok(found)
    }
}
