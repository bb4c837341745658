//! Making a commit: the branch's new tip, what is above it, the workspace.

use super::answer::Refusal;
use super::change::Change;
use super::commit_object::{Commit, merge};
use super::fault::Fault;
use super::project::Project;
use super::rebase;
use super::selection::{self, Selection};
use super::workspace::Overlap;
use crate::Grammar;

/// One commit to be made.
pub struct Order<'a> {
    /// Where it goes.
    pub branch: String,
    /// Whether the branch is made for it.
    pub created: bool,
    /// Its message.
    pub message: String,
    /// What is uncommitted.
    pub changes: &'a [Change],
    /// What of it is chosen.
    pub selection: Selection,
    /// The working tree as it was looked at.
    pub worktree: String,
}

/// What came of it.
pub enum Made {
    /// The commit.
    Commit(Commit),
    /// These paths conflict with other stacks; nothing was done.
    Conflicts(Vec<String>),
    /// These paths were written since they were looked at; nothing was done.
    Written(Vec<String>),
}

/// Puts what was chosen on the branch: its tip, what is above it, the workspace. The working tree is not touched.
pub fn make(project: &mut Project, order: &Order<'_>, fault: Option<&Fault>) -> Result<Made, Refusal> {
    refuse_folders_for_files(project, order)?;
    let (stack, at) = project.state.find(&order.branch).ok_or_else(|| Refusal::text("the branch is gone"))?;
    let tip = project.state.stacks[stack].branches[at].tip.clone();
    let moved = project.reference(&order.branch).filter(|reference| *reference != tip).map(str::to_owned);
    if moved.is_some() && project.grammar == Grammar::Old {
        let name = &order.branch;
        return Err(Refusal::text(format!("Failed to find reference refs/heads/{name} in rebase editor")));
    }
    let workspace = Commit::read(&project.git, &project.state.workspace)?.tree;
    let chosen = selection::tree_with(&project.git, &project.state.workspace, order.changes, &order.selection)?;
    let parent = moved.as_ref().unwrap_or(&tip);
    let ours = Commit::read(&project.git, parent)?.effective_tree(&project.git)?;
    let merged = merge(&project.git, &workspace, &ours, &chosen)?;
    let mut conflicts = merged.conflicts;
    if project.grammar == Grammar::Old {
        conflicts.extend(gone_elsewhere(project, order, &ours)?);
    }
    if !conflicts.is_empty() {
        return Ok(Made::Conflicts(conflicts));
    }
    if let Some(fault) = fault {
        fault.pause()?;
        fault.write_meanwhile(project, order.changes, &order.selection)?;
    }
    let commit = Commit::new(&project.git, &merged.tree, parent, &order.message)?.write(&project.git)?;
    let written = written_meanwhile(project, order)?;
    let happens = |name: &str| fault.is_some_and(|fault| fault.is(name));
    if happens("checkout-conflict") {
        let count = written.len();
        let noun = if count == 1 { "conflict prevents" } else { "conflicts prevent" };
        return Err(Refusal::text(format!("{count} {noun} checkout; class=Checkout (20); code=Conflict (-13)")));
    }
    if !written.is_empty() && !happens("conflict-markers") {
        return Ok(Made::Written(written));
    }
    if moved.is_some() {
        // The commit belongs to nothing, and its changes leave the working tree.
        let rest = merge(&project.git, &chosen, &order.worktree, &workspace)?;
        project.bring(&order.worktree, &rest.tree)?;
        project.finish(&workspace)?;
        return Ok(Made::Commit(commit));
    }
    if let Some(fault) = fault {
        fault.die("die-between");
    }
    project.state.stacks[stack].branches[at].tip.clone_from(&commit.id);
    let mut moves = rebase::upwards(project, stack, at, &tip, &commit.id)?;
    moves.push((format!("refs/heads/{}", order.branch), Some(commit.id.clone())));
    project.git.update_references(&moves)?;
    if let Some(fault) = fault {
        fault.die("die-torn");
    }
    project.leave_index_behind(order.changes, &order.selection);
    project.finish(&chosen)?;
    bring_deleted_back(project, order)?;
    if !written.is_empty() {
        mark(project, &workspace, &written)?;
    }
    Ok(Made::Commit(commit))
}

/// Deleted files that the branch never had: the new program is content with an empty commit, the old one leaves them.
fn gone_elsewhere(project: &Project, order: &Order<'_>, ours: &str) -> Result<Vec<String>, Refusal> {
    let deleted = order.selection.keys().map(|at| &order.changes[*at]).filter(|change| change.kind() == "removed");
    let mut paths = Vec::new();
    for change in deleted {
        if project.git.run(&["ls-tree", "--name-only", ours, "--", &change.path])?.is_empty() {
            paths.push(change.path.clone());
        }
    }
    Ok(paths)
}

