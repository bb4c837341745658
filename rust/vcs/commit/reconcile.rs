//! After `but` ran, however it ended: what came of it, and the tree and the workspace put right.

use super::inspect::{Found, inspect};
use super::intent::CommitIntent;
use super::outcome::{CommitTrouble, TroubleKind};
use super::repair::{ButEnd, Repaired, repair};
use super::{CommitPlace, half, index, locks, stack_of};
use crate::commits::change::{ChangeKind, DiffHunk};
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::vcs::but::{self, But, ButCommit, ButStatus, Dependence, Refusal};
use crate::vcs::git::Git;
use crate::vcs::look;
use crate::vcs::rewrite::Permit;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a reading is made again.
const AGAIN: usize = 6;

/// How long before.
const PAUSE: Duration = Duration::from_millis(50);

/// How `but` answered.
pub(super) enum ButAnswer {
    /// That it committed.
    Said(ButCommit),
    /// That it did not.
    Refused(Refusal),
    /// Not at all, or nobody was there to hear it.
    Unknown(Option<Refusal>),
}

impl ButAnswer {
    pub fn of(answer: but::Result<ButCommit>) -> ButAnswer {
        match answer {
            Ok(committed) => ButAnswer::Said(committed),
            Err(
                refusal @ (Refusal::TimedOut(_) | Refusal::Killed(_) | Refusal::Garbage(_) | Refusal::NotStarted(_)),
            ) => ButAnswer::Unknown(Some(refusal)),
            Err(refusal) => ButAnswer::Refused(refusal),
        }
    }

    fn refusal(&self) -> Option<Refusal> {
        match self {
            ButAnswer::Said(_) => None,
            ButAnswer::Refused(refusal) => Some(refusal.clone()),
            ButAnswer::Unknown(refusal) => refusal.clone(),
        }
    }
}

/// What came of an intent.
pub(super) struct Reconciled {
    pub status: ButStatus,
    pub found: Found,
    pub repaired: Repaired,
    pub answer: Option<Refusal>,
    pub change_id: Option<String>,
    pub trouble: Option<CommitTrouble>,
}

/// Looks, applies again what fell out of the workspace, and puts the bytes right.
pub(super) async fn reconcile(
    place: CommitPlace<'_>,
    permit: &Permit<'_>,
    intent: &CommitIntent,
    answer: &ButAnswer,
) -> Result<Reconciled> {
    let reference = &intent.rescue.reference;
    let named = match answer {
        ButAnswer::Said(committed) => Some(committed.oid.as_str()),
        _ => None,
    };
    if matches!(answer, ButAnswer::Unknown(_)) {
        locks::clear(place.git, intent.at, &intent.tips).await;
    }
    let (mut status, mut found) = tokio::try_join!(read(place, intent), inspect(place.git, intent, named))?;
    let (lost, mut trouble) = apply_again(place, permit, intent, &status).await?;
    if lost {
        status = read(place, intent).await?;
    }
    if matches!(answer, ButAnswer::Unknown(_)) && half::mend(place.git, intent, &status, &found).await? {
        status = read(place, intent).await?;
        found = inspect(place.git, intent, named).await?;
    }
    let end = match (answer, &found.oid) {
        (ButAnswer::Unknown(_), _) => ButEnd::Cut,
        (_, Some(_)) => ButEnd::Well,
        (_, None) => ButEnd::Without,
    };
    let repaired = repair(place, intent, &status, end, &found.wrong).await?;
    // An index that cannot be written now is put right after the next commit.
    let stale = index::freshen(place.git, &found.paths).await.unwrap_or(false);
    if (stale && !found.missing.is_empty()) || !repaired.written.is_empty() || !repaired.meanwhile.is_empty() {
        status = read(place, intent).await?;
    }
    if !repaired.conflicted.is_empty() {
        let text = "files were written while they were committed and hold conflict markers now";
        let remedy = match &repaired.damaged {
            Some(now) => format!("edit them, then run `but resolve`; what they hold now is also in {now}"),
            None => "edit them, then run `but resolve`".to_owned(),
        };
        let told = CommitTrouble::new(TroubleKind::Conflicted, text).paths(&repaired.conflicted).remedy(remedy);
        trouble.get_or_insert(told.rescue(reference));
    }
    if let Some(name) = other_moved(place.git, intent, &status).await? {
        let text = format!("{name} points elsewhere than before, and this commit was not for it");
        trouble.get_or_insert(CommitTrouble::new(TroubleKind::Damaged, text).rescue(reference));
    }
    let change_id = match answer {
        ButAnswer::Said(committed) => committed.change_id.clone(),
        _ => change_id(&status, found.oid.as_deref()),
    };
    Ok(Reconciled { status, found, repaired, answer: answer.refusal(), change_id, trouble })
}

/// Puts the bytes right once more, after a commit was taken back.
pub(super) async fn bytes(place: CommitPlace<'_>, intent: &CommitIntent, wrong: &[String]) -> Result<()> {
    let status = read(place, intent).await?;
    repair(place, intent, &status, ButEnd::Without, wrong).await.map(drop)
}

async fn read(place: CommitPlace<'_>, intent: &CommitIntent) -> Result<ButStatus> {
    let unread = |refusal: Refusal| {
        let kept = format!("the bytes before are in {}", intent.rescue.reference);
        Error::from(refusal).context(format!("cannot verify a commit to {}", intent.branch)).hint(kept)
    };
    match status(place.but).await {
        // One that was killed may have left something to clean up for the next.
        Err(Refusal::TimedOut(_) | Refusal::Killed(_) | Refusal::Garbage(_) | Refusal::Other(_)) => {
            place.but.status().await.map_err(unread)
        }
        other => other.map_err(unread),
    }
}

