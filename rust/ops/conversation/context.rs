//! The task's context, exactly once a conversation: in answer to the event with which a session starts, else before the
//! agent's first prompt.

use crate::agent::context::{Context, Excerpt, ExcerptPlace, at_start};
use crate::contract::ReferenceState;
use crate::core::Core;
use crate::core::fact::AgentReport;
use crate::error::Result;
use crate::evidence::event::SessionStart;
use crate::ops::documents::references::{self, FollowedReference};
use crate::paths::State;
use crate::status::Millis;
use crate::store::{KnownBy, StoredReference, Tx, Who};
use crate::task::Task;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// That event comes before the prompt is free (Claude Code 2.1.328) or up to a second after it (2.1.197). An agent
/// whose hooks are off sends none, and its first prompt waits so long for nothing.
const START_MAY_FOLLOW: Duration = Duration::from_secs(5);

/// How long following the references may take: the hook that asks for the context waits for 5 s.
const REFERENCES: Duration = Duration::from_secs(2);

/// The context that the agent got last, in which launch and which conversation.
#[derive(Serialize, Deserialize)]
struct GivenContext {
    launch: String,
    #[serde(default)]
    session: Option<String>,
    /// The agent's hooks work: each conversation asks for itself.
    #[serde(default)]
    by_hook: bool,
    #[serde(default)]
    at: Option<Millis>,
    context: Context,
}

/// The task's context with the lines that it refers to.
pub fn context_of(task: &Task, references: &[FollowedReference]) -> Context {
    let included = references.iter().filter(|reference| reference.stored.included);
    let excerpts = included.map(|reference| {
        let (stored, spot) = (&reference.stored, &reference.stored.spot);
        Excerpt {
            place: place(stored),
            text: &reference.text,
            note: stored.note.as_deref(),
            remark: match spot.state {
                ReferenceState::Stale => Some("These lines are no longer in the file."),
                ReferenceState::Changed if !stored.whole => Some("These lines were edited since they were referenced."),
                _ => None,
            },
        }
    });
    Context::of(task, &excerpts.collect::<Vec<_>>())
}

fn place(stored: &StoredReference) -> ExcerptPlace<'_> {
    let lines = &stored.spot.lines;
    ExcerptPlace { file: &stored.path, lines: (!stored.whole).then_some((lines.start + 1, lines.end)) }
}

/// When the agent got the context last, where that was noted, and as what text.
pub fn last_given(tx: &Tx<'_>, task: &str) -> Result<Option<(Option<Millis>, String)>> {
    Ok(recall(tx, task)?.map(|given| (given.at, given.context.brief(None))))
}

/// The lines that the task refers to. Where documents do not answer in time, as they were found last: no agent waits for
/// them.
async fn referenced(core: &Core, task: &str) -> Vec<FollowedReference> {
    let look = async {
        let project = core.read(task, |tx, task| Ok(tx.row(task)?.project)).await?;
        references::of_task(core, &project, task).await
    };
    let found = match tokio::time::timeout(REFERENCES, look).await {
        Ok(Ok(found)) => return found,
        Ok(Err(error)) => Err(error),
        Err(_) => references::kept_of_task(core, task).await,
    };
    found.unwrap_or_else(|error| {
        log::warn!("the context lacks its references: {error}");
        Vec::new()
    })
}

/// A version of a document that the agent was given lines of.
type GivenVersion = (String, String);

/// The versions of which the agent gets lines by the `news` of its context.
fn versions_in(news: &Context, references: &[FollowedReference]) -> Vec<GivenVersion> {
    let is_given = |reference: &&FollowedReference| {
        let stored = &reference.stored;
        stored.included && stored.spot.state != ReferenceState::Stale && news.has(&place(stored))
    };
    let given = references.iter().filter(is_given);
    given.map(|reference| (reference.stored.path.clone(), reference.stored.spot.version.clone())).collect()
}

/// The agent knows these versions.
fn note_versions(tx: &mut Tx<'_>, task: &str, versions: &[GivenVersion]) -> Result<()> {
    versions.iter().try_for_each(|(path, version)| tx.know_document(task, path, version, KnownBy::Context))
}

fn key(task: &str) -> String {
    format!("context {task}")
}

fn recall(tx: &Tx<'_>, task: &str) -> Result<Option<GivenContext>> {
    Ok(tx.recall(&key(task))?.and_then(|json| serde_json::from_str(&json).ok()))
}

fn remember(tx: &mut Tx<'_>, task: &str, given: &GivenContext) -> Result<()> {
    tx.remember(&key(task), &serde_json::to_string(given).unwrap_or_default())
}

/// Writes the whole context where the agent may read it unasked; the client takes only so much from a hook.
pub async fn write_whole(core: &Core, task: &Task) -> Result<()> {
    let context = context_of(task, &referenced(core, &task.uuid).await);
    write(&core.state, task, &context)
}

fn write(state: &State, task: &Task, context: &Context) -> Result<()> {
    crate::paths::write_private(&state.context_of(&task.uuid), context.whole().as_bytes())
}

