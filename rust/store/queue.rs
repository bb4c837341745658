//! Prompts that wait: their order, and what a person changes before they are typed.

use super::journal::Who;
use super::steps::StepChange;
use super::tx::Tx;
use super::{refuse, text};
use crate::contract::{Code, DocumentVersion, TaskPrompts, WaitingPrompt};
use crate::error::{Error, Result};
use crate::task::Task;
use rusqlite::params;

/// Texts in the history.
const SENT: u32 = 100;
/// Prompts in which they are looked for.
const LOOKED_AT: u32 = 1000;

impl Tx<'_> {
    /// The prompts of a task that wait, in the order in which they will be typed.
    pub fn waiting_prompts(&self, uuid: &str) -> Result<Vec<WaitingPrompt>> {
        let sql = "SELECT id, text, raw, state = 'sending', queued_at FROM prompts
            WHERE task = ?1 AND state IN ('queued', 'sending')
            ORDER BY state = 'sending' DESC, coalesce(place, id), id";
        self.all(sql, [uuid], |row| {
            Ok(WaitingPrompt {
                id: row.get(0)?,
                text: row.get(1)?,
                raw: row.get(2)?,
                sending: row.get(3)?,
                queued_at: row.get(4)?,
            })
        })
    }

    /// Texts that were sent to tasks of a project, newest first, each once. Those that still wait are none of them.
    pub fn sent_prompts(&self, project: &str) -> Result<Vec<String>> {
        let sql = "SELECT text FROM (SELECT id, text FROM prompts JOIN tasks ON tasks.uuid = prompts.task
                WHERE project = ?1 AND text <> '' AND state <> 'queued' ORDER BY id DESC LIMIT ?3)
            GROUP BY text ORDER BY max(id) DESC LIMIT ?2";
        self.all(sql, params![project, SENT, LOOKED_AT], |row| row.get(0))
    }

    /// Changes a prompt that waits, as a person asks. `undo` has all of the text that was there before.
    pub fn change_prompt(&mut self, uuid: &str, id: i64, change: &TaskPrompts) -> Result<()> {
        let task = self.row(uuid)?;
        let number = task.number;
        let change = |tx: &mut Self| {
            let waiting = tx.waiting_prompts(uuid)?;
            let prompt = waiting.iter().find(|prompt| prompt.id == id && !prompt.sending).ok_or_else(|| {
                refuse(Code::WrongState, "it is being typed or was sent already", "`prompts` lists those that wait")
            })?;
            match change {
                TaskPrompts { text: Some(text), remove: false, place: None, .. } => {
                    tx.edit_prompt(&task, prompt, text)?
                }
                TaskPrompts { place: Some(place), remove: false, text: None, .. } => {
                    tx.move_waiting(&waiting, id, *place)?;
                }
                TaskPrompts { remove: true, text: None, place: None, .. } => tx.remove_prompt(&task, prompt)?,
                _ => return Err(refuse(Code::BadInput, "one change is made at a time", "edit, move or remove it")),
            }
            tx.touch(uuid)
        };
        change(self).map_err(|error: Error| error.context(format!("cannot change a prompt of #{number}")))
    }

    fn edit_prompt(&mut self, task: &Task, prompt: &WaitingPrompt, new: &str) -> Result<()> {
        text::bounded("the prompt", new)?;
        if new.trim().is_empty() {
            return Err(refuse(Code::BadInput, "the prompt is empty", "remove it instead"));
        }
        self.run("UPDATE prompts SET text = ?2, changed_at = ?3 WHERE id = ?1", params![prompt.id, new, self.now()])?;
        self.journal(&task.uuid, Who::Person, "prompt_edited", new, None)?;
        self.note_change(task, prompt, Some(new), Vec::new())
    }

    /// For a day the prompt comes back as it was.
    fn note_change(
        &mut self,
        task: &Task,
        prompt: &WaitingPrompt,
        after: Option<&str>,
        documents: Vec<DocumentVersion>,
    ) -> Result<()> {
        let (before, after) = (prompt.text.clone(), after.map(str::to_owned));
        let change = StepChange::Prompt { id: prompt.id, before, after, raw: prompt.raw, documents };
        self.note_step(&task.project, Some(task), "prompts", None, &change)
    }

    fn remove_prompt(&mut self, task: &Task, prompt: &WaitingPrompt) -> Result<()> {
        let documents = self.versions_in(prompt.id)?;
        self.run("DELETE FROM prompts WHERE id = ?1", [prompt.id])?;
        let removed = format!("Removed before it was sent: {}", prompt.text);
        self.journal(&task.uuid, Who::Person, "prompt_removed", &removed, None)?;
        self.note_change(task, prompt, None, documents)
    }

    /// The prompts that wait share out their own places anew, so that a later one comes after all of them.
    fn move_waiting(&mut self, waiting: &[WaitingPrompt], id: i64, place: usize) -> Result<()> {
        let mut order: Vec<i64> = waiting.iter().filter(|prompt| !prompt.sending).map(|prompt| prompt.id).collect();
        let mut places = order.clone();
        places.sort_unstable();
        order.retain(|other| *other != id);
        order.insert(place.saturating_sub(1).min(order.len()), id);
        for (id, place) in order.iter().zip(places) {
            self.run("UPDATE prompts SET place = ?2 WHERE id = ?1", params![id, place])?;
        }
        Ok(())
    }
}
