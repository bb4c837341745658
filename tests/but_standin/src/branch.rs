//! `branch new`, `branch list`, `branch delete`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::commit_object::Commit;
use super::project::Project;
use super::state::{Branch, Stack};
use super::workspace::Overlap;
use crate::Grammar;
use serde_json::{Value, json};

/// `branch new` of the new grammar.
pub const NEW: Form = Form {
    valued: &[&["--above", "-A"], &["--below", "-B"], &["--anchor", "-a"]],
    optional: &[],
    flags: &[&["--switch", "-s"], &["--allow-merged"]],
    usage: "branch new [OPTIONS] [NAME]",
};
/// `branch new` of the old grammar.
pub const NEW_OLD: Form =
    Form { valued: &[&["--anchor", "-a"]], optional: &[], flags: &[], usage: "branch new [OPTIONS] [BRANCH_NAME]" };
/// `branch list`.
pub const LIST: Form = Form {
    valued: &[],
    optional: &[],
    flags: &[
        &["--empty"],
        &["--all", "-a"],
        &["--local", "-l"],
        &["--remote", "-r"],
        &["--no-check"],
        &["--no-ahead"],
        &["--review"],
    ],
    usage: "branch list [OPTIONS] [FILTER]",
};
/// `branch delete`.
pub const DELETE: Form =
    Form { valued: &[], optional: &[], flags: &[&["--force", "-f"]], usage: "branch delete [OPTIONS] <BRANCH_NAME>" };

/// Makes a branch: a stack of its own, or on top of another branch.
pub fn new(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let asked = arguments.first().map_or_else(|| generated(project), str::to_owned);
    let name = checked_name(project, &asked)?;
    let anchor = arguments.value("--above").or(arguments.value("--anchor")).map(str::to_owned);
    let place = match &anchor {
        Some(anchor) => Some(project.state.find(anchor).ok_or_else(|| unknown_target(project, anchor))?),
        None => None,
    };
    let mut answer = Answer::new(json!({ "branch": asked }), format!("Created branch '{name}'"));
    if project.grammar == Grammar::Old && project.state.find(&name).is_some() {
        return Ok(answer);
    }
    let worktree = project.snapshot()?;
    project.record("CreateBranch", &[("branch", &name)], &worktree);
    create(project, &name, place)?;
    let tree = Commit::read(&project.git, &project.state.workspace)?.tree;
    project.finish(&tree)?;
    if let (Some(anchor), Some(json)) = (anchor, &mut answer.json) {
        match project.grammar {
            Grammar::Old => json["anchor"] = json!(anchor),
            Grammar::New if arguments.value("--anchor").is_some() => {
                answer.note = Some(
                    "⚠ `--anchor/-a` is deprecated and will be removed in a future release. Use `--above/-A` instead"
                        .into(),
                );
            }
            Grammar::New => {}
        }
    }
    Ok(answer)
}

/// Adds a branch to the stacks, and its reference; not yet to the workspace commit.
pub fn create(project: &mut Project, name: &str, above: Option<(usize, usize)>) -> Result<(), Refusal> {
    Commit::new(&project.git, "", "", "")?;
    let tip = match above {
        Some((stack, at)) => {
            let tip = project.state.stacks[stack].branches[at].tip.clone();
            project.state.stacks[stack].branches.insert(at, Branch { name: name.to_owned(), tip: tip.clone() });
            tip
        }
        None => {
            // The old program takes a branch that is there as it is.
            let present = project.reference(name).map(str::to_owned);
            let tip = present.unwrap_or_else(|| project.state.target.commit.clone());
            let stack = Stack::new(name, &tip, project.state.generation);
            project.add_stack(stack);
            tip
        }
    };
    project.git.update_references(&[(format!("refs/heads/{name}"), Some(tip.clone()))])?;
    project.references.insert(format!("refs/heads/{name}"), tip);
    Ok(())
}

/// A name that is free and that git takes; the old grammar mends bad ones and says nothing.
pub fn checked_name(project: &Project, asked: &str) -> Result<String, Refusal> {
    let mended = mended(asked);
    let parents = mended.match_indices('/').map(|(at, _)| &mended[..at]);
    let taken = parents.into_iter().find(|parent| project.reference(parent).is_some());
    if project.grammar == Grammar::Old {
        if taken.is_some() {
            let path = project.git.folder.join("refs/heads").join(&mended);
            let cause = "Not a directory (os error 20)";
            return Err(Refusal::text(format!(
                "The ref file {path:?} could not be read in full\n\nCaused by:\n    {cause}"
            )));
        }
        below_is_free(project, &mended)?;
        return Ok(mended);
    }
    if mended != asked {
        return Err(Refusal::hint(
            format!("Bad input '{asked}'\n\nInvalid branch name"),
            format!("Try '{mended}' instead"),
        ));
    }
    if project.state.find(asked).is_some() && project.reference(asked).is_some() {
        return Err(Refusal::text(format!("A branch named '{asked}' is already applied")));
    }
    if project.reference(asked).is_some() {
        return Err(Refusal::text(format!("A branch named '{asked}' exists but is not applied")));
    }
    if let Some(taken) = taken {
        return Err(Refusal::text(format!("Branch name '{asked}' collides with existing branch '{taken}'")));
    }
    below_is_free(project, asked)?;
    Ok(asked.to_owned())
}

