//! Where edits go: what is asked and answered about changes, branches and commits.

use crate::status::Millis;
use serde::{Deserialize, Serialize};

/// A commit that Chorus made for a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The commit's id, as it is now.
    pub oid: String,
    /// First line of its message.
    pub subject: String,
    /// When it was made.
    pub at: Millis,
    /// How many files it changes.
    pub files: i64,
}

/// Parameters of `task_diff`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDiff {
    /// The task.
    pub task: String,
    /// `stack` (everything on its branch, and what is uncommitted), `turn` (its newest commit), `uncommitted`, or a commit id.
    #[serde(default)]
    pub part: String,
}

/// Reply: a difference.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Diff {
    /// The task's number.
    pub number: i64,
    /// One line for a window's title.
    pub title: String,
    /// The folder that paths in `text` start from.
    pub root: String,
    /// Unified, with `a/` and `b/`; at most 2 MB. Untrusted.
    pub text: String,
    /// Whether something was left out for its size.
    pub cut: bool,
}

/// Parameters of `task_commit`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskCommit {
    /// The task.
    pub task: String,
    /// The message; one made from title, prompt and answer otherwise.
    pub message: Option<String>,
}

/// Reply of `task_message`: what a commit now would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommitMessage {
    /// The generated message.
    pub text: String,
    /// Files that would be committed; empty when there is nothing.
    pub files: Vec<String>,
}

/// A step that is only taken when a person said yes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confirm {
    /// The task; empty where the step is the project's.
    pub task: String,
    /// Take it, instead of only saying what it would do.
    pub confirmed: bool,
}

/// What a step would do, or did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Offer {
    /// In sentences, with the files it would touch.
    pub text: String,
    /// Whether it was done.
    pub done: bool,
}

/// Reply of `undo`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoOffer {
    /// The newest step that is taken back.
    pub step: i64,
    /// In sentences: what is taken back, what follows, and what cannot be taken back.
    pub text: String,
    /// Whether it was done.
    pub done: bool,
}

/// Reply of `changes`: uncommitted edits in the project's working tree and, without GitButler, in those of its tasks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changes {
    /// The working tree.
    pub root: String,
    /// By path.
    pub files: Vec<ChangedFile>,
    /// Sentences about what could not be told.
    pub notices: Vec<String>,
}

/// A file with uncommitted edits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedFile {
    /// From the root of its working tree. Untrusted.
    pub path: String,
    /// The working tree of the task that owns its edits, where that is not the project's.
    #[serde(default)]
    pub tree: Option<String>,
    /// `added`, `removed`, `modified` or `renamed`.
    pub change: String,
    /// One for a binary or very large file.
    pub hunks: Vec<ChangedHunk>,
}

/// Neighbouring lines that differ.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedHunk {
    /// Names it in `changes_assign`, for as long as it stays as it is, where it is.
    pub id: String,
    /// First line in the working tree, from 1.
    pub line: i64,
    /// Lines with ` `, `+` or `-` before them; empty for a binary file. Untrusted.
    pub lines: Vec<String>,
    /// `task`, `user`, `unclaimed`, or `mixed` (several owners in lines too close to separate).
    pub owner: String,
    /// The owning task, or the tasks it may be of.
    pub tasks: Vec<i64>,
}

/// Parameters of `changes_assign`: a person says whose edits are. All are assigned, or none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesAssign {
    /// The edits.
    pub edits: Vec<ChosenEdits>,
    /// A task; the user's own when absent.
    pub task: Option<String>,
}

/// Edits of one file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChosenEdits {
    /// The file.
    pub path: String,
    /// Ids of its hunks; all that it has by then where none is named.
    #[serde(default)]
    pub hunks: Vec<String>,
}

/// Parameters of `task_assign`: a person says that all unclaimed edits that may be of the task are its own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskAssign {
    /// The task.
    pub task: String,
    /// Also those that may be of other tasks.
    #[serde(default)]
    pub shared: bool,
}

/// Parameters of `line`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineAsk {
    /// An absolute path.
    pub path: String,
    /// From 1.
    pub line: i64,
}

/// Reply of `line`: whose a line is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// `task`, `user`, `unclaimed` or `before` (older than any task).
    pub owner: String,
    /// The task, or the tasks it may be of.
    pub tasks: Vec<i64>,
    /// One sentence: who, when, in which commit.
    pub text: String,
    /// The commit that has it; nothing while it is uncommitted.
    pub commit: Option<String>,
}

/// Parameters of `file_saved`: a person wrote a buffer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileSaved {
    /// An absolute path, in any project.
    pub path: String,
    /// When the file was modified, just after it was written: seconds since 1970. A file that was modified since then is
    /// not claimed for the person.
    pub seconds: Option<i64>,
    /// And nanoseconds.
    pub nanoseconds: Option<i64>,
    /// The buffer took over what somebody else wrote: that is not the person's.
    pub reloaded: bool,
}
