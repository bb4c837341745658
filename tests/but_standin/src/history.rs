//! `uncommit`, `reword`, `pick`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::commit_object::Commit;
use super::diff;
use super::project::Project;
use super::rebase::{self, Moves};
use super::workspace::Overlap;
use crate::Grammar;
use serde_json::json;

/// `uncommit`.
pub const UNCOMMIT: Form = Form { valued: &[], optional: &[], flags: &[], usage: "uncommit [OPTIONS] <SOURCES>..." };
/// `reword`.
pub const REWORD: Form =
    Form { valued: &[&["--message", "-m"]], optional: &[], flags: &[], usage: "reword [OPTIONS] <TARGET>" };
/// `pick` of the new grammar.
pub const PICK: Form = Form {
    valued: &[&["--above", "-A"], &["--below", "-B"]],
    optional: &[&["--branch", "-b"]],
    flags: &[],
    usage: "pick [OPTIONS] <SOURCES>...",
};
/// `pick` of the old grammar.
pub const PICK_OLD: Form = Form { valued: &[], optional: &[], flags: &[], usage: "pick <SOURCE> [TARGET_BRANCH]" };

/// Advice of the old program for what it cannot find.
pub const REFRESH: &str = "If you just performed a Git operation (squash, rebase, etc.), try running 'but status' to refresh the current state.";

/// Where an applied commit is: stack, branch, commit.
fn place_of(project: &Project, id: &str) -> Result<Option<(usize, usize, Commit)>, Refusal> {
    for (stack, at, branch) in project.state.branches() {
        for commit in project.commits(&branch.tip, project.state.base_of(stack, at))? {
            if id.len() >= 2 && (commit.id.starts_with(id) || commit.change_id().starts_with(id)) {
                return Ok(Some((stack, at, commit)));
            }
        }
    }
    Ok(None)
}

/// Puts other commits into the place of one, or none; what is above follows.
fn replace(
    project: &mut Project,
    (stack, at): (usize, usize),
    old: &Commit,
    new: Option<&Commit>,
) -> Result<Moves, Refusal> {
    let tip = project.state.stacks[stack].branches[at].tip.clone();
    let mut above = project.commits(&tip, &old.id)?;
    above.reverse();
    let base = new.map_or(&old.parents[0], |new| &new.id).clone();
    let became = rebase::carry(project, &above, &base)?;
    let now = above.last().map_or(base, |last| became[&last.id].clone());
    let branch = &mut project.state.stacks[stack].branches[at];
    branch.tip.clone_from(&now);
    let mut moves = vec![(format!("refs/heads/{}", branch.name), Some(now.clone()))];
    moves.extend(rebase::upwards(project, stack, at, &tip, &now)?);
    Ok(moves)
}

/// Takes commits back, or (new grammar) all of a branch and the branch: what they hold is uncommitted again.
pub fn uncommit(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let old = project.grammar == Grammar::Old;
    let worktree = project.snapshot()?;
    let before = project.state.clone();
    project.record("UndoCommit", &[], &worktree);
    let mut moves = Moves::new();
    for source in &arguments.rest {
        if let Some((stack, at)) = project.state.find(source) {
            if old {
                project.state = before;
                let kinds = "Only commits and files-in-commits can be uncommitted.";
                let text = format!("Failed to uncommit. Cannot uncommit {source} - it is a branch. {kinds}");
                return Err(Refusal::Bare(text));
            }
            let base = project.state.base_of(stack, at).to_owned();
            let gone = project.state.stacks[stack].branches.remove(at);
            moves.extend(rebase::upwards(project, stack, at, &gone.tip, &base)?);
            moves.push((format!("refs/heads/{source}"), None));
            project.state.stacks.retain(|stack| !stack.branches.is_empty());
        } else if let Some((stack, at, commit)) = place_of(project, source)? {
            moves.extend(replace(project, (stack, at), &commit, None)?);
        } else {
            project.state = before;
            return Err(match old {
                true => Refusal::Bare(format!("Failed to uncommit. Source '{source}' not found. {REFRESH}")),
                false => missing(source),
            });
        }
    }
    project.git.update_references(&moves)?;
    let (tree, _) = project.merged(&project.state.stacks)?;
    project.finish(&tree)?;
    Ok(if old { Answer::new(json!({ "ok": true }), "Uncommitted") } else { Answer::silent("Uncommitted") })
}

