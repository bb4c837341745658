//! `diff`.

use super::answer::{Answer, Refusal};
use super::arguments::{Arguments, Form};
use super::change::{self, Change, Content};
use super::commit_object::Commit;
use super::ids;
use super::project::Project;
use super::status;
use crate::Grammar;
use serde_json::{Value, json};

/// `diff`.
pub const DIFF: Form =
    Form { valued: &[], optional: &[], flags: &[&["--tui"], &["--no-tui"]], usage: "diff [OPTIONS] [TARGET]" };

/// One hunk of a dirty file by its id; no hunk stands for the whole file.
pub struct Piece {
    /// `nk:e`, or `n0` in the old grammar.
    pub id: String,
    /// Which of the changes.
    pub change: usize,
    /// Which of its hunks.
    pub hunk: Option<usize>,
}

/// What is uncommitted, or what a branch or a commit changed.
pub fn diff(project: &Project, arguments: &Arguments) -> Result<Answer, Refusal> {
    let changes = match arguments.first() {
        None => uncommitted(project)?,
        Some(target) => committed(project, target)?,
    };
    let human = changes.iter().filter_map(|change| change["diff"]["hunks"][0]["diff"].as_str()).collect::<String>();
    Ok(Answer::new(json!({ "changes": changes }), human))
}

fn uncommitted(project: &Project) -> Result<Vec<Value>, Refusal> {
    let (_, changes) = project.dirty()?;
    let described = |piece: Piece| {
        let change = &changes[piece.change];
        let mut described = describe(change, piece.hunk);
        described["id"] = json!(piece.id);
        described
    };
    Ok(pieces(project, &changes).into_iter().map(described).collect())
}

/// Every hunk that is uncommitted, with its id.
pub fn pieces(project: &Project, changes: &[Change]) -> Vec<Piece> {
    let files = status::file_ids(project, changes);
    let before = project.state.stacks.iter().map(|stack| stack.branches.len() + 1).sum::<usize>();
    let mut pieces = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let hunks: &[change::Hunk] = match &change.content {
            Content::Hunks(hunks) => hunks,
            Content::Binary => &[],
        };
        let generation = project.state.generation;
        let seeds: Vec<String> =
            hunks.iter().map(|hunk| ids::hex(format!("{}{generation}", hunk.text()).as_bytes())).collect();
        let short = if hunks.is_empty() { vec!["q".to_owned()] } else { ids::shortest(&seeds, 1) };
        for (hunk, short) in short.iter().enumerate() {
            let id = match project.grammar {
                Grammar::New => format!("{}:{short}", files[&change.path]),
                Grammar::Old => ids::counted(before + pieces.len()),
            };
            pieces.push(Piece { id, change: at, hunk: (!hunks.is_empty()).then_some(hunk) });
        }
    }
    pieces
}

fn describe(change: &Change, hunk: Option<usize>) -> Value {
    let content = match (&change.content, hunk) {
        // What is uncommitted is never called binary: it is a patch without hunks.
        (Content::Binary, _) => json!({ "type": "patch", "hunks": [] }),
        (Content::Hunks(hunks), only) => {
            let chosen = hunks.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at));
            let hunks: Vec<Value> = chosen
                .map(|(_, hunk)| {
                    json!({
                        "oldStart": hunk.old.0, "oldLines": hunk.old.1,
                        "newStart": hunk.new.0, "newLines": hunk.new.1, "diff": hunk.text(),
                    })
                })
                .collect();
            json!({ "type": "patch", "hunks": hunks })
        }
    };
    json!({ "path": change.path, "status": "modified", "diff": content })
}

fn committed(project: &Project, target: &str) -> Result<Vec<Value>, Refusal> {
    let unknown = || Refusal::Bare("No ID found for entity No ID found for entity".to_owned());
    let (base, tip) = match project.state.find(target) {
        Some((stack, at)) => {
            (project.state.base_of(stack, at).to_owned(), project.state.stacks[stack].branches[at].tip.clone())
        }
        None => {
            let commit = find_commit(project, target)?.ok_or_else(unknown)?;
            (commit.parents.first().cloned().ok_or_else(unknown)?, commit.id)
        }
    };
    let tree = |commit: &str| Commit::read(&project.git, commit)?.effective_tree(&project.git);
    let changes = change::between(&project.git, &tree(&base)?, &tree(&tip)?)?;
    let described = changes.iter().map(|change| {
        let mut described = describe(change, None);
        described["status"] = json!(change.kind());
        if matches!(change.content, Content::Binary) {
            described["diff"] = json!({ "type": "binary" });
        }
        described
    });
    Ok(described.collect())
}

/// An applied commit by its name, a start of that, or its change id.
pub fn find_commit(project: &Project, id: &str) -> Result<Option<Commit>, Refusal> {
    for (stack, at, branch) in project.state.branches() {
        for commit in project.commits(&branch.tip, project.state.base_of(stack, at))? {
            let matches = commit.id.starts_with(id) || commit.change_id().starts_with(id);
            if id.len() >= 2 && matches {
                return Ok(Some(commit));
            }
        }
    }
    let known = project.git.read(&format!("{id}^{{commit}}"))?.is_some();
    if !known || id.len() < 4 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let full = project.git.run(&["rev-parse", &format!("{id}^{{commit}}")])?;
    Commit::read(&project.git, &full).map(Some)
}
