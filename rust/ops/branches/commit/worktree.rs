//! A commit to a task's worktree: everything in it, and what its agent or a person committed there themselves.

use super::message;
use crate::commits::message::by_person;
use crate::config::Loaded;
use crate::contract;
use crate::core::Core;
use crate::error::Result;
use crate::ops::branches::hooks::HookDecision;
use crate::ops::branches::trouble::{self, Done, NOT_COMMITTED, WITHOUT_HOOKS};
use crate::ops::branches::{hooks, worktrees};
use crate::store::{NewCommit, Tx, Who};
use crate::task::Task;
use crate::vcs::git::Git;
use crate::vcs::lock::Lock;
use crate::vcs::worktree::commit::WorktreeCommit;
use crate::vcs::worktree::dirty::DirtyPaths;
use crate::vcs::worktree::staged::Taken;
use crate::vcs::worktree::{self, Worktree};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a commit waits for one that is being made: longer than that one may take with its hooks.
const PATIENCE: Duration = Duration::from_secs(worktree::commit::LIMIT.as_secs() + 60);

/// Commits everything in it.
pub async fn commit(core: &Core, task: &Task, loaded: &Loaded, message: Option<&str>) -> Result<Done> {
    let Some(worktree) = worktrees::of(core, task).await? else { return Ok(Done::Nothing) };
    let text = match message {
        Some(message) => by_person(message, task.number),
        None => message::generated(core, task, loaded).await?,
    };
    let lock = Lock::of(&worktree.project.common_dir().await?).await;
    let held = lock.hold_for(&format!("a commit of #{}", task.number), PATIENCE).await?;
    let worktree = Worktree { project: worktree.project.clone().holding(&held), ..worktree };
    if let Err(error) = record_foreign_commits(core, task, &worktree).await {
        log::warn!("cannot look for commits of others on {}: {error}", worktree.branch);
    }
    let decision = match worktree.is_present().await? {
        true => hooks::decide(core, task, loaded, &worktree.git()).await?,
        // The commit says what is wrong.
        false => HookDecision::run(),
    };
    let subject = text.lines().next().unwrap_or_default().to_owned();
    // Whatever stands in the way of a commit is said by the commit.
    let parent = worktree.git().head().await.ok().flatten();
    let underway = CommitUnderway { parent, subject: subject.clone() };
    core.write(&task.uuid, move |tx, task| underway.remember(tx, task)).await?;
    let number = u32::try_from(task.number).unwrap_or(u32::MAX);
    let committing = worktree::commit::commit_with(&worktree, &text, decision.hooks, number);
    let (made, taken) = match noted_while_slow(core, task, committing).await {
        Ok(WorktreeCommit { oid, taken }) => (Ok(oid), taken),
        Err(error) => (Err(error), None),
    };
    let trouble = decision.trouble();
    // The commit is recorded whatever fails beside it.
    let files = match &made {
        Ok(Some(oid)) => or_log(count_files(&worktree.git(), oid).await).unwrap_or_default(),
        _ => 0,
    };
    let changes = or_log(worktrees::changes(core, task).await);
    let (branch, left) = (worktree.branch.clone(), changes.as_ref().map(count_left));
    let taken = taken.map(|taken| taken_trouble(&worktree, &taken));
    let beside = match taken.or(or_log(preparation_trouble(core, task, loaded).await).flatten()) {
        Some(trouble) => Some(trouble),
        None => {
            changes.and_then(|changes| nested_trouble(task, &changes).or_else(|| hidden_trouble(&worktree, &changes)))
        }
    };
    core.write(&task.uuid, move |tx, task| {
        if let Some(left) = left {
            tx.set_uncommitted(task, left, &[])?;
        }
        let done = record(tx, task, branch, subject, files, made, trouble)?;
        let Some(trouble) = beside.filter(|_| !matches!(done, Done::Trouble(_))) else { return Ok(done) };
        trouble::record(tx, task, NOT_COMMITTED, &trouble)?;
        // What could be committed was.
        Ok(if trouble.kind == BESIDE && matches!(done, Done::Committed) { done } else { Done::Trouble(trouble) })
    })
    .await
}

/// A commit that is being made. A daemon that is killed meanwhile does not record it; the next one knows by this that it
/// is Chorus's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CommitUnderway {
    parent: Option<String>,
    subject: String,
}

impl CommitUnderway {
    fn key(task: &str) -> String {
        format!("worktree commit {task}")
    }

    fn remember(&self, tx: &mut Tx<'_>, task: &str) -> Result<()> {
        tx.remember(&Self::key(task), &serde_json::to_string(self).unwrap_or_default())
    }

    fn recall(tx: &Tx<'_>, task: &str) -> Result<Option<CommitUnderway>> {
        Ok(tx.recall(&Self::key(task))?.and_then(|kept| serde_json::from_str(&kept).ok()))
    }

