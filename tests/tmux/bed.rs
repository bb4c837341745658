//! A private server for each test and each tmux.

use chorus::tmux::{Listing, Pane, PaneState, Settings, Tmux};
use chorus_testkit::wait::{LIMIT, pause};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

pub const UUID: &str = "0b9dfe2c-1111-4222-8333-444455556666";

pub struct Bed {
    pub tmux: Tmux,
    pub program: PathBuf,
    pub folder: tempfile::TempDir,
}

/// The tmux programs under test.
pub fn programs() -> Vec<PathBuf> {
    let found: Vec<PathBuf> = chorus_testkit::given::tmuxes().into_iter().map(|tmux| tmux.path).collect();
    assert!(!found.is_empty(), "no tmux 3.2 or newer");
    found
}

/// Runs the test on each tmux.
pub async fn each(test: impl AsyncFn(Bed)) {
    for program in programs() {
        println!("with {}", program.display());
        test(Bed::new(&program, Settings::default())).await;
    }
}

impl Bed {
    pub fn new(program: &Path, settings: Settings) -> Bed {
        let folder = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").unwrap();
        let tmux = Tmux::new(program, folder.path().join("s"), "store-1", settings).unwrap();
        Bed { tmux, program: program.to_owned(), folder }
    }

    /// Runs tmux beside the code under test.
    pub fn by_hand(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(self.tmux.socket()).args(arguments);
        command.env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        String::from_utf8_lossy(&command.output().unwrap().stdout).trim().to_owned()
    }

    pub async fn start(&self, argv: &[&str]) -> Pane {
        self.start_as(UUID, argv).await
    }

    pub async fn start_as(&self, uuid: &str, argv: &[&str]) -> Pane {
        self.tmux.start_session(uuid, "#12 a task", self.folder.path(), &words(argv), None).await.unwrap()
    }

    /// The panes, when tmux answers.
    pub async fn panes(&self) -> Vec<PaneState> {
        match self.tmux.panes().await {
            Listing::Panes { panes, .. } => panes,
            other => panic!("no panes but {other:?}"),
        }
    }

    pub async fn state(&self, pane: &Pane) -> PaneState {
        self.panes().await.into_iter().find(|state| state.pane == pane.pane).expect("the pane is listed")
    }

    /// The pane's text, once it holds `text`.
    pub async fn shows(&self, pane: &Pane, text: &str) -> String {
        until(&format!("{text:?} on the screen"), async || {
            let screen = self.tmux.capture_pane(pane, 0, false).await.unwrap().lines.join("\n");
            screen.contains(text).then_some(screen)
        })
        .await
    }

    /// A file in the bed's folder, once it holds something.
    pub async fn written(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        until(&format!("{name} written"), async || {
            std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'))
        })
        .await
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.by_hand(&["kill-server"]);
    }
}

pub fn words(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|&word| word.to_owned()).collect()
}

/// Waits until `probe` finds something.
pub async fn until<T>(what: &str, probe: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "never: {what}");
        tokio::time::sleep(pause(begun.elapsed())).await;
    }
}
