//! Whose a change is, by what the kernel reported of tasks' writes. A report says that a task's process was about to write
//! to a path, not which bytes it wrote, so each change needs proof that nobody else wrote as well.

use super::Owner;
use std::collections::BTreeSet;

/// What is known of one path when a change of it is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Tasks with a report since the path was last taken in.
    pub writers: BTreeSet<String>,
    /// Tasks that had the path open for writing when it was last taken in, or have it now.
    pub holders: BTreeSet<String>,
    /// Tasks with a report so shortly before the path was last taken in that the write may have come after that.
    pub lately: BTreeSet<String>,
    /// The path was as it was last seen when the first reported call was stopped.
    pub starts_as_seen: bool,
    /// The path was not modified later than a reported call takes.
    pub ends_with_reports: bool,
    /// Every write of every task since the path was last seen is known.
    pub is_complete: bool,
    /// Tasks whose tool calls may have been served by a process that is not traced.
    pub candidates: Vec<String>,
}

impl Evidence {
    /// Whose the change is: one task's where nobody else can have written, the person's where no task can have.
    pub fn owner(&self) -> Owner {
        let named: BTreeSet<&String> = self.writers.iter().chain(&self.holders).chain(&self.lately).collect();
        match named.first() {
            None if self.is_complete && self.candidates.is_empty() => Owner::User,
            Some(task) if named.len() == 1 && self.is_proof() => Owner::Task((*task).clone()),
            _ => Owner::one_of(named.into_iter().chain(&self.candidates).map(String::as_str)),
        }
    }

    /// Whose a file is that the person saved in an editor: the person's, where no task can have written it as well.
    pub fn saved(&self) -> Owner {
        let named = self.writers.iter().chain(&self.holders);
        match named.clone().next() {
            None => Owner::User,
            Some(_) => Owner::one_of(named.map(String::as_str)),
        }
    }

    fn is_proof(&self) -> bool {
        let is_fresh = !self.writers.is_empty() && self.starts_as_seen;
        !self.holders.is_empty() && (self.writers.is_empty() || is_fresh) || is_fresh && self.ends_with_reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(tasks: &[&str]) -> BTreeSet<String> {
        tasks.iter().map(|task| (*task).to_owned()).collect()
    }

    /// One task wrote, and everything is known.
    fn wrote(tasks: &[&str]) -> Evidence {
        let (starts_as_seen, ends_with_reports, is_complete) = (true, true, true);
        Evidence { writers: set(tasks), starts_as_seen, ends_with_reports, is_complete, ..Evidence::default() }
    }

    #[test]
    fn the_only_writer_owns_what_changed() {
        assert_eq!(wrote(&["a"]).owner(), Owner::Task("a".into()));
        assert_eq!(Evidence { is_complete: false, ..wrote(&["a"]) }.owner(), Owner::Task("a".into()));
        assert_eq!(wrote(&["a", "b"]).owner(), Owner::one_of(["a", "b"]));
    }

    #[test]
    fn what_somebody_else_may_have_written_before_or_after_the_report_is_nobodys() {
        assert_eq!(Evidence { starts_as_seen: false, ..wrote(&["a"]) }.owner(), Owner::one_of(["a"]));
        assert_eq!(Evidence { ends_with_reports: false, ..wrote(&["a"]) }.owner(), Owner::one_of(["a"]));
        assert_eq!(Evidence { lately: set(&["b"]), ..wrote(&["a"]) }.owner(), Owner::one_of(["a", "b"]));
        assert_eq!(Evidence { lately: set(&["a"]), ..wrote(&[]) }.owner(), Owner::one_of(["a"]));
        assert_eq!(Evidence { lately: set(&["a"]), ..wrote(&["a"]) }.owner(), Owner::Task("a".into()));
    }

    #[test]
    fn a_file_that_is_held_open_is_written_for_longer() {
        assert_eq!(Evidence { holders: set(&["a"]), ..wrote(&[]) }.owner(), Owner::Task("a".into()));
        let late = Evidence { holders: set(&["a"]), ends_with_reports: false, ..wrote(&["a"]) };
        assert_eq!(late.owner(), Owner::Task("a".into()));
        assert_eq!(Evidence { holders: set(&["b"]), ..wrote(&["a"]) }.owner(), Owner::one_of(["a", "b"]));
        let between = Evidence { holders: set(&["a"]), starts_as_seen: false, ..wrote(&["a"]) };
        assert_eq!(between.owner(), Owner::one_of(["a"]));
    }

    #[test]
    fn a_change_without_a_report_is_the_persons_where_all_reports_are_known() {
        assert_eq!(wrote(&[]).owner(), Owner::User);
        assert_eq!(Evidence { is_complete: false, ..wrote(&[]) }.owner(), Owner::unknown());
        assert_eq!(Evidence { candidates: vec!["a".into()], ..wrote(&[]) }.owner(), Owner::one_of(["a"]));
    }
}
