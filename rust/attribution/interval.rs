//! Who may have made a change that a scan of the tree finds: the tool calls that were open since the scan before.

use super::Owner;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What an open tool call of an agent may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "path", rename_all = "snake_case")]
pub enum Reach {
    /// One file, by an edit tool.
    Edit(String),
    /// Anything, by a command.
    Shell,
    /// Anything, by a command that runs on after its tool call; open until the session leaves it.
    Background,
}

/// An open tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The agent's id of the call.
    pub id: String,
    /// The task's uuid.
    pub task: String,
    /// What it may change.
    pub reach: Reach,
    /// When it began.
    pub opened: crate::status::Millis,
}

impl Window {
    /// Whether it may change any file.
    pub fn is_tree(&self) -> bool {
        !matches!(self.reach, Reach::Edit(_))
    }

    /// Whether it is an edit of `path`.
    pub fn edits(&self, path: &str) -> bool {
        matches!(&self.reach, Reach::Edit(edited) if edited == path)
    }
}

/// The time since the last complete scan of the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Tasks whose commands ran all the time.
    whole: BTreeSet<String>,
    /// Tasks whose commands ran at some time.
    part: BTreeSet<String>,
}

impl Interval {
    /// A scan ends now; `windows` are open.
    pub fn begin(windows: &[Window]) -> Interval {
        let part: BTreeSet<String> = running(windows).cloned().collect();
        Interval { whole: part.clone(), part }
    }

    /// There was no scan for a while, such as before a restart; `windows` are open, and others may have been.
    pub fn unknown(windows: &[Window]) -> Interval {
        Interval { whole: BTreeSet::new(), part: running(windows).cloned().collect() }
    }

    /// A window opened.
    pub fn opened(&mut self, window: &Window) {
        if window.is_tree() {
            self.part.insert(window.task.clone());
        }
    }

    /// A window closed; `open` are those still open.
    pub fn closed(&mut self, window: &Window, open: &[Window]) {
        if window.is_tree() && !running(open).any(|task| *task == window.task) {
            self.whole.remove(&window.task);
        }
    }

    /// Whose a change found now is.
    pub fn owner(&self) -> Owner {
        match self.part.first() {
            Some(task) if self.part.len() == 1 && self.whole.contains(task) => Owner::Task(task.clone()),
            _ => Owner::one_of(self.part.iter().map(String::as_str)),
        }
    }
}

fn running(windows: &[Window]) -> impl Iterator<Item = &String> {
    windows.iter().filter(|window| window.is_tree()).map(|window| &window.task)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(id: &str, task: &str, reach: Reach) -> Window {
        Window { id: id.into(), task: task.into(), reach, opened: 0 }
    }

    #[test]
    fn a_command_alone_over_the_whole_time_is_named() {
        let a = window("1", "a", Reach::Shell);
        let mut interval = Interval::begin(std::slice::from_ref(&a));
        assert_eq!(interval.owner(), Owner::Task("a".into()));
        // The scan at its end runs before it counts as closed; a scan that was cut off keeps the interval open.
        interval.closed(&a, &[]);
        assert_eq!(interval.owner(), Owner::one_of(["a"]));
        assert_eq!(Interval::begin(&[]).owner(), Owner::unknown());
    }

    #[test]
    fn a_command_for_a_part_of_the_time_is_a_candidate() {
        let mut interval = Interval::begin(&[]);
        interval.opened(&window("1", "a", Reach::Shell));
        assert_eq!(interval.owner(), Owner::one_of(["a"]));
        assert_eq!(Interval::unknown(&[window("1", "a", Reach::Background)]).owner(), Owner::one_of(["a"]));
    }

    #[test]
    fn two_commands_at_once_are_candidates() {
        let (a, b) = (window("1", "a", Reach::Shell), window("2", "b", Reach::Background));
        let mut interval = Interval::begin(&[a.clone(), b.clone()]);
        interval.closed(&a, std::slice::from_ref(&b));
        assert_eq!(interval.owner(), Owner::one_of(["a", "b"]));
        assert_eq!(Interval::begin(&[b]).owner(), Owner::Task("b".into()));
    }

    #[test]
    fn two_commands_of_one_task_are_one() {
        let (one, other) = (window("1", "a", Reach::Shell), window("2", "a", Reach::Shell));
        let mut interval = Interval::begin(std::slice::from_ref(&one));
        interval.opened(&other);
        interval.closed(&one, std::slice::from_ref(&other));
        assert_eq!(interval.owner(), Owner::Task("a".into()));
    }

    #[test]
    fn an_edit_tool_reaches_its_file_only() {
        let edit = window("1", "a", Reach::Edit("x".into()));
        assert_eq!(Interval::begin(std::slice::from_ref(&edit)).owner(), Owner::unknown());
        assert!(edit.edits("x") && !edit.edits("y"));
    }
}
