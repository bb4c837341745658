//! Documents and references: what is asked for and answered.

use crate::status::Millis;
use serde::{Deserialize, Serialize};

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// What agents are to heed.
    Instructions,
    /// What is to be done.
    Plans,
    /// What people and agents tell each other.
    Communication,
    /// What one has to know.
    Context,
    /// Everything else.
    General,
}

/// Parameters of `docs`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocsAsk {
    /// Only this category.
    pub category: Option<String>,
    /// The revision of the list that the client has: where that is still the list, it is not sent again.
    pub known: Option<String>,
}

/// Reply: documents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Documents {
    /// Pinned first, then by category, then by path.
    pub documents: Vec<Document>,
    /// Whether there are more than Chorus lists.
    pub cut: bool,
    /// Another word for each other list.
    pub revision: String,
    /// Whether it is the list that the client has, which is then left out.
    pub same: bool,
}

/// A markdown file of the project. Its texts are untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// From the project's root.
    pub path: String,
    /// From its front matter or its first heading; else the name of the file.
    pub title: String,
    /// From its front matter.
    pub description: Option<String>,
    /// By the rules of the configuration.
    pub category: Category,
    /// Whether it comes first.
    pub pinned: bool,
    /// Whether new documents are made from it.
    pub template: bool,
    /// Bytes.
    pub size: i64,
    /// When it was written.
    pub modified_at: Millis,
    /// Numbers of the tasks that refer to it.
    pub tasks: Vec<i64>,
    /// Numbers of the live tasks whose agents read an earlier version.
    pub changed_for: Vec<i64>,
}

/// Parameters of `task_ref`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRef {
    /// The task.
    pub task: String,
    /// A path from the client's folder, or an absolute one. `:10-24` and `#heading` may follow where `first` is absent.
    pub path: String,
    /// First line, from 1; the whole document where absent.
    pub first: Option<i64>,
    /// Last line.
    pub last: Option<i64>,
    /// The lines as the person saw them, which find the place in a file that has changed meanwhile.
    pub text: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// A reference of the task that is moved there; a new one is made otherwise.
    pub reference: Option<i64>,
}

/// Parameters of `refs`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefsAsk {
    /// Only references to this file: a path from the client's folder, or an absolute one.
    pub path: Option<String>,
}

/// Reply: references.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct References {
    /// By path, then by line; of one task in the order in which its agent gets them.
    pub references: Vec<Reference>,
}

/// How a reference stands to its document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceState {
    /// The text is there.
    #[default]
    Current,
    /// The text was edited and is still recognized.
    Changed,
    /// The text is gone, or the file is.
    Stale,
}

/// Lines of a document tied to a task. Its texts are untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Identity, in every project.
    pub id: i64,
    /// The task's uuid.
    pub task: String,
    /// The task's number.
    pub number: i64,
    /// From the project's root; it follows a file that is renamed.
    pub path: String,
    /// First line, from 1; of a stale one the line where the text was last.
    pub start_line: i64,
    /// Last line.
    pub end_line: i64,
    /// Whether it is the whole document, whatever is in it.
    pub whole: bool,
    /// Whether the text is there.
    pub state: ReferenceState,
    /// Why the person tied it.
    pub note: Option<String>,
    /// The version in which the lines are: git's id of a blob with the document's bytes.
    pub version: String,
    /// The lines as they are now, at most 4,000 characters; of a stale one as they were.
    pub text: String,
    /// Where the text of a stale reference may have gone: first line.
    pub nearest_start: Option<i64>,
    /// Last line of that.
    pub nearest_end: Option<i64>,
    /// Whether the agent gets it with its context.
    pub included: bool,
}

/// Parameters of `unref`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unref {
    /// The reference.
    pub reference: i64,
}

/// Parameters of `retie`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retie {
    /// The reference.
    pub reference: i64,
    /// First of the lines that the person was offered, from 1; whatever resembles its text most now where absent.
    pub first: Option<i64>,
    /// Last of them.
    pub last: Option<i64>,
}

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentVersion {
    /// From the project's root.
    pub path: String,
    /// Git's id of a blob with the document's bytes.
    pub version: String,
}

/// Parameters of `task_tell`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskTell {
    /// The task.
    pub task: String,
    /// False asks only what would be sent.
    #[serde(default)]
    pub confirmed: bool,
    /// The prompt as the person saw and edited it; made anew otherwise.
    pub text: Option<String>,
    /// The versions that this prompt is about.
    #[serde(default)]
    pub versions: Vec<DocumentVersion>,
}

/// Reply: how documents changed since an agent read them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The prompt.
    pub text: String,
    /// The versions that it leads to.
    pub versions: Vec<DocumentVersion>,
    /// Whether it was sent.
    pub done: bool,
    /// Whether it waits for the agent to be free.
    pub queued: bool,
}

/// Reply: a task's context. Its texts are untrusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ContextPage {
    /// The task's uuid.
    pub task: String,
    /// The task's number.
    pub number: i64,
    /// The task's title.
    pub title: String,
    /// What the agent gets with its next new conversation.
    pub text: String,
    /// UTF-16 units of it.
    pub units: i64,
    /// UTF-16 units that an agent takes; the rest is in a file that it may read.
    pub limit: i64,
    /// The parts in their order, before anything is cut.
    pub parts: Vec<ContextPart>,
    /// When it got the context last, where that is known.
    pub given_at: Option<Millis>,
    /// What it got then.
    pub given: Option<String>,
    /// In the order in which the agent gets them.
    pub references: Vec<Reference>,
}

/// A part of a task's context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextPart {
    /// Its heading.
    pub heading: String,
    /// UTF-16 units.
    pub units: i64,
}

/// Parameters of `task_context_edit`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextEdit {
    /// The task.
    pub task: String,
    /// References in the order in which the agent is to get them; others follow.
    #[serde(default)]
    pub references: Vec<ContextChoice>,
}

/// Whether a reference is part of the context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextChoice {
    /// The reference.
    pub id: i64,
    /// Whether the agent gets it.
    pub included: bool,
}

/// Data of `document_changed`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentChanged {
    /// Paths from the project's root, at most 50: documents that changed, or whose references did.
    pub paths: Vec<String>,
    /// Whether there are more, which may be any.
    pub more: bool,
}
