//! `setup` and `teardown`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::git::Git;
use super::project::{Place, Project, WORKSPACE, lock, references};
use super::state::{Stack, State, Target};
use super::workspace::workspace_commit;
use crate::Grammar;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// `setup`.
pub const SETUP: Form = Form { valued: &[], optional: &[], flags: &[&["--init"]], usage: "setup [OPTIONS]" };
/// `teardown`.
pub const TEARDOWN: Form =
    Form { valued: &[&["--checkout-to", "-c"]], optional: &[], flags: &[], usage: "teardown [OPTIONS]" };

/// What our hooks say about themselves.
const MANAGED: &str = "GITBUTLER_MANAGED_HOOK";
const HOOKS: [&str; 2] = ["pre-commit", "post-checkout"];

/// Makes a repository a project and checks its workspace out.
pub fn setup(folder: &Path, shown: &str, arguments: &Arguments, grammar: Grammar) -> Result<Answer, Refusal> {
    let mut place = Place::of(folder)?;
    if place.is_none() && arguments.has("--init") {
        Git::new(folder.to_owned(), folder.to_owned()).run(&["init", "--quiet", "--initial-branch=main"])?;
        place = Place::of(folder)?;
    }
    let Some(place) = place else {
        let advice = "run `but setup --init` to initialize a new repository.";
        return Err(Refusal::text(format!("No git repository found - {advice}")));
    };
    if place.linked {
        let why = format!("The repository at {shown} is a non-main worktree. GitButler requires the main worktree.");
        return Err(Refusal::text(format!("Failed to set up GitButler project.\n\nCaused by:\n    {why}")));
    }
    if !place.head()?.starts_with("refs/") {
        let why = "Failed to set up GitButler project.\n\nCaused by:\n    Failed to get HEAD reference name";
        return Err(Refusal::text(why));
    }
    std::fs::create_dir_all(place.git.folder.join("gitbutler"))?;
    let _lock = lock(&place.git.folder)?;
    let known = State::load(&place.git.folder)?;
    let newly = known.is_none();
    let mut state = match known {
        Some(state) => state,
        None => State { target: target(&place.git)?, ..State::default() },
    };
    let head = place.head()?;
    if head != WORKSPACE {
        enter(&place.git, &mut state, &head)?;
    }
    install_hooks(&place.git.folder.join("hooks"))?;
    let target = &state.target;
    tell_target(&place.git, target, grammar)?;
    let name = format!("{}/{}", target.remote, target.branch);
    let answer = json!({
        "repositoryPath": place.git.root,
        "projectStatus": "alreadyexists",
        "target": { "branchName": name, "remoteName": target.remote, "newlySet": newly },
    });
    Ok(Answer::new(answer, format!("GitButler project is set up!\nTarget branch: {name}")))
}

/// Where others read what the target is.
fn tell_target(git: &Git, target: &Target, grammar: Grammar) -> Result<(), Refusal> {
    let Target { remote, branch, commit } = target;
    if grammar == Grammar::New {
        return git
            .run(&["config", "gitbutler.project.targetRef", &format!("refs/remotes/{remote}/{branch}")])
            .map(drop);
    }
    let text = format!("[default_target]\nbranchName = {branch:?}\nremoteName = {remote:?}\nsha = {commit:?}\n");
    Ok(std::fs::write(git.folder.join("gitbutler/virtual_branches.toml"), text)?)
}

/// Checks the workspace out; a branch with commits of its own that was checked out becomes a stack.
fn enter(git: &Git, state: &mut State, head: &str) -> Result<(), Refusal> {
    let references = references(git)?;
    let tip = references.get(head).cloned().unwrap_or_else(|| state.target.commit.clone());
    let name = head.trim_start_matches("refs/heads/");
    if tip != state.target.commit && state.find(name).is_none() && head.starts_with("refs/heads/") {
        let generation = state.generation;
        state.stacks.insert(0, Stack::new(name, &tip, generation));
    }
    let tree = git.run(&["rev-parse", &format!("{tip}^{{tree}}")])?;
    let merged = merged(git, state)?.unwrap_or(tree);
    state.workspace = workspace_commit(git, state, &merged)?;
    state.generation += 1;
    git.update_references(&[(WORKSPACE.to_owned(), Some(state.workspace.clone()))])?;
    let here = references.get(head).and_then(|commit| git.run(&["rev-parse", &format!("{commit}^{{tree}}")]).ok());
    if here.is_none_or(|tree| tree == merged) {
        git.run(&["symbolic-ref", "HEAD", WORKSPACE])?;
    } else {
        // Hooks are for people; what is dirty stays.
        git.run(&["-c", "core.hooksPath=/dev/null", "checkout", "--quiet", "gitbutler/workspace"])?;
    }
    let index = git.folder.join("gitbutler/standin.index");
    git.on_index(&index, &["read-tree", &state.workspace], b"")?;
    if git.run(&["config", "log.excludeDecoration"]).is_err() {
        git.run(&["config", "log.excludeDecoration", "refs/gitbutler"])?;
    }
    state.save(&git.folder)
}

/// The tree of all stacks together; nothing when there is none.
fn merged(git: &Git, state: &State) -> Result<Option<String>, Refusal> {
    let mut tree: Option<String> = None;
    for stack in state.stacks.iter().rev() {
        let tip = git.run(&["rev-parse", &format!("{}^{{tree}}", stack.tip())])?;
        let base = git.run(&["rev-parse", &format!("{}^{{tree}}", state.target.commit)])?;
        tree = Some(match tree {
            None => tip,
            Some(tree) => super::commit_object::merge(git, &base, &tree, &tip)?.tree,
        });
    }
    Ok(tree)
}

