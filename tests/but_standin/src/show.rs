//! `show` and `branch show`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::change::{self, Content};
use super::commit_object::Commit;
use super::diff;
use super::project::Project;
use super::time;
use crate::Grammar;
use serde_json::{Value, json};

/// `show`.
pub const SHOW: Form =
    Form { valued: &[], optional: &[], flags: &[&["--verbose", "-v"]], usage: "show [OPTIONS] <COMMIT>" };

/// A branch with its commits, or a commit.
pub fn show(project: &Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let target = arguments.first().unwrap_or_default();
    if let Some((stack, at)) = project.state.find(target) {
        let branch = &project.state.stacks[stack].branches[at];
        let base = project.state.base_of(stack, at);
        let commits: Result<Vec<Value>, Refusal> =
            project.commits(&branch.tip, base)?.iter().map(|commit| describe(project, commit)).collect();
        let below: Vec<&str> =
            project.state.stacks[stack].branches[at + 1..].iter().map(|branch| branch.name.as_str()).collect();
        let mut base = brief(project, &Commit::read(&project.git, base)?);
        for key in ["full_message", "files_changed", "insertions", "deletions", "files"] {
            base[key] = Value::Null;
        }
        if project.grammar == Grammar::New {
            base["cli_id"] = Value::Null;
        }
        let json = json!({ "branch": target, "commits": commits?, "stackedOn": below, "baseCommit": base });
        return Ok(Answer::new(json, target));
    }
    let unknown = || Refusal::Bare(format!("Commit '{target}' not found Commit '{target}' not found"));
    let commit = diff::find_commit(project, target)?.ok_or_else(unknown)?;
    let person = |ident: &str| {
        let (name, mail) = Commit::person(ident);
        json!({ "name": name, "email": mail })
    };
    let files: Vec<Value> = changes(project, &commit)?
        .iter()
        .map(|change| json!({ "path": change.path, "status": change.kind() }))
        .collect();
    let json = json!({
        "commit": commit.id, "author": person(&commit.author), "committer": person(&commit.committer),
        "date": time::plain(Commit::seconds(&commit.committer)), "message": commit.message,
        "files": files, "changeId": commit.change_id(),
    });
    Ok(Answer::new(json, commit.message))
}

fn changes(project: &Project, commit: &Commit) -> Result<Vec<change::Change>, Refusal> {
    let Some(parent) = commit.parents.first() else { return Ok(Vec::new()) };
    let parent = Commit::read(&project.git, parent)?.effective_tree(&project.git)?;
    change::between(&project.git, &parent, &commit.effective_tree(&project.git)?)
}

fn brief(project: &Project, commit: &Commit) -> Value {
    let (name, mail) = Commit::person(&commit.author);
    let mut brief = json!({
        "sha": commit.id, "short_sha": &commit.id[..7],
        "message": commit.message.lines().next().unwrap_or(""), "full_message": commit.message,
        "author_name": name, "author_email": mail, "timestamp": Commit::seconds(&commit.committer),
    });
    if project.grammar == Grammar::New {
        brief["cli_id"] = json!(&commit.change_id()[..3]);
    }
    brief
}

fn describe(project: &Project, commit: &Commit) -> Result<Value, Refusal> {
    let (mut files, mut more, mut less) = (Vec::new(), 0, 0);
    for change in changes(project, commit)? {
        let hunks = match &change.content {
            Content::Hunks(hunks) => hunks.as_slice(),
            Content::Binary => &[],
        };
        let count = |sign: u8| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line[0] == sign).count();
        let (insertions, deletions) = (count(b'+'), count(b'-'));
        files.push(json!({
            "path": change.path, "status": change.kind(), "insertions": insertions, "deletions": deletions,
        }));
        (more, less) = (more + insertions, less + deletions);
    }
    let mut described = brief(project, commit);
    described["files_changed"] = json!(files.len());
    described["insertions"] = json!(more);
    described["deletions"] = json!(less);
    described["files"] = json!(files);
    Ok(described)
}
