//! Committing a task's edits: at a turn's end, when a person says so, on completion; and what stands in the way.

use super::{Asker, Core, branches, changes, edits, renames, stacks, worktrees};
use crate::attribution::Ledger;
use crate::commits::message::{self, Told};
use crate::commits::plan::{self, Plan, Tree};
use crate::config::{self, Loaded};
use crate::contract::{self, Code, CommitMessage, TaskCommit};
use crate::core::End;
use crate::core::trees::Held;
use crate::error::{Error, Result};
use crate::status::AgentStatus;
use crate::store::{Filter, NewCommit, Tx, Who};
use crate::task::{Isolation, Task};
use crate::vcs::but::Environment;
use crate::vcs::commit::{self as vcs, Desk, Intent, Made, Order, Outcome, Place};
use crate::vcs::plumbing::Git;
use std::collections::HashMap;
use std::path::Path;

/// What the journal calls edits that stay uncommitted.
pub const NOT_COMMITTED: &str = "not_committed";

/// What came of committing a task's edits.
pub enum Done {
    /// A commit was made.
    Committed,
    /// The task has nothing uncommitted, or no branch.
    Nothing,
    /// The edits stay uncommitted; the task says why.
    Trouble(contract::Trouble),
}

/// A turn ended: what it left is committed, unless configured otherwise. An agent that ended in the middle of one
/// leaves its edits uncommitted, and nothing of its is open any more.
pub async fn follow(core: &Core, end: End) {
    let (uuid, is_turn) = match end {
        End::Turn(task) => (task, true),
        End::Agent(task) => (task, false),
    };
    let Ok(store) = core.store() else { return };
    let Ok(task) = store.read(move |tx| tx.row(&uuid)).await else { return };
    // Commands that run on after their turn may still edit.
    let rest = core.sights.of(&task.uuid).is_none_or(|sight| sight.state.detail.background.is_none());
    if let Err(error) = edits::calls_over(core, &task, rest || !is_turn).await {
        log::warn!("cannot close what #{} had open: {error}", task.number);
    }
    let loaded = core.config_of(&task.project);
    if is_turn && task.status.is_live() && loaded.config.vcs.commit == config::Commit::Turn {
        commit_or_tell(core, &task, &loaded, None).await;
    } else if task.isolation == Isolation::Worktree
        && let Err(error) = worktrees::count(core, &task).await
    {
        log::warn!("cannot count what #{} has not committed: {error}", task.number);
    }
}

/// After the daemon was killed: commits that it was making are finished or found not to be made, and what turns left
/// meanwhile is committed.
pub async fn recover(core: &Core) {
    let Ok(store) = core.store() else { return };
    let intents = store.read(|tx| tx.intents::<Intent>()).await.unwrap_or_else(|error| {
        log::error!("cannot read which commits were being made: {error}");
        Vec::new()
    });
    for (task, intent) in intents {
        if let Err(error) = finish(core, &task, &intent).await {
            log::error!("cannot finish a commit: {error}");
            let words =
                format!("a commit that was being made when the daemon ended cannot be looked at: {}", error.message);
            let rescue = format!("all bytes are kept in {}", intent.rescue.reference);
            let trouble = contract::Trouble {
                kind: "damaged".into(),
                text: words,
                remedy: Some(rescue),
                above: None,
                files: Vec::new(),
            };
            let told = store.write(move |tx| note(tx, &task, NOT_COMMITTED, &trouble)).await;
            told.unwrap_or_else(|error| log::error!("cannot store a trouble: {error}"));
        }
    }
    let resting =
        |task: &Task| task.status.is_live() && task.stack.is_some() && task.agent_status.status == AgentStatus::Idle;
    let tasks = store.read(|tx| tx.tasks(None, &Filter::default())).await.unwrap_or_default();
    for task in tasks.into_iter().filter(resting) {
        follow(core, End::Turn(task.uuid)).await;
    }
}

async fn finish(core: &Core, task: &str, intent: &Intent) -> Result<()> {
    let uuid = task.to_owned();
    let task = core.store()?.read(move |tx| tx.row(&uuid)).await?;
    let loaded = core.config_of(&task.project);
    let but = stacks::open(core, &task.project, &loaded, None).await?;
    let git = Git::at(Path::new(&task.project), &Environment::of_process());
    let held = stacks::hold(&but).await?;
    let outcome = vcs::recover(Place { git: &git, but: &but, held: &held }, intent).await?;
    let order = Order { number: task.number, branch: intent.branch.clone(), message: intent.message.clone() };
    record(core, &task, &order, outcome).await.map(drop)
}

