//! `chorus exec STATE TASK`: the pane's program. It asks the daemon what to run, so that tmux and every command line
//! carry nothing secret or long. It becomes the agent, or runs it below a tracer that reports what the agent and all
//! its descendants write.
//!
//! With a tracer there are three processes. The pane's own one waits for the agent's end and ends alike; it passes on
//! signals. Its child, the tracer, is the agent's parent and outlives it while anything that the agent started still
//! runs. The agent leads a process group of its own, in the foreground of the terminal.

#[cfg(all(target_os = "linux", target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod traced;

use crate::agent::environment::enter_pane;
use crate::client::Client;
use crate::contract::{Code, Exec, ExecAsk, Request};
use crate::error::{Error, Result};
use crate::paths::State;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Runs the agent; returns only when that fails, with the exit code after telling why in the pane.
pub fn run(state: &Path, task: &str) -> i32 {
    let Err(error) = run_agent(&State { dir: state.to_owned() }, task);
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "chorus: {error}");
    if let Some(hint) = error.hint {
        let _ = writeln!(stderr, "{hint}");
    }
    127
}

fn run_agent(state: &State, task: &str) -> Result<std::convert::Infallible> {
    let mut client = Client::connect_or_start(state)?;
    let mut exec: Exec = client.call(&Request::Exec(ExecAsk { task: task.into() }))?;
    drop(client);
    enter_pane(&mut exec.environment, |name| std::env::var(name).ok());
    let trace = exec.trace.take();
    let folder = exec.folder.clone();
    let (mut command, program) = command(exec)?;
    let error = match trace {
        #[cfg(all(
            target_os = "linux",
            target_endian = "little",
            any(target_arch = "x86_64", target_arch = "aarch64")
        ))]
        Some(order) => traced::run(state, task, &order, &mut command),
        _ => command.exec(),
    };
    Err(Error::new(Code::AgentMissing, format!("cannot run {program} in {folder}: {error}"))
        .hint("correct `command` in [agent.NAME] of chorus.toml, then restart the task"))
}

fn command(exec: Exec) -> Result<(Command, String)> {
    let mut words = exec.argv.into_iter();
    let program = words.next().ok_or_else(|| Error::internal("the daemon named no program to run"))?;
    let mut command = Command::new(&program);
    command.args(words).env_clear().envs(exec.environment.0).current_dir(&exec.folder);
    Ok((command, program))
}
