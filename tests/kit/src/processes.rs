//! Processes that a sandbox started, known by its unguessable path in their environment.

use std::path::Path;
use std::time::{Duration, Instant};

/// One live process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Its arguments, program first.
    pub argv: Vec<String>,
}

/// Every live process of this user whose environment names `root`, this one excepted. Empty where there is no procfs.
pub fn naming(root: &Path) -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let needle = root.as_os_str().as_encoded_bytes();
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.windows(needle.len()).any(|window| window == needle)
        })
        .filter_map(|pid| Some(Process { pid, argv: argv(pid)? }))
        .collect()
}

/// Whether a process runs: one that is dead and not reaped does not.
pub fn is_alive(pid: u32) -> bool {
    argv(pid).is_some()
}

/// Whether nothing of a process is left, its open files and sockets neither. A process that dies has no memory, and so no
/// arguments, a moment before they are closed.
pub fn has_ended(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    let is_over = |stat: std::io::Result<String>| {
        let state = stat.ok().and_then(|stat| stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()));
        state.is_none_or(|state| matches!(state, 'Z' | 'X'))
    };
    threads.flatten().all(|thread| is_over(std::fs::read_to_string(thread.path().join("stat"))))
}

/// The program that `chorus exec` runs below a tracer: its child's only child. Any other process is its own program.
pub fn program_below(pid: u32) -> u32 {
    let is_exec = |pid: u32| argv(pid).is_some_and(|argv| argv.get(1).is_some_and(|word| word == "exec"));
    let child = |pid: u32| {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    };
    let below = is_exec(pid).then(|| child(pid)).flatten().filter(|tracer| is_exec(*tracer));
    below.and_then(child).unwrap_or(pid)
}

/// Nothing for a process that is gone or dead and not reaped.
fn argv(pid: u32) -> Option<Vec<String>> {
    let raw = std::fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|raw| !raw.is_empty())?;
    Some(
        raw.strip_suffix(b"\0")
            .unwrap_or(&raw)
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}

/// Ends those processes: SIGTERM, and SIGKILL for what is left after two seconds.
pub fn end(find: impl Fn() -> Vec<Process>) {
    signal(&find(), rustix::process::Signal::TERM);
    let began = Instant::now();
    while !find().is_empty() && began.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(&find(), rustix::process::Signal::KILL);
}

/// Sends SIGKILL to one process.
pub fn kill(pid: u32) {
    signal(&[Process { pid, argv: Vec::new() }], rustix::process::Signal::KILL);
}

fn signal(processes: &[Process], signal: rustix::process::Signal) {
    for process in processes {
        if let Some(pid) = i32::try_from(process.pid).ok().and_then(rustix::process::Pid::from_raw) {
            // It may have ended by itself meanwhile.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}