/// Commits; an error becomes a trouble on the task, for nobody waits for an answer.
pub async fn commit_or_tell(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) {
    if let Err(error) = run(core, task, loaded, message).await {
        log::error!("cannot commit the edits of #{}: {error}", task.number);
        let trouble = contract::Trouble {
            kind: "tool".into(),
            text: error.message,
            remedy: error.hint,
            above: None,
            files: Vec::new(),
        };
        tell(core, task, &trouble).await;
    }
}

async fn tell(core: &Core, task: &Task, trouble: &contract::Trouble) {
    let (uuid, trouble) = (task.uuid.clone(), trouble.clone());
    let Ok(store) = core.store() else { return };
    let told = store.write(move |tx| note(tx, &uuid, NOT_COMMITTED, &trouble));
    if let Err(error) = told.await {
        log::error!("cannot store a trouble: {error}");
    }
}

/// Puts a trouble on the task, and journals it when it is news.
pub fn note(tx: &mut Tx<'_>, task: &str, what: &str, trouble: &contract::Trouble) -> Result<()> {
    if tx.row(task)?.trouble.as_ref() != Some(trouble) {
        let lead = if what == NOT_COMMITTED { "Not committed: " } else { "" };
        tx.journal(task, Who::Chorus, what, &format!("{lead}{}", trouble.text), None)?;
    }
    tx.set_trouble(task, Some(trouble))
}

/// The verb.
pub async fn commit(core: &Core, asker: &Asker, commit: TaskCommit) -> Result<Task> {
    let task = core.task(asker, &commit.task).await?;
    let doing = format!("cannot commit the edits of #{}", task.number);
    if task.stack.is_none() || matches!(task.isolation, Isolation::None | Isolation::Auto) {
        return Err(Error::new(Code::WrongState, format!("{doing}: it has no branch"))
            .hint("only a task with isolation stack or worktree has one, once it was started"));
    }
    let loaded = core.config_of(&task.project);
    let message = commit.message.filter(|message| !message.trim().is_empty());
    let done = run(core, &task, &loaded, message.as_deref()).await.map_err(|error| error.context(&doing))?;
    match done {
        Done::Committed => {
            let uuid = task.uuid.clone();
            core.store()?.read(move |tx| tx.row(&uuid)).await
        }
        Done::Nothing => Err(Error::new(Code::WrongState, format!("{doing}: nothing of it is uncommitted"))
            .hint("`changes` shows uncommitted edits and whose they are")),
        Done::Trouble(trouble) => Err(refused(&doing, &trouble)),
    }
}

/// A trouble as an answer.
pub fn refused(doing: &str, trouble: &contract::Trouble) -> Error {
    let error = Error::new(Code::VcsRefused, format!("{doing}: {}", trouble.text));
    match (&trouble.above, &trouble.remedy) {
        (Some(_), _) => error.hint("`mend` offers the remedy"),
        (None, Some(remedy)) => error.hint(remedy),
        (None, None) => error,
    }
}

/// Commits what is the task's own.
pub async fn run(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    match task.isolation {
        Isolation::Stack => to_stack(core, task, loaded, message).await,
        Isolation::Worktree => worktrees::commit(core, task, loaded, message).await,
        Isolation::None | Isolation::Auto => Ok(Done::Nothing),
    }
}

async fn to_stack(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    let Some(branch) = task.stack.clone() else { return Ok(Done::Nothing) };
    edits::settle(core, &task.project).await?;
    let but = stacks::open(core, &task.project, loaded, None).await?;
    let message = match message {
        Some(message) => message::by_person(message, task.number),
        None => generated(core, task, loaded).await?,
    };
    let git = Git::at(Path::new(&task.project), &Environment::of_process());
    let order = Order { number: task.number, branch: branch.clone(), message };
    let mut desk = AtDesk { core, task, branch: &branch, held: None, settled: true };
    let held = stacks::hold(&but).await?;
    let place = Place { git: &git, but: &but, held: &held };
    let outcome = vcs::commit(place, &order, &mut desk).await?;
    drop(desk);
    let done = record(core, task, &order, outcome).await?;
    if let Ok(status) = but.status().await {
        branches::follow(core, &task.project, &but, &status).await;
    }
    Ok(done)
}

