//! One mutating `but` at a time per repository: a lock of our own in the git common folder.
//!
//! `flock(2)` on `chorus.lock` excludes other processes, a queue the callers of this one. A second file,
//! `chorus.running`, is the standard input of every mutating `but`: it stays locked while one runs that outlived the
//! daemon that started it. A git that changes something under the lock has it, too, and the first file says which program
//! that is: as long as it lives nobody takes the lock from it.

use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::process::{self, Identity};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a `but` of a daemon that is gone is awaited.
const ORPHAN: Duration = Duration::from_secs(60);

/// How often a lock that another process holds is tried.
const AGAIN: Duration = Duration::from_millis(20);

/// The lock of one repository.
#[derive(Clone, Debug)]
pub struct Lock {
    common: PathBuf,
    queue: Arc<Queue>,
}

/// Who waits for one repository in this process, and for what.
#[derive(Debug, Default)]
struct Queue {
    turns: Arc<Mutex<()>>,
    doing: parking_lot::Mutex<Option<String>>,
    /// When somebody here got the lock last.
    moved: parking_lot::Mutex<Option<Instant>>,
}

/// The lock, held until dropped. Every mutating call of `but` asks for it.
#[derive(Debug)]
pub struct Held {
    lock: Arc<File>,
    running: Running,
    queue: Arc<Queue>,
    _turn: OwnedMutexGuard<()>,
}

/// What a program that changes something under the lock takes along.
#[derive(Clone, Debug)]
pub struct Running {
    file: Arc<File>,
    lock: Arc<File>,
}

impl Running {
    /// Its standard input: empty, and locked as long as it lives.
    pub fn stdin(&self) -> Stdio {
        self.file.try_clone().map_or_else(|_| Stdio::null(), Stdio::from)
    }

    /// What stays locked as long as a program has it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Notes which program runs now.
    pub fn note(&self, pid: u32) {
        let text = process::identity(pid).and_then(|identity| serde_json::to_string(&identity).ok());
        let noted = self.lock.set_len(0).and_then(|()| self.lock.write_all_at(text.unwrap_or_default().as_bytes(), 0));
        noted.unwrap_or_else(|error| log::warn!("cannot note which program changes the repository: {error}"));
    }
}

static QUEUES: LazyLock<parking_lot::Mutex<HashMap<PathBuf, Arc<Queue>>>> = LazyLock::new(Default::default);

impl Lock {
    /// The lock of the repository with this git common folder.
    pub async fn of(common: &Path) -> Lock {
        let real = foreign::ask(common, fs::canonicalize).await.flatten();
        let common = real.unwrap_or_else(|_| common.to_owned());
        let mut queues = QUEUES.lock();
        let queue = queues.entry(common.clone()).or_default().clone();
        Lock { common, queue }
    }

    /// Waits in the queue as long as each that is before waits or holds for less than `limit`, then for other processes.
    pub async fn hold(&self, limit: Duration) -> Result<Held> {
        self.hold_for("another task", limit).await
    }

    /// The same; `doing` tells those who wait in vain what they waited for.
    pub async fn hold_for(&self, doing: &str, limit: Duration) -> Result<Held> {
        let busy = || {
            let holder = self.queue.doing.lock().clone();
            let hint = match holder {
                Some(holder) => format!("{holder} runs there, perhaps with a slow hook or signer; wait for its end"),
                None => "another Chorus commits there; try again".to_owned(),
            };
            Error::new(Code::WrongState, format!("the repository was busy for {} s", limit.as_secs())).hint(hint)
        };
        let turn = self.turn(limit).await.ok_or_else(busy)?;
        let until = Instant::now() + limit;
        *self.queue.doing.lock() = None;
        *self.queue.moved.lock() = Some(Instant::now());
        let lock = self.open("chorus.lock").await?;
        if !locked(&lock, until).await? {
            return Err(busy());
        }
        let mut running = self.open("chorus.running").await?;
        while !locked(&running, Instant::now() + ORPHAN).await? {
            if self.noted().await.is_some_and(|program| process::is_alive(&program)) {
                if Instant::now() >= until {
                    return Err(busy());
                }
                continue;
            }
            // What holds it is no `but` but something a git hook left behind: it keeps the old file.
            let old = foreign::ask(self.common.join("chorus.running"), fs::remove_file).await.flatten();
            old.map_err(|error| self.cannot(&error))?;
            running = self.open("chorus.running").await?;
        }
        *self.queue.doing.lock() = Some(doing.to_owned());
        let (lock, file) = (Arc::new(lock), Arc::new(running));
        Ok(Held { running: Running { file, lock: lock.clone() }, lock, queue: self.queue.clone(), _turn: turn })
    }

