//! Why a task's edits are not committed: on the task, in its journal, and as an answer.

use crate::contract::{self, Code};
use crate::error::{Error, Result};
use crate::store::{Tx, Who};
use crate::task::Task;
use crate::text::clean_block;
use crate::vcs::commit as vcs;

/// What the journal calls edits that stay uncommitted.
pub const NOT_COMMITTED: &str = "not_committed";

/// What the journal calls edits that were committed without the repository's hooks.
pub const WITHOUT_HOOKS: &str = "without_hooks";

/// What came of committing a task's edits.
pub enum Done {
    /// A commit was made.
    Committed,
    /// The task has nothing uncommitted, or no branch.
    Nothing,
    /// The edits stay uncommitted; the task says why.
    Trouble(contract::Trouble),
}

/// Puts a trouble on the task, and journals it when it is new.
pub fn record(tx: &mut Tx<'_>, task: &str, what: &str, trouble: &contract::Trouble) -> Result<()> {
    // A hook prints colors.
    let trouble = &contract::Trouble { text: clean_block(&trouble.text), ..trouble.clone() };
    if tx.row(task)?.trouble.as_ref() != Some(trouble) {
        let lead = if what == NOT_COMMITTED { "Not committed: " } else { "" };
        tx.journal(task, Who::Chorus, what, &format!("{lead}{}", trouble.text), None)?;
    }
    tx.set_trouble(task, Some(trouble))
}

/// A trouble as the error of a request.
pub fn as_error(doing: &str, trouble: &contract::Trouble) -> Error {
    let error = Error::new(Code::VcsRefused, format!("{doing}: {}", trouble.text));
    match (&trouble.above, &trouble.remedy) {
        (Some(_), _) => error.hint("`mend` offers the remedy"),
        (None, Some(remedy)) => error.hint(remedy),
        (None, None) => error,
    }
}

/// The commit engine's trouble as the task shows it.
pub fn describe(trouble: vcs::CommitTrouble) -> contract::Trouble {
    let kind = serde_json::to_value(trouble.kind).ok();
    let kept = trouble.rescue.map(|rescue| format!(" (all bytes are kept in {rescue})"));
    let kept = kept.filter(|_| trouble.kind == vcs::TroubleKind::Damaged).unwrap_or_default();
    let wait = "the edits stay in the working tree: `commit` tries again, and `assign` gives them to another task";
    let remedy = trouble.remedy.or_else(|| trouble.above.is_none().then(|| wait.to_owned()));
    contract::Trouble {
        kind: kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("tool").to_owned(),
        text: format!("{}{kept}", trouble.text),
        remedy,
        above: trouble.above,
        files: trouble.paths,
    }
}

/// What to do about unclaimed edits that may be the task's; nothing where there are none.
pub fn unclaimed(task: &Task) -> Option<String> {
    let edits = match task.unclaimed {
        0 => return None,
        1 => "1 unclaimed edit".to_owned(),
        more => format!("{more} unclaimed edits"),
    };
    Some(format!("{edits} may be of it: `changes` shows them, `assign {}` assigns them to it", task.number))
}

/// `1 file`, `2 files`.
pub fn file_count(files: i64) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}