/// What the commit engine asks: whose the changes are now, and to write down what it is about to do.
struct AtDesk<'a> {
    core: &'a Core,
    task: &'a Task,
    branch: &'a str,
    /// While it lives, edits of those paths wait.
    held: Option<Held>,
    settled: bool,
}

#[async_trait::async_trait]
impl Desk for AtDesk<'_> {
    async fn plan(&mut self, tree: Tree<'_>) -> Result<Plan> {
        if !std::mem::take(&mut self.settled) {
            edits::settle(self.core, &self.task.project).await?;
        }
        let ledgers = ledgers(self.core, &self.task.project).await?;
        let git = crate::vcs::git::Git::at(&self.task.project);
        let origins = renames::origins(&git, tree.changes, tree.hunks, &ledgers).await?;
        let mut owners =
            |path: &str, hunk: &crate::commits::change::Hunk| changes::owners(&ledgers, &origins, path, hunk);
        let plan = plan::plan(&self.task.uuid, self.branch, tree, &mut owners);
        let paths = plan.take.iter().map(|piece| piece.path.clone());
        self.held = Some(self.core.trees.hold(&self.task.project, paths));
        Ok(plan)
    }

    async fn intend(&mut self, intent: &Intent) -> Result<()> {
        let (uuid, intent) = (self.task.uuid.clone(), intent.clone());
        self.core.store()?.write(move |tx| tx.begin_intent(&uuid, &intent)).await
    }
}

async fn ledgers(core: &Core, project: &str) -> Result<HashMap<String, Ledger>> {
    let project = project.to_owned();
    Ok(core.store()?.read(move |tx| tx.ledgers(&project)).await?.into_iter().collect())
}

/// Writes down what came of it, and brings the ledgers up to the new base.
async fn record(core: &Core, task: &Task, order: &Order, outcome: Outcome) -> Result<Done> {
    let branch = order.branch.clone();
    let change = match &outcome {
        Outcome::Committed(made) if made.change_id.is_none() => {
            let git = crate::vcs::git::Git::at(&task.project);
            let raw = git.find(&["cat-file", "commit", made.oid.as_str()]).await?.unwrap_or_default();
            super::line::change_id(&raw)
        }
        Outcome::Committed(made) => made.change_id.clone(),
        _ => None,
    };
    let subject = order.message.lines().next().unwrap_or_default().to_owned();
    edits::settle(core, &task.project).await?;
    let (uuid, project) = (task.uuid.clone(), task.project.clone());
    core.store()?
        .write(move |tx| {
            tx.end_intent(&uuid)?;
            let done = match outcome {
                Outcome::Committed(made) => {
                    committed(tx, &uuid, &branch, subject, change, &made)?;
                    tx.tell_edits(&project, &made.paths);
                    Done::Committed
                }
                Outcome::Nothing { .. } => {
                    tx.set_trouble(&uuid, None)?;
                    Done::Nothing
                }
                Outcome::Trouble(trouble) => {
                    let trouble = in_words(trouble);
                    note(tx, &uuid, NOT_COMMITTED, &trouble)?;
                    Done::Trouble(trouble)
                }
            };
            changes::recount(tx, &project)?;
            Ok(done)
        })
        .await
}

fn committed(
    tx: &mut Tx<'_>,
    task: &str,
    branch: &str,
    subject: String,
    change: Option<String>,
    made: &Made,
) -> Result<()> {
    let files = i64::try_from(made.paths.len()).unwrap_or(i64::MAX);
    let text = format!("Committed {} to {branch}: {subject}", counted(files));
    tx.add_commit(task, &NewCommit { oid: made.oid.clone(), change, branch: branch.to_owned(), subject, files })?;
    let data = serde_json::json!({ "commit": made.oid, "paths": made.paths, "rescue": made.rescue });
    tx.journal(task, Who::Chorus, "committed", &text, Some(&data))?;
    for path in &made.meanwhile {
        let text = format!("{path} was written while it was committed: its bytes before are in {}", made.rescue);
        tx.journal(task, Who::Chorus, "written_meanwhile", &text, None)?;
    }
    match made.trouble.clone().map(in_words) {
        Some(trouble) => note(tx, task, NOT_COMMITTED, &trouble),
        None => tx.set_trouble(task, None),
    }
}

/// `1 file`, `2 files`.
pub fn counted(files: i64) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

