//! `pull`: the target as it is upstream, and every stack on top of it.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::commit_object::{Commit, merge};
use super::project::{Project, references};
use super::rebase;
use super::status::upstream;
use super::workspace::Overlap;
use crate::Grammar;
use serde_json::{Value, json};

/// `pull`.
pub const PULL: Form = Form { valued: &[], optional: &[], flags: &[&["--check", "-c"]], usage: "pull [OPTIONS]" };

/// What becomes of a branch.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Updatable,
    Conflicted,
    Integrated,
}

/// Fetches, and rebases unless only asked what would happen.
pub fn pull(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let remote = project.state.target.remote.clone();
    project.git.run(&["fetch", "--quiet", &remote, &format!("+refs/heads/*:refs/remotes/{remote}/*")])?;
    project.references = references(&project.git)?;
    let reference = upstream(project);
    let now = project.references.get(&reference).cloned().ok_or_else(|| Refusal::text(format!("no {reference}")))?;
    let commits = commits(project, &now)?;
    let fates = if commits.is_empty() { Vec::new() } else { fates(project, &now)? };
    let worktree = project.snapshot()?;
    let blocked = !commits.is_empty() && {
        let tree = |id: &str| Ok::<_, Refusal>(Commit::read(&project.git, id)?.tree);
        let dirty = rebased_dirty(project, &worktree)?;
        let target = &project.state.target.commit;
        !merge(&project.git, &tree(target)?, &dirty, &tree(&now)?)?.conflicts.is_empty()
    };
    if arguments.has("--check") {
        return Ok(Answer::new(check(project, &now, &commits, &fates, blocked), "checked"));
    }
    let old = project.grammar == Grammar::Old;
    if commits.is_empty() || (blocked && old) {
        let status = if blocked { "worktree_conflicts" } else { "up_to_date" };
        return Ok(Answer::new(report(project, status, &commits, &[], &[]), status));
    }
    project.record("MergeUpstream", &[], &worktree);
    let conflicted = update(project, &now, &fates)?;
    let marked = project.settle(&worktree, Overlap::Mark)?;
    let status = if conflicted.is_empty() { "completed" } else { "completed_with_conflicts" };
    let mut answer = Answer::new(report(project, status, &commits, &fates, &conflicted), status);
    if !marked.is_empty() {
        answer.note =
            Some("warning: A conflict occurred during checkout. Run `but status` for more information.".into());
    }
    Ok(answer)
}

/// The uncommitted changes alone, on the target.
fn rebased_dirty(project: &Project, worktree: &str) -> Result<String, Refusal> {
    let tree = |id: &str| Ok::<_, Refusal>(Commit::read(&project.git, id)?.tree);
    let merged = merge(&project.git, &tree(&project.state.workspace)?, &tree(&project.state.target.commit)?, worktree)?;
    Ok(if merged.conflicts.is_empty() { merged.tree } else { tree(&project.state.target.commit)? })
}

/// Upstream's new commits, newest first.
fn commits(project: &Project, now: &str) -> Result<Vec<Commit>, Refusal> {
    let mut words = vec!["rev-list", "--first-parent", now, "--not", &project.state.target.commit];
    if project.grammar == Grammar::Old {
        // What is in the workspace already is nothing new to the old program.
        words.extend(project.state.stacks.iter().map(super::state::Stack::tip));
    }
    let listed = project.git.run(&words)?;
    listed.lines().map(|id| Commit::read(&project.git, id)).collect()
}

fn fates(project: &Project, now: &str) -> Result<Vec<(String, Fate)>, Refusal> {
    let mut fates = Vec::new();
    for (at, stack) in project.state.stacks.iter().enumerate() {
        let mut tip = now.to_owned();
        let mut below = Vec::new();
        for (place, branch) in stack.branches.iter().enumerate().rev() {
            let mut commits = project.commits(&branch.tip, project.state.base_of(at, place))?;
            commits.reverse();
            let there = || project.git.run(&["merge-base", "--is-ancestor", &branch.tip, now]).is_ok();
            if !commits.is_empty() && there() {
                below.push((branch.name.clone(), Fate::Integrated));
                continue;
            }
            let became = rebase::carry(project, &commits, &tip)?;
            let mut conflicted = false;
            for commit in &commits {
                conflicted |= Commit::read(&project.git, &became[&commit.id])?.conflicted();
            }
            tip = commits.last().map_or(tip, |last| became[&last.id].clone());
            below.push((branch.name.clone(), if conflicted { Fate::Conflicted } else { Fate::Updatable }));
        }
        fates.extend(below.into_iter().rev());
    }
    Ok(fates)
}

