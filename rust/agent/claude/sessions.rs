//! Watches the session files that agents write, `<config>/sessions/<pid>.json`, of any number of configuration folders.
//!
//! The kernel tells of changes (inotify, FSEvents); where it cannot, and for folders that do not exist yet, a slow look
//! does.

mod file;

pub use file::running;

use crate::agent::SessionWatch;
use crate::foreign::{self, fs};
use file::{pid_of, pids, read};
use notify::event::{AccessKind, AccessMode};
use notify::{Config, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// Lets the several events of one write come together.
const SETTLE: Duration = Duration::from_millis(1);
/// Milliseconds before a file that is no JSON yet is read again: it may be half written.
const AGAIN: [u64; 6] = [2, 4, 8, 16, 32, 64];
/// How often to look by ourselves: without the kernel's help, with a folder that does not exist, else.
const LOOK_ALONE: Duration = Duration::from_millis(250);
const LOOK_FOR_FOLDER: Duration = Duration::from_secs(2);
const LOOK_ANYWAY: Duration = Duration::from_secs(30);

/// A session file was written or went away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFileSeen {
    /// The configuration folder, as it was given to [`Sessions::watch`].
    pub config_dir: PathBuf,
    /// The process that the file is about, by its name.
    pub pid: u32,
    /// The file.
    pub path: PathBuf,
    /// Its content, valid JSON; nothing when it is gone. A client removes it as it exits, unless it is killed.
    pub content: Option<Vec<u8>>,
}

/// What the kernel is asked for: it would tell of each reading as well.
const CHANGES: EventKindMask = EventKindMask::CORE.union(EventKindMask::ACCESS_CLOSE);

/// The watch. Dropped, it ends.
#[derive(Clone, Debug)]
pub struct Sessions {
    orders: mpsc::UnboundedSender<Order>,
}

#[derive(Debug)]
enum Order {
    Watch(PathBuf),
    Forget(PathBuf),
    /// Something happened to that path; how often it was no JSON since.
    Touched(PathBuf, usize),
    /// The kernel lost events.
    LookEverywhere,
}

impl Sessions {
    /// Begins to watch, on the current runtime. What is seen goes to `seen`; each distinct content once.
    pub fn start(seen: mpsc::Sender<SessionFileSeen>) -> Sessions {
        let (orders, received) = mpsc::unbounded_channel();
        let tell = orders.downgrade();
        let handler = move |event: notify::Result<notify::Event>| {
            let Some(orders) = tell.upgrade() else { return };
            // The receiver ends with the watch.
            let _ = match event {
                Ok(event) if !is_change(&event.kind) => Ok(()),
                Ok(event) if !event.need_rescan() => {
                    event.paths.into_iter().try_for_each(|path| orders.send(Order::Touched(path, 0)))
                }
                _ => orders.send(Order::LookEverywhere),
            };
        };
        let watcher = RecommendedWatcher::new(handler, Config::default().with_event_kinds(CHANGES))
            .inspect_err(|error| log::warn!("session files are polled: {error}"))
            .ok();
        let watch = Watch { watcher, seen, again: orders.downgrade(), folders: BTreeMap::new() };
        tokio::spawn(watch.run(received));
        Sessions { orders }
    }

    /// Stops watching it.
    pub fn forget(&self, config_dir: &Path) {
        let _ = self.orders.send(Order::Forget(config_dir.to_owned()));
    }
}

impl SessionWatch for Sessions {
    fn watch(&self, config_dir: &Path) {
        let _ = self.orders.send(Order::Watch(config_dir.to_owned()));
    }
}

/// Whether an event can mean other content. Reading does not: taken for a change, our own look at a file would call for
/// the next one, for ever.
fn is_change(kind: &EventKind) -> bool {
    !kind.is_access() || matches!(kind, EventKind::Access(AccessKind::Close(AccessMode::Write)))
}

struct Watch {
    watcher: Option<RecommendedWatcher>,
    seen: mpsc::Sender<SessionFileSeen>,
    again: mpsc::WeakUnboundedSender<Order>,
    /// By configuration folder.
    folders: BTreeMap<PathBuf, Folder>,
}

struct Folder {
    /// `<config>/sessions`, without symbolic links once it exists: the kernel names files so.
    sessions: PathBuf,
    /// What the kernel watches for it: the folder itself, or the nearest that exists above.
    armed: Option<PathBuf>,
    /// What was told last.
    told: BTreeMap<u32, Vec<u8>>,
}

