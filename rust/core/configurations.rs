//! The configuration of each project: read afresh at every use, so that a change counts at once. A file with faults
//! changes nothing: the last good configuration stays until the file is good again.

use crate::config::Loaded;
use parking_lot::Mutex;
use std::collections::HashMap;

/// The last good configuration of each project, by its root; without a root, of the user alone.
#[derive(Debug, Default)]
pub struct Configurations {
    known: Mutex<HashMap<Option<String>, GoodConfiguration>>,
}

#[derive(Debug)]
struct GoodConfiguration {
    good: Loaded,
    /// The faults that were reported since.
    reported: Vec<String>,
}

impl Configurations {
    /// The configuration to use, now that the files read as `fresh`, and a notice when that is not what they say: once
    /// for the same faults. Before any good configuration was loaded, what can be used of the files counts.
    pub fn effective(&self, project: Option<&str>, fresh: Loaded) -> (Loaded, Option<String>) {
        let mut known = self.known.lock();
        let project = project.map(str::to_owned);
        if fresh.faults.is_empty() {
            known.insert(project, GoodConfiguration { good: fresh.clone(), reported: Vec::new() });
            return (fresh, None);
        }
        let Some(known) = known.get_mut(&project) else { return (fresh, None) };
        let is_news = known.reported != fresh.faults;
        known.reported.clone_from(&fresh.faults);
        let notice = is_news.then(|| format!("the last good configuration stays: {}", fresh.faults.join("; ")));
        (fresh.or_last(&known.good), notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Loaded {
        crate::config::load(Some(("/u/chorus.toml".into(), text.into())), None, &Default::default())
    }

    #[test]
    fn a_broken_file_changes_nothing_and_is_reported_once() {
        let configurations = Configurations::default();
        let rows = |text: &str| {
            let (loaded, notice) = configurations.effective(Some("/p"), loaded(text));
            (loaded.config.tmux.rows, notice.is_some())
        };
        assert_eq!(rows("[tmux]\nrows = 50"), (50, false));
        assert_eq!(rows("[tmux]\nrows = 60\nx = 1"), (50, true));
        assert_eq!(rows("[tmux]\nrows = 60\nx = 1"), (50, false));
        assert_eq!(rows("[tmux]\nrows = 60\ny = 1"), (50, true));
        assert_eq!(rows("[tmux]\nrows = 60"), (60, false));
        assert_eq!(rows("[tmux]\nrows = 70\ny = 1"), (60, true));
    }

    #[test]
    fn without_a_good_one_what_can_be_used_counts() {
        let configurations = Configurations::default();
        configurations.effective(Some("/other"), loaded("[tmux]\nrows = 50"));
        let (loaded, notice) = configurations.effective(Some("/p"), loaded("[tmux]\nrows = 60\nx = 1"));
        assert_eq!((loaded.config.tmux.rows, loaded.faults.len(), notice), (60, 1, None));
    }
}