/// Says that something is not known.
pub fn missing(source: &str) -> Refusal {
    Refusal::hint(format!("Could not find source: '{source}'"), "Run `but status` for applicable targets.")
}

/// Another message for a commit, another name for a branch.
pub fn reword(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let target = arguments.first().unwrap_or_default().to_owned();
    let message = arguments.values("--message").join("\n\n");
    let worktree = project.snapshot()?;
    if let Some((stack, at)) = project.state.find(&target) {
        let name = super::branch::checked_name(project, &message)?;
        project.record("UpdateBranchName", &[], &worktree);
        let branch = &mut project.state.stacks[stack].branches[at];
        branch.name.clone_from(&name);
        let moves =
            vec![(format!("refs/heads/{target}"), None), (format!("refs/heads/{name}"), Some(branch.tip.clone()))];
        project.git.update_references(&moves)?;
        let tree = Commit::read(&project.git, &project.state.workspace)?.tree;
        project.finish(&tree)?;
        return Ok(Answer::silent(format!("Renamed branch '{target}' to '{name}'")));
    }
    let (stack, at, commit) = place_of(project, &target)?.ok_or_else(|| missing(&target))?;
    project.record("UpdateCommitMessage", &[], &worktree);
    let new = Commit { message, ..commit.clone() }.write(&project.git)?;
    let moves = replace(project, (stack, at), &commit, Some(&new))?;
    project.git.update_references(&moves)?;
    let tree = Commit::read(&project.git, &project.state.workspace)?.tree;
    project.finish(&tree)?;
    Ok(Answer::new(json!({ "new_commit_id": new.id }), "Updated commit message"))
}

/// A commit from anywhere onto an applied branch.
pub fn pick(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let source = arguments.first().unwrap_or_default().to_owned();
    let branch = match project.grammar {
        Grammar::New => arguments.value("--branch"),
        Grammar::Old => arguments.rest.get(1).map(String::as_str),
    };
    let branch = branch.unwrap_or_default().to_owned();
    let full = match project.grammar {
        Grammar::Old => project.reference(&source).map(str::to_owned),
        Grammar::New => None,
    };
    let commit = diff::find_commit(project, full.as_deref().unwrap_or(&source))?;
    let commit = commit.ok_or_else(|| Refusal::text(format!("'{source}' is not a valid commit")))?;
    let (stack, at) = project.state.find(&branch).ok_or_else(|| missing(&branch))?;
    let before = project.state.clone();
    let worktree = project.snapshot()?;
    project.record("CreateCommit", &[], &worktree);
    let tip = project.state.stacks[stack].branches[at].tip.clone();
    let seed = Commit::new(&project.git, &commit.tree, &tip, &commit.message)?;
    let picked =
        Commit { headers: seed.headers, committer: seed.committer, ..commit.clone() }.carried(&project.git, &tip)?;
    project.state.stacks[stack].branches[at].tip.clone_from(&picked.id);
    let mut moves = rebase::upwards(project, stack, at, &tip, &picked.id)?;
    moves.push((format!("refs/heads/{branch}"), Some(picked.id.clone())));
    if let Err(refusal) = project.settle(&worktree, Overlap::Refuse) {
        project.state = before;
        return Err(refusal);
    }
    project.git.update_references(&moves)?;
    let json = match project.grammar {
        Grammar::New => json!({ "commits": [{
            "sourceCommitId": commit.id, "newCommitId": picked.id, "newChangeId": picked.change_id(),
        }] }),
        Grammar::Old => json!({
            "picked_commit": commit.id, "target_branch": branch, "target_stack_id": project.state.stacks[stack].id,
        }),
    };
    Ok(Answer::new(json, "Picked"))
}
