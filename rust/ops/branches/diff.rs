//! A task's edits as one difference: its whole branch, its newest commit, or what is uncommitted.

use crate::commits::change::{ChangeKind, DiffHunk, FileChange};
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::uncommitted::Uncommitted;
use crate::ops::branches::{upstream, worktrees};
use crate::ops::{edits, stacks};
use crate::task::{Isolation, Task};
use crate::vcs::but::But;
use crate::vcs::git::Git;
use crate::vcs::worktree;
use crate::vcs::worktree::commit::Span;

/// More bytes of a difference are left out.
const MOST: usize = 2 * 1024 * 1024;

/// How git is to word it, whatever its user has configured.
const WORDING: [&str; 6] =
    ["--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/", "--find-renames"];

/// Which edits.
enum DiffPart {
    Stack,
    Turn,
    Uncommitted,
    Commit(String),
}

/// A task's edits.
pub async fn diff(core: &Core, asker: &Asker, ask: TaskDiff) -> Result<Diff> {
    let task = core.task(asker, &ask.task).await?;
    let part = part(&ask.part)?;
    let (text, root) = match task.isolation {
        Isolation::Stack => (of_stack(core, &task, &part).await?, task.project.clone()),
        Isolation::Worktree => (of_worktree(core, &task, &part).await?, folder(&task)),
        Isolation::None | Isolation::Auto => {
            let why = format!("cannot show the edits of #{}: it has no branch of its own", task.number);
            return Err(Error::new(Code::Unsupported, why).hint("`git diff` shows the whole working tree"));
        }
    };
    let (text, cut) = bounded(text);
    Ok(Diff { number: task.number, title: title(&task, &part), root, text, cut })
}

fn part(given: &str) -> Result<DiffPart> {
    match given {
        "" | "stack" => Ok(DiffPart::Stack),
        "turn" => Ok(DiffPart::Turn),
        "uncommitted" => Ok(DiffPart::Uncommitted),
        oid if oid.len() >= 7 && oid.len() <= 64 && oid.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(DiffPart::Commit(oid.to_owned()))
        }
        _ => Err(Error::new(Code::BadInput, "cannot show that part of a task's edits")
            .hint("use `stack`, `turn`, `uncommitted` or a commit id")),
    }
}

fn title(task: &Task, part: &DiffPart) -> String {
    let branch = task.stack.as_deref().unwrap_or("no branch");
    match part {
        DiffPart::Stack => format!("#{} {branch}: everything", task.number),
        DiffPart::Turn => format!("#{} {branch}: the last commit", task.number),
        DiffPart::Uncommitted => format!("#{} {branch}: uncommitted", task.number),
        DiffPart::Commit(oid) => format!("#{} {branch}: {}", task.number, oid.chars().take(8).collect::<String>()),
    }
}

fn folder(task: &Task) -> String {
    task.worktree.clone().unwrap_or_else(|| task.project.clone())
}

async fn of_stack(core: &Core, task: &Task, part: &DiffPart) -> Result<String> {
    let loaded = core.config_of(&task.project).await;
    let but = stacks::open_for(core, task, &loaded).await?;
    match part {
        DiffPart::Turn => newest(core, task).await,
        DiffPart::Commit(oid) => commit(&Git::at(&task.project), oid).await,
        DiffPart::Uncommitted => uncommitted(core, task, &but).await,
        DiffPart::Stack => {
            let committed = committed(task, &but).await?;
            Ok(committed + &uncommitted(core, task, &but).await?)
        }
    }
}

/// From the branch below, or the target, to the tip.
async fn committed(task: &Task, but: &But) -> Result<String> {
    let Some(branch) = &task.stack else { return Ok(String::new()) };
    let status = but.status().await?;
    let stack = status.stacks.iter().find(|stack| stack.branches.iter().any(|other| other.name == *branch));
    let below = stack.and_then(|stack| {
        let at = stack.branches.iter().position(|other| other.name == *branch)?;
        stack.branches.get(at + 1).map(|below| format!("refs/heads/{}", below.name))
    });
    let git = Git::at(&task.project);
    let tip = format!("refs/heads/{branch}");
    let Some(from) = below.or(status.base) else { return Ok(String::new()) };
    if git.resolve(&tip).await?.is_none() {
        return Ok(String::new());
    }
    between(&git, &format!("{from}...{tip}")).await
}

