//! What only grows is cut back, once a day: the store, files of tasks that are gone, events that nobody could read, and
//! rescues. The table of what the store keeps how long is in `store::tidy`.

#![expect(clippy::disallowed_methods, reason = "Chorus's own state folder")]

use crate::core::Core;
use crate::error::Result;
use crate::ops::branches::prune;
use crate::paths::State;
use crate::status::Millis;
use crate::store::Filter;
use std::collections::BTreeSet;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Weak;
use std::time::{Duration, SystemTime};

/// After the daemon's start and between two looks at whether it is time.
const FIRST: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(60 * 60);

const DAY: Millis = 24 * 60 * 60 * 1000;
/// A file of a task that the store does not know stays for a day: another store may have been in use.
const OF_NO_TASK: Duration = Duration::from_secs(24 * 60 * 60);
/// What could not be read is kept so long for whoever looks into it.
const UNREADABLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// When it was done last, in milliseconds, in `meta`: a daemon may not live for a day.
const DONE: &str = "tidied";

/// Checks the store if it is time, then cuts back once a day for as long as the daemon lives.
pub async fn run(core: Weak<Core>) {
    check(&core).await;
    let mut pause = FIRST;
    loop {
        tokio::time::sleep(pause).await;
        pause = LOOK;
        let Some(core) = core.upgrade() else { return };
        let now = crate::clock::now();
        match is_due(&core, now).await {
            Ok(true) => all(&core, now).await,
            Ok(false) => {}
            Err(error) => log::error!("cannot tell whether it is time to tidy up: {error}"),
        }
    }
}

async fn check(core: &Weak<Core>) {
    let Some(core) = core.upgrade() else { return };
    let now = crate::clock::now();
    let Ok(store) = core.store() else { return };
    let checked = match store.write(move |tx| tx.begin_use(now)).await {
        Ok(true) => store.check(now).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = checked {
        log::error!("{error}");
        core.hub.projects().iter().for_each(|project| core.warn(project, &error.to_string()));
    }
}

async fn is_due(core: &Core, now: Millis) -> Result<bool> {
    let done = core.read(DONE, |tx, key| tx.recall(key)).await?;
    let done = done.and_then(|at| at.parse::<Millis>().ok());
    // A clock that was set back makes it due too.
    Ok(done.is_none_or(|at| !(0..DAY).contains(&(now - at))))
}

/// Each part by itself: one that fails keeps none of the others.
async fn all(core: &Core, now: Millis) {
    let parts = [("the store", store(core, now).await), ("the files of tasks", files(core).await)];
    for (what, done) in parts {
        if let Err(error) = done {
            log::warn!("cannot tidy up {what}: {error}");
        }
    }
    prune::prune(core).await;
    let noted = core.write(DONE, move |tx, key| tx.remember(key, &now.to_string())).await;
    noted.unwrap_or_else(|error| log::warn!("cannot note that it was tidied up: {error}"));
}

async fn store(core: &Core, now: Millis) -> Result<()> {
    core.store()?.tidy(now).await
}

async fn files(core: &Core) -> Result<()> {
    let known = core.store()?.read(|tx| tx.tasks(None, &Filter::default())).await?;
    let known: BTreeSet<String> = known.into_iter().map(|task| task.uuid).collect();
    let state = core.state.clone();
    let swept = tokio::task::spawn_blocking(move || sweep(&state, &known));
    swept.await.map_err(crate::error::Error::internal)
}

/// The task is gone, and its files go with it.
pub fn forget_files(state: &State, task: &str) {
    for file in [state.settings_of(task), state.context_of(task)] {
        if let Err(error) = std::fs::remove_file(&file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!("cannot remove {}: {error}", file.display());
        }
    }
}

/// Removes what belongs to no task in `known`, and what could not be read long ago. Blocks.
fn sweep(state: &State, known: &BTreeSet<String>) {
    for path in older(&state.tasks(), OF_NO_TASK) {
        let task = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| uuid::Uuid::parse_str(stem).is_ok());
        if task.is_some_and(|task| !known.contains(task)) {
            remove(&path);
        }
    }
    for path in older(&state.spool().join("bad"), UNREADABLE) {
        remove(&path);
    }
    let folders = state.tmux_folders_of_agents();
    for path in folders.iter().flat_map(|folder| older(folder, OF_NO_TASK)) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_an_agent_s = name.len() == State::SHORT_TASK && !known.iter().any(|task| task.starts_with(name));
        if is_an_agent_s && !serves(&path) {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        log::warn!("cannot remove {}: {error}", path.display());
    }
}

