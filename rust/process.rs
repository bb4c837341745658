//! Other processes: who they are (the one place that knows), and running one to its end.
//!
//! Identity is pid and start time. Linux reads procfs; elsewhere `ps` answers.

#![expect(clippy::disallowed_methods, reason = "the kernel's own files")]

mod lookup;
mod open_files;

pub use lookup::{is_executable, program_in};
pub use open_files::{OpenFiles, is_written_by_any};

use crate::error::{Code, Error, Result};
use crate::foreign::{self, fs};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
#[cfg(target_os = "linux")]
use tokio::io::{Interest, unix::AsyncFd};

/// A process, told apart from a later one with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Process id.
    pub pid: u32,
    /// Start time as the kernel words it: clock ticks since boot on Linux (field 22 of `stat`).
    pub start: String,
}

/// What procfs says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Parent's pid.
    pub parent: u32,
    /// `T` when stopped by job control, `Z` when dead and not reaped.
    pub state: char,
    /// As in [`Identity::start`].
    pub start: String,
}

/// Reads a process's facts; nothing when it is gone.
#[cfg(target_os = "linux")]
pub fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads a process's facts; nothing when it is gone.
#[cfg(not(target_os = "linux"))]
pub fn stat(pid: u32) -> Option<Stat> {
    let output =
        std::process::Command::new("ps").args(["-o", "ppid=,state=,lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.split_whitespace();
    let parent = words.next()?.parse().ok()?;
    let state = words.next()?.chars().next()?;
    Some(Stat { parent, state, start: words.collect::<Vec<_>>().join(" ") })
}

/// The command name may hold spaces and parentheses, so the fields are counted from its last `)`.
#[cfg(target_os = "linux")]
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        start: (*fields.get(19)?).to_owned(),
    })
}

/// The identity of a live process.
pub fn identity(pid: u32) -> Option<Identity> {
    let stat = stat(pid)?;
    (stat.state != 'Z').then_some(Identity { pid, start: stat.start })
}

/// The facts of that very process; nothing when it is gone or dead.
pub fn living(identity: &Identity) -> Option<Stat> {
    stat(identity.pid).filter(|stat| stat.start == identity.start && stat.state != 'Z')
}

/// Whether that very process lives.
pub fn is_alive(identity: &Identity) -> bool {
    living(identity).is_some()
}

