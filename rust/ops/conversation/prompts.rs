//! Prompts: accepted into a queue, typed exactly once when the agent is free to take them.

use crate::agent::Adapter;
use crate::contract::*;
use crate::core::live::LiveStatus;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::foreign;
use crate::ops::agents;
use crate::ops::conversation::context::{self, Lead};
use crate::ops::terminal;
use crate::status::AgentStatus;
use crate::store::{Prompt, PromptState, Who};
use crate::task::Task;
use std::time::Duration;
use tokio::sync::watch::Receiver;

/// The event of an accepted prompt, or a busy session, follows Enter by 75–200 ms (Claude Code 2.1.328).
const CONFIRMED_WITHIN: Duration = Duration::from_secs(2);

/// Between two checks for the agent's prompt box: it is drawn up to a second after the session file says that the prompt is
/// free, and a person may have something else on the screen that the session file does not tell (Claude Code's history).
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often a prompt is tried before the person hears that it waits and why: about 10 s.
const TRIES_BEFORE_REPORT: usize = 8;

/// Accepts a prompt. It is typed at once when the agent is idle or busy (which queues it itself).
pub async fn send(core: &Core, asker: &Asker, send: TaskSend) -> Result<Sent> {
    let task = core.task(asker, &send.task).await?;
    core.write(&task.uuid, move |tx, task| tx.enqueue(task, &send.text, send.raw)).await?;
    Ok(accepted(core, &task))
}

/// Accepts a prompt that holds versions of documents: the agent knows them once it has the prompt.
pub async fn send_telling(core: &Core, task: &Task, text: String, versions: Vec<DocumentVersion>) -> Result<Sent> {
    core.write(&task.uuid, move |tx, task| tx.enqueue_telling(task, &text, &versions)).await?;
    Ok(accepted(core, task))
}

fn accepted(core: &Core, task: &Task) -> Sent {
    let state = core.live.of(&task.uuid).map(|live| live.state).unwrap_or_default();
    let reason = match state.status {
        AgentStatus::Idle | AgentStatus::Busy | AgentStatus::Error => None,
        AgentStatus::Waiting => Some("the agent waits for an answer"),
        AgentStatus::Starting => Some("the agent is starting"),
        AgentStatus::LoginRequired => Some("the agent has no login"),
        AgentStatus::Exited => Some("the agent has ended: restart it"),
        AgentStatus::Stopped | AgentStatus::Unknown => Some("it is not known what the agent does"),
    };
    core.deliver(&task.uuid);
    Sent { queued: reason.is_some() || task.queued > 0, reason: reason.map(str::to_owned) }
}