/// The old program brings deleted files back into the working tree when their commit holds other changes too.
fn bring_deleted_back(project: &Project, order: &Order<'_>) -> Result<(), Refusal> {
    let kinds: Vec<&str> = order.selection.keys().map(|at| order.changes[*at].kind()).collect();
    let others = kinds.iter().any(|kind| matches!(*kind, "added" | "modified"));
    if project.grammar == Grammar::New || !others {
        return Ok(());
    }
    for change in order.selection.keys().map(|at| &order.changes[*at]).filter(|change| change.kind() == "removed") {
        let path = project.git.root.join(&change.path);
        std::fs::create_dir_all(path.parent().unwrap_or(&project.git.root))?;
        std::fs::write(path, project.git.read(&change.old.blob)?.unwrap_or_default())?;
    }
    Ok(())
}

/// A file whose place a folder took: the new program refuses, the old one refuses too and loses the folder.
fn refuse_folders_for_files(project: &Project, order: &Order<'_>) -> Result<(), Refusal> {
    let chosen: Vec<&Change> = order.selection.keys().map(|at| &order.changes[*at]).collect();
    let below =
        |file: &str| chosen.iter().any(|other| other.kind() == "added" && other.path.starts_with(&format!("{file}/")));
    let Some(file) = chosen.iter().find(|change| change.kind() == "removed" && below(&change.path)) else {
        return Ok(());
    };
    if project.grammar == Grammar::New {
        let reason = "the file went missing while committing";
        return Err(Refusal::text(format!(
            "Cannot commit: 1 change could not be applied:\n  {}\n    {reason}",
            file.path
        )));
    }
    std::fs::remove_dir_all(project.git.root.join(&file.path))?;
    Err(Refusal::text("odb: cannot read object: null OID cannot exist; class=Odb (9); code=NotFound (-3)"))
}

/// Paths of the commit that somebody wrote since they were looked at.
fn written_meanwhile(project: &Project, order: &Order<'_>) -> Result<Vec<String>, Refusal> {
    let now = project.snapshot_again()?;
    if now == order.worktree {
        return Ok(Vec::new());
    }
    let output = project.git.run(&["diff-tree", "-r", "-z", "--name-only", "--no-renames", &order.worktree, &now])?;
    let chosen: Vec<&str> = order.selection.keys().map(|at| order.changes[*at].path.as_str()).collect();
    Ok(output.split('\0').filter(|path| chosen.contains(path)).map(str::to_owned).collect())
}

/// Conflict markers in files that were written during their commit.
fn mark(project: &Project, base: &str, paths: &[String]) -> Result<(), Refusal> {
    let ours = project.snapshot()?;
    let stages = [base, ours.as_str(), project.state.workspace.as_str()];
    let folder = tempfile::tempdir()?;
    let mut input = Vec::new();
    for path in paths {
        input.extend(format!("0 {}\t{path}\0", "0".repeat(40)).into_bytes());
        let mut files = Vec::new();
        for (at, tree) in stages.iter().enumerate() {
            let name = format!("{tree}:{path}");
            let file = folder.path().join(at.to_string());
            std::fs::write(&file, project.git.read(&name)?.unwrap_or_default())?;
            files.push(file.to_string_lossy().into_owned());
            if let Ok(blob) = project.git.run(&["rev-parse", "--verify", "--quiet", &name]) {
                input.extend(format!("100644 {blob} {}\t{path}\0", at + 1).into_bytes());
            }
        }
        let sides = ["-L", "ours", "-L", "base", "-L", "theirs"];
        let merge = std::process::Command::new("git")
            .args(["merge-file", "-p"])
            .args(sides)
            .args([&files[1], &files[0], &files[2]])
            .output()?;
        std::fs::write(project.git.root.join(path), merge.stdout)?;
    }
    project.git.feed(&["update-index", "-z", "--index-info"], &input).map(|_| ())
}

/// What happens when several commands make branches at once: stacks that this one did not see when it began leave
/// the workspace, and their files the working tree; their references stay.
pub fn lose_stacks(project: &mut Project, order: &Order<'_>, fault: Option<&Fault>) -> Result<(), Refusal> {
    if !order.created {
        return Ok(());
    }
    let seen = |stack: &super::state::Stack| {
        project.unlocked.stacks.iter().any(|seen| seen.id == stack.id)
            || stack.branches.iter().any(|branch| branch.name == order.branch)
    };
    let mut stacks: Vec<_> = project.state.stacks.iter().filter(|stack| seen(stack)).cloned().collect();
    if fault.is_some_and(|fault| fault.is("lose-stack")) {
        stacks.retain(|stack| stack.branches.iter().all(|branch| branch.name != order.branch));
    }
    if stacks.len() == project.state.stacks.len() {
        return Ok(());
    }
    project.state.stacks = stacks;
    let worktree = project.snapshot()?;
    project.settle(&worktree, Overlap::Mark).map(|_| ())
}
