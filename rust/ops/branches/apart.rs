//! The uncommitted edits of a project that GitButler does not manage: each task's are in a worktree of its own, and what is in
//! the project's tree is the person's, or of a task that runs there without isolation.

use crate::commits::change::ChangeKind;
use crate::commits::patch::{self, FilePatch, PatchHunk};
use crate::contract::{ChangedFile, ChangedHunk};
use crate::core::Core;
use crate::error::{Code, Error, Result};
use crate::foreign::{self, fs};
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
/// Bytes of new files in which git looks for what was in a removed one.
const MOST_COMPARED: u64 = 16 * 1024 * 1024;
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
    let mut files = match own(Git::at(project), |_| false).await {
        Ok(own) => {
            notices.extend(own.notice());
            shown(own.files, None, if beside.is_empty() { "user" } else { "unclaimed" }, &beside)
        }
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
        for ((task, _), own) in together.iter().zip(running) {
            match own.await.map_err(Error::internal).and_then(|own| own) {
                Ok(own) => {
                    notices.extend(own.notice().map(|notice| format!("#{}: {notice}", task.number)));
                    files.extend(shown(own.files, task.worktree.as_deref(), "task", &[task.number]));
                }
                Err(error) => notices.push(format!("#{}: {}", task.number, error.message)),
            }
        }
    }
    Ok((files, notices))
}

/// What is not committed in a working tree.
#[derive(Default)]
struct Own {
    files: Vec<FilePatch>,
    /// New files that are not among those.
    unseen: usize,
}

impl Own {
    fn notice(&self) -> Option<String> {
        match self.unseen {
            0 => None,
            1 => Some("1 more new file is not shown: `git status` lists it".to_owned()),
            more => Some(format!("{more} more new files are not shown: `git status` lists them")),
        }
    }
}

/// The same of a task's worktree, without what no commit takes.
async fn of_worktree(tree: Worktree) -> Result<Own> {
    if !tree.is_present().await? {
        return Ok(Own::default());
    }
    let changes = worktree::dirty::changes(&tree).await?;
    if changes.paths.is_empty() {
        return Ok(Own::default());
    }
    own(tree.git(), |path| changes.leaves_out(path)).await
}

/// What differs from the last commit in a working tree, and files that git does not know yet. Nothing is written.
async fn own(git: Git, leaves_out: impl Fn(&str) -> bool) -> Result<Own> {
    let head = git.head().await?;
    let mut files = patch::parse(&String::from_utf8_lossy(&git.bytes(&diff(head.as_deref(), &[])).await?));
    files.retain(|file| !leaves_out(&file.path));
    let unknown = git.bytes(&["ls-files", "--others", "--exclude-standard", "-z"]).await?;
    let unknown = String::from_utf8_lossy(&unknown).into_owned();
    let is_file = |path: &&str| !path.is_empty() && !path.ends_with('/') && !leaves_out(path);
    let mut paths: Vec<String> = unknown.split('\0').filter(is_file).map(str::to_owned).collect();
    let unseen = paths.len().saturating_sub(MOST_NEW);
    paths.truncate(MOST_NEW);
    let is_any_gone = files.iter().any(|file| file.kind == ChangeKind::Removed);
    if let Some(head) = head.filter(|_| is_any_gone && !paths.is_empty()) {
        let moved = moved(&git, &head, &paths).await.unwrap_or_else(|error| {
            log::info!("renamed files are shown as removed and added in {}: {error}", git.folder.display());
            Vec::new()
        });
        let is_old = |path: &String| moved.iter().any(|moved| moved.from.as_ref() == Some(path));
        files.retain(|file| file.kind != ChangeKind::Removed || !is_old(&file.path));
        paths.retain(|path| !moved.iter().any(|moved| moved.path == *path));
        files.extend(moved);
    }
    let root = git.folder.clone();
    let new =
        foreign::within(&git.folder, move || paths.into_iter().map(|path| added(&root, path)).collect::<Vec<_>>());
    files.extend(new.await.map_err(|error| unreadable(&git, &error))?);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Own { files, unseen })
}

