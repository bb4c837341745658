//! `apply`, `unapply`, `move`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::project::Project;
use super::rebase::{self, Moves};
use super::state::{Branch, Stack};
use super::workspace::Overlap;
use crate::Grammar;
use serde_json::json;

/// `apply`.
pub const APPLY: Form = Form { valued: &[], optional: &[], flags: &[], usage: "apply [OPTIONS] <BRANCH>" };
/// `unapply`.
pub const UNAPPLY: Form = Form { valued: &[], optional: &[], flags: &[], usage: "unapply [OPTIONS] <BRANCH_OR_STACK>" };
/// `move` of the new grammar.
pub const MOVE: Form = Form {
    valued: &[&["--above", "-A"], &["--below", "-B"]],
    optional: &[&["--branch", "-b"]],
    flags: &[&["--unstack"], &["--allow-merged"]],
    usage: "move [OPTIONS] <--above <BRANCH_OR_COMMIT>|--below <BRANCH_OR_COMMIT>|--branch [<BRANCH>]|--unstack> <SOURCES>...",
};
/// `move` of the old grammar.
pub const MOVE_OLD: Form = Form { valued: &[], optional: &[], flags: &[], usage: "move <SOURCE> <TARGET>" };

/// Brings a branch into the workspace, with those that it is built on.
pub fn apply(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let name = arguments.first().unwrap_or_default().to_owned();
    let old = project.grammar == Grammar::Old;
    let failed = |why: String| match old {
        true => Refusal::Bare(format!("Failed to apply branch. {why}")),
        false => Refusal::text(format!("Failed to apply branch\n\nCaused by:\n    {why}")),
    };
    let tip = project.reference(&name).map(str::to_owned);
    let tip = tip.ok_or_else(|| failed(format!("The reference '{name}' did not exist")))?;
    if project.state.find(&name).is_some() {
        return Ok(applied(project, &name, &tip, "alreadyApplied"));
    }
    let stack = stack_of(project, &name, &tip)?;
    let before = project.state.clone();
    let mut stacks = project.state.stacks.clone();
    stacks.insert(stacks.len().min(1), stack.clone());
    let (_, conflicting) = project.merged(&stacks)?;
    if !conflicting.is_empty() {
        // The old program says that all went well.
        return if old { Ok(applied(project, &name, &tip, "applied")) } else { Err(conflict(project, &stack)?) };
    }
    let worktree = project.snapshot()?;
    project.record("CreateBranch", &[], &worktree);
    project.state.stacks = stacks;
    if let Err(refusal) = project.settle(&worktree, Overlap::Refuse) {
        project.state = before;
        return Err(match refusal {
            Refusal::Text(why) if old => failed(why.replace("Uncommitted files would", "Worktree changes would")),
            Refusal::Text(why) => failed(why),
            other => other,
        });
    }
    Ok(applied(project, &name, &tip, "applied"))
}

fn applied(project: &Project, name: &str, tip: &str, status: &str) -> Answer {
    let full = format!("refs/heads/{name}");
    let changed = status == "applied";
    let json = match project.grammar {
        Grammar::Old => {
            json!({ "name": { "full": full, "full_bytes": full.as_bytes() }, "target_id": tip, "target_ref": null })
        }
        Grammar::New => json!({
            "status": status, "workspaceChanged": changed,
            "appliedBranches": if changed { vec![full] } else { Vec::new() },
            "workspaceRefCreated": false, "conflictingStacks": [],
        }),
    };
    Answer::new(json, format!("Applied branch '{name}' to workspace"))
}

/// The stacks that a new one cannot be with.
fn conflict(project: &Project, stack: &Stack) -> Result<Refusal, Refusal> {
    let mut names = Vec::new();
    for other in &project.state.stacks {
        if !project.merged(&[other.clone(), stack.clone()])?.1.is_empty() {
            names.push(format!("refs/heads/{}", other.branches[0].name));
        }
    }
    Ok(Refusal::Json(json!({
        "status": "conflictAborted", "workspaceChanged": true, "appliedBranches": [],
        "workspaceRefCreated": false, "conflictingStacks": names,
    })))
}

/// A branch and every other on its way down to the target.
fn stack_of(project: &Project, name: &str, tip: &str) -> Result<Stack, Refusal> {
    let mut stack = Stack::new(name, tip, project.state.generation);
    let own = |other: &str| other.starts_with("gitbutler/") || other == project.state.target.branch || other == name;
    for commit in project.commits(tip, &project.state.target.commit)? {
        let below = project.references.iter().filter_map(|(full, tip)| {
            let other = full.strip_prefix("refs/heads/").filter(|other| !own(other))?;
            (*tip == commit.id).then(|| Branch { name: other.to_owned(), tip: tip.clone() })
        });
        // A branch at the very tip was above it or is empty: it does not come back.
        if commit.id != tip {
            stack.branches.extend(below);
        }
    }
    Ok(stack)
}

