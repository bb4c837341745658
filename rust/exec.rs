//! `chorus exec STATE TASK`: the pane's program. It asks the daemon what to run and becomes that, so that tmux and every
//! command line carry nothing secret or long.

use crate::agent::environment::enter_pane;
use crate::client::Client;
use crate::contract::{Code, Exec, ExecAsk, Request};
use crate::error::{Error, Result};
use crate::paths::State;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Becomes the agent; returns only when that fails, with the exit code after telling why in the pane.
pub fn run(state: &Path, task: &str) -> i32 {
    let Err(error) = become_agent(&State { dir: state.to_owned() }, task);
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "chorus: {error}");
    if let Some(hint) = error.hint {
        let _ = writeln!(stderr, "{hint}");
    }
    127
}

fn become_agent(state: &State, task: &str) -> Result<std::convert::Infallible> {
    let mut client = Client::connect_or_start(state)?;
    let mut exec: Exec = client.call(&Request::Exec(ExecAsk { task: task.into() }))?;
    drop(client);
    enter_pane(&mut exec.environment, |name| std::env::var(name).ok());
    let (program, arguments) =
        exec.argv.split_first().ok_or_else(|| Error::internal("the daemon named no program to run"))?;
    let error =
        Command::new(program).args(arguments).env_clear().envs(exec.environment.0).current_dir(&exec.folder).exec();
    Err(Error::new(Code::AgentMissing, format!("cannot run {program} in {}: {error}", exec.folder))
        .hint("correct `command` in [agent.NAME] of chorus.toml, then restart the task"))
}
