//! With which conversation an agent is started: the task's own, as long as it is there and nobody else has it.

use crate::agent::launch::Begin;
use crate::contract::Code;
use crate::core::Core;
use crate::error::{Error, Result};
use crate::foreign;
use crate::ops::lifecycle::launch::Prepared;
use crate::process::Identity;
use crate::task::{Alert, AlertKind, Task};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The conversation of a launch.
pub struct Conversation {
    /// The agent's id of it.
    pub session: String,
    /// Whether it begins or goes on.
    pub begin: Begin,
    /// What a person has to know: the task had another one, which is gone.
    pub lost: Option<Alert>,
}

/// The task's conversation, to go on where it can; else another. Nothing is changed. `own` are the processes of the
/// task's agent, which are going to end first.
///
/// # Errors
/// `wrong_state` when the conversation runs in another process too.
pub async fn take_up(
    core: &Core,
    prepared: &Prepared,
    task: &Task,
    fresh: bool,
    own: &[Identity],
) -> Result<Conversation> {
    let another = |lost: Option<Alert>| Conversation { session: Uuid::new_v4().to_string(), begin: Begin::New, lost };
    let Some(session) = task.session_id.clone().filter(|_| !fresh) else { return Ok(another(None)) };
    let Some((adapter, dir)) = prepared.agent.adapter().zip(prepared.config_dir.as_deref()) else {
        return Ok(Conversation { session, begin: Begin::New, lost: None });
    };
    let (home, folder, id) = (dir.to_owned(), PathBuf::from(&prepared.folder), session.clone());
    let found = foreign::within(dir, move || (adapter.running(&home, &id), adapter.take_up(&home, &folder, &id)));
    let (running, begin) = found.await.map_err(|error| {
        Error::new(Code::WrongState, format!("cannot look for the conversation of #{}: {error}", task.number))
    })?;
    if let Some(pid) = running.into_iter().find(|pid| own.iter().all(|own| own.pid != *pid)) {
        return Err(runs_elsewhere(core, task, pid).await);
    }
    if begin == Some(Begin::Resume) {
        return Ok(Conversation { session, begin: Begin::Resume, lost: None });
    }
    let lost = lost(core, task, &session, dir).await?;
    Ok(match begin {
        Some(begin) => Conversation { session, begin, lost },
        None => another(lost),
    })
}

/// Says that another process has the conversation, and whose it is.
async fn runs_elsewhere(core: &Core, task: &Task, pid: u32) -> Error {
    let holder = core.live.of_process(pid).filter(|holder| *holder != task.uuid);
    let holder = match holder {
        Some(holder) => core.read(&holder, |tx, holder| tx.row(holder)).await.ok(),
        None => None,
    };
    match holder {
        Some(holder) => {
            let other = holder.number;
            Error::new(Code::WrongState, format!("its conversation is open in #{other} too, in process {pid}"))
                .hint(format!("use `restart {other}` first, which goes back to the conversation of #{other}"))
        }
        None => Error::new(Code::WrongState, format!("its conversation runs already, in process {pid}"))
            .hint("end that agent first, or use `!` (`--fresh` in a shell) for a fresh conversation"),
    }
}

/// The alert for a conversation that has had turns and is recorded nowhere any more.
async fn lost(core: &Core, task: &Task, session: &str, dir: &Path) -> Result<Option<Alert>> {
    let session = session.to_owned();
    let known = core.read(&task.uuid, move |tx, task| {
        Ok((tx.has_conversed(task, &session)?, tx.newest_launch(task)?.and_then(|launch| launch.config_dir)))
    });
    let (has_conversed, before) = known.await?;
    let before = before.filter(|before| Path::new(before) != dir);
    let why = match before {
        Some(before) => format!("it was recorded in {before}, and the agent now uses {}", dir.display()),
        None => format!("there is no record of it in {}", dir.display()),
    };
    Ok(has_conversed.then(|| Alert {
        kind: AlertKind::Conversation,
        text: format!("its conversation is gone ({why}): another one begins"),
        remedy: Some(
            "`dismiss` ends this alert; agents delete old records, and look where they are configured to".into(),
        ),
    }))
}
