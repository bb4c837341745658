//! Tells a tracer of folders whose files concern nobody, beside its reports: git and the rules' files are asked there,
//! and no report waits for them.

use super::Connection;
use crate::foreign;
use crate::vcs::ignored::IgnoredFolders;
use crate::wire::trace::ToTracer;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A folder is asked about again after this: rules change.
const AGAIN: Duration = Duration::from_secs(5);
/// Questions that wait; a folder that is not asked about for their number is asked about with its next report.
const MOST_WAITING: usize = 64;
/// More folders than these are not remembered.
const MOST_FOLDERS: usize = 1000;

/// The folders of one connection's reports.
pub struct Folders {
    asked: HashSet<String>,
    since: Instant,
    questions: Sender<String>,
}

impl Folders {
    /// None yet; questions arrive at what is returned.
    pub fn new() -> (Folders, Receiver<String>) {
        let (questions, received) = channel(MOST_WAITING);
        (Folders { asked: HashSet::new(), since: Instant::now(), questions }, received)
    }

    /// A report about that path came: asks whether its folder is ignored, if nobody did lately.
    pub fn see(&mut self, path: &str) {
        if self.since.elapsed() > AGAIN || self.asked.len() > MOST_FOLDERS {
            self.asked.clear();
            self.since = Instant::now();
        }
        let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !self.asked.contains(*folder)) else {
            return;
        };
        if self.questions.try_send(path.to_owned()).is_ok() {
            self.asked.insert(folder.to_owned());
        }
    }
}

/// Answers the questions of one connection.
pub async fn answer(connection: Arc<Connection>, mut questions: Receiver<String>) {
    let root = PathBuf::from(&connection.beside.project);
    let mut rules: Option<IgnoredFolders> = None;
    let mut failed: Option<Instant> = None;
    while let Some(path) = questions.recv().await {
        if rules.as_ref().is_none_or(IgnoredFolders::is_stale) {
            if failed.is_some_and(|at| at.elapsed() < AGAIN) {
                continue;
            }
            match IgnoredFolders::of(&root).await {
                Ok(fresh) => rules = Some(fresh),
                Err(error) => {
                    log::info!("cannot tell which folders of {} are ignored: {error}", root.display());
                    (rules, failed) = (None, Some(Instant::now()));
                    continue;
                }
            }
        }
        (rules, failed) = match look_up(&root, rules.take(), path).await {
            Ok((rules, folder)) => {
                if let Some(folder) = folder {
                    connection.say(ToTracer::Ignored { folder });
                }
                (rules, None)
            }
            Err(error) => {
                log::info!("{error}");
                (None, Some(Instant::now()))
            }
        };
    }
}

type Found = (Option<IgnoredFolders>, Option<String>);

async fn look_up(root: &Path, rules: Option<IgnoredFolders>, path: String) -> std::io::Result<Found> {
    foreign::within(root, move || {
        let mut rules = rules;
        let folder = rules.as_mut().and_then(|rules| rules.above(&path));
        (rules, folder)
    })
    .await
}
