//! Who may have made a change that a scan of the tree finds. Time names candidates and never an owner: while an agent's
//! tool call is open, any other program may write as well.

use super::Owner;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// The time since the last complete scan of the tree, and the tasks that were able to write in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Tasks with a command in the foreground.
    commands: BTreeSet<String>,
    /// Tasks with a command in the background only.
    background: BTreeSet<String>,
    /// Tasks between two tool calls: hooks of the user's own, such as formatters, may still run.
    between: BTreeMap<String, Between>,
}

/// After a tool call of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Between {
    /// Files that its edit tools have changed.
    edited: BTreeSet<String>,
    /// The task has gone on; it counts for this interval only.
    is_over: bool,
}

impl Interval {
    /// A scan ends now; `windows` are open.
    pub fn begin(&mut self, windows: &[Window]) {
        self.between.retain(|_, between| !between.is_over);
        self.commands.clear();
        self.background.clear();
        windows.iter().for_each(|window| self.opened(window));
    }

    /// A window opened.
    pub fn opened(&mut self, window: &Window) {
        match window.reach {
            Reach::Edit(_) => {}
            Reach::Shell => drop(self.commands.insert(window.task.clone())),
            Reach::Background => drop(self.background.insert(window.task.clone())),
        }
    }

    /// A window closed.
    pub fn closed(&mut self, window: &Window) {
        let between = self.between.entry(window.task.clone()).or_default();
        between.is_over = false;
        if let Reach::Edit(path) = &window.reach {
            between.edited.insert(path.clone());
        }
    }

    /// The task's next tool call begins, or its turn is over: hooks of its earlier calls have ended.
    pub fn goes_on(&mut self, task: &str) {
        if let Some(between) = self.between.get_mut(task) {
            between.is_over = true;
        }
    }

    /// Whether hooks of the task's last call may still run.
    pub fn is_between(&self, task: &str) -> bool {
        self.between.get(task).is_some_and(|between| !between.is_over)
    }

    /// Whether no task is known to be able to write.
    pub fn is_quiet(&self) -> bool {
        self.commands.is_empty() && self.background.is_empty() && self.between.is_empty()
    }

    /// Whose a change of `path` found now may be: commands, and whoever has just edited the file. The weaker candidates,
    /// background commands and other hooks, are named only where there is none of those.
    pub fn candidates(&self, path: &str) -> Owner {
        let editors = self.between.iter().filter(|(_, between)| between.edited.contains(path)).map(|(task, _)| task);
        let strong: Vec<&str> = self.commands.iter().chain(editors).map(String::as_str).collect();
        if strong.is_empty() {
            return Owner::one_of(self.background.iter().chain(self.between.keys()).map(String::as_str));
        }
        Owner::one_of(strong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(id: &str, task: &str, reach: Reach) -> Window {
        Window { id: id.into(), task: task.into(), reach, opened: 0 }
    }

    fn begun(windows: &[Window]) -> Interval {
        let mut interval = Interval::default();
        interval.begin(windows);
        interval
    }

    #[test]
    fn a_command_alone_over_the_whole_time_is_a_candidate_only() {
        let a = window("1", "a", Reach::Shell);
        let mut interval = begun(std::slice::from_ref(&a));
        assert_eq!(interval.candidates("x"), Owner::one_of(["a"]));
        interval.closed(&a);
        assert_eq!(interval.candidates("x"), Owner::one_of(["a"]));
        assert_eq!(begun(&[]).candidates("x"), Owner::unknown());
    }

    #[test]
    fn a_command_in_the_foreground_is_likelier_than_one_in_the_background() {
        let (a, b) = (window("1", "a", Reach::Shell), window("2", "b", Reach::Background));
        assert_eq!(begun(std::slice::from_ref(&b)).candidates("x"), Owner::one_of(["b"]));
        assert_eq!(begun(&[a.clone(), b]).candidates("x"), Owner::one_of(["a"]));
        let both = [a, window("3", "c", Reach::Shell)];
        assert_eq!(begun(&both).candidates("x"), Owner::one_of(["a", "c"]));
    }

    #[test]
    fn hooks_after_an_edit_may_write_until_the_task_goes_on() {
        let edit = window("1", "a", Reach::Edit("x".into()));
        let mut interval = begun(std::slice::from_ref(&edit));
        assert_eq!(interval.candidates("y"), Owner::unknown(), "the tool itself writes its file only");
        interval.closed(&edit);
        interval.begin(&[window("2", "b", Reach::Shell)]);
        assert_eq!(interval.candidates("x"), Owner::one_of(["a", "b"]), "a formatter, or the command");
        assert_eq!(interval.candidates("y"), Owner::one_of(["b"]));
        interval.begin(&[]);
        assert_eq!(interval.candidates("y"), Owner::one_of(["a"]));
        interval.goes_on("a");
        assert_eq!(interval.candidates("x"), Owner::one_of(["a"]), "it may have been written before that");
        interval.begin(&[]);
        assert_eq!(interval.candidates("x"), Owner::unknown());
        assert!(edit.edits("x") && !edit.edits("y"));
    }
}