impl Watch {
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        loop {
            let first = match tokio::time::timeout(self.pause(), orders.recv()).await {
                Ok(Some(order)) => order,
                Ok(None) => return,
                Err(_) => Order::LookEverywhere,
            };
            tokio::time::sleep(SETTLE).await;
            let mut touched = BTreeMap::new();
            let mut everywhere = false;
            let more = std::iter::from_fn(|| orders.try_recv().ok());
            for order in std::iter::once(first).chain(more).collect::<Vec<_>>() {
                match order {
                    Order::Watch(config_dir) => self.add(config_dir),
                    Order::Forget(config_dir) => self.remove(&config_dir),
                    Order::Touched(path, tries) => {
                        touched.entry(path).and_modify(|known: &mut usize| *known = tries.min(*known)).or_insert(tries);
                    }
                    Order::LookEverywhere => everywhere = true,
                }
            }
            if everywhere {
                self.look_everywhere().await;
            } else {
                self.look_at(touched).await;
            }
            if self.seen.is_closed() {
                return;
            }
        }
    }

    fn pause(&self) -> Duration {
        match &self.watcher {
            None => LOOK_ALONE,
            Some(_) if self.folders.values().any(|folder| !folder.is_armed()) => LOOK_FOR_FOLDER,
            Some(_) => LOOK_ANYWAY,
        }
    }

    fn add(&mut self, config_dir: PathBuf) {
        let sessions = config_dir.join("sessions");
        self.folders.entry(config_dir).or_insert(Folder { sessions, armed: None, told: BTreeMap::new() });
        self.later(Order::LookEverywhere, Duration::ZERO);
    }

    fn remove(&mut self, config_dir: &Path) {
        if let Some(armed) = self.folders.remove(config_dir).and_then(|folder| folder.armed) {
            self.disarm(&armed);
        }
    }

    /// Tells the kernel that the folder is of no interest, unless another needs it.
    fn disarm(&mut self, armed: &Path) {
        let needed = self.folders.values().any(|folder| folder.armed.as_deref() == Some(armed));
        if let (Some(watcher), false) = (&mut self.watcher, needed) {
            // A folder that is gone is not watched any more.
            let _ = watcher.unwatch(armed);
        }
    }

    async fn look_everywhere(&mut self) {
        for config_dir in self.folders.keys().cloned().collect::<Vec<_>>() {
            self.arm(&config_dir).await;
            let Some(folder) = self.folders.get(&config_dir) else { continue };
            let (sessions, told) = (folder.sessions.clone(), folder.told.keys().copied().collect::<Vec<_>>());
            let pids = move || pids(&sessions).chain(told).collect::<BTreeSet<u32>>();
            let Ok(pids) = foreign::within(&config_dir, pids).await else { continue };
            for pid in pids {
                self.look(&config_dir, pid, 0).await;
            }
        }
    }

    async fn look_at(&mut self, touched: BTreeMap<PathBuf, usize>) {
        let mut strange = false;
        for (path, tries) in touched {
            let home = |(_, folder): &(&PathBuf, &Folder)| path.parent() == Some(&folder.sessions);
            match self.folders.iter().find(home).map(|(config_dir, _)| config_dir.clone()) {
                Some(config_dir) => {
                    if let Some(pid) = pid_of(&path) {
                        self.look(&config_dir, pid, tries).await;
                    }
                }
                // A folder on the way to one of ours came or went.
                None => strange |= self.folders.values().any(|folder| folder.sessions.starts_with(&path)),
            }
        }
        if strange {
            self.look_everywhere().await;
        }
    }

    /// Has the kernel watch the folder, or the nearest one above it that exists.
    async fn arm(&mut self, config_dir: &Path) {
        let (Some(folder), true) = (self.folders.get(config_dir), self.watcher.is_some()) else { return };
        let (wanted, known) = (config_dir.join("sessions"), folder.sessions.clone());
        let looked = foreign::within(config_dir, move || {
            let sessions = fs::canonicalize(&wanted).unwrap_or(known);
            let nearest = sessions.ancestors().find(|path| fs::is_dir(path)).map(Path::to_owned);
            (sessions, nearest)
        });
        let Ok((sessions, nearest)) = looked.await else { return };
        let (Some(folder), Some(watcher)) = (self.folders.get_mut(config_dir), &mut self.watcher) else { return };
        folder.sessions = sessions;
        // Watched anew each time: one that was removed and made again is another for the kernel.
        let armed = nearest.filter(|path| match watcher.watch(path, RecursiveMode::NonRecursive) {
            Ok(()) => true,
            Err(error) => {
                log::warn!("cannot watch {}: {error}", path.display());
                false
            }
        });
        let before = std::mem::replace(&mut folder.armed, armed);
        let moved = before != folder.armed;
        if let Some(before) = before.filter(|_| moved) {
            self.disarm(&before);
        }
    }

    /// Reads one file and tells what is new.
    async fn look(&mut self, config_dir: &Path, pid: u32, tries: usize) {
        let Some(folder) = self.folders.get(config_dir) else { return };
        let path = folder.sessions.join(format!("{pid}.json"));
        let file = path.clone();
        let found = foreign::within(&path, move || read(&file)).await.and_then(|found| found);
        let Some(folder) = self.folders.get_mut(config_dir) else { return };
        let content = match found {
            Ok(content) if serde_json::from_slice::<serde::de::IgnoredAny>(&content).is_err() => {
                if let Some(pause) = AGAIN.get(tries) {
                    self.later(Order::Touched(path, tries + 1), Duration::from_millis(*pause));
                }
                return;
            }
            Ok(content) => Some(content),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return log::debug!("cannot read {}: {error}", path.display()),
        };
        let before = match &content {
            Some(content) => folder.told.insert(pid, content.clone()),
            None => folder.told.remove(&pid),
        };
        if before != content {
            let config_dir = config_dir.to_owned();
            // Nobody listens when the daemon ends.
            let _ = self.seen.send(SessionFileSeen { config_dir, pid, path, content }).await;
        }
    }

    fn later(&self, order: Order, pause: Duration) {
        let again = self.again.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            if let Some(orders) = again.upgrade() {
                let _ = orders.send(order);
            }
        });
    }
}

