//! What every Neovim of a project is told.

use super::{DocumentChanged, Opened, Output};
use crate::task::Task;
use serde::{Deserialize, Serialize};

/// Paths in one event.
const MOST_PATHS: usize = 50;

/// What the daemon tells every Neovim of the project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "name", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// A task is new or different.
    TaskChanged(Box<Task>),
    /// A task is gone.
    TaskDeleted(TaskDeleted),
    /// A request opened or changed.
    RequestOpened(Opened),
    /// A request closed.
    RequestClosed(Opened),
    /// A turn ended.
    TurnEnded(TurnEnded),
    /// The watched task's pane changed; only to the connection that watches it.
    Output(Output),
    /// Tasks of other projects that need a person.
    Elsewhere(Elsewhere),
    /// The project's configuration has another fault than before, or none any more.
    ConfigurationFault(ConfigurationFault),
    /// Uncommitted edits, or whose they are, became different.
    EditsChanged(EditsChanged),
    /// A task's agent is about to edit a file of the project's tree, or is done with it.
    Editing(Editing),
    /// Documents, or references to them, became different.
    DocumentChanged(DocumentChanged),
    /// Background trouble, told once.
    Notice(Notice),
    /// A person clicked on a notification; only to the newest Neovim of the project.
    Clicked(Clicked),
    /// A notification for the person at this Neovim's terminal; to one Neovim.
    Ring(Ring),
}

/// Data of `clicked`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clicked {
    /// The task's uuid; nothing where the notification was about several.
    pub task: Option<String>,
    /// The request that it was about.
    pub request: Option<String>,
}

/// Data of `ring`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ring {
    /// One line.
    pub title: String,
    /// A few lines.
    pub body: String,
    /// By which sequence the terminal is told: `osc9`, `osc777` or `bell`.
    pub by: String,
}

/// Data of `editing`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Editing {
    /// The task's uuid.
    pub uuid: String,
    /// Its number.
    pub number: i64,
    /// From the project's root.
    pub path: String,
    /// Whether it edits from now on, or does no more.
    pub on: bool,
}

/// Data of `edits_changed`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditsChanged {
    /// Paths from the project's root, absolute ones of files in a task's worktree; at most 50.
    pub paths: Vec<String>,
    /// Whether others may have changed as well, in the project or in a task's worktree.
    #[serde(default)]
    pub more: bool,
    /// The number of the task whose agent wrote the files, where no ledger says whose the edits are.
    #[serde(default)]
    pub by: Option<i64>,
}

impl EditsChanged {
    /// These files changed, and their ledgers say whose the edits are.
    pub fn of(paths: &[String]) -> EditsChanged {
        EditsChanged {
            paths: paths.iter().take(MOST_PATHS).cloned().collect(),
            more: paths.len() > MOST_PATHS,
            by: None,
        }
    }

    /// Any file may have changed.
    pub fn anywhere() -> EditsChanged {
        EditsChanged { paths: Vec::new(), more: true, by: None }
    }
}

/// Data of `task_deleted`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskDeleted {
    /// The task's uuid.
    pub uuid: String,
    /// Its number.
    pub number: i64,
}

/// Data of `turn_ended`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnEnded {
    /// The task's uuid.
    pub uuid: String,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// The agent's last message, at most 500 characters.
    pub message: Option<String>,
}

/// Data of `elsewhere`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Elsewhere {
    /// How many tasks of other projects need a person.
    pub count: i64,
}

/// Data of `configuration_fault`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfigurationFault {
    /// `FILE:LINE:COLUMN: what is wrong`, of the first fault; nothing when the configuration is good.
    pub fault: Option<String>,
}

/// Data of `notice`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// `info`, `warn` or `error`.
    pub level: String,
    /// One sentence.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
}