async fn between(git: &Git, range: &str) -> Result<String> {
    let args = ["diff"].into_iter().chain(WORDING).chain([range, "--"]).collect::<Vec<_>>();
    Ok(String::from_utf8_lossy(&git.bytes(&args).await?).into_owned())
}

async fn commit(git: &Git, oid: &str) -> Result<String> {
    let args = ["show", "--format="].into_iter().chain(WORDING).chain([oid, "--"]).collect::<Vec<_>>();
    Ok(String::from_utf8_lossy(&git.bytes(&args).await?).into_owned())
}

async fn newest(core: &Core, task: &Task) -> Result<String> {
    let commits = core.read(&task.uuid, |tx, task| tx.commits(task, 1)).await?;
    match commits.first() {
        Some(newest) => commit(&Git::at(&task.project), &newest.oid).await,
        None => Ok(String::new()),
    }
}

/// The task's own hunks in the shared tree.
async fn uncommitted(core: &Core, task: &Task, but: &But) -> Result<String> {
    edits::reconcile(core, &task.project).await?;
    let status = but.status().await?;
    upstream::follow(core, &task.project, but, &status).await;
    let found = Uncommitted::read(core, &task.project, but, status).await?;
    let mut text = String::new();
    let mut last = None;
    for (change, hunk) in found.of(&task.uuid) {
        if last != Some(&change.path) {
            text += &header(change, hunk);
            last = Some(&change.path);
        }
        text += &hunk.body;
        if !hunk.body.is_empty() && !hunk.body.ends_with('\n') {
            text.push('\n');
        }
    }
    Ok(text)
}

fn header(change: &FileChange, hunk: &DiffHunk) -> String {
    let path = &change.path;
    let (from, to) = match change.kind {
        ChangeKind::Added => ("/dev/null".to_owned(), format!("b/{path}")),
        ChangeKind::Removed => (format!("a/{path}"), "/dev/null".to_owned()),
        _ => (format!("a/{path}"), format!("b/{path}")),
    };
    let start = format!("diff --git a/{path} b/{path}\n");
    match hunk.body.is_empty() {
        true => format!("{start}Binary files {from} and {to} differ\n"),
        false => format!("{start}--- {from}\n+++ {to}\n"),
    }
}

async fn of_worktree(core: &Core, task: &Task, part: &DiffPart) -> Result<String> {
    let span = match part {
        DiffPart::Turn => return newest(core, task).await,
        DiffPart::Commit(oid) => return commit(&Git::at(&task.project), oid).await,
        DiffPart::Uncommitted => Span::Uncommitted,
        DiffPart::Stack => Span::Both,
    };
    let Some(worktree) = worktrees::of(core, task).await? else { return Ok(String::new()) };
    Ok(String::from_utf8_lossy(&worktree::commit::diff(&worktree, span).await?).into_owned())
}

fn bounded(mut text: String) -> (String, bool) {
    if text.len() <= MOST {
        return (text, false);
    }
    let end = text.as_bytes()[..MOST].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    text.truncate(end);
    (text, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_and_commit_ids_are_taken() {
        for given in ["", "stack", "turn", "uncommitted", "0123abcd"] {
            assert!(part(given).is_ok(), "{given}");
        }
        for given in ["--output=x", "HEAD", "abc", "stacks", "0123456 --", "g123456"] {
            assert!(part(given).is_err(), "{given}");
        }
    }

    #[test]
    fn a_large_one_ends_with_a_whole_line() {
        let (text, cut) = bounded("é line\n".repeat(MOST / 4));
        assert!(cut && text.len() <= MOST && text.ends_with("line\n"));
        assert!(!bounded("x".into()).1);
    }
}