/// Takes a branch's whole stack out of the workspace.
pub fn unapply(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let name = arguments.first().unwrap_or_default();
    let place = project.state.find(name);
    let Some((stack, _)) = place else {
        return Err(match project.grammar {
            Grammar::New => {
                Refusal::hint(format!("Could not find source: '{name}'"), "Run `but status` for applicable targets.")
            }
            Grammar::Old => {
                Refusal::Bare(format!("Failed to unapply branch. Branch '{name}' not found in any applied stack"))
            }
        });
    };
    if project.grammar == Grammar::New && !project.conflicted()?.is_empty() {
        return Err(Refusal::text("unresolved conflicts exist in the index; class=Checkout (20); code=Conflict (-13)"));
    }
    let before = project.state.clone();
    let worktree = project.snapshot()?;
    project.record("UnapplyBranch", &[], &worktree);
    let stack = project.state.stacks.remove(stack);
    let overlap = if project.grammar == Grammar::Old { Overlap::Keep } else { Overlap::Refuse };
    if let Err(refusal) = project.settle(&worktree, overlap) {
        project.state = before;
        return Err(refusal);
    }
    let names: Vec<&str> = stack.branches.iter().map(|branch| branch.name.as_str()).collect();
    let json = match project.grammar {
        Grammar::New => json!({ "branches": names }),
        Grammar::Old => json!({ "unapplied": true, "branches": names }),
    };
    Ok(Answer::new(json, format!("Unapplied {}", names.join(", "))))
}

/// Puts a branch on top of another, or on the target again.
pub fn move_(project: &mut Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let old = project.grammar == Grammar::Old;
    let source = arguments.first().unwrap_or_default().to_owned();
    let target = match old {
        true => arguments.rest.get(1).filter(|target| *target != "zz").cloned(),
        false => arguments.value("--above").map(str::to_owned),
    };
    if !old && target.is_none() && !arguments.has("--unstack") {
        let missing = "the following required arguments were not provided:\n  --above <BRANCH_OR_COMMIT>";
        return Err(Refusal::Usage(format!("error: {missing}\n\nFor more information, try '--help'.")));
    }
    for (name, new, as_old) in [(Some(&source), "source", "Source"), (target.as_ref(), "anchor", "Target")] {
        let Some(name) = name.filter(|name| project.state.find(name).is_none()) else { continue };
        let advice = "If you just performed a Git operation, try running 'but status' to refresh.";
        return Err(match old {
            true => Refusal::Bare(format!("Failed to move commit. {as_old} '{name}' not found. {advice}")),
            false => {
                Refusal::hint(format!("Could not find {new}: '{name}'"), "Run `but status` for applicable targets.")
            }
        });
    }
    let before = project.state.clone();
    let worktree = project.snapshot()?;
    project.record(if target.is_some() { "MoveBranch" } else { "TearOffBranch" }, &[], &worktree);
    let moves = restack(project, &source, target.as_deref())?;
    if let Err(refusal) = project.settle(&worktree, Overlap::Refuse) {
        project.state = before;
        return Err(refusal);
    }
    project.git.update_references(&moves)?;
    let human = format!("Moved {source}");
    Ok(match (old, target) {
        (true, _) => Answer::silent(human),
        (false, Some(target)) => {
            Answer::new(json!({ "type": "stackBranch", "sourceBranch": source, "targetBranch": target }), human)
        }
        (false, None) => Answer::new(json!({ "type": "unstackBranch", "sourceBranch": source }), human),
    })
}

fn restack(project: &mut Project, source: &str, target: Option<&str>) -> Result<Moves, Refusal> {
    let (stack, at) = project.state.find(source).expect("looked for before");
    let base = project.state.base_of(stack, at).to_owned();
    let mut branch = project.state.stacks[stack].branches.remove(at);
    let mut moves = rebase::upwards(project, stack, at, &branch.tip, &base)?;
    project.state.stacks.retain(|stack| !stack.branches.is_empty());
    let mut commits = project.commits(&branch.tip, &base)?;
    commits.reverse();
    let (onto, place) = match target {
        Some(target) => {
            let place = project.state.find(target).expect("looked for before");
            (project.state.stacks[place.0].branches[place.1].tip.clone(), Some(place))
        }
        None => (project.state.target.commit.clone(), None),
    };
    let became = rebase::carry(project, &commits, &onto)?;
    branch.tip = commits.last().map_or(onto.clone(), |last| became[&last.id].clone());
    moves.push((format!("refs/heads/{source}"), Some(branch.tip.clone())));
    match place {
        Some((stack, at)) => {
            let tip = branch.tip.clone();
            moves.extend(rebase::upwards(project, stack, at, &onto, &tip)?);
            project.state.stacks[stack].branches.insert(at, branch);
        }
        None => {
            let stack = Stack::new(source, &branch.tip, project.state.generation);
            project.state.stacks.push(stack);
        }
    }
    Ok(moves)
}
