//! `commit`, in both grammars.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::branch;
use super::change::{Change, Content};
use super::commit_object::{Commit, merge};
use super::fault::Fault;
use super::hooks;
use super::project::Project;
use super::rebase;
use super::refusal::{self, Destination};
use super::selection::{self, Selection};
use super::status;
use super::workspace::Overlap;
use crate::but::Grammar;
use serde_json::json;

/// `commit` of the new grammar.
pub const NEW: Form = Form {
    valued: &[&["--message", "-m"], &["--above", "-A"], &["--below", "-B"]],
    optional: &[&["--branch", "-b"]],
    flags: &[&["--no-message"], &["--empty"], &["--interactive", "-i"], &["--allow-merged"]],
    usage: "commit [OPTIONS] [CHANGES]...",
};
/// `commit` of the old grammar.
pub const OLD: Form = Form {
    valued: &[&["--message", "-m"], &["--message-file"], &["--changes", "-p"]],
    optional: &[&["--ai", "-i"]],
    flags: &[
        &["--create", "-c"],
        &["--only", "-o"],
        &["--all", "-a"],
        &["--no-hooks", "-n"],
        &["--diff"],
        &["--no-diff"],
    ],
    usage: "commit [OPTIONS] [BRANCH] [COMMAND]",
};

/// One commit to be made.
struct Order<'a> {
    branch: String,
    /// Whether the branch is made for it.
    created: bool,
    message: String,
    changes: &'a [Change],
    selection: Selection,
    worktree: String,
}

/// What came of it.
enum Made {
    /// The commit.
    Commit(Commit),
    /// These paths conflict with other stacks; nothing was done.
    Conflicts(Vec<String>),
}

/// `commit -b BRANCH -m MESSAGE [CHANGE…]`.
pub fn new(project: &mut Project, arguments: &Arguments, fault: Option<&Fault>) -> Result<Answer, Refusal> {
    let (worktree, changes) = project.dirty()?;
    let empty = arguments.has("--empty") || fault.is_some_and(|fault| fault.is("empty-commit"));
    let selection = selection::select(project, &changes, &arguments.rest)?;
    let selection = if empty { Selection::new() } else { selection };
    let (branch, created) = destination(project, arguments)?;
    let message = match arguments.values("--message") {
        [] if arguments.has("--no-message") => String::new(),
        [] => hooks::edited(&project.git)?,
        messages => messages.join("\n\n"),
    };
    let before = project.state.clone();
    project.record("CreateCommit", &[], &worktree);
    if created {
        branch::create(project, &branch, None)?;
    }
    let order = Order { branch, created, message, changes: &changes, selection, worktree };
    let made = make(project, &order, fault);
    let undo = |project: &mut Project| -> Result<(), Refusal> {
        project.state = before.clone();
        let reference = format!("refs/heads/{}", order.branch);
        if created { project.git.update_references(&[(reference, None)]) } else { Ok(()) }
    };
    let commit = match made {
        Ok(Made::Commit(commit)) => commit,
        Ok(Made::Conflicts(paths)) => {
            undo(project)?;
            let named = !matches!(arguments.value("--branch"), None | Some(""));
            let destination = match created {
                true => Destination::Absent(named.then_some(order.branch.as_str())),
                false => Destination::Present(&order.branch),
            };
            return Err(refusal::explain(project, &changes, &order.selection, &paths, &destination)?);
        }
        Err(refusal) => {
            undo(project)?;
            return Err(refusal);
        }
    };
    lose_stacks(project, &order, fault)?;
    let mut json = json!({ "commitId": commit.id, "changeId": commit.change_id() });
    if created {
        json["branch"] = json!(order.branch);
    }
    Ok(Answer::new(json, format!("Created commit {} on branch {}", &commit.change_id()[..3], order.branch)))
}

/// Which branch, and whether it has to be made.
fn destination(project: &Project, arguments: &Arguments) -> Result<(String, bool), Refusal> {
    if let Some(place) = arguments.value("--above") {
        let found = project.state.find(place).is_some();
        return if found { Ok((place.to_owned(), false)) } else { Err(branch::unknown_target(project, place)) };
    }
    match arguments.value("--branch") {
        Some(name) if project.state.find(name).is_some() && project.reference(name).is_some() => {
            Ok((name.to_owned(), false))
        }
        Some(name) if project.reference(name).is_some() => Err(Refusal::hint(
            format!("A branch named '{name}' exists but is not applied"),
            format!("Run `but apply {name}` to apply the branch first"),
        )),
        Some(name) => Ok((branch::checked_name(project, name)?, true)),
        None if arguments.has("--branch") => Ok((branch::generated(project), true)),
        None => match &project.state.stacks[..] {
            [] => Ok((branch::generated(project), true)),
            [stack] => Ok((stack.branches[0].name.clone(), false)),
            _ => Err(Refusal::hint(
                "Unclear where to commit. Found more than one stack",
                "You can specify where to commit with `--branch [<BRANCH>]`",
            )),
        },
    }
}