/// The engine's trouble as people are told.
pub fn in_words(trouble: vcs::Trouble) -> contract::Trouble {
    let kind = serde_json::to_value(trouble.kind).ok();
    let kept = trouble.rescue.map(|rescue| format!(" (all bytes are kept in {rescue})"));
    let kept = kept.filter(|_| trouble.kind == vcs::Kind::Damaged).unwrap_or_default();
    contract::Trouble {
        kind: kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("tool").to_owned(),
        text: format!("{}{kept}", trouble.text),
        remedy: trouble.remedy,
        above: trouble.above,
        files: trouble.paths,
    }
}

/// The message made from the task's title, the turn's prompt and the agent's last message.
pub async fn generated(core: &Core, task: &Task, loaded: &Loaded) -> Result<String> {
    let uuid = task.uuid.clone();
    let entries = core.store()?.read(move |tx| tx.entries(&uuid, 200)).await?;
    let last = |what: &str, lead: &str| {
        let entry = entries.iter().rev().find(|entry| entry.what == what)?;
        entry.text.strip_prefix(lead).map(str::to_owned)
    };
    let prompt = last("prompt", "Got a prompt: ").unwrap_or_default();
    let summary = last("turn_ended", "The turn ended: ").unwrap_or_default();
    // What Chorus itself says first tells nothing that the title does not.
    let prompt = if prompt.starts_with(&format!("Work on task #{}", task.number)) { String::new() } else { prompt };
    let told = Told { title: &task.title, number: task.number, prompt: &prompt, summary: &summary };
    Ok(message::message(&told, loaded.config.vcs.message.as_deref()))
}

/// What a commit now would be.
pub async fn message(core: &Core, asker: &Asker, task: &str) -> Result<CommitMessage> {
    let task = core.task(asker, task).await?;
    let loaded = core.config_of(&task.project);
    let files = match task.isolation {
        Isolation::Stack => {
            let but = stacks::open(core, &task.project, &loaded, None).await?;
            edits::settle(core, &task.project).await?;
            let tree = changes::Tree::read(core, &task.project, &but).await?;
            let mut files: Vec<String> = tree.of(&task.uuid).iter().map(|(change, _)| change.path.clone()).collect();
            files.dedup();
            files
        }
        Isolation::Worktree => worktrees::uncommitted(core, &task).await?,
        Isolation::None | Isolation::Auto => Vec::new(),
    };
    Ok(CommitMessage { text: generated(core, &task, &loaded).await?, files })
}

/// The task ends well: the rest is committed first, and it stays live with the reason if that fails.
pub async fn at_completion(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<()> {
    let doing = format!("cannot complete #{}", task.number);
    if loaded.config.vcs.commit == config::Commit::Manual && message.is_none() {
        return Ok(());
    }
    match run(core, task, loaded, message).await.map_err(|error| error.context(&doing))? {
        Done::Trouble(trouble) => Err(refused(&doing, &trouble)),
        Done::Committed | Done::Nothing => Ok(()),
    }
}

/// What a person is told when a task with a branch has ended well.
pub async fn landing(core: &Core, task: &Task) -> String {
    let mut is_merged = false;
    if task.isolation == Isolation::Worktree {
        let counted = worktrees::count(core, task).await;
        counted.unwrap_or_else(|error| log::warn!("cannot count the commits of #{}: {error}", task.number));
        is_merged = worktrees::is_merged(core, task).await.unwrap_or_default();
    }
    let uuid = task.uuid.clone();
    let Ok(store) = core.store() else { return String::new() };
    let row = store.read(move |tx| tx.row(&uuid)).await.unwrap_or_else(|_| task.clone());
    let Some(branch) = &row.stack else {
        return "Nothing was committed: its edits are in the shared working tree (isolation none).".to_owned();
    };
    let commits = match row.commits {
        0 => "no commits".to_owned(),
        1 => "1 commit".to_owned(),
        more => format!("{more} commits"),
    };
    let left = match row.uncommitted {
        0 => String::new(),
        files => format!(" Its edits in {} are uncommitted.", counted(files)),
    };
    let land = match row.isolation {
        Isolation::Stack => format!("`but push {branch}` publishes it, `but land {branch}` lands it"),
        _ if row.commits == 0 => return format!("Nothing was committed.{left}"),
        _ if is_merged => "All of them are merged".to_owned(),
        _ => format!("`git merge {branch}` takes it in, `git push -u origin {branch}` publishes it"),
    };
    format!("{branch} has {commits}.{left} {land}.")
}