fn diff<'a>(head: Option<&'a str>, more: &[&'a str]) -> Vec<&'a str> {
    let args = ["diff", "--ignore-submodules=dirty"].into_iter().chain(WORDING).chain(more.iter().copied());
    args.chain(head).chain(["--"]).collect()
}

/// Which of the new files are removed ones under another name. Git compares them as if they were added, by an index of
/// which nothing stays.
async fn moved(git: &Git, head: &str, new: &[String]) -> Result<Vec<FilePatch>> {
    let folder = tempfile::tempdir().map_err(|error| Error::internal(format!("cannot make a folder: {error}")))?;
    let (index, temporary) = (git.git_dir().await?.join("index"), folder.path().join("index"));
    let (root, new, to) = (git.folder.clone(), new.to_vec(), temporary.clone());
    let compared = foreign::within(&git.folder, move || {
        let mut room = MOST_COMPARED;
        let mut fits = |path: &String| {
            let size = fs::symlink_metadata(root.join(path)).ok().filter(std::fs::Metadata::is_file)?.len();
            room = room.checked_sub(size)?;
            Some(())
        };
        let paths: Vec<String> = new.into_iter().filter(|path| fits(path).is_some()).collect();
        foreign::copy(&index, &to).map(|()| paths)
    });
    let compared = compared.await.flatten().map_err(|error| unreadable(git, &error))?;
    // The object does not matter: the bytes are those of the file.
    let entries: String = compared.iter().map(|path| format!("100644 {head}\t{path}\0")).collect();
    let git = git.clone().with("GIT_INDEX_FILE", temporary).setting("core.splitIndex", "false");
    git.feed(&["update-index", "--add", "--replace", "-z", "--index-info"], entries.into_bytes()).await?;
    let renames = git.bytes(&diff(Some(head), &["--diff-filter=R"])).await?;
    let renames = patch::parse(&String::from_utf8_lossy(&renames));
    // Others are staged and known.
    Ok(renames.into_iter().filter(|file| compared.contains(&file.path)).collect())
}

fn unreadable(git: &Git, error: &std::io::Error) -> Error {
    Error::new(Code::WrongState, format!("cannot read the files of {}: {error}", git.folder.display()))
        .hint("try again")
}

/// A file that git does not know yet, as the patch that adds it. One that is large, or no text, shows no lines.
fn added(root: &Path, path: String) -> FilePatch {
    let text = foreign::text(&root.join(&path), foreign::FEW).unwrap_or_default();
    let lines = if text.contains('\0') { Vec::new() } else { text.lines().map(|line| format!("+{line}")).collect() };
    FilePatch { path, from: None, kind: ChangeKind::Added, hunks: vec![PatchHunk { line: 1, lines }] }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    async fn repository() -> (tempfile::TempDir, Git) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        let text = |name: &str| (0..20).map(|line| format!("{name} {line}\n")).collect::<String>();
        for name in ["kept", "moved", "staged", "gone"] {
            fs::write(folder.path().join(name), text(name)).unwrap();
        }
        for args in [&["add", "-A"][..], &["commit", "-qm", "base"]] {
            git.change(args, Vec::new()).await.unwrap();
        }
        (folder, git)
    }

    fn brief(own: &Own) -> Vec<(&str, Option<&str>, ChangeKind)> {
        own.files.iter().map(|file| (file.path.as_str(), file.from.as_deref(), file.kind)).collect()
    }

    #[tokio::test]
    async fn a_file_that_was_moved_is_renamed_and_nothing_is_written() {
        let (folder, git) = repository().await;
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        fs::rename(at("moved"), at("deep/new [é]")).unwrap();
        let edited = fs::read_to_string(at("deep/new [é]")).unwrap().replace("moved 3\n", "edited\n");
        fs::write(at("deep/new [é]"), edited).unwrap();
        git.change(&["mv", "staged", "known"], Vec::new()).await.unwrap();
        fs::remove_file(at("gone")).unwrap();
        fs::write(at("other"), "other\n").unwrap();
        let state = async || {
            let count = git.read(&["count-objects", "-v"]).await.unwrap();
            (count, git.read(&["ls-files", "--stage"]).await.unwrap(), fs::read_dir(at(".git")).unwrap().count())
        };
        let before = state().await;
        let found = own(git.clone(), |_| false).await.unwrap();
        assert_eq!(
            brief(&found),
            [
                ("deep/new [é]", Some("moved"), ChangeKind::Renamed),
                ("gone", None, ChangeKind::Removed),
                ("known", Some("staged"), ChangeKind::Renamed),
                ("other", None, ChangeKind::Added),
            ]
        );
        let lines = &found.files[0].hunks[0].lines;
        assert!(lines.contains(&"-moved 3".to_owned()) && lines.contains(&"+edited".to_owned()), "{lines:?}");
        assert_eq!((state().await, found.notice()), (before, None));
    }

    #[tokio::test]
    async fn how_many_new_files_are_not_shown_is_told_and_what_is_left_out_takes_no_place() {
        let (folder, git) = repository().await;
        for number in 0..MOST_NEW + 2 {
            fs::write(folder.path().join(format!("a-hook-{number}")), "x\n").unwrap();
            fs::write(folder.path().join(format!("new-{number}")), "x\n").unwrap();
        }
        let found = own(git.clone(), |path| path.starts_with("a-hook-")).await.unwrap();
        assert!(found.files.len() == MOST_NEW && found.files.iter().all(|file| file.path.starts_with("new-")));
        assert_eq!(found.notice().unwrap(), "2 more new files are not shown: `git status` lists them");
        fs::remove_file(folder.path().join("new-0")).unwrap();
        let found = own(git, |path| path.starts_with("a-hook-")).await.unwrap();
        assert_eq!(found.notice().unwrap(), "1 more new file is not shown: `git status` lists it");
    }
}