/// A remote's main branch; without a remote the repository becomes its own.
fn target(git: &Git) -> Result<Target, Refusal> {
    let head = git.run(&["symbolic-ref", "HEAD"])?;
    if git.run(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() {
        git.run(&[
            "-c",
            "core.hooksPath=/dev/null",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "Initial empty commit",
        ])?;
    }
    let remotes = git.run(&["remote"])?;
    let remote = remotes.lines().find(|remote| *remote == "origin").or_else(|| remotes.lines().next());
    let Some(remote) = remote else {
        let branch = head.trim_start_matches("refs/heads/");
        let commit = git.run(&["rev-parse", "HEAD"])?;
        git.run(&["config", "remote.gb-local.url", &git.root.to_string_lossy()])?;
        git.run(&["update-ref", &format!("refs/remotes/gb-local/{branch}"), &commit])?;
        let main = format!("refs/remotes/gb-local/{branch}");
        git.run(&["symbolic-ref", "refs/remotes/gb-local/HEAD", &main])?;
        return Ok(Target { remote: "gb-local".into(), branch: branch.to_owned(), commit });
    };
    let prefix = format!("refs/remotes/{remote}/");
    let head = git.run(&["symbolic-ref", "--quiet", &format!("{prefix}HEAD")]).ok();
    let named = head.map(|name| name.trim_start_matches(&prefix).to_owned());
    for branch in named.into_iter().chain(["main".into(), "master".into()]) {
        if let Ok(commit) = git.run(&["rev-parse", "--verify", "--quiet", &format!("{prefix}{branch}")]) {
            return Ok(Target { remote: remote.to_owned(), branch, commit });
        }
    }
    Err(Refusal::text("Failed to set up GitButler project.\n\nCaused by:\n    No target branch was found"))
}

fn install_hooks(folder: &Path) -> Result<(), Refusal> {
    std::fs::create_dir_all(folder)?;
    for name in HOOKS {
        let hook = folder.join(name);
        let present = std::fs::read_to_string(&hook).ok();
        if present.as_deref().is_some_and(|text| text.contains(MANAGED)) {
            continue;
        }
        if present.is_some() {
            std::fs::rename(&hook, folder.join(format!("{name}-user")))?;
        }
        std::fs::write(&hook, script(name))?;
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn script(name: &str) -> String {
    let own = match name {
        "pre-commit" => {
            "if [ \"$(git symbolic-ref --quiet HEAD)\" = refs/heads/gitbutler/workspace ]; then\n\
             \x20 echo 'GITBUTLER_ERROR: Cannot commit directly to gitbutler/workspace branch.' >&2\n  exit 1\nfi\n"
        }
        _ => {
            "[ \"$(git rev-parse --git-dir)\" = \"$(git rev-parse --git-common-dir)\" ] || exit 0\n\
             case \"$(git symbolic-ref --quiet HEAD)\" in refs/heads/gitbutler/*) ;; *)\n\
             \x20 hooks=$(dirname \"$0\")\n  for name in pre-commit post-checkout; do\n\
             \x20   rm -f \"$hooks/$name\"\n\
             \x20   [ -e \"$hooks/$name-user\" ] && mv \"$hooks/$name-user\" \"$hooks/$name\"\n  done\n\
             \x20 echo 'To return to GitButler mode, run: but setup' >&2 ;;\nesac\nexit 0\n"
        }
    };
    let user = format!(
        "[ -x \"$(dirname \"$0\")/{name}-user\" ] && {{ \"$(dirname \"$0\")/{name}-user\" \"$@\" || exit; }}\n"
    );
    format!("#!/bin/sh\n# {MANAGED}\n{user}{own}")
}

fn remove_hooks(folder: &Path) -> Result<(), Refusal> {
    for name in HOOKS {
        let (hook, user) = (folder.join(name), folder.join(format!("{name}-user")));
        if std::fs::read_to_string(&hook).is_ok_and(|text| text.contains(MANAGED)) {
            std::fs::remove_file(&hook)?;
            if user.exists() {
                std::fs::rename(user, hook)?;
            }
        }
    }
    Ok(())
}

/// Leaves the workspace for the first applied branch, or another.
pub fn teardown(folder: &Path, shown: &str, grammar: Grammar, arguments: &Arguments) -> Result<Answer, Refusal> {
    let mut project = match Project::open(folder, shown, grammar) {
        Err(Refusal::Text(text)) if text.contains("mode exit required") => stray(folder, grammar)?,
        opened => opened?,
    };
    let first = project.state.stacks.first().map(|stack| stack.branches[0].name.clone());
    let branch = arguments.value("--checkout-to").map(str::to_owned).or(first).ok_or_else(|| {
        Refusal::text(
            "Failed to determine checkout target branch. Specify a target branch with `--checkout-to <branch>`.",
        )
    })?;
    let worktree = project.snapshot()?;
    project.record("Teardown", &[], &worktree);
    remove_hooks(&project.git.folder.join("hooks"))?;
    project.git.run(&["-c", "core.hooksPath=/dev/null", "checkout", "--quiet", &branch])?;
    project.state.save(&project.git.folder)?;
    let id = &project.state.oplog[0].id;
    Ok(Answer::new(json!({ "snapshotId": id, "checkedOutBranch": branch }), format!("Checked out {branch}")))
}

/// Somebody committed on the workspace branch: their commits are forgotten, what they hold is uncommitted again.
fn stray(folder: &Path, grammar: Grammar) -> Result<Project, Refusal> {
    let place = Place::of(folder)?.ok_or_else(|| Refusal::text("No git repository found"))?;
    let state = State::load(&place.git.folder)?.ok_or_else(|| Refusal::text("No GitButler project found"))?;
    place.git.run(&["reset", "--soft", &state.workspace])?;
    Project::open(folder, ".", grammar)
}