    /// A place at the head of the queue; nothing where that did not move for `limit`. Many that are before take their time
    /// together, and each of them may have nobody who would try again.
    async fn turn(&self, limit: Duration) -> Option<OwnedMutexGuard<()>> {
        let waiting = self.queue.turns.clone().lock_owned();
        tokio::pin!(waiting);
        let mut until = Instant::now() + limit;
        loop {
            if let Ok(turn) = tokio::time::timeout_at(until.into(), &mut waiting).await {
                return Some(turn);
            }
            let moved = *self.queue.moved.lock();
            until = go_on(until, moved, limit)?;
        }
    }

    /// The program that changed something last.
    async fn noted(&self) -> Option<Identity> {
        let file = self.common.join("chorus.lock");
        let text = foreign::ask(file, |file| foreign::read(&file, foreign::FEW)).await.flatten().ok()?;
        serde_json::from_slice(&text).ok()
    }

    async fn open(&self, name: &str) -> Result<File> {
        let open = |file: PathBuf| {
            foreign::open_with(File::options().read(true).write(true).create(true).truncate(false), &file)
        };
        foreign::ask(self.common.join(name), open).await.flatten().map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &std::io::Error) -> Error {
        Error::new(Code::WrongState, format!("cannot lock {}: {error}", self.common.display()))
            .hint("the repository must be writable")
    }
}

/// Until when whoever waited until `until` goes on, by when the queue `moved` last; nothing where it did not move for `limit`.
fn go_on(until: Instant, moved: Option<Instant>, limit: Duration) -> Option<Instant> {
    moved.map(|moved| moved + limit).filter(|later| *later > until)
}

async fn locked(file: &File, until: Instant) -> Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(Error::internal(format!("cannot lock: {error}"))),
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

impl Held {
    /// The standard input of a mutating `but`: empty, and locked as long as it lives.
    pub fn stdin(&self) -> Stdio {
        self.running.stdin()
    }

    /// What a git that changes something takes along.
    pub fn running(&self) -> Running {
        self.running.clone()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Explicitly: a descendant may have kept a copy of the descriptor.
        let _ = self.running.file.unlock();
        let _ = self.lock.unlock();
        *self.queue.doing.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pipe_in_the_place_of_the_lock_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(dir.path().join("chorus.lock")).status().unwrap();
        assert!(made.success());
        let refused = Lock::of(dir.path()).await.hold(Duration::ZERO).await.unwrap_err();
        assert!(refused.message.contains("it is not a file"), "{refused}");
    }

    #[tokio::test]
    async fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::of(dir.path()).await;
        let held = lock.hold(Duration::ZERO).await.unwrap();
        let refused = Lock::of(dir.path()).await.hold(Duration::ZERO).await.unwrap_err();
        assert_eq!(refused.message, "the repository was busy for 0 s");
        drop(held);
        lock.hold(Duration::from_secs(9)).await.unwrap();
    }

    #[test]
    fn whoever_waits_goes_on_waiting_while_the_queue_moves() {
        let (begun, limit) = (Instant::now(), Duration::from_secs(300));
        let at = |seconds| begun + Duration::from_secs(seconds);
        // Others before it took 200 s each.
        assert_eq!(go_on(at(300), Some(at(200)), limit), Some(at(500)));
        assert_eq!(go_on(at(500), Some(at(400)), limit), Some(at(700)));
        // The one that holds it since then takes too long.
        assert_eq!(go_on(at(700), Some(at(400)), limit), None);
        assert_eq!(go_on(at(300), None, limit), None);
    }

    #[tokio::test]
    async fn another_process_is_awaited() {
        let dir = tempfile::tempdir().unwrap();
        let other = File::create(dir.path().join("chorus.lock")).unwrap();
        other.lock().unwrap();
        let lock = Lock::of(dir.path()).await;
        assert!(lock.hold(Duration::ZERO).await.is_err());
        drop(other);
        lock.hold(Duration::from_secs(9)).await.unwrap();
    }

    #[tokio::test]
    async fn a_but_that_outlived_its_daemon_is_awaited() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::of(dir.path()).await;
        let held = lock.hold(Duration::ZERO).await.unwrap();
        let mut child = std::process::Command::new("sleep").arg("600").stdin(held.stdin()).spawn().unwrap();
        // A daemon that is killed runs no destructor; its descriptors are closed.
        let Held { lock: file, running, .. } = &held;
        let still = running.file.try_clone().unwrap();
        file.unlock().unwrap();
        let again = File::options().read(true).write(true).open(dir.path().join("chorus.running")).unwrap();
        assert!(!locked(&again, Instant::now()).await.unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        drop(still);
        drop(held);
        assert!(locked(&again, Instant::now()).await.unwrap());
    }
}