/// Waits until that very process has ended. Linux tells (`pidfd_open(2)`); elsewhere it is looked for.
#[cfg_attr(
    target_os = "linux",
    expect(deprecated, reason = "sound for a descriptor that is owned; its successor is unsafe")
)]
pub async fn wait_for_end(identity: &Identity) {
    #[cfg(target_os = "linux")]
    if let Some(pid) = i32::try_from(identity.pid).ok().and_then(rustix::process::Pid::from_raw)
        && let Ok(descriptor) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::NONBLOCK)
        && let Ok(descriptor) = AsyncFd::with_interest(descriptor, Interest::READABLE)
        && is_alive(identity)
    {
        let _ = descriptor.readable().await;
        return;
    }
    while is_alive(identity) {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Asks that very process to end; nothing happens when it is gone.
pub fn terminate(identity: &Identity) {
    signal(identity, rustix::process::Signal::TERM);
}

/// Tells that very process that its terminal goes; nothing happens when it is gone.
pub fn hang_up(identity: &Identity) {
    signal(identity, rustix::process::Signal::HUP);
}

/// Ends that very process, whatever it does about signals; nothing happens when it is gone.
pub fn kill(identity: &Identity) {
    signal(identity, rustix::process::Signal::KILL);
}

/// The processes that this one started and that live. Empty where the kernel does not tell (`CONFIG_PROC_CHILDREN`).
pub fn children(pid: u32) -> Vec<Identity> {
    let told = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    told.split_whitespace().filter_map(|child| identity(child.parse().ok()?)).collect()
}

/// Asks a tmux server to make its socket again (`SIGUSR1`, tmux(1)); nothing happens when it is gone.
pub fn tell_to_listen(identity: &Identity) {
    signal(identity, rustix::process::Signal::USR1);
}

/// Continues a process that job control stopped.
pub fn resume(identity: &Identity) {
    signal(identity, rustix::process::Signal::CONT);
}

fn signal(identity: &Identity, signal: rustix::process::Signal) {
    let pid = i32::try_from(identity.pid).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid.filter(|_| is_alive(identity)) {
        // It may have ended since: that is what was wanted.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// The name of the program in the process, as the kernel has it.
pub fn command_name(pid: u32) -> Option<String> {
    if cfg!(target_os = "linux") {
        return Some(std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_owned());
    }
    let path = ps(pid, "comm=")?;
    Some(path.rsplit('/').next()?.to_owned())
}

/// The process's command line, its words joined by spaces.
pub fn command_line(pid: u32) -> Option<String> {
    if cfg!(target_os = "linux") {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&words).replace('\0', " "));
    }
    ps(pid, "command=")
}

fn ps(pid: u32, column: &str) -> Option<String> {
    let output = std::process::Command::new("ps").args(["-ww", "-o", column, "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Whether job control stopped the process.
pub fn is_suspended(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state == 'T')
}

/// Whether the process's terminal reads whole lines, as a shell leaves it: a program that draws its own prompt has given
/// it up then. Nothing where that cannot be told.
pub fn leaves_terminal(pid: u32) -> Option<bool> {
    use rustix::fs::{Mode, OFlags};
    let terminal = std::fs::read_link(format!("/proc/{pid}/fd/0")).ok().filter(|path| path.starts_with("/dev/pts"))?;
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(terminal, flags, Mode::empty()).ok()?;
    let modes = rustix::termios::tcgetattr(terminal).ok()?;
    Some(modes.local_modes.contains(rustix::termios::LocalModes::ICANON))
}

/// The process and its ancestors, nearest first, at most 64.
pub fn lineage(pid: u32) -> Vec<Identity> {
    let mut found = Vec::new();
    let mut next = Some(pid);
    while let Some((pid, stat)) = next.take().and_then(|pid| Some((pid, stat(pid)?))) {
        found.push(Identity { pid, start: stat.start });
        next = Some(stat.parent).filter(|parent| *parent > 0 && found.len() < 64);
    }
    found
}

/// The process of a thread, by `Tgid` in its status (proc(5)); the number itself where the kernel does not tell.
pub fn of_thread(thread: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let process = status.lines().find_map(|line| line.strip_prefix("Tgid:")).and_then(|pid| pid.trim().parse().ok());
    process.unwrap_or(thread)
}

/// A variable in the environment the process started with; nothing where it cannot be read.
pub fn variable_of(pid: u32, name: &str) -> Option<String> {
    let [found] = variables_of(pid, [name]);
    found
}

/// Several such variables, read at once.
pub fn variables_of<const N: usize>(pid: u32, names: [&str; N]) -> [Option<String>; N] {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    names.map(|name| {
        let value = |entry: &[u8]| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec);
        let found = environment.split(|byte| *byte == 0).find_map(value)?;
        Some(String::from_utf8_lossy(&found).into_owned())
    })
}

/// Which machine this is: systemd's or D-Bus's id, else the host's name.
pub fn machine_id() -> String {
    let read =
        |path: &str| std::fs::read_to_string(path).ok().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    read("/etc/machine-id").or_else(|| read("/var/lib/dbus/machine-id")).unwrap_or_else(host)
}

/// Which boot of which machine this is. `CHORUS_BOOT_ID` replaces it in tests.
pub fn boot_id() -> String {
    if let Ok(injected) = std::env::var("CHORUS_BOOT_ID") {
        return injected;
    }
    let linux = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let other = || {
        let output = std::process::Command::new("sysctl").args(["-n", "kern.boottime"]).output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    linux.or_else(other).map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, trimmed.
    pub stderr: String,
}

impl Ended {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Bytes of output that are taken of a program: what Chorus reads is lists and files, and is held in memory.
pub const MOST_OUTPUT: usize = 64 * 1024 * 1024;
/// Bytes of standard error; the rest is passed over.
const MOST_ERROR: usize = 1024 * 1024;

/// Runs `command` to its end with `input` on its standard input (closed when empty), killing it after `limit`.
///
/// # Errors
/// When it cannot be started or read, does not end in time, or prints more than [`MOST_OUTPUT`].
pub async fn run(command: tokio::process::Command, input: Vec<u8>, limit: Duration) -> Result<Ended> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let mut stdout = Vec::new();
    let take = |piece: &[u8]| {
        if stdout.len() + piece.len() > MOST_OUTPUT {
            let message = format!("{name} printed more than {} MB, which is not read", MOST_OUTPUT >> 20);
            return Err(Error::new(Code::Internal, message));
        }
        stdout.extend_from_slice(piece);
        Ok(())
    };
    let (code, stderr) = each(command, input, limit, take).await?;
    Ok(Ended { code, stdout, stderr })
}

/// A shell of a build tool leaves the name of a folder for temporary files behind that went with it.
async fn forget_missing_folder(command: &mut tokio::process::Command) {
    let set = command.as_std().get_envs().find(|(name, _)| *name == "TMPDIR");
    let Some(folder) = set.and_then(|(_, value)| value.map(std::path::PathBuf::from)) else { return };
    if !foreign::ask(folder, fs::is_dir).await.unwrap_or_default() {
        command.env_remove("TMPDIR");
    }
}

/// As [`run`], with its output handed to `take` in small pieces, of any total length. The exit code and standard error,
/// trimmed, are returned.
///
/// # Errors
/// As for [`run`], and what `take` says: the program is killed then.
pub async fn each(
    mut command: tokio::process::Command,
    input: Vec<u8>,
    limit: Duration,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<(Option<i32>, String)> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    forget_missing_folder(&mut command).await;
    let mut child =
        command.spawn().map_err(|error| Error::new(Code::ToolMissing, format!("cannot run {name}: {error}")))?;
    let stdin = child.stdin.take();
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input ends by its own rules.
            let _ = stdin.write_all(&input).await;
        }
    };
    let unreadable = |error: std::io::Error| Error::internal(format!("cannot read from {name}: {error}"));
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let out = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Some(pipe) = &mut stdout {
            match pipe.read(&mut buffer).await.map_err(unreadable)? {
                0 => break,
                read => take(&buffer[..read])?,
            }
        }
        Ok::<(), Error>(())
    };
    let err = async {
        let (mut told, mut rest) = (Vec::new(), tokio::io::sink());
        if let Some(pipe) = &mut stderr {
            pipe.take(MOST_ERROR as u64).read_to_end(&mut told).await.map_err(unreadable)?;
            tokio::io::copy(pipe, &mut rest).await.map_err(unreadable)?;
        }
        Ok::<Vec<u8>, Error>(told)
    };
    let read = async {
        let read = async { tokio::try_join!(out, err) };
        // What is read decides: a program that is refused is not fed any further.
        tokio::pin!(feed, read);
        let (_, told) = tokio::select! {
            read = &mut read => read?,
            () = &mut feed => read.await?,
        };
        let status = child.wait().await.map_err(unreadable)?;
        Ok((status.code(), String::from_utf8_lossy(&told).trim().to_owned()))
    };
    match tokio::time::timeout(limit, read).await {
        Ok(read) => read,
        Err(_) => Err(Error::new(Code::Internal, format!("{name} did not answer within {} s", limit.as_secs()))),
    }
}

