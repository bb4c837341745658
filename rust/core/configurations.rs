//! The configuration of each project: read afresh at every use, so that a change counts at once. A file with faults
//! changes nothing: its last good version stays until the file is good again.

use crate::config::{Files, GoodFiles, Loaded};
use crate::text::clean_line;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};

/// The last good files, and which faults of each project were reported.
#[derive(Debug, Default)]
pub struct Configurations {
    good: Mutex<GoodFiles>,
    /// By the project's root; without a root, of the user alone.
    reported: Mutex<HashMap<Option<String>, Vec<String>>>,
    /// Warnings of each project that were told.
    warned: Mutex<HashMap<Option<String>, Vec<String>>>,
    /// The text of each project's file that a person trusts, as far as it was asked for.
    trusted: Mutex<HashMap<String, Option<String>>>,
}

impl Configurations {
    /// The configuration to use now that the files read like that, and whether its faults are other ones than before.
    pub fn effective(
        &self,
        project: Option<&str>,
        files: Files,
        environment: &BTreeMap<String, String>,
    ) -> (Loaded, bool) {
        let loaded = self.good.lock().load(files, environment);
        let mut reported = self.reported.lock();
        let before = reported.entry(project.map(str::to_owned)).or_default();
        let is_news = *before != loaded.faults;
        before.clone_from(&loaded.faults);
        (loaded, is_news)
    }
}

impl Configurations {
    /// Those of the warnings that were not there when the project's were last asked for.
    pub fn new_warnings(&self, project: Option<&str>, loaded: &Loaded) -> Vec<String> {
        let mut warned = self.warned.lock();
        let before = warned.entry(project.map(str::to_owned)).or_default();
        let new = loaded.warnings.iter().filter(|warning| !before.contains(warning)).cloned().collect();
        before.clone_from(&loaded.warnings);
        new
    }

    /// The text of the project's file that a person trusts; nothing where that was not asked for yet.
    pub fn trusted(&self, project: &str) -> Option<Option<String>> {
        self.trusted.lock().get(project).cloned()
    }

    /// Keeps it.
    pub fn set_trusted(&self, project: &str, text: Option<String>) {
        self.trusted.lock().insert(project.to_owned(), text);
    }
}

/// The first fault, for one line of a window.
pub fn fault(loaded: &Loaded) -> Option<String> {
    loaded.faults.first().map(|fault| clean_line(fault, 500))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A home with a configuration file, and a project.
    struct Desk {
        folder: tempfile::TempDir,
        configurations: Configurations,
    }

    impl Desk {
        fn new() -> Desk {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("chorus")).unwrap();
            std::fs::create_dir_all(folder.path().join("p")).unwrap();
            Desk { folder, configurations: Configurations::default() }
        }

        fn write(&self, path: &str, text: &str) {
            std::fs::write(self.folder.path().join(path), text).unwrap();
        }

        fn effective(&self) -> (Loaded, bool) {
            let root = self.folder.path();
            let text = |path: &Path| path.to_string_lossy().into_owned();
            let environment = [("XDG_CONFIG_HOME".to_owned(), text(root)), ("HOME".to_owned(), text(root))].into();
            let project = root.join("p");
            let files = Files::read(Some(&project), &environment);
            self.configurations.effective(project.to_str(), files, &environment)
        }

        fn rows(&self, text: &str) -> (u32, bool, bool) {
            self.write("chorus/chorus.toml", text);
            let (loaded, is_news) = self.effective();
            (loaded.config.tmux.rows, is_news, loaded.whole().is_ok())
        }
    }

    #[test]
    fn a_broken_file_changes_nothing_and_is_reported_once() {
        let desk = Desk::new();
        assert_eq!(desk.rows("[tmux]\nrows = 50"), (50, false, true));
        assert_eq!(desk.rows("[tmux]\nrows = 60\nx = 1"), (50, true, true));
        assert_eq!(desk.rows("[tmux]\nrows = 60\nx = 1"), (50, false, true));
        assert_eq!(desk.rows("[tmux]\nrows = 60\ny = 1"), (50, true, true));
        assert_eq!(desk.rows("[tmux]\nrows = 60"), (60, true, true));
        assert_eq!(desk.rows("[tmux"), (60, true, true));
        std::fs::remove_file(desk.folder.path().join("chorus/chorus.toml")).unwrap();
        std::os::unix::fs::symlink("/nowhere", desk.folder.path().join("chorus/chorus.toml")).unwrap();
        let (loaded, _) = desk.effective();
        assert_eq!(loaded.config.tmux.rows, 60);
        assert!(loaded.faults[0].contains("a link to a file that is not there"), "{:?}", loaded.faults);
    }

    #[test]
    fn without_a_good_one_nothing_may_be_done_on_it() {
        let desk = Desk::new();
        assert_eq!(desk.rows("[tmux]\nrows = 60\nx = 1"), (60, true, false));
        let (loaded, _) = desk.effective();
        let error = loaded.whole().unwrap_err();
        assert!(error.message.contains("chorus.toml:3:1: unknown key `tmux.x`"), "{error:?}");
        assert_eq!(fault(&loaded), loaded.gap);
        assert_eq!(desk.rows("[tmux]\nrows = 60"), (60, true, true));
    }

    #[test]
    fn a_fault_in_the_project_s_part_of_an_agent_counts() {
        let desk = Desk::new();
        desk.write("chorus/chorus.toml", "[agent.mine]\ncommand = 'mine'");
        desk.write("p/chorus.toml", "[agent.mine]\nmodel = 'x'");
        let model = |loaded: &Loaded| loaded.config.agents["mine"].model.clone();
        let (good, _) = desk.effective();
        assert_eq!((model(&good).as_deref(), good.faults.len()), (Some("x"), 0));
        desk.write("p/chorus.toml", "[agent.mine]\nmodel = 7");
        let (broken, is_news) = desk.effective();
        assert_eq!((model(&broken).as_deref(), is_news, broken.whole().is_ok()), (Some("x"), true, true));
        assert!(broken.faults[0].contains("p/chorus.toml:2"), "{:?}", broken.faults);
        let other = Desk::new();
        other.write("chorus/chorus.toml", "[agent.mine]\ncommand = 'mine'");
        other.write("p/chorus.toml", "[agent.mine]\nmodel = 7");
        assert!(other.effective().0.whole().is_err(), "no good version is known");
    }

    #[test]
    fn a_broken_file_of_the_project_does_not_hold_back_the_user_s() {
        let desk = Desk::new();
        assert_eq!(desk.rows("[tmux]\nrows = 50"), (50, false, true));
        desk.write("p/chorus.toml", "x = 1");
        assert_eq!(desk.rows("[tmux]\nrows = 70"), (70, true, false));
        desk.write("p/chorus.toml", "");
        assert_eq!(desk.rows("[tmux]\nrows = 70"), (70, true, true));
        desk.write("p/chorus.toml", "x = 1");
        assert_eq!(desk.rows("[tmux]\nrows = 80"), (80, true, true));
    }
}
