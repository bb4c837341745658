//! Running `but`: no terminal, its own process group, an end.

use super::refusal::{Refusal, Result};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// How long output is awaited from descendants that outlive the program.
const GRACE: Duration = Duration::from_secs(1);

/// What a program printed and how it ended.
#[derive(Debug)]
pub(super) struct Exited {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `command` to its end. Past `limit` its whole group is killed. Dropped, it is left to end by itself: half a
/// commit is worse than one that nobody awaits.
pub(super) async fn run(mut command: Command, stdin: Stdio, limit: Duration) -> Result<Exited> {
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| Refusal::NotStarted(error.to_string()))?;
    let group = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
    match tokio::time::timeout(limit, end_of(&mut child)).await {
        Ok(Ok((status, stdout, stderr))) => ended(status, &stdout, &stderr),
        Ok(Err(error)) => Err(Refusal::NotStarted(format!("its output cannot be read: {error}"))),
        Err(_) => {
            if let Some(group) = group {
                // Not reaped yet, so the number is still its own.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            let _ = child.wait().await;
            Err(Refusal::TimedOut(limit.as_secs()))
        }
    }
}

async fn end_of(child: &mut Child) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = {
        let reads = async {
            let out = async { if let Some(pipe) = &mut stdout { pipe.read_to_end(&mut out).await } else { Ok(0) } };
            let err = async { if let Some(pipe) = &mut stderr { pipe.read_to_end(&mut err).await } else { Ok(0) } };
            tokio::try_join!(out, err)
        };
        tokio::pin!(reads);
        tokio::select! {
            read = &mut reads => { read?; child.wait().await? }
            status = child.wait() => {
                // A descendant that keeps the pipes open is not awaited.
                let _ = tokio::time::timeout(GRACE, &mut reads).await;
                status?
            }
        }
    };
    Ok((status, out, err))
}

fn ended(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Result<Exited> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match (status.code(), status.signal()) {
        (Some(code), _) => Ok(Exited { code, stdout: text(stdout), stderr: text(stderr) }),
        (None, signal) => Err(Refusal::Killed(signal.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! >'{}'; wait", note.display());
        let ended = run(shell(&script), Stdio::null(), Duration::from_millis(300)).await;
        assert_eq!(ended.unwrap_err(), Refusal::TimedOut(0));
        let pid: u32 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
        while crate::process::identity(pid).is_some() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_descendant_that_keeps_the_pipe_is_not_awaited() {
        let ended = run(shell("sleep 5 & echo out; exit 3"), Stdio::null(), Duration::from_secs(60)).await.unwrap();
        assert_eq!((ended.code, ended.stdout.as_str()), (3, "out"));
    }

    #[tokio::test]
    async fn ends_are_told_apart() {
        let killed = run(shell("kill -9 $$"), Stdio::null(), Duration::from_secs(60)).await;
        assert_eq!(killed.unwrap_err(), Refusal::Killed(9));
        let missing = run(Command::new("/nonexistent/but"), Stdio::null(), Duration::from_secs(60)).await;
        assert!(matches!(missing, Err(Refusal::NotStarted(_))));
    }
}