/// Rebases everything; branches with the conflicted commits that they got.
fn update(project: &mut Project, now: &str, fates: &[(String, Fate)]) -> Result<Vec<(String, Vec<Commit>)>, Refusal> {
    let old = std::mem::replace(&mut project.state.target.commit, now.to_owned());
    let integrated = |name: &str| fates.iter().any(|(other, fate)| other == name && *fate == Fate::Integrated);
    let mut moves = Vec::new();
    for stack in 0..project.state.stacks.len() {
        let mut base = old.clone();
        while let Some(lowest) = project.state.stacks[stack].branches.last().filter(|branch| integrated(&branch.name)) {
            base.clone_from(&lowest.tip);
            moves.push((format!("refs/heads/{}", lowest.name), None));
            project.state.stacks[stack].branches.pop();
        }
        let count = project.state.stacks[stack].branches.len();
        moves.extend(rebase::upwards(project, stack, count, &base, now)?);
    }
    project.state.stacks.retain(|stack| !stack.branches.is_empty());
    project.git.update_references(&moves)?;
    let mut conflicted = Vec::new();
    for (stack, at, branch) in project.state.branches() {
        let mut commits = project.commits(&branch.tip, project.state.base_of(stack, at))?;
        commits.retain(Commit::conflicted);
        if !commits.is_empty() {
            conflicted.push((branch.name.clone(), commits));
        }
    }
    Ok(conflicted)
}

fn check(project: &Project, now: &str, commits: &[Commit], fates: &[(String, Fate)], blocked: bool) -> Value {
    let target = &project.state.target;
    let rebasable = |fate: Fate| (fate == Fate::Conflicted).then_some(project.grammar == Grammar::New);
    let word = |fate: Fate| match fate {
        Fate::Updatable => "updatable",
        Fate::Conflicted => "conflicted",
        Fate::Integrated => "integrated",
    };
    let statuses: Vec<Value> = fates
        .iter()
        .map(|(name, fate)| json!({ "name": name, "status": word(*fate), "rebasable": rebasable(*fate) }))
        .collect();
    let commits: Vec<Value> = commits
        .iter()
        .map(|commit| {
            let author = Commit::person(&commit.author).0;
            json!({ "id": commit.id, "description": commit.message, "authorName": author })
        })
        .collect();
    json!({
        "baseBranch": {
            "name": format!("{}/{}", target.remote, target.branch), "remoteName": target.remote,
            "baseSha": target.commit, "currentSha": now,
        },
        "upstreamCommits": { "count": commits.len(), "commits": commits },
        "branchStatuses": statuses, "upToDate": commits.is_empty(), "hasWorktreeConflicts": blocked,
    })
}

fn report(
    project: &Project,
    status: &str,
    commits: &[Commit],
    fates: &[(String, Fate)],
    conflicted: &[(String, Vec<Commit>)],
) -> Value {
    let target = &project.state.target;
    let old = project.grammar == Grammar::Old;
    let word = |fate: Fate| match (fate, old) {
        (Fate::Updatable, _) => "updatable",
        (Fate::Conflicted, false) => "conflicted_rebasable",
        (Fate::Conflicted, true) => "conflicted_not_rebasable",
        (Fate::Integrated, _) => "integrated",
    };
    let listed = |(name, fate): &(String, Fate)| json!({ "name": name, "status": word(*fate), "commitCount": 0, "conflicts": [] });
    let conflicts: Vec<Value> = conflicted
        .iter()
        .map(|(branch, commits)| {
            let mut conflict = json!({ "branch": branch, "files": [], "upstreamCommit": null });
            if !old {
                let id = |commit: &Commit| {
                    let first = commit.message.lines().next().unwrap_or("");
                    json!({ "id": &commit.change_id()[..3], "message": first })
                };
                conflict["commits"] = commits.iter().map(id).collect();
            }
            conflict
        })
        .collect();
    let count = |fate: Fate| fates.iter().filter(|(_, other)| *other == fate).count();
    let integrated: Vec<&String> =
        fates.iter().filter(|(_, fate)| *fate == Fate::Integrated).map(|(name, _)| name).collect();
    let recent: Vec<Value> =
        commits.iter().map(|commit| json!({ "id": commit.id, "message": commit.message })).collect();
    let done = status.starts_with("completed");
    json!({
        "status": status,
        "upstreamUrl": format!("{}/{}/{}", project.git.root.display(), target.remote, target.branch),
        "upstreamCommitsFound": commits.len(), "recentCommits": recent,
        "branchesToUpdate": fates.iter().map(listed).collect::<Vec<_>>(),
        "integratedBranches": integrated, "conflicts": conflicts,
        "summary": {
            "branchesUpdated": count(Fate::Updatable), "branchesConflicted": count(Fate::Conflicted),
            "branchesIntegrated": count(Fate::Integrated), "branchesUnchanged": 0,
        },
        "undoCommand": done.then_some("but undo"),
    })
}