    /// Whether the commit is this one: on the same parent, and with the same subject, to which a hook may have added.
    async fn is(&self, git: &Git, oid: &str, subject: &str) -> Result<bool> {
        let parent = git.find(&["rev-parse", "--verify", "--quiet", &format!("{oid}^")]).await?;
        Ok(parent == self.parent && subject.contains(&self.subject))
    }
}

/// A report beside a commit, where there is one.
fn or_log<T>(told: Result<T>) -> Option<T> {
    told.inspect_err(|error| log::warn!("cannot report everything about a commit: {error}")).ok()
}

/// How long a commit may take before the journal says that it still runs.
const SLOW: Duration = Duration::from_secs(10);

/// Awaits a commit. The journal notes a hook or a signer that takes long: other commits of the repository wait for it.
async fn noted_while_slow<T>(core: &Core, task: &Task, commit: impl Future<Output = T>) -> T {
    tokio::pin!(commit);
    tokio::select! {
        made = &mut commit => return made,
        () = tokio::time::sleep(SLOW) => {}
    }
    let text = "A commit still runs: a hook or a signer takes its time";
    let noted = core.write(&task.uuid, move |tx, task| tx.journal(task, Who::Chorus, "commit_runs", text, None)).await;
    noted.unwrap_or_else(|error| log::error!("cannot journal that a commit runs: {error}"));
    commit.await
}

/// The kind of the trouble with edits that no commit takes, such as those in a repository inside the worktree.
pub const BESIDE: &str = "nested";

/// Edits that no commit of the task takes, because they are in another repository.
fn nested_trouble(task: &Task, DirtyPaths { nested, .. }: &DirtyPaths) -> Option<contract::Trouble> {
    let folder = task.worktree.clone().unwrap_or_default();
    let names: Vec<&str> = nested.iter().map(|path| path.trim_end_matches('/')).collect();
    names.first().map(|first| contract::Trouble {
        kind: BESIDE.into(),
        text: format!("edits in {} are in no commit: it is a repository of its own", names.join(", ")),
        remedy: Some(format!("commit them in {folder}/{first}, or ask the agent to")),
        above: None,
        files: nested.clone(),
    })
}

/// Edits that no commit takes, because somebody told git to take the files for unchanged.
fn hidden_trouble(worktree: &Worktree, DirtyPaths { hidden, .. }: &DirtyPaths) -> Option<contract::Trouble> {
    let first = hidden.first()?;
    let folder = worktree.folder.display();
    Some(contract::Trouble {
        kind: BESIDE.into(),
        text: format!("edits of {} are in no commit: git was told to take it for unchanged", hidden.join(", ")),
        remedy: Some(format!(
            "`git -C {folder} update-index --no-assume-unchanged {first}`, or `--no-skip-worktree`, lets git see them"
        )),
        above: None,
        files: hidden.clone(),
    })
}

/// Edits that a hook took away.
fn taken_trouble(worktree: &Worktree, taken: &Taken) -> contract::Trouble {
    contract::Trouble {
        kind: "taken".into(),
        text: taken.text(),
        remedy: Some(taken.remedy(&worktree.folder)),
        above: None,
        files: taken.paths.clone(),
    }
}

/// Paths of the preparation that somebody committed: such a branch must not be merged.
pub async fn preparation_trouble(core: &Core, task: &Task, loaded: &Loaded) -> Result<Option<contract::Trouble>> {
    let paths = worktrees::committed_preparation(core, task, loaded).await?;
    if paths.is_empty() {
        return Ok(None);
    }
    let row = core.read(&task.uuid, |tx, task| tx.row(task)).await?;
    let (branch, names) = (row.stack.unwrap_or_default(), paths.join(", "));
    let folder = task.worktree.clone().unwrap_or_default();
    Ok(Some(contract::Trouble {
        kind: "prepared".into(),
        text: format!(
            "{branch} holds {names}, which Chorus put into the worktree: a merge would put it in the place of the \
             project's own"
        ),
        remedy: Some(format!(
            "`git -C {folder} rm -r --cached -- {}` and commit that (`--amend` if it was the last commit), or ask the \
             agent to",
            paths.join(" ")
        )),
        above: None,
        files: paths,
    }))
}

/// How many paths are uncommitted, those that no commit takes included.
fn count_left(changes: &DirtyPaths) -> i64 {
    i64::try_from(changes.all().count()).unwrap_or(i64::MAX)
}

/// Counts commits that the agent, or a person, made on the branch themselves, and the files that are uncommitted.
pub async fn count(core: &Core, task: &Task) -> Result<()> {
    let Some(worktree) = worktrees::of(core, task).await? else { return Ok(()) };
    record_foreign_commits(core, task, &worktree).await?;
    let left = count_left(&worktrees::changes(core, task).await?);
    core.write(&task.uuid, move |tx, task| tx.set_uncommitted(task, left, &[])).await
}