/// `commit BRANCH -m MESSAGE [-c] [-p ID…] [--only]`.
pub fn old(project: &mut Project, arguments: &Arguments, fault: Option<&Fault>) -> Result<Answer, Refusal> {
    if arguments.values("--message").len() > 1 {
        let why = "error: the argument '--message <MESSAGE>' cannot be used multiple times";
        return Err(Refusal::Usage(format!(
            "{why}\n\nUsage: but {}\n\nFor more information, try '--help'.",
            OLD.usage
        )));
    }
    if arguments.value("--message").is_none() && arguments.value("--message-file").is_none() {
        let ways = "either --message (-m), --message-file, or --ai (-i) must be specified";
        return Err(Refusal::text(format!("In JSON mode, {ways}")));
    }
    let several = project.state.stacks.len() > 1 && arguments.first().is_none() && !arguments.has("--create");
    if several {
        let advice = "Specify a branch to commit to using the branch argument";
        return Err(Refusal::text(format!("Multiple branches found. {advice}")));
    }
    let wanted = arguments.first().map(str::to_owned);
    let branch = match (wanted, &project.state.stacks[..]) {
        (Some(name), []) => name,
        (None, [stack]) if !arguments.has("--create") => stack.branches[0].name.clone(),
        (None, _) => branch::generated(project),
        (Some(name), _) => name,
    };
    let place = match project.state.find(&branch) {
        Some(place) => place,
        // A branch that is made stays made, whatever becomes of the commit.
        None if arguments.has("--create") || project.state.stacks.is_empty() => {
            let name = branch::checked_name(project, &branch)?;
            if project.reference(&name).is_some() {
                return Err(Refusal::text(format!("Reference '{name}' already exists and is outside the workspace")));
            }
            let worktree = project.snapshot()?;
            project.record("CreateBranch", &[("branch", &name)], &worktree);
            branch::create(project, &name, None)?;
            let tree = Commit::read(&project.git, &project.state.workspace)?.tree;
            project.finish(&tree)?;
            project.state.find(&name).expect("just made")
        }
        None => return Err(Refusal::text(format!("Branch '{branch}' not found"))),
    };
    let stack = project.state.stacks[place.0].id.clone();
    let (worktree, changes) = project.dirty()?;
    let selection = match arguments.values("--changes") {
        [] => selection::unstaged_by_others(project, &changes, &stack, arguments.has("--only")),
        words => selection::select_old(project, &changes, words, &stack)?,
    };
    if selection.is_empty() {
        return Err(Refusal::text("No changes to commit."));
    }
    let hooks = !arguments.has("--no-hooks");
    if hooks {
        hooks::run(&project.git, "pre-commit", &[])?;
    }
    let message = match (arguments.value("--message"), arguments.value("--message-file")) {
        (Some(message), _) => message.to_owned(),
        (None, Some(file)) => std::fs::read_to_string(file)?,
        (None, None) => unreachable!("refused before"),
    };
    if message.trim().is_empty() {
        return Err(Refusal::text("Aborting commit due to empty commit message."));
    }
    let message = if hooks { hooks::message(&project.git, &message)? } else { message };
    let branch = project.state.stacks[place.0].branches[place.1].name.clone();
    let before = project.state.clone();
    project.record("CreateCommit", &[], &worktree);
    let empty = fault.is_some_and(|fault| fault.is("empty-commit"));
    let selection = if empty { Selection::new() } else { selection };
    let mut order = Order { branch, created: false, message, changes: &changes, selection, worktree };
    let commit = loop {
        match make(project, &order, fault) {
            Ok(Made::Commit(commit)) => break commit,
            // What cannot go there is left out without a word, down to nothing.
            Ok(Made::Conflicts(paths)) => order.selection.retain(|at, _| !paths.contains(&changes[*at].path)),
            Err(refusal) => {
                project.state = before;
                return Err(refusal);
            }
        }
    };
    project.state.staged.retain(|path, _| !order.selection.keys().any(|at| changes[*at].path == *path));
    project.state.save(&project.git.folder)?;
    if hooks {
        let _ = hooks::run(&project.git, "post-commit", &[]);
    }
    let json = json!({ "commit_id": commit.id, "branch": order.branch, "branch_tip": commit.id });
    Ok(Answer::new(json, format!("✓ Created commit {} on branch {}", &commit.id[..7], order.branch)))
}

/// Puts what was chosen on the branch: its tip, what is above it, the workspace. The working tree is not touched.
fn make(project: &mut Project, order: &Order<'_>, fault: Option<&Fault>) -> Result<Made, Refusal> {
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
        fault.write_meanwhile(project, order.changes, &order.selection)?;
    }
    let commit = Commit::new(&project.git, &merged.tree, parent, &order.message)?.write(&project.git)?;
    let written = written_meanwhile(project, order)?;
    if !written.is_empty() && !fault.is_some_and(|fault| fault.is("conflict-markers")) {
        let count = written.len();
        let noun = if count == 1 { "conflict prevents" } else { "conflicts prevent" };
        return Err(Refusal::text(format!("{count} {noun} checkout; class=Checkout (20); code=Conflict (-13)")));
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
    leave_index_behind(project, order);
    project.finish(&chosen)?;
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

/// The new program leaves the user's index as it was for files without text hunks, and for links.
fn leave_index_behind(project: &mut Project, order: &Order<'_>) {
    for change in order.selection.keys().map(|at| &order.changes[*at]) {
        let text = matches!(&change.content, Content::Hunks(hunks) if !hunks.is_empty()) && change.new.mode != "120000";
        if project.grammar == Grammar::New && !text && change.previous.is_none() {
            let mode = if change.old.mode == "000000" { "0" } else { &change.old.mode };
            project.state.stale.insert(change.path.clone(), (mode.to_owned(), change.old.blob.clone()));
        }
    }
}

/// Paths of the commit that somebody wrote since they were looked at.
fn written_meanwhile(project: &Project, order: &Order<'_>) -> Result<Vec<String>, Refusal> {
    let now = project.snapshot()?;
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
fn lose_stacks(project: &mut Project, order: &Order<'_>, fault: Option<&Fault>) -> Result<(), Refusal> {
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

/// `--status-after`: the answer with the workspace as it is now.
pub fn with_status(project: &Project, answer: Answer) -> Result<Answer, Refusal> {
    let status = status::describe(project, false)?;
    Ok(Answer { json: Some(json!({ "result": answer.json, "status": status })), ..answer })
}