/// How long output is awaited from descendants that outlive a program.
const GRACE: Duration = Duration::from_secs(1);

/// Runs `command`, which changes something, to its end: in a process group of its own, which is killed past `limit`.
/// Dropped, it is left to end by itself: half a change is worse than one that nobody awaits. It inherits `inherited`, and
/// `begun` gets its pid.
pub async fn finish(
    mut command: tokio::process::Command,
    stdin: Stdio,
    limit: Duration,
    inherited: Option<&std::fs::File>,
    begun: impl FnOnce(u32) + Send,
) -> Result<Ended> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    forget_missing_folder(&mut command).await;
    // Unlike all other descriptors this copy is not closed in the program.
    let copy = inherited.and_then(|file| rustix::io::dup(file).ok());
    let mut child =
        command.spawn().map_err(|error| Error::new(Code::ToolMissing, format!("cannot run {name}: {error}")))?;
    drop(copy);
    let pid = child.id();
    if let Some(pid) = pid {
        begun(pid);
    }
    match tokio::time::timeout(limit, end_of(&mut child)).await {
        Ok(Ok((status, stdout, stderr))) => {
            Ok(Ended { code: status.code(), stdout, stderr: String::from_utf8_lossy(&stderr).trim().to_owned() })
        }
        Ok(Err(error)) => Err(Error::internal(format!("cannot read from {name}: {error}"))),
        Err(_) => {
            if let Some(group) = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw) {
                // Not reaped yet, so the number is still its own.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            let _ = child.wait().await;
            Err(Error::new(Code::Internal, format!("{name} did not answer within {} s", limit.as_secs())))
        }
    }
}

/// Reads to the end; what is more than is held in memory is passed over.
async fn read_most(pipe: &mut (impl tokio::io::AsyncRead + Unpin), into: &mut Vec<u8>) -> std::io::Result<()> {
    use tokio::io::AsyncReadExt;
    (&mut *pipe).take(MOST_OUTPUT as u64).read_to_end(into).await?;
    tokio::io::copy(pipe, &mut tokio::io::sink()).await.map(drop)
}

