//! `status`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::change::{self, Change};
use super::commit_object::Commit;
use super::ids;
use super::project::Project;
use super::time;
use crate::Grammar;
use serde_json::{Value, json};

/// `status`.
pub const STATUS: Form = Form {
    valued: &[],
    optional: &[],
    flags: &[&["-f"], &["--verbose", "-v"], &["--upstream", "-u"], &["--refresh-prs", "-r"], &["--no-hint"]],
    usage: "status [OPTIONS]",
};

/// The workspace as it is.
pub fn status(project: &Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let json = describe(project, arguments.has("-f"))?;
    Ok(Answer::new(json.clone(), human(&json)))
}

/// The same, for `--status-after` too.
pub fn describe(project: &Project, files: bool) -> Result<Value, Refusal> {
    let (_, changes) = project.dirty()?;
    let old = project.grammar == Grammar::Old;
    let ids = file_ids(project, &changes);
    let listed =
        |change: &Change| json!({ "cliId": ids[&change.path], "filePath": change.path, "changeType": change.kind() });
    let staged = |change: &Change| if old { project.state.staged.get(&change.path) } else { None };
    let mut stacks = Vec::new();
    let mut counted = 0..;
    let mut next = || ids::counted(counted.next().unwrap_or(0));
    for (at, stack) in project.state.stacks.iter().enumerate() {
        // Stacks without a name are in the workspace, but nobody is told of them.
        if stack.branches.iter().all(|branch| branch.name.is_empty()) {
            continue;
        }
        let cli_id = next();
        let assigned: Vec<Value> =
            changes.iter().filter(|change| staged(change) == Some(&stack.id)).map(&listed).collect();
        let mut branches = Vec::new();
        for (place, branch) in stack.branches.iter().enumerate() {
            let commits = project.commits(&branch.tip, project.state.base_of(at, place))?;
            let status = push_status(project, &branch.name, &branch.tip);
            let commits: Result<Vec<Value>, Refusal> =
                commits.iter().map(|commit| describe_commit(project, commit, files)).collect();
            branches.push(json!({
                "cliId": next(), "name": branch.name, "commits": commits?, "upstreamCommits": [],
                "branchStatus": status, "reviewId": null, "ci": null,
            }));
        }
        stacks.push(json!({ "cliId": cli_id, "assignedChanges": assigned, "branches": branches }));
    }
    let free: Vec<Value> = changes.iter().filter(|change| staged(change).is_none()).map(&listed).collect();
    let base = describe_base(project, &project.state.target.commit)?;
    let latest = project.references.get(&upstream(project)).unwrap_or(&project.state.target.commit);
    let behind = project.git.run(&["rev-list", "--count", &format!("{}..{latest}", project.state.target.commit)]);
    let behind: u64 = if *latest == project.state.target.commit { 0 } else { behind?.parse().unwrap_or(0) };
    let mut status = json!({
        if old { "unassignedChanges" } else { "uncommittedChanges" }: free,
        "stacks": stacks,
        "mergeBase": base,
        "upstreamState": {
            "behind": behind, "latestCommit": describe_base(project, latest)?, "lastFetched": null,
        },
    });
    let conflicted = project.conflicted()?;
    if !conflicted.is_empty() {
        status["conflictedFiles"] = json!(conflicted);
    }
    Ok(status)
}

/// The target's reference.
pub fn upstream(project: &Project) -> String {
    format!("refs/remotes/{}/{}", project.state.target.remote, project.state.target.branch)
}

/// Short ids of dirty files.
pub fn file_ids(project: &Project, changes: &[Change]) -> std::collections::BTreeMap<String, String> {
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    ids::files(&paths, project.state.generation)
}

fn push_status(project: &Project, branch: &str, tip: &str) -> &'static str {
    let pushed = format!("refs/remotes/{}/{branch}", project.state.target.remote);
    match project.references.get(&pushed) {
        None => "completelyUnpushed",
        Some(there) if there == tip => "nothingToPush",
        Some(there) => {
            let ancestor = project.git.run(&["merge-base", "--is-ancestor", there, tip]).is_ok();
            if ancestor { "unpushedCommits" } else { "unpushedCommitsRequiringForce" }
        }
    }
}

fn describe_commit(project: &Project, commit: &Commit, files: bool) -> Result<Value, Refusal> {
    let changes = if files {
        let parent = Commit::read(&project.git, &commit.parents[0])?.effective_tree(&project.git)?;
        let changes = change::between(&project.git, &parent, &commit.effective_tree(&project.git)?)?;
        let id = &commit.change_id()[..3];
        let listed = changes.iter().map(|change| {
            let file = &ids::letters(change.path.as_bytes())[..2];
            json!({ "cliId": format!("{id}:{file}"), "filePath": change.path, "changeType": change.kind() })
        });
        Value::Array(listed.collect())
    } else {
        Value::Null
    };
    let mut described = describe_base(project, &commit.id)?;
    described["conflicted"] = json!(commit.conflicted());
    described["changes"] = changes;
    if project.grammar == Grammar::New {
        described["cliId"] = json!(&commit.change_id()[..3]);
        described["changeId"] = json!(commit.change_id());
    } else {
        described["cliId"] = json!(&commit.id[..2]);
    }
    Ok(described)
}

fn describe_base(project: &Project, id: &str) -> Result<Value, Refusal> {
    let commit = Commit::read(&project.git, id)?;
    let (name, mail) = Commit::person(&commit.author);
    Ok(json!({
        "cliId": "", "commitId": commit.id, "createdAt": time::rfc3339(Commit::seconds(&commit.committer)),
        "message": commit.words(), "authorName": name, "authorEmail": mail,
        "conflicted": null, "reviewId": null, "changes": null,
    }))
}

fn human(status: &Value) -> String {
    let names = status["stacks"].as_array().into_iter().flatten().flat_map(|stack| stack["branches"].as_array());
    names.flatten().map(|branch| format!("[{}]\n", branch["name"].as_str().unwrap_or(""))).collect()
}
