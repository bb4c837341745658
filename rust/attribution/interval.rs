//! Who may have made a change that a scan of the tree finds. Time names candidates and never an owner: while an agent's
//! tool call is open, any other program may write as well.

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

    /// Tasks that a change of `path` found now may be of, as far as nobody reported it: commands, and whoever has just
    /// edited the file. The weaker candidates, background commands and other hooks, are named only where there is none
    /// of those. Of a traced task only a command counts, which may have been served by a process that is not traced.
    pub fn candidates(&self, path: &str, is_traced: impl Fn(&str) -> bool) -> Vec<String> {
        let untraced = |task: &&String| !is_traced(task);
        let editors = self.between.iter().filter(|(_, between)| between.edited.contains(path)).map(|(task, _)| task);
        let strong: BTreeSet<&String> = self.commands.iter().chain(editors.filter(untraced)).collect();
        if !strong.is_empty() {
            return strong.into_iter().cloned().collect();
        }
        let weak: BTreeSet<&String> = self.background.iter().chain(self.between.keys()).filter(untraced).collect();
        weak.into_iter().cloned().collect()
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
        assert_eq!(interval.candidates("x", |_| false), ["a"]);
        interval.closed(&a);
        assert_eq!(interval.candidates("x", |_| false), ["a"]);
        assert_eq!(begun(&[]).candidates("x", |_| false), [""; 0]);
    }

    #[test]
    fn a_command_in_the_foreground_is_likelier_than_one_in_the_background() {
        let (a, b) = (window("1", "a", Reach::Shell), window("2", "b", Reach::Background));
        assert_eq!(begun(std::slice::from_ref(&b)).candidates("x", |_| false), ["b"]);
        assert_eq!(begun(&[a.clone(), b]).candidates("x", |_| false), ["a"]);
        let both = [a, window("3", "c", Reach::Shell)];
        assert_eq!(begun(&both).candidates("x", |_| false), ["a", "c"]);
    }

    #[test]
    fn of_a_traced_task_only_a_command_in_the_foreground_is_a_candidate() {
        let (a, b) = (window("1", "a", Reach::Shell), window("2", "b", Reach::Background));
        let mut interval = begun(&[a.clone(), b]);
        assert_eq!(interval.candidates("x", |_| true), ["a"]);
        interval.closed(&a);
        interval.begin(&[]);
        assert_eq!(interval.candidates("x", |_| true), [""; 0]);
        assert_eq!(interval.candidates("x", |task| task != "a"), ["a"]);
    }

    #[test]
    fn hooks_after_an_edit_may_write_until_the_task_goes_on() {
        let edit = window("1", "a", Reach::Edit("x".into()));
        let mut interval = begun(std::slice::from_ref(&edit));
        assert_eq!(interval.candidates("y", |_| false), [""; 0], "the tool itself writes its file only");
        interval.closed(&edit);
        interval.begin(&[window("2", "b", Reach::Shell)]);
        assert_eq!(interval.candidates("x", |_| false), ["a", "b"], "a formatter, or the command");
        assert_eq!(interval.candidates("y", |_| false), ["b"]);
        interval.begin(&[]);
        assert_eq!(interval.candidates("y", |_| false), ["a"]);
        interval.goes_on("a");
        assert_eq!(interval.candidates("x", |_| false), ["a"], "it may have been written before that");
        interval.begin(&[]);
        assert_eq!(interval.candidates("x", |_| false), [""; 0]);
        assert!(edit.edits("x") && !edit.edits("y"));
    }
}
