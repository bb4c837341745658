//! What follows when a tracer says what it is beside, and that an agent has none.

use crate::contract::Code;
use crate::core::Core;
use crate::core::fact::Fact;
use crate::error::{Error, Result};
use crate::process;
use crate::store::Who;

/// A tracer, as the daemon knows it.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The task's uuid.
    pub task: String,
    /// The project whose tree the agent writes to.
    pub project: String,
}

/// A tracer is beside the agent of a task's launch. The agent's process is another than the pane's.
pub async fn begun(core: &Core, task: &str, launch: &str, agent: Option<u32>) -> Result<Beside> {
    let (uuid, id) = (task.to_owned(), launch.to_owned());
    let found = core.read(&uuid, move |tx, task| {
        let found = tx.launches(task)?.into_iter().find(|known| known.id == id);
        let open = tx.open_launch(task)?.is_some_and(|open| open.id == id);
        Ok((tx.row(task)?, found, open))
    });
    let (row, found, open) = found.await?;
    let found = found.ok_or_else(|| Error::new(Code::NoSuchTask, "cannot trace: the task has no such launch"))?;
    let beside = Beside { task: row.uuid.clone(), project: row.project.clone() };
    let Some(agent) = agent.and_then(process::identity).filter(|_| open) else { return Ok(beside) };
    if found.process.as_ref() != Some(&agent) {
        let (launch, process) = (launch.to_owned(), agent.clone());
        let kept = core.write(task, move |tx, task| {
            tx.set_process(&launch, &process)?;
            tx.journal(task, Who::Chorus, "traced", "The kernel reports what the agent's processes write", None)
        });
        kept.await?;
    }
    core.fact(Fact::AgentProcess { task: row.uuid, launch: launch.to_owned(), process: agent });
    Ok(beside)
}

/// The agent of a launch runs without a tracer.
pub async fn untraced(core: &Core, task: &str, launch: &str, why: &str) -> Result<()> {
    let (launch, why) = (launch.to_owned(), crate::text::clean_line(why, 300));
    core.write(task, move |tx, task| {
        if tx.open_launch(task)?.is_none_or(|open| open.id != launch) {
            return Ok(());
        }
        let text = format!("What the agent's processes write is not traced: {why}");
        tx.journal(task, Who::Chorus, "untraced", &text, None)
    })
    .await
}
