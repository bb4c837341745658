//! `chorus daemon`: one per user and state folder; the only writer of the store and the only monitor.
//!
//! It holds a lock for life, serves the socket, and leaves by itself when it has had no client and no live task for
//! a while. Killing it at any moment loses nothing.

mod begin;
pub(crate) mod connection;
mod frames;
#[cfg(test)]
mod hostile;
pub(crate) mod log;
pub(crate) mod peer;
pub(crate) mod socket;
mod successor;
mod tracer;
mod watchdog;

use crate::core::Core;
use crate::error::{Error, Result};
use crate::foreign;
use crate::paths::State;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the daemon looks at itself: its socket's file, and whether anybody still needs it.
const LOOK: Duration = Duration::from_secs(2);
/// How long a daemon that was asked to leave waits for verbs under way.
const FINISH: Duration = Duration::from_secs(5);
/// Open files.
const DESCRIPTORS: u64 = 8192;
/// How long it stays with no client and no live task.
const IDLE: Duration = Duration::from_secs(60);

/// Runs until nobody needs the daemon, a signal, a newer client, or a newer program in its place; returns the exit code.
pub fn run() -> i32 {
    // A session of its own, so that the starter's terminal and its signals do not matter. It fails for a process
    // that already leads one, which is as good.
    let _ = rustix::process::setsid();
    log::init();
    raise_descriptors();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::internal(error)),
    };
    foreign::this_is_the_loop();
    let ended = runtime.block_on(serve());
    // Not for ever: a read of a file system that does not answer does not end.
    runtime.shutdown_timeout(FINISH);
    match ended {
        Ok(None) => 0,
        Ok(Some(program)) => {
            successor::start(&program);
            0
        }
        Err(error) => failed(&error),
    }
}

/// Clients, hooks that wait for an answer and web terminals need many at once. What the daemon starts gets the same, so
/// it stays below what programs may loop over.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        ::log::warn!("cannot raise the number of open files: {error}");
    }
}

fn failed(error: &Error) -> i32 {
    ::log::error!("{error}");
    1
}

/// The program to hand over to, where one took the place of this one.
#[expect(clippy::disallowed_methods, reason = "Chorus's own socket")]
async fn serve() -> Result<Option<PathBuf>> {
    let state = State::from_environment()?;
    state.create()?;
    // A file-size limit then fails a write, which is told, and does not end the daemon.
    let _full = signal(SignalKind::from_raw(25)).map_err(Error::internal)?;
    let Some(lock) = socket::lock(&state).await? else { return Ok(None) };
    if let Err(error) = state.use_temporary_folder() {
        ::log::warn!("{error}");
    }
    let core = Core::open(state.clone()).await;
    let (mut listener, mut inode) = socket::bind(&state)?;
    watchdog::begin();
    begin::begin(&core).await;
    tokio::spawn(begin::await_a_store(Arc::downgrade(&core)));
    tokio::spawn(begin::look_after_store(Arc::downgrade(&core)));
    tokio::spawn(look_at_configurations(Arc::downgrade(&core)));
    let (found, mut successors) = tokio::sync::mpsc::channel(1);
    let mut successor = None;
    tokio::spawn(successor::wait(Arc::downgrade(&core), found));
    ::log::info!("daemon {} serves {}", env!("CARGO_PKG_VERSION"), state.dir.display());
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut needed = Instant::now();
    let idle = std::env::var("CHORUS_IDLE_SECONDS").ok().and_then(|text| text.parse().ok());
    let idle = idle.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(IDLE);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { tokio::spawn(connection::serve(core.clone(), stream)); }
                Err(error) => {
                    ::log::error!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            _ = look.tick() => {
                if !socket::holds(&lock, &state) {
                    ::log::error!("the state folder was taken away");
                    break;
                }
                if !socket::is_there(&state, inode) {
                    (listener, inode) = socket::bind(&state)?;
                    ::log::warn!("the socket's file had vanished and was bound again");
                }
                if core.hub.open() > 0 || core.has_live_tasks().await {
                    needed = Instant::now();
                } else if needed.elapsed() >= idle {
                    break;
                }
            }
            Some(program) = successors.recv() => {
                successor = Some(program);
                break;
            }
            () = core.stop.cancelled() => break,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    if socket::holds(&lock, &state) && socket::is_there(&state, inode) {
        // The socket goes first, so that a client that comes now is not cut off but waits for the next daemon.
        let _ = state.socket().map(std::fs::remove_file);
    }
    leave(&core).await;
    Ok(successor)
}

/// Beside everything else: a project's files may take long.
async fn look_at_configurations(core: Weak<Core>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(core) = core.upgrade() else { return };
        core.look_at_configurations().await;
    }
}

/// Finishes the verbs under way.
async fn leave(core: &Arc<Core>) {
    let finished = async {
        while core.hub.is_working() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(FINISH, finished).await;
    core.end().await;
    ::log::info!("daemon leaves");
}