/// Notes commits of the branch alone that are not known yet, which Chorus did not make, and forgets known ones that left
/// the branch.
async fn record_foreign_commits(core: &Core, task: &Task, worktree: &Worktree) -> Result<()> {
    let (known, underway) =
        core.read(&task.uuid, |tx, task| Ok((tx.commits(task, u32::MAX)?, CommitUnderway::recall(tx, task)?))).await?;
    let mut found = Vec::new();
    for (oid, subject) in worktree::standing::commits(worktree).await? {
        if known.iter().all(|commit| commit.oid != oid) {
            let files = count_files(&worktree.project, &oid).await?;
            let is_ours = match &underway {
                Some(underway) => underway.is(&worktree.project, &oid, &subject).await?,
                None => false,
            };
            found.push((NewCommit { oid, change: None, branch: worktree.branch.clone(), subject, files }, is_ours));
        }
    }
    let oids: Vec<String> = known.iter().map(|commit| commit.oid.clone()).collect();
    let lost = worktree::standing::lost(worktree, &oids).await?;
    if found.is_empty() && lost.is_empty() {
        return Ok(());
    }
    let left: Vec<&str> = known.iter().filter(|one| lost.contains(&one.oid)).map(|one| one.subject.as_str()).collect();
    let left = left_text(&worktree.branch, &left);
    let noted = core.write(&task.uuid, move |tx, task| {
        for (commit, is_ours) in &found {
            let NewCommit { branch, subject, files, .. } = commit;
            let text = match is_ours {
                true => format!("Committed {} to {branch}: {subject}", trouble::file_count(*files)),
                false => format!("Found a commit on {branch} that Chorus did not make: {subject}"),
            };
            let is_back = tx.knows_commit(task, &commit.oid)?;
            tx.add_commit(task, commit)?;
            if !is_back {
                let data = serde_json::json!({ "commit": commit.oid });
                tx.journal(task, Who::Chorus, "committed", &text, Some(&data))?;
            }
        }
        if !lost.is_empty() {
            tx.lose_commits(task, &lost)?;
            tx.journal(task, Who::Chorus, "commits_left", &left, Some(&serde_json::json!({ "commits": lost })))?;
        }
        Ok(())
    });
    noted.await
}

/// That commits, by their subjects, are on the branch no more.
fn left_text(branch: &str, subjects: &[&str]) -> String {
    let named = subjects.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match subjects.len() {
        1 => format!("A commit is not on {branch} any more (amended, rebased or reset): {named}"),
        few @ ..=3 => format!("{few} commits are not on {branch} any more (amended, rebased or reset): {named}"),
        many => format!(
            "{many} commits are not on {branch} any more (amended, rebased or reset): {named} and {} more",
            many - 3
        ),
    }
}

async fn count_files(git: &Git, oid: &str) -> Result<i64> {
    let args = ["diff-tree", "--no-commit-id", "--name-only", "-r", "-z", "--root", oid];
    let listed = git.bytes(&args).await?;
    Ok(i64::try_from(listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()).count()).unwrap_or(i64::MAX))
}

fn record(
    tx: &mut Tx<'_>,
    task: &str,
    branch: String,
    subject: String,
    files: i64,
    made: Result<Option<String>>,
    without_hooks: Option<contract::Trouble>,
) -> Result<Done> {
    tx.forget_fact(&CommitUnderway::key(task))?;
    match made {
        Ok(Some(oid)) => {
            // A look at the branch while it was made has recorded it already.
            if tx.commits(task, u32::MAX)?.iter().all(|commit| commit.oid != oid) {
                let text = format!("Committed {} to {branch}: {subject}", trouble::file_count(files));
                let data = serde_json::json!({ "commit": oid });
                tx.add_commit(task, &NewCommit { oid, change: None, branch, subject, files })?;
                tx.journal(task, Who::Chorus, "committed", &text, Some(&data))?;
            }
            match &without_hooks {
                Some(trouble) => trouble::record(tx, task, WITHOUT_HOOKS, trouble)?,
                None => tx.set_trouble(task, None)?,
            }
            Ok(Done::Committed)
        }
        Ok(None) => {
            tx.set_trouble(task, None)?;
            Ok(Done::Nothing)
        }
        Err(error) => {
            let trouble = contract::Trouble {
                kind: "left".into(),
                text: error.message,
                remedy: error.hint,
                above: None,
                files: Vec::new(),
            };
            trouble::record(tx, task, NOT_COMMITTED, &trouble)?;
            Ok(Done::Trouble(trouble))
        }
    }
}