impl Folder {
    fn is_armed(&self) -> bool {
        self.armed.as_ref() == Some(&self.sessions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        root: tempfile::TempDir,
        sessions: Sessions,
        seen: mpsc::Receiver<SessionFileSeen>,
    }

    impl World {
        fn new() -> World {
            let (sender, seen) = mpsc::channel(64);
            World { root: tempfile::tempdir().unwrap(), sessions: Sessions::start(sender), seen }
        }

        fn config(&self, name: &str) -> PathBuf {
            self.root.path().join(name)
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        /// The next thing seen: `a/7 {"x":1}` or `a/7 gone`. The limit only bounds a broken run.
        async fn next(&mut self) -> String {
            let seen = tokio::time::timeout(Duration::from_secs(20), self.seen.recv()).await.unwrap().unwrap();
            let config = seen.config_dir.file_name().unwrap().to_string_lossy().into_owned();
            let content = seen.content.map_or("gone".to_owned(), |content| String::from_utf8(content).unwrap());
            format!("{config}/{} {content}", seen.pid)
        }
    }

    #[test]
    fn a_look_at_a_file_is_no_change_of_it() {
        assert!(!is_change(&EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!is_change(&EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(is_change(&EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(is_change(&EventKind::Any) && is_change(&EventKind::Other));
    }

    #[tokio::test]
    async fn files_are_told_as_they_come_change_and_go() {
        let mut world = World::new();
        world.write("a/sessions/7.json", "{}");
        world.write("b/sessions/8.json", "{}");
        world.sessions.watch(&world.config("a"));
        assert_eq!(world.next().await, "a/7 {}");
        world.sessions.watch(&world.config("b"));
        assert_eq!(world.next().await, "b/8 {}");
        world.write("a/sessions/7.json", "[1]");
        assert_eq!(world.next().await, "a/7 [1]");
        world.write("a/sessions/9.json.tmp", "[2]");
        std::fs::rename(world.config("a/sessions/9.json.tmp"), world.config("a/sessions/9.json")).unwrap();
        assert_eq!(world.next().await, "a/9 [2]");
        std::fs::remove_file(world.config("a/sessions/7.json")).unwrap();
        assert_eq!(world.next().await, "a/7 gone");
    }

    #[tokio::test]
    async fn a_folder_may_come_later_and_come_again() {
        let mut world = World::new();
        world.sessions.watch(&world.config("a/deep/er"));
        tokio::task::yield_now().await;
        for round in ["1", "2", "3"] {
            world.write("a/deep/er/sessions/7.json", round);
            assert_eq!(world.next().await, format!("er/7 {round}"));
            std::fs::remove_dir_all(world.config("a")).unwrap();
            assert_eq!(world.next().await, "er/7 gone");
        }
    }

    #[tokio::test]
    async fn half_a_file_is_read_again_and_the_same_content_is_told_once() {
        let mut world = World::new();
        std::fs::create_dir_all(world.config("a/sessions")).unwrap();
        world.sessions.watch(&world.config("a"));
        world.write("a/sessions/7.json", "{\"x\":");
        world.write("a/sessions/7.json", "{\"x\":1}");
        assert_eq!(world.next().await, "a/7 {\"x\":1}");
        world.write("a/sessions/7.json", "{\"x\":1}");
        world.write("a/sessions/8.json", "8");
        assert_eq!(world.next().await, "a/8 8");
    }

    #[tokio::test]
    async fn nothing_but_session_files_is_read() {
        let mut world = World::new();
        world.write("a/sessions/7.abc.key", "1");
        world.write("a/sessions/x.json", "1");
        world.write("a/sessions/+7.json", "1");
        world.write("a/sessions/99999999999.json", "1");
        world.write("a/sessions/1.json", &format!("\"{}\"", "x".repeat(70_000)));
        world.write("secret", "1");
        std::os::unix::fs::symlink(world.config("secret"), world.config("a/sessions/2.json")).unwrap();
        let pipe = world.config("a/sessions/3.json");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        world.write("a/sessions/7.json", "7");
        world.sessions.watch(&world.config("a"));
        assert_eq!(world.next().await, "a/7 7");
        world.write("a/sessions/8.json", "8");
        assert_eq!(world.next().await, "a/8 8");
    }

    #[tokio::test]
    async fn a_forgotten_folder_is_quiet() {
        let mut world = World::new();
        for name in ["a", "b"] {
            std::fs::create_dir_all(world.config(name).join("sessions")).unwrap();
            world.sessions.watch(&world.config(name));
        }
        world.sessions.forget(&world.config("a"));
        world.write("a/sessions/7.json", "7");
        world.write("b/sessions/7.json", "7");
        assert_eq!(world.next().await, "b/7 7");
    }
}