/// How it ended and what it printed; a descendant that keeps the pipes open is not awaited.
async fn end_of(child: &mut tokio::process::Child) -> std::io::Result<(std::process::ExitStatus, Vec<u8>, Vec<u8>)> {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = {
        let reads = async {
            let out = async { if let Some(pipe) = &mut stdout { read_most(pipe, &mut out).await } else { Ok(()) } };
            let err = async { if let Some(pipe) = &mut stderr { read_most(pipe, &mut err).await } else { Ok(()) } };
            tokio::try_join!(out, err)
        };
        tokio::pin!(reads);
        tokio::select! {
            read = &mut reads => { read?; child.wait().await? }
            status = child.wait() => {
                let _ = tokio::time::timeout(GRACE, &mut reads).await;
                status?
            }
        }
    };
    Ok((status, out, err))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_may_hold_anything() {
        let line = "7 (a) b) T 3 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 354166 1 1";
        assert_eq!(parse_stat(line), Some(Stat { parent: 3, state: 'T', start: "354166".into() }));
    }

    #[tokio::test]
    async fn a_temporary_folder_that_is_gone_is_left_out() {
        for (folder, said) in [("/tmp", "/tmp"), ("/nonexistent/nix-shell", "")] {
            let command = || {
                let mut command = tokio::process::Command::new("/bin/sh");
                command.args(["-c", "printf %s \"$TMPDIR\""]).env("TMPDIR", folder);
                command
            };
            let limit = Duration::from_secs(600);
            assert_eq!(run(command(), Vec::new(), limit).await.unwrap().text(), said);
            assert_eq!(finish(command(), Stdio::null(), limit, None, |_| {}).await.unwrap().text(), said);
        }
    }

    #[tokio::test]
    async fn a_change_that_nobody_awaits_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = tokio::process::Command::new("/bin/sh");
        command.args(["-c", "read go; echo done > done.new; mv done.new done"]).current_dir(folder.path());
        let (reader, writer) = std::io::pipe().unwrap();
        let (told, mut pid) = (std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0)), 0);
        let tell = told.clone();
        let begun = move |pid| tell.store(pid, std::sync::atomic::Ordering::SeqCst);
        let running = finish(command, reader.into(), Duration::from_secs(600), None, begun);
        tokio::select! {
            _ = running => panic!("it waits"),
            () = async { while pid == 0 {
                tokio::task::yield_now().await;
                pid = told.load(std::sync::atomic::Ordering::SeqCst);
            } } => {}
        }
        let child = identity(pid).unwrap();
        std::io::Write::write_all(&mut &writer, b"go\n").unwrap();
        wait_for_end(&child).await;
        assert!(folder.path().join("done").exists());
    }

    #[tokio::test]
    async fn an_end_is_told() {
        let mut child = tokio::process::Command::new("sleep").arg("600").spawn().unwrap();
        let identity = identity(child.id().unwrap()).unwrap();
        let watch = tokio::spawn({
            let identity = identity.clone();
            async move { wait_for_end(&identity).await }
        });
        tokio::task::yield_now().await;
        terminate(&identity);
        watch.await.unwrap();
        assert!(!child.wait().await.unwrap().success());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_is_of_its_process() {
        let me = std::process::id();
        let there = || {
            let thread = std::fs::read_link("/proc/thread-self").unwrap();
            let number: u32 = thread.file_name().unwrap().to_str().unwrap().parse().unwrap();
            (number, of_thread(number))
        };
        let (number, process) = std::thread::spawn(there).join().unwrap();
        assert!(number != me && process == me);
        assert_eq!(of_thread(u32::MAX), u32::MAX);
    }

    #[tokio::test]
    async fn output_has_a_bound_and_can_be_taken_in_pieces() {
        let shell = |script: &str| {
            let mut command = tokio::process::Command::new("/bin/sh");
            command.args(["-c", script]);
            command
        };
        let limit = Duration::from_secs(600);
        let endless = run(shell("yes"), Vec::new(), limit).await.unwrap_err();
        assert!(endless.message.contains("64 MB"), "{endless}");
        let mut length = 0;
        let add = |piece: &[u8]| {
            length += piece.len();
            Ok(())
        };
        let ended =
            each(shell("head -c 70000000 /dev/zero; head -c 2000000 /dev/zero >&2; exit 3"), Vec::new(), limit, add);
        let (code, stderr) = ended.await.unwrap();
        assert_eq!((code, length, stderr.len()), (Some(3), 70_000_000, MOST_ERROR));
        let told = run(shell("cat; echo no >&2"), b"yes".to_vec(), limit).await.unwrap();
        assert_eq!((told.code, told.text().as_str(), told.stderr.as_str()), (Some(0), "yes", "no"));
    }

    #[test]
    fn this_process_is_alive_and_no_other_start_is() {
        let me = identity(std::process::id()).expect("this process lives");
        assert!(is_alive(&me));
        assert!(!is_alive(&Identity { start: "0".into(), ..me }));
    }
}
