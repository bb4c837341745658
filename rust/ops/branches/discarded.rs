//! What the store knows of a discarded branch: where it is kept, until it is brought back.

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::store::{Tx, Who};
use crate::task::Step;
use serde::{Deserialize, Serialize};

/// What was discarded and where it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Discarded {
    /// A commit with everything of a worktree. Of a stack, below it: `tip`, the branch; `edits`, a tree with the bytes of
    /// every file that held the task's uncommitted edits; `after`, a tree of the same files without them.
    pub reference: String,
    /// The branch.
    pub branch: String,
    /// Files that held the task's uncommitted edits.
    pub files: Vec<String>,
    /// The folder of the repositories that were inside a worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<String>,
}

impl Discarded {
    /// Records it as done.
    pub fn record(&self, tx: &mut Tx<'_>, task: &str) -> Result<()> {
        tx.keep_discarded(task, &serde_json::to_string(self).unwrap_or_default())?;
        tx.forget_commits(task)?;
        tx.set_trouble(task, None)?;
        tx.journal(task, Who::Person, "discarded", &self.text(), None)
    }

    /// Where it is kept, for people.
    pub fn text(&self) -> String {
        let inside = self.repositories.as_ref().map(|folder| format!("; repositories inside are in {folder}"));
        format!("{} was discarded and is kept under {}{}", self.branch, self.reference, inside.unwrap_or_default())
    }

    /// What of the task was discarded.
    pub fn of(tx: &Tx<'_>, task: &str) -> Result<Discarded> {
        let kept = tx.discarded(task)?.and_then(|json| serde_json::from_str(&json).ok());
        match kept {
            Some(kept) => Ok(kept),
            None => {
                let number = tx.row(task)?.number;
                let why = format!("#{number} has nothing to bring back: nothing of it was discarded");
                Err(Error::new(Code::WrongState, why))
            }
        }
    }

    /// Records that it is back, and the task reopened; `left` are files whose edits did not fit.
    pub fn restored(&self, tx: &mut Tx<'_>, task: &str, left: &[String]) -> Result<()> {
        let mut text = format!("{} is back", self.branch);
        tx.bring_back_commits(task)?;
        if !left.is_empty() {
            text += &format!("; {} changed meanwhile: their edits are in {}/edits", left.join(", "), self.reference);
        } else {
            tx.keep_discarded(task, "")?;
        }
        tx.journal(task, Who::Person, "restored", &text, None)?;
        if tx.may(task, Step::Reopen, "reopen").is_ok() {
            tx.step(task, Step::Reopen, Who::Person, None)?;
        }
        Ok(())
    }
}

/// The reference of a discard, as the store keeps it.
pub fn reference_of(json: &str) -> Option<String> {
    serde_json::from_str::<Discarded>(json).ok().map(|kept| kept.reference)
}
