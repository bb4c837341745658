//! The uncommitted edits of a project that GitButler does not manage: each task's are in a worktree of its own, and what is in
//! the project's tree is the person's, or of a task that runs there without isolation.

use crate::commits::change::ChangeKind;
use crate::commits::patch::{self, FilePatch, PatchHunk};
use crate::contract::{ChangedFile, ChangedHunk};
use crate::core::Core;
use crate::error::{Code, Error, Result};
use crate::foreign;
use crate::ops::branches::worktrees;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::git::Git;
use crate::vcs::worktree::{self, Worktree};
use std::path::Path;

/// How git is to word it, whatever its user has configured.
const WORDING: [&str; 6] =
    ["--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/", "--find-renames"];
/// Files that git does not know yet, beyond which no more are shown.
const MOST_NEW: usize = 200;
/// Worktrees that are looked at together.
const AT_ONCE: usize = 4;
/// Hunks of one file that are shown.
const MOST_HUNKS: usize = 500;

/// The files with uncommitted edits: the project's own tree first, then task by task. Also what could not be read.
pub async fn files(core: &Core, project: &str) -> Result<(Vec<ChangedFile>, Vec<String>)> {
    let tasks = core.read(project, |tx, project| tx.tasks(Some(project), &Filter::default())).await?;
    let beside: Vec<i64> = tasks
        .iter()
        .filter(|task| task.isolation == Isolation::None && task.status.is_live())
        .map(|task| task.number)
        .collect();
    let mut notices = Vec::new();
    let mut files = match own(Git::at(project)).await {
        Ok(own) => shown(own, None, if beside.is_empty() { "user" } else { "unclaimed" }, &beside),
        Err(error) => {
            notices.push(error.message);
            Vec::new()
        }
    };
    let has_edits =
        |task: &&Task| task.isolation == Isolation::Worktree && (task.status.is_live() || task.uncommitted > 0);
    let mut trees = Vec::new();
    for task in tasks.iter().filter(has_edits) {
        if let Some(tree) = worktrees::of(core, task).await? {
            trees.push((task, tree));
        }
    }
    for together in trees.chunks(AT_ONCE) {
        let running: Vec<_> = together.iter().map(|(_, tree)| tokio::spawn(of_worktree(tree.clone()))).collect();
        for ((task, _), patches) in together.iter().zip(running) {
            match patches.await.map_err(Error::internal).and_then(|patches| patches) {
                Ok(patches) => files.extend(shown(patches, task.worktree.as_deref(), "task", &[task.number])),
                Err(error) => notices.push(format!("#{}: {}", task.number, error.message)),
            }
        }
    }
    Ok((files, notices))
}

/// The same of a task's worktree, without what no commit takes.
async fn of_worktree(tree: Worktree) -> Result<Vec<FilePatch>> {
    if !tree.is_present().await? {
        return Ok(Vec::new());
    }
    let changes = worktree::dirty::changes(&tree).await?;
    if changes.paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut files = own(tree.git()).await?;
    files.retain(|file| !changes.leaves_out(&file.path));
    Ok(files)
}

/// What differs from the last commit in a working tree, and files that git does not know yet. Nothing is written.
async fn own(git: Git) -> Result<Vec<FilePatch>> {
    let mut args = ["diff", "--ignore-submodules=dirty"].into_iter().chain(WORDING).collect::<Vec<_>>();
    let head = git.head().await?;
    args.extend(head.as_deref());
    args.push("--");
    let mut files = patch::parse(&String::from_utf8_lossy(&git.bytes(&args).await?));
    let unknown = git.bytes(&["ls-files", "--others", "--exclude-standard", "-z"]).await?;
    let unknown = String::from_utf8_lossy(&unknown).into_owned();
    let paths = unknown.split('\0').filter(|path| !path.is_empty() && !path.ends_with('/')).take(MOST_NEW);
    let (root, paths) = (git.folder.clone(), paths.map(str::to_owned).collect::<Vec<_>>());
    let new =
        foreign::within(&git.folder, move || paths.into_iter().map(|path| added(&root, path)).collect::<Vec<_>>());
    let new = new.await.map_err(|error| {
        Error::new(Code::WrongState, format!("cannot read the files of {}: {error}", git.folder.display()))
            .hint("try again")
    });
    files.extend(new?);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// A file that git does not know yet, as the patch that adds it. One that is large, or no text, shows no lines.
fn added(root: &Path, path: String) -> FilePatch {
    let text = foreign::text(&root.join(&path), foreign::FEW).unwrap_or_default();
    let lines = if text.contains('\0') { Vec::new() } else { text.lines().map(|line| format!("+{line}")).collect() };
    FilePatch { path, kind: ChangeKind::Added, hunks: vec![PatchHunk { line: 1, lines }] }
}

fn shown(patches: Vec<FilePatch>, tree: Option<&str>, owner: &str, tasks: &[i64]) -> Vec<ChangedFile> {
    let hunk = |(index, hunk): (usize, PatchHunk)| ChangedHunk {
        id: format!("{index} {}", hunk.line),
        line: hunk.line.into(),
        lines: hunk.lines,
        owner: owner.to_owned(),
        tasks: tasks.to_vec(),
    };
    let file = |patch: FilePatch| ChangedFile {
        path: patch.path,
        tree: tree.map(str::to_owned),
        change: super::uncommitted::word(patch.kind).to_owned(),
        hunks: patch.hunks.into_iter().take(MOST_HUNKS).enumerate().map(hunk).collect(),
    };
    patches.into_iter().map(file).collect()
}
