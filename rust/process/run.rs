//! A program run to its end: with its input, a bound for what it prints, and a limit for its time.

use crate::error::{Code, Error, Result};
use crate::foreign::{self, fs};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    use crate::process::{identity, wait_for_end};

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
}