/// Types what waits, one prompt after the other, as long as the agent takes them.
pub async fn deliver(core: &Core, task: &str) {
    let Some(_alone) = core.deliveries.try_lock(task) else { return };
    let (mut pause, mut tries) = (FIRST_PAUSE, 0);
    while let Some(free) = core.live.of(task).filter(takes_prompts) {
        let uuid = task.to_owned();
        let Ok(store) = core.store() else { return };
        context::await_start(core, task, &free.launch).await;
        // The daemon does not leave in the middle of it.
        let working = core.hub.work();
        let next = store.write(move |tx| {
            let Some(prompt) = tx.next_prompt(&uuid)? else { return Ok(None) };
            tx.set_prompt(prompt.id, PromptState::Sending, None)?;
            Ok(Some((tx.row(&uuid)?, prompt)))
        });
        let Ok(Some((task, prompt))) = next.await else { return };
        let id = prompt.id;
        let lead = match prompt.raw {
            true => Ok(Lead::default()),
            false => context::before_prompt(core, &task, &free.launch).await,
        };
        let mut given = None;
        let handed_over = match lead {
            Ok(Lead { text, notes }) => {
                given = notes;
                hand_over(core, &task, text, prompt).await
            }
            Err(error) => Err(error),
        };
        let outcome = match handed_over {
            Ok(Over::Delivered) => (PromptState::Delivered, None),
            Ok(Over::NotNow(why)) => (PromptState::Queued, Some(why)),
            Err(error) => (PromptState::Failed, Some(with_hint(error))),
        };
        let state = outcome.0;
        // Only what the agent has is known to it: the next prompt carries the context otherwise.
        let given = given.filter(|_| state == PromptState::Delivered);
        let is_report_due = state == PromptState::Queued && tries + 1 == TRIES_BEFORE_REPORT;
        let stored = store.write(move |tx| {
            let (state, why) = (outcome.0, outcome.1.as_deref());
            tx.set_prompt(id, state, why)?;
            let knows_more = given.map(|given| given.note(tx)).transpose()?.unwrap_or_default();
            if is_report_due {
                tx.report_waiting_prompt(id, why.unwrap_or_default())?;
            }
            Ok(knows_more || tx.tells_of_documents(id)?)
        });
        let stored = stored.await;
        if let Err(error) = &stored {
            log::error!("cannot store that a prompt was delivered: {error}");
        }
        drop(working);
        match state {
            PromptState::Delivered if stored.is_ok() => {
                if let Ok(true) = stored {
                    core.documents.request(&task.project, |due| due.recount = true);
                }
                (pause, tries) = (FIRST_PAUSE, 0);
            }
            PromptState::Queued if stored.is_ok() && !core.stop.is_cancelled() => {
                tries += 1;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            _ => return,
        }
    }
}

fn with_hint(error: Error) -> String {
    let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    error.message + &hint
}

fn takes_prompts(live: &LiveStatus) -> bool {
    matches!(live.state.status, AgentStatus::Idle | AgentStatus::Busy | AgentStatus::Error)
}

enum Over {
    Delivered,
    /// Something else is on the screen, as said: nothing was typed.
    NotNow(String),
}

async fn hand_over(core: &Core, task: &Task, lead: String, prompt: Prompt) -> Result<Over> {
    let (tmux, pane) = terminal::pane(core, task).await?;
    let text = lead + &prompt.text;
    let live = core.live.follow(&task.uuid);
    let before = live.borrow().clone();
    let was_busy = before.state.status == AgentStatus::Busy;
    let loaded = core.config_of(&task.project).await;
    let known = agents::named(&loaded, &task.agent, &core.state).adapter().map(Adapter::prompt);
    let shown = match tmux.deliver(&pane, &text, known, prompt.raw).await {
        Ok(delivered) => {
            keep_displaced(core, task, delivered.displaced).await?;
            // An agent of which only the screen is known may have answered and be free again before it was looked at.
            if known.is_none() && delivered.is_taken {
                return Ok(Over::Delivered);
            }
            delivered.shown
        }
        // A dialog came in between: nothing was typed.
        Err(error) if error.code == Code::TaskBusy => return Ok(Over::NotNow(error.message)),
        Err(error) => return Err(error),
    };
    let arrived =
        |live: &LiveStatus| live.prompts > before.prompts || (!was_busy && live.state.status != AgentStatus::Idle);
    if !was_busy && wait_until(live.clone(), arrived).await.is_some() {
        return Ok(Over::Delivered);
    }
    let Some((prompt_box, shown)) = known.zip(shown) else {
        let is_taken = was_busy || wait_until(live, arrived).await.is_some() || prompt.raw;
        return if is_taken { Ok(Over::Delivered) } else { Err(not_confirmed()) };
    };
    // Enter can be lost while the client is drawing; the text then stands in the box. Never typed twice.
    let stood = tmux.press_enter(&pane, prompt_box, &shown).await?;
    let is_gone = !stood && (was_busy || live.borrow().has_worked_since(&before));
    if is_gone || !was_busy && wait_until(live, arrived).await.is_some() {
        return Ok(Over::Delivered);
    }
    if tmux.still_shows(&pane, prompt_box, &shown).await? {
        return Err(not_sent(core, task).await);
    }
    if was_busy || prompt.raw { Ok(Over::Delivered) } else { Err(not_confirmed()) }
}

fn not_confirmed() -> Error {
    Error::new(Code::AgentFailed, "it was typed, and the agent did not confirm it").hint("attach and check")
}

/// The text stands in the agent's prompt although Enter was pressed, with the cause where one is known.
async fn not_sent(core: &Core, task: &Task) -> Error {
    let launch = core.read(&task.uuid, |tx, task| tx.open_launch(task)).await.ok().flatten();
    let config_dir = launch.and_then(|launch| launch.config_dir).map(std::path::PathBuf::from);
    let adapter = agents::named(&core.config_of(&task.project).await, &task.agent, &core.state).adapter();
    let cause = match config_dir {
        Some(dir) => foreign::within(&dir.clone(), move || adapter?.why_not_sent(&dir)).await.ok().flatten(),
        None => None,
    };
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    let message = format!("it stands in the agent's prompt, and Enter does not send it{cause}");
    Error::new(Code::AgentFailed, message).hint("attach and look at the agent's key bindings")
}

/// What a person had typed and not sent is not lost: the journal has it.
async fn keep_displaced(core: &Core, task: &Task, displaced: Option<String>) -> Result<()> {
    let Some(text) = displaced else { return Ok(()) };
    core.write(&task.uuid, move |tx, task| {
        let cleared = format!("Cleared what stood in the prompt: {text}");
        tx.journal(task, Who::Chorus, "displaced", &cleared, Some(&Json::from(text)))
    })
    .await
}

/// Waits until the latest status fits; nothing when it does not in time or the task ended.
pub async fn wait_until(mut live: Receiver<LiveStatus>, fits: impl Fn(&LiveStatus) -> bool) -> Option<()> {
    let waiting = live.wait_for(|live| fits(live));
    tokio::time::timeout(CONFIRMED_WITHIN, waiting).await.ok()?.ok().map(drop)
}

/// Sends again what may not have reached the agent.
pub async fn resend(core: &Core, asker: &Asker, task: &str) -> Result<Task> {
    let task = core.task(asker, task).await?;
    let resent = core.write(&task.uuid, |tx, task| {
        tx.resend_prompts(task)?;
        tx.row(task)
    });
    let resent = resent.await?;
    core.deliver(&task.uuid);
    Ok(resent)
}

/// Forgets what may not have reached the agent, and the task's other alerts.
pub async fn dismiss(core: &Core, asker: &Asker, task: &str) -> Result<Task> {
    let task = core.task(asker, task).await?;
    core.write(&task.uuid, |tx, task| {
        tx.end_alerts(task)?;
        tx.row(task)
    })
    .await
}