/// Refuses a name that is a folder of other branches.
fn below_is_free(project: &Project, name: &str) -> Result<(), Refusal> {
    let below = format!("refs/heads/{name}/");
    if !project.references.keys().any(|name| name.starts_with(&below)) {
        return Ok(());
    }
    let path = project.git.folder.join("logs/refs/heads").join(name);
    let cause = format!("0: Could not open reflog file at {path:?} for appending\n    1: Is a directory (os error 21)");
    Err(Refusal::text(format!("The reflog could not be created or updated\n\nCaused by:\n    {cause}")))
}

fn mended(name: &str) -> String {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let mut name: String = name.chars().map(|c| if bad(c) { '-' } else { c }).collect();
    while name.contains("..") {
        name = name.replace("..", ".");
    }
    let trimmed = name.trim_matches(|c| matches!(c, '-' | '/' | '.'));
    trimmed.strip_suffix(".lock").unwrap_or(trimmed).to_owned()
}

/// A name for a branch that nobody named.
pub fn generated(project: &Project) -> String {
    let free = |name: &String| project.reference(name).is_none() && project.state.find(name).is_none();
    (1..).map(|number| format!("t-branch-{number}")).find(free).expect("one is free")
}

/// Says that a branch is not known.
pub fn unknown_target(project: &Project, name: &str) -> Refusal {
    if project.grammar == Grammar::Old {
        return Refusal::text(format!("Could not find anchor: {name}"));
    }
    Refusal::hint(format!("Could not find target: '{name}'"), "Run `but status` for applicable targets.")
}

/// Applied stacks and other branches.
pub fn list(project: &Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let (empty, ahead) = (arguments.has("--empty"), !arguments.has("--no-ahead"));
    let check = !arguments.has("--no-check");
    let mut stacks = Vec::new();
    for (at, stack) in project.state.stacks.iter().enumerate() {
        let mut heads = Vec::new();
        for (place, branch) in stack.branches.iter().enumerate() {
            let own = branch.tip != project.state.base_of(at, place);
            if (empty || own) && !branch.name.is_empty() {
                let mut head = describe(project, &branch.name, &branch.tip, false)?;
                if own && check {
                    head["mergesCleanly"] = json!(true);
                }
                heads.push(head);
            }
        }
        if !heads.is_empty() {
            stacks.push(json!({ "id": stack.id, "heads": heads }));
        }
    }
    let mut branches = Vec::new();
    for (name, tip) in &project.references {
        let Some(name) = name.strip_prefix("refs/heads/") else { continue };
        let own = name.starts_with("gitbutler/") || name == project.state.target.branch;
        if !own && project.state.find(name).is_none() && (empty || *tip != project.state.target.commit) {
            let mut described = describe(project, name, tip, ahead)?;
            described["hasLocal"] = json!(true);
            branches.push(described);
        }
    }
    let mut answer = json!({ "appliedStacks": stacks, "branches": branches });
    if project.grammar == Grammar::New {
        answer["hasMoreBranches"] = json!(false);
    }
    Ok(Answer::new(answer, String::new()))
}

fn describe(project: &Project, name: &str, tip: &str, ahead: bool) -> Result<Value, Refusal> {
    let commit = Commit::read(&project.git, tip)?;
    let (author, mail) = Commit::person(&commit.author);
    let ahead = if ahead { Some(project.commits(tip, &project.state.target.commit)?.len()) } else { None };
    Ok(json!({
        "name": name, "reviews": [], "lastCommitAt": Commit::seconds(&commit.committer) * 1000,
        "commitsAhead": ahead, "lastAuthor": { "name": author, "email": mail },
    }))
}

/// The old program's way: the commits go to the branch above, and without one the branch stays.
fn delete_old(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let name = arguments.first().unwrap_or_default();
    let Some((stack, at)) = project.state.find(name) else { return Ok(Answer::silent("")) };
    let empty = project.state.stacks[stack].branches[at].tip == project.state.base_of(stack, at);
    if at == 0 && !empty {
        let why = "as it would leave an anonymous segment";
        return Err(Refusal::text(format!("Refusing to delete last named segment '{name}' {why}")));
    }
    let worktree = project.snapshot()?;
    project.record("RemoveDependentBranch", &[], &worktree);
    project.state.stacks[stack].branches.remove(at);
    project.state.stacks.retain(|stack| !stack.branches.is_empty());
    project.git.update_references(&[(format!("refs/heads/{name}"), None)])?;
    let tree = Commit::read(&project.git, &project.state.workspace)?.tree;
    project.finish(&tree)?;
    Ok(Answer::silent(format!("Deleted branch {name}")))
}

/// Deletes applied branches, with their commits and what these brought into the working tree.
pub fn delete(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    if project.grammar == Grammar::Old {
        return delete_old(project, arguments);
    }
    let worktree = project.snapshot()?;
    let before = project.state.clone();
    project.record("Discard", &[], &worktree);
    let mut gone = Vec::new();
    for name in &arguments.rest {
        let Some((stack, at)) = project.state.find(name) else {
            project.state = before;
            return Err(Refusal::hint(
                format!("Could not find branch: '{name}'"),
                "Run `but status` for applicable targets.",
            ));
        };
        let base = project.state.base_of(stack, at).to_owned();
        let old = project.state.stacks[stack].branches.remove(at).tip;
        gone.extend(super::rebase::upwards(project, stack, at, &old, &base)?);
        gone.push((format!("refs/heads/{name}"), None));
    }
    project.state.stacks.retain(|stack| !stack.branches.is_empty());
    if let Err(refusal) = project.settle(&worktree, Overlap::Refuse) {
        project.state = before;
        return Err(refusal);
    }
    project.git.update_references(&gone)?;
    let json = json!({ "type": "branches", "branches": arguments.rest });
    Ok(Answer::new(json, format!("Deleted branch {}", arguments.rest.join(", "))))
}