/// What is in the folder and was not touched for so long.
fn older(folder: &Path, age: Duration) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let limit = SystemTime::now() - age;
    let is_old = |entry: &std::fs::DirEntry| {
        entry.metadata().and_then(|found| found.modified()).is_ok_and(|modified| modified < limit)
    };
    entries.flatten().filter(is_old).map(|entry| entry.path()).collect()
}

/// Whether a tmux server answers in the folder of an agent.
fn serves(folder: &Path) -> bool {
    let Ok(inner) = std::fs::read_dir(folder) else { return true };
    let sockets = inner.flatten().filter_map(|entry| std::fs::read_dir(entry.path()).ok()).flatten().flatten();
    sockets.into_iter().any(|socket| UnixStream::connect(socket.path()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_no_task_go_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { dir: folder.path().join("state") };
        state.create().unwrap();
        let [known, gone, fresh] = [1, 2, 3].map(|n| format!("0000000{n}-0000-4000-8000-000000000000"));
        let bad = state.spool().join("bad");
        std::fs::create_dir_all(&bad).unwrap();
        let long_ago = SystemTime::now() - 2 * UNREADABLE;
        let put = |path: &Path, is_old: bool| {
            let file = std::fs::File::create(path).unwrap();
            if is_old {
                file.set_modified(long_ago).unwrap();
            }
        };
        for (task, is_old) in [(&known, true), (&gone, true), (&fresh, false)] {
            put(&state.context_of(task), is_old);
            put(&state.settings_of(task), is_old);
        }
        put(&state.tasks().join("mine.md"), true);
        put(&bad.join("old"), true);
        put(&bad.join("new"), false);
        let idle = state.tmux_socket_of_agent(&gone).unwrap();
        let live = state.tmux_socket_of_agent(&known).unwrap();
        for socket in [&idle, &live] {
            let top = socket.parent().and_then(Path::parent).unwrap();
            std::fs::File::open(top).unwrap().set_modified(long_ago).unwrap();
        }
        sweep(&state, &BTreeSet::from([known.clone()]));
        let stays = |path: &Path| path.exists();
        assert!(stays(&state.context_of(&known)) && stays(&state.settings_of(&known)));
        assert!(!stays(&state.context_of(&gone)) && !stays(&state.settings_of(&gone)));
        assert!(stays(&state.context_of(&fresh)) && stays(&state.tasks().join("mine.md")));
        assert!(!stays(&bad.join("old")) && stays(&bad.join("new")));
        assert!(!stays(idle.parent().unwrap()) && stays(live.parent().unwrap()));
        forget_files(&state, &known);
        assert!(!stays(&state.context_of(&known)) && !stays(&state.settings_of(&known)));
    }

    #[test]
    fn folders_of_agents_tmux_go_from_beside_a_long_state_folder_too() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { dir: folder.path().join("y".repeat(148)) };
        state.create().unwrap();
        let [known, gone] = [1, 2].map(|n| format!("0000000{n}-0000-4000-8000-000000000000"));
        let [live, idle] = [&known, &gone].map(|task| state.tmux_socket_of_agent(task).unwrap());
        let top = |socket: &Path| socket.parent().and_then(Path::parent).unwrap().to_owned();
        let near = top(&idle).parent().unwrap().to_owned();
        assert!(!near.starts_with(folder.path()), "{}", near.display());
        std::fs::write(near.join("sock"), "").unwrap();
        for path in [top(&idle), top(&live), near.join("sock")] {
            std::fs::File::open(path).unwrap().set_modified(SystemTime::now() - 2 * UNREADABLE).unwrap();
        }
        sweep(&state, &BTreeSet::from([known]));
        let stays = [top(&idle), top(&live), near.join("sock")].map(|path| path.exists());
        std::fs::remove_dir_all(near).unwrap();
        assert_eq!(stays, [false, true, true]);
    }
}
