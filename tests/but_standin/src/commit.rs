//! `commit`, in both grammars.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::branch;
use super::change::Change;
use super::commit_object::Commit;
use super::fault::Fault;
use super::hooks;
use super::making::{Made, Order, lose_stacks, make};
use super::project::Project;
use super::refusal::{self, Destination};
use super::selection::{self, Selection};
use super::status;
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

/// `commit -b BRANCH -m MESSAGE [CHANGE…]`.
pub fn new(project: &mut Project, arguments: &Arguments, fault: Option<&Fault>) -> Result<Answer, Refusal> {
    let (worktree, changes) = project.dirty()?;
    let empty = arguments.has("--empty") || fault.is_some_and(|fault| fault.is("empty-commit"));
    let selection = selection::select(project, &changes, &arguments.rest)?;
    let selection = if empty { Selection::new() } else { selection };
    refuse_phantoms(project, &changes, &selection)?;
    let (branch, created) = destination(project, arguments)?;
    if created && !project.conflicted()?.is_empty() {
        return Err(Refusal::text("unresolved conflicts exist in the index; class=Checkout (20); code=Conflict (-13)"));
    }
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
        Ok(Made::Written(paths)) => {
            undo(project)?;
            return Err(not_applied(&paths, "the selected hunks no longer match the worktree"));
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

/// Files that are gone already cannot be committed once more.
fn refuse_phantoms(project: &Project, changes: &[Change], selection: &Selection) -> Result<(), Refusal> {
    let phantoms = project.phantoms()?;
    let chosen = |path: &String| selection.keys().any(|at| changes[*at].path == *path);
    let paths: Vec<String> = phantoms.into_iter().map(|change| change.path).filter(chosen).collect();
    if paths.is_empty() {
        return Ok(());
    }
    Err(not_applied(&paths, "no effective change to commit"))
}

/// Refuses a commit for one reason that all these paths have.
fn not_applied(paths: &[String], reason: &str) -> Refusal {
    let lines: Vec<String> = paths.iter().map(|path| format!("  {path}\n    {reason}")).collect();
    let noun = if paths.len() == 1 { "change" } else { "changes" };
    Refusal::text(format!("Cannot commit: {} {noun} could not be applied:\n{}", paths.len(), lines.join("\n")))
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
    // Ids are those of the workspace before a branch is made; what is wrong with them is told only afterwards.
    let (_, changes) = project.dirty()?;
    let known = arguments.first().and_then(|name| project.state.find(name));
    let stack = known.map(|(stack, _)| project.state.stacks[stack].id.clone()).unwrap_or_default();
    let named = match arguments.values("--changes") {
        [] => None,
        words => Some(selection::select_old(project, &changes, words, &stack)),
    };
    let place = place_for(project, arguments)?;
    let stack = project.state.stacks[place.0].id.clone();
    let (worktree, changes) = project.dirty()?;
    let selection = match named {
        None => selection::unstaged_by_others(project, &changes, &stack, arguments.has("--only")),
        Some(named) => named?,
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
    let asked = order.selection.len();
    let commit = loop {
        let first = order.selection.len() == asked;
        let fault = fault.filter(|fault| first || !(fault.writes() || fault.is("pause")));
        match make(project, &order, fault) {
            Ok(Made::Commit(commit)) => break commit,
            // What cannot go there is left out without a word, down to an empty commit.
            Ok(Made::Conflicts(paths)) => order.selection.retain(|at, _| !paths.contains(&changes[*at].path)),
            // So is what was written meanwhile, down to no commit at all.
            Ok(Made::Written(paths)) => {
                order.selection.retain(|at, _| !paths.contains(&changes[*at].path));
                if order.selection.is_empty() {
                    let json = json!({ "commit_id": null, "branch": order.branch, "branch_tip": null });
                    return Ok(Answer::new(json, "✓ Created commit unknown"));
                }
            }
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

/// The branch that the old grammar means, made when it has to be.
fn place_for(project: &mut Project, arguments: &Arguments) -> Result<(usize, usize), Refusal> {
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
    match project.state.find(&branch) {
        Some(place) => Ok(place),
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
            Ok(project.state.find(&name).expect("just made"))
        }
        None => Err(Refusal::text(format!("Branch '{branch}' not found"))),
    }
}

/// `--status-after`: the answer with the workspace as it is now.
pub fn with_status(project: &Project, answer: Answer) -> Result<Answer, Refusal> {
    let status = status::describe(project, false)?;
    Ok(Answer { json: Some(json!({ "result": answer.json, "status": status })), ..answer })
}