/// The context for an agent whose session starts: everything for a new, cleared or compacted conversation; for a resumed one
/// only what changed since. Once the asker is `gone`, nobody gets it: it goes before the first prompt.
pub async fn at_session_start(
    core: &Core,
    report: &AgentReport,
    how: SessionStart,
    gone: &CancellationToken,
) -> Result<Option<String>> {
    let session = report.event.session_id.clone();
    let (launch, state, gone) = (report.launch.clone(), core.state.clone(), gone.clone());
    let references = referenced(core, &report.task).await;
    let given = core.write(&report.task, move |tx, uuid| {
        let task = tx.task("", uuid)?;
        let context = context_of(&task, &references);
        write(&state, &task, &context)?;
        if gone.is_cancelled() {
            return Ok((None, None));
        }
        let before = recall(tx, uuid)?.map(|given| given.context);
        let text = at_start(how, before.as_ref(), &context, Some(&state.context_of(uuid)));
        let versions =
            context.news(how, before.as_ref()).map(|news| versions_in(&news, &references)).unwrap_or_default();
        let at = Some(tx.now());
        remember(tx, uuid, &GivenContext { launch, session, by_hook: true, at, context })?;
        if text.is_some() {
            note_versions(tx, uuid, &versions)?;
            tx.journal(uuid, Who::Chorus, "context", "Gave the agent the task's context", None)?;
        }
        // What it knew before may have changed while it did not run.
        let is_due = tx.knows_documents(uuid)?;
        Ok((text, is_due.then_some(task.project)))
    });
    let (text, project) = given.await?;
    if let Some(project) = project {
        core.documents.request(&project, |due| due.recount = true);
    }
    Ok(text)
}

/// Waits until this launch's agent has asked for the context by its hook, where it may yet do so.
pub async fn await_start(core: &Core, task: &str, launch: &str) {
    let known = core.read(task, |tx, task| Ok((tx.row(task)?, recall(tx, task)?.map(|given| given.launch)))).await;
    let Ok((task, given)) = known else { return };
    let hooks = crate::ops::agents::named(&core.config_of(&task.project).await, &task.agent, &core.state)
        .capabilities()
        .gives
        .hooks;
    if !hooks || given.as_deref() == Some(launch) {
        return;
    }
    let mut live = core.live.follow(&task.uuid);
    let started = live.wait_for(|live| live.launch != launch || live.started);
    // Without the hook the context goes before the prompt.
    let _ = tokio::time::timeout(START_MAY_FOLLOW, started).await;
}

/// What stands before a prompt.
#[derive(Default)]
pub struct Lead {
    /// The text, with a blank line behind it; empty where there is nothing to say.
    pub text: String,
    /// What is to be noted once the agent has it.
    pub notes: Option<LeadNotes>,
}

/// That the agent got a context with a prompt.
pub struct LeadNotes {
    task: String,
    given: GivenContext,
    versions: Vec<GivenVersion>,
    is_said: bool,
}

impl LeadNotes {
    /// The agent has it. Returns whether it knows other versions of documents by that.
    pub fn note(mut self, tx: &mut Tx<'_>) -> Result<bool> {
        self.given.at = Some(tx.now());
        // A hook may have asked meanwhile, and speaks for the launch from then on.
        if !recall(tx, &self.task)?.is_some_and(|given| given.by_hook && given.launch == self.given.launch) {
            remember(tx, &self.task, &self.given)?;
        }
        if self.is_said {
            note_versions(tx, &self.task, &self.versions)?;
            tx.journal(&self.task, Who::Chorus, "context", "Put the task's context before the prompt", None)?;
        }
        Ok(!self.versions.is_empty())
    }
}

/// What stands before a prompt: the context, when this launch's agent did not ask for it by a hook. A conversation that
/// has it already, from an earlier launch, gets only what changed.
pub async fn before_prompt(core: &Core, task: &Task, launch: &str) -> Result<Lead> {
    let (session, launch) = (task.session_id.clone(), launch.to_owned());
    let given = core.read(&task.uuid, |tx, task| recall(tx, task)).await?;
    let goes_on = given.as_ref().is_some_and(|given| given.session == session);
    if given.as_ref().is_some_and(|given| given.launch == launch && (given.by_hook || goes_on)) {
        return Ok(Lead::default());
    }
    let references = referenced(core, &task.uuid).await;
    let context = context_of(&core.read(&task.uuid, |tx, task| tx.row(task)).await?, &references);
    let before = given.filter(|_| goes_on && session.is_some()).map(|given| given.context);
    let (text, news) = match &before {
        Some(before) => (
            at_start(SessionStart::Resumed, Some(before), &context, None),
            context.news(SessionStart::Resumed, Some(before)),
        ),
        None => (Some(context.whole()), Some(context.clone())),
    };
    let versions = news.map(|news| versions_in(&news, &references)).unwrap_or_default();
    let notes = LeadNotes {
        task: task.uuid.clone(),
        given: GivenContext { launch, session, by_hook: false, at: None, context },
        versions,
        is_said: text.is_some(),
    };
    Ok(Lead { text: text.map(|text| text + "\n\n").unwrap_or_default(), notes: Some(notes) })
}