/// The workspace's status; a reading that fails because files change while it is made is made again, a few times.
pub(super) async fn status(but: &But) -> but::Result<ButStatus> {
    for _ in 0..AGAIN {
        match but.status().await {
            Err(refusal) if refusal.is_passing() => tokio::time::sleep(PAUSE).await,
            other => return other,
        }
    }
    but.status().await
}

/// As [`status`], with the hunks.
pub(super) async fn status_and_hunks(but: &But) -> but::Result<(ButStatus, Vec<DiffHunk>)> {
    let mut tries = 0;
    loop {
        match tokio::try_join!(but.status(), but.diff()) {
            Err(refusal) if refusal.is_passing() && tries < AGAIN => tokio::time::sleep(PAUSE).await,
            other => return other,
        }
        tries += 1;
    }
}

/// Branches that were applied before and are not: whether there were any, and what could not be applied again.
async fn apply_again(
    place: CommitPlace<'_>,
    permit: &Permit<'_>,
    intent: &CommitIntent,
    status: &ButStatus,
) -> Result<(bool, Option<CommitTrouble>)> {
    let (mut lost, mut trouble) = (false, None);
    let gone: Vec<&String> = intent.tips.keys().filter(|name| status.branch(name).is_none()).collect();
    if gone.is_empty() {
        return Ok((false, None));
    }
    let there = place.git.tips().await?;
    for name in gone.into_iter().filter(|name| there.contains_key(*name)) {
        lost = true;
        match place.but.apply(name, permit).await {
            Ok(()) | Err(Refusal::AlreadyApplied(_)) => {}
            Err(refusal) => {
                let text = format!("{name} fell out of the workspace: {refusal}");
                let told = CommitTrouble::new(TroubleKind::NotApplied, text).remedy(format!("run `but apply {name}`"));
                trouble.get_or_insert(told.rescue(&intent.rescue.reference));
            }
        }
    }
    Ok((lost, trouble))
}

/// A branch of another stack that moved.
async fn other_moved(git: &Git, intent: &CommitIntent, status: &ButStatus) -> Result<Option<String>> {
    let stack = stack_of(status, &intent.branch);
    let now = git.tips().await?;
    let others = intent.tips.iter().filter(|(name, _)| !intent.stack.contains(name) && !stack.contains(name));
    let mut moved = others.filter(|(name, before)| now.get(*name) != Some(before));
    Ok(moved.next().map(|(name, _)| name.clone()))
}

fn change_id(status: &ButStatus, oid: Option<&str>) -> Option<String> {
    let commits = status.branches().flat_map(|branch| &branch.commits);
    commits.into_iter().find(|commit| Some(commit.oid.as_str()) == oid)?.change_id.clone()
}

/// What the paths that `but` silently left out (old grammar) seem to build on: the other branches that change them.
pub(super) async fn dependences(
    git: &Git,
    intent: &CommitIntent,
    status: &ButStatus,
    paths: Vec<String>,
) -> Result<Vec<Dependence>> {
    let mut found = Vec::new();
    for path in paths {
        let branches = on_which(git, intent, status, &path).await?;
        found.push(Dependence { path, lines: None, branches });
    }
    Ok(found)
}

/// The same dependences, also where `but` did not say which branch it is.
pub(super) async fn named(
    git: &Git,
    intent: &CommitIntent,
    status: &ButStatus,
    mut dependences: Vec<Dependence>,
) -> Result<Vec<Dependence>> {
    for dependence in dependences.iter_mut().filter(|one| one.branches.is_empty()) {
        dependence.branches = on_which(git, intent, status, &dependence.path).await?;
    }
    Ok(dependences)
}

fn is_missing(file: &Path) -> bool {
    fs::symlink_metadata(file).is_err()
}

/// The other branches that change a path. `but` does not say where a renamed file comes from: those that change a file
/// which is gone.
async fn on_which(git: &Git, intent: &CommitIntent, status: &ButStatus, path: &str) -> Result<Vec<String>> {
    let own = stack_of(status, &intent.branch);
    let is_renamed = status.change(path).is_some_and(|change| change.kind == ChangeKind::Renamed);
    let (mut changed, mut left) = (Vec::new(), Vec::new());
    for name in status.names().filter(|name| !own.iter().any(|one| one == name)) {
        let (Some(base), Some(tip)) = (&status.base, status.tip(name)) else { continue };
        let listed = git.bytes(&["diff", "--name-only", "--no-renames", "-z", &format!("{base}...{tip}")]).await?;
        let files: Vec<PathBuf> = listed
            .split(|byte| *byte == 0)
            .filter(|file| !file.is_empty())
            .map(|file| PathBuf::from(OsStr::from_bytes(file)))
            .collect();
        if files.iter().any(|file| file == Path::new(path)) {
            changed.push(name.to_owned());
        }
        // Of those, what the branch itself removed comes from nowhere.
        let listed = git.bytes(&["ls-tree", "-r", "-z", "--name-only", "--full-tree", tip]).await?;
        let has = |file: &PathBuf| listed.split(|byte| *byte == 0).any(|one| one == file.as_os_str().as_bytes());
        let had: Vec<PathBuf> = files.into_iter().filter(has).collect();
        if is_renamed && look(&git.folder, move |root| had.iter().any(|file| is_missing(&root.join(file)))).await? {
            left.push(name.to_owned());
        }
    }
    Ok(if changed.is_empty() { left } else { changed })
}
