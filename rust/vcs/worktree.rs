//! A worktree of its own for a task: made beside the others in the state folder, on the task's branch.
//!
//! [`create`] makes and prepares it, and undoes each step when a later one fails; [`standing`] tells how it is;
//! [`commit`], [`keep`] and [`remove`] hold to one rule: no edit that is not in a commit is ever removed. Files that git
//! ignores, and copies that were put there, are no edits.

pub mod commit;
mod delete;
pub mod dirty;
mod hidden;
pub(crate) mod hook_edits;
pub(crate) mod keep;
pub mod kept;
pub mod nested;
pub mod prepare;
pub mod remove;
mod settings;
mod stage;
pub mod staged;
pub mod standing;
pub(crate) mod submodule;
mod whole;

use super::git::Git;
use super::name::{self, branch_name, short};
use super::repository::{self, Repository, RepositoryKind, Use, inspect_with, refusal};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::vcs::look;
use prepare::Preparation;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A task's worktree. Its fields are the task's to keep: they are all that is needed to find it again.
#[derive(Clone, Debug)]
pub struct Worktree {
    /// Git in the project's main worktree.
    pub project: Git,
    /// Where it is: absolute, canonical.
    pub folder: PathBuf,
    /// Its branch, by its short name.
    pub branch: String,
    /// The commit it began at.
    pub base: String,
    /// The full name of the ref it began at and is to be merged into; nothing when HEAD was detached.
    pub target: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// The task's number.
    pub number: u32,
    /// The task's title.
    pub title: &'a str,
    /// The short name of the branch to begin at, when it is another task's.
    pub on: Option<&'a str>,
    /// The folder of all worktrees.
    pub home: &'a Path,
    /// What to put into it.
    pub preparation: &'a Preparation,
}

impl Worktree {
    /// Git in the worktree.
    pub fn git(&self) -> Git {
        self.project.within(&self.folder)
    }

    /// The full name of its branch.
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The newest commit of its branch; nothing when the branch is gone.
    pub async fn tip(&self) -> Result<Option<String>> {
        self.project.resolve(&self.reference()).await
    }

    /// Whether its folder is there and is a worktree of this repository, not something else in its place.
    pub async fn is_present(&self) -> Result<bool> {
        // From files alone: every commit asks several times.
        let common = look(&self.folder, |folder| {
            Some(crate::project::common_dir(&folder)).filter(|_| fs::is_file(folder.join(".git")))
        });
        match common.await? {
            None => Ok(false),
            Some(common) => Ok(common == Some(self.project.common_dir().await?)),
        }
    }

    /// Whether its folder is there and the file `.git` that ties it to the repository is not.
    async fn is_cut_off(&self) -> Result<bool> {
        let has_files = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        look(&self.folder, move |folder| fs::symlink_metadata(folder.join(".git")).is_err() && has_files(&folder)).await
    }

    /// Whether nothing is where its folder was.
    pub async fn is_gone(&self) -> Result<bool> {
        look(&self.folder, |folder| fs::symlink_metadata(folder).is_err()).await
    }

    /// Its own git folder: absolute, canonical.
    async fn git_dir(&self) -> Result<PathBuf> {
        match look(&self.folder, |folder| crate::project::git_dir(&folder)).await? {
            Some(dir) => Ok(dir),
            None => self.git().git_dir().await,
        }
    }

    /// The new name of its branch, where somebody renamed that in the worktree.
    pub async fn renamed(&self) -> Result<Option<String>> {
        if self.base.is_empty() || self.tip().await?.is_some() || !self.is_present().await? {
            return Ok(None);
        }
        let git = self.git();
        let Some(now) = git.branch().await? else { return Ok(None) };
        // Not a branch that the agent only switched to: git notes the old name in the log of the new one.
        let log = git.ask(&["reflog", "show", "--format=%gs", &now]).await?.text();
        let is_renamed = log.trim().is_empty() || log.contains(&format!("renamed {} to ", self.reference()));
        if !is_renamed || git.resolve(&now).await?.is_none() || !git.is_ancestor(&self.base, &now).await? {
            return Ok(None);
        }
        Ok(now.strip_prefix("refs/heads/").map(str::to_owned))
    }

    /// Takes back a [`make`] that did not come to its end, edits included; a branch with commits stays. Says what stayed.
    pub async fn undo(&self) -> Option<String> {
        if let Some(stayed) = self.clear_away().await {
            return Some(stayed);
        }
        match self.tip().await {
            Ok(Some(tip)) if tip == self.base => {
                self.project.delete_ref(&self.reference(), &tip).await.err().map(|error| error.message)
            }
            Ok(Some(_)) => Some(format!("the branch {} has commits and was kept", self.branch)),
            _ => None,
        }
    }

    /// Takes the folder away that was made and in which nobody was yet; what stayed.
    async fn clear_away(&self) -> Option<String> {
        delete::writable(self.folder.clone()).await;
        let remove = ["worktree", "remove", "--force", "--force"].map(std::ffi::OsStr::new);
        let args: Vec<_> = remove.into_iter().chain([self.folder.as_os_str()]).collect();
        let removed = self.project.change(&args, Vec::new()).await;
        if look(&self.folder, fs::exists).await.unwrap_or(true) {
            let why = removed.err().map_or_else(String::new, |error| format!(" ({error})"));
            return Some(format!("{} could not be removed{why}", self.folder.display()));
        }
        settings::tidy(&self.project).await;
        if let Some(shelf) = self.folder.parent() {
            // Only when it is empty.
            let _ = look(shelf, fs::remove_dir).await;
        }
        None
    }
}

/// Makes a worktree for a task: [`plan`], then [`make`].
pub async fn create(project: &Git, wish: &Wish<'_>) -> Result<Worktree> {
    let worktree = plan(project, wish).await?;
    make(&worktree, wish.preparation).await.map_err(|error| error.context(format!("cannot start #{}", wish.number)))?;
    Ok(worktree)
}

/// Where a task's worktree will be, on which branch, from which commit. Nothing is made yet but the folder above it, so
/// that a caller can note it first and [`Worktree::undo`] what a killed [`make`] left.
pub async fn plan(project: &Git, wish: &Wish<'_>) -> Result<Worktree> {
    let repository = inspect_with(project).await?;
    let branches = project.branches("").await?;
    if let Some(error) = refusal(&repository, Use::Worktree).or_else(|| name::refusal(&branches)) {
        return Err(error);
    }
    let (base, target) = match wish.on {
        Some(on) => (tip_of(project, on).await?, Some(format!("refs/heads/{on}"))),
        None => start(project, &repository).await?,
    };
    let shelf = shelf(wish.home, repository.root.as_deref().unwrap_or(&project.folder)).await?;
    let (number, title, place) = (wish.number, wish.title.to_owned(), shelf.clone());
    let named = look(&shelf, move |_| {
        let taken = |name: &str| {
            branches.iter().any(|branch| branch == name || branch.starts_with(&format!("{name}/")))
                || fs::symlink_metadata(place.join(short(name))).is_ok()
        };
        branch_name(number, &title, taken)
    });
    let branch = named.await?;
    let folder = shelf.join(short(&branch));
    Ok(Worktree { project: project.clone(), folder, branch, base, target })
}

/// Makes what was planned; what a person should know of it, in a sentence each. When a step fails, nothing of it stays but
/// a branch with commits, which the error names.
pub async fn make(worktree: &Worktree, preparation: &Preparation) -> Result<Vec<String>> {
    // It must not exist yet: what is undone below is ours.
    worktree.project.update_ref(&worktree.reference(), &worktree.base, None).await?;
    let mut error = match fill(worktree, preparation).await {
        Ok(notes) => return Ok(notes),
        Err(error) => error,
    };
    if let Some(stayed) = worktree.undo().await {
        error.message.push_str(&format!("; {stayed}"));
    }
    let mend = "mend what git names, then start the task again, or use `isolation = \"none\"`";
    error.hint.get_or_insert_with(|| mend.to_owned());
    Err(error.context("cannot make its worktree"))
}

async fn fill(worktree: &Worktree, preparation: &Preparation) -> Result<Vec<String>> {
    add(worktree).await?;
    let half_made = worktree.git_dir().await?.join(HALF_MADE);
    let written = look(&half_made, |file| foreign::write(file, "")).await?;
    written.map_err(|error| Error::internal(format!("cannot write {}: {error}", half_made.display())))?;
    fit_out(worktree, preparation).await
}

/// Puts into a worktree what belongs there beside its branch's files.
async fn fit_out(worktree: &Worktree, preparation: &Preparation) -> Result<Vec<String>> {
    let half_made = worktree.git_dir().await?.join(HALF_MADE);
    let mut notes = submodule::initialise(&worktree.project, &worktree.git()).await?;
    notes.extend(prepare::prepare(worktree, preparation).await?);
    let removed = look(&half_made, fs::remove_file).await?;
    removed.map_err(|error| Error::internal(format!("cannot remove {}: {error}", half_made.display())))?;
    Ok(notes)
}

/// A file in the git folder of a worktree that is not whole yet.
const HALF_MADE: &str = "chorus-half-made";

/// Checks the branch out, also where git still knows of a worktree that was removed by hand.
async fn add(worktree: &Worktree) -> Result<()> {
    let words = ["worktree", "add", "--quiet", "--force"];
    let mut args: Vec<&std::ffi::OsStr> = words.iter().map(std::ffi::OsStr::new).collect();
    args.extend([worktree.folder.as_os_str(), std::ffi::OsStr::new(&worktree.branch)]);
    worktree.project.change(&args, Vec::new()).await?;
    let own = worktree.git_dir().await?;
    let noted = look(&worktree.project.folder, move |project| {
        crate::project::note(&own, &fs::canonicalize(&project).unwrap_or(project))
    });
    noted.await?.map_err(|error| Error::internal(format!("cannot note whose the worktree is: {error}")))?;
    // It would hide every edit of a file that git has once looked at.
    if worktree.project.has_set("core.ignoreStat").await? {
        settings::set(worktree, "core", "ignoreStat", "false").await?;
    }
    see_index(worktree).await
}

/// Sees to it that git knows the files that it checked out. With `core.splitIndex` and `index.skipHash`
/// (`feature.manyFiles`), git 2.47 writes an index in which all of them are deleted, and a commit would delete them.
async fn see_index(worktree: &Worktree) -> Result<()> {
    let git = worktree.git();
    let all_gone = async || -> Result<bool> {
        let known = git.bytes(&["ls-files", "-z"]).await?;
        Ok(known.is_empty() && !git.bytes(&["ls-tree", "-z", "HEAD"]).await?.is_empty())
    };
    if !all_gone().await? {
        return Ok(());
    }
    // With `index.skipHash`, git 2.47 writes a split one that holds nothing.
    settings::set(worktree, "core", "splitIndex", "false").await?;
    git.change(&["reset", "--quiet"], Vec::new()).await?;
    match all_gone().await? {
        false => Ok(()),
        true => Err(Error::new(Code::VcsRefused, "git takes every file of the new worktree for deleted")
            .hint("is `core.splitIndex` set together with `feature.manyFiles` or `index.skipHash`? unset one of them")),
    }
}

/// What came of a repair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Whether it was gone and was made again.
    pub is_new: bool,
    /// What a person should know of it, in a sentence each.
    pub notes: Vec<String>,
}

/// Makes a worktree again that was removed by hand, on its branch as it is. What was not committed in it is gone. Where
/// that fails, nothing of it stays: the next try makes all of it.
pub async fn repair(worktree: &Worktree, preparation: &Preparation) -> Result<Repaired> {
    let standing = standing::state(worktree).await?;
    let refuse = |why: String, hint: &str| {
        Err(Error::new(Code::VcsRefused, format!("cannot make the worktree of {} again: {why}", worktree.branch))
            .hint(hint))
    };
    if standing.present && look(worktree.git_dir().await?.join(HALF_MADE), fs::exists).await? {
        // A kill came while it was made. No agent ran in it yet, but somebody may have looked in: only what was put there
        // is made anew.
        return Ok(Repaired { is_new: false, notes: fit_out(worktree, preparation).await? });
    }
    if standing.present {
        // The user's own patterns may have changed.
        prepare::exclude(worktree).await?;
        return Ok(Repaired::default());
    }
    if worktree.is_cut_off().await? {
        // It may fail for another worktree; what counts is this one.
        if let Err(error) = worktree.project.change(&["worktree", "repair"], Vec::new()).await {
            log::info!("{error}");
        }
        if worktree.is_present().await? {
            prepare::exclude(worktree).await?;
            let note = "The worktree had lost its file `.git` and has it again".to_owned();
            return Ok(Repaired { is_new: false, notes: vec![note] });
        }
    }
    let is_taken = look(&worktree.folder, |folder| match fs::read_dir(&folder) {
        Ok(mut found) => found.next().is_some(),
        Err(_) => fs::symlink_metadata(&folder).is_ok(),
    });
    if is_taken.await? {
        return refuse(
            format!("something else is in {}", worktree.folder.display()),
            "take from it what you need and move it away, then try again",
        );
    }
    if !standing.branch_exists {
        return refuse(
            "the branch is gone".into(),
            "find its commits with `git reflog`, or begin anew with a reopened task",
        );
    }
    if let Some(folder) = standing.elsewhere {
        return refuse(format!("the branch is checked out in {}", folder.display()), "check out another branch there");
    }
    if standing.locked.is_some() {
        let hint = format!("is its disk missing? if not: `git worktree unlock {}`", worktree.folder.display());
        return refuse("it is locked".into(), &hint);
    }
    if let Some(shelf) = worktree.folder.parent() {
        look(shelf, |shelf| private(&shelf)).await??;
    }
    match fill(worktree, preparation).await {
        Ok(notes) => Ok(Repaired { is_new: true, notes }),
        Err(mut error) => {
            // Only what was made now: something else may be in its place.
            if worktree.is_present().await?
                && let Some(stayed) = worktree.clear_away().await
            {
                error.message.push_str(&format!("; {stayed}"));
            }
            Err(error.context(format!("cannot make the worktree of {} again", worktree.branch)))
        }
    }
}

async fn tip_of(project: &Git, branch: &str) -> Result<String> {
    project.resolve(&format!("refs/heads/{branch}")).await?.ok_or_else(|| {
        Error::new(Code::VcsRefused, format!("cannot begin on {branch}: there is no such branch"))
            .hint("start the other task first, or start this one without `on`")
    })
}

/// Where a worktree begins: at HEAD; where an operation such as a rebase moves that, at the branch from before it; and in
/// GitButler's workspace where that left its target, as the workspace's own commit holds every stack.
async fn start(project: &Git, repository: &Repository) -> Result<(String, Option<String>)> {
    let head = project.head().await?.ok_or_else(|| Error::new(Code::VcsRefused, "there are no commits yet"))?;
    if let Some(operation) = repository.operation
        && let Some(before) = repository::branch_before(&project.git_dir().await?, operation).await?
        && let Some(tip) = project.resolve(&before).await?
        && before != repository::WORKSPACE
    {
        return Ok((tip, Some(before)));
    }
    if repository.kind != RepositoryKind::Workspace {
        return Ok((head, project.branch().await?));
    }
    let target = workspace_target(project).await?.ok_or_else(|| {
        Error::new(Code::VcsRefused, "cannot tell where GitButler's workspace begins: it names no target branch")
            .hint("run `but setup` again, or check out a branch")
    })?;
    let base = project.find(&["merge-base", &target, &head]).await?.ok_or_else(|| {
        Error::new(Code::VcsRefused, format!("GitButler's workspace and its target {target} have no common commit"))
            .hint("run `but setup` again, or check out a branch")
    })?;
    Ok((base, Some(target)))
}

/// The ref GitButler compares with: newer ones say it in the configuration, older ones in a file of theirs.
pub(crate) async fn workspace_target(project: &Git) -> Result<Option<String>> {
    let newer = project.find(&["config", "--get", "gitbutler.project.targetRef"]).await?;
    let file = project.common_dir().await?.join("gitbutler/virtual_branches.toml");
    let older = |file: PathBuf| {
        let text: toml::Table = foreign::text(&file, foreign::MANY).ok()?.parse().ok()?;
        let target = text.get("default_target")?;
        let word = |name: &str| target.get(name)?.as_str();
        Some(format!("refs/remotes/{}/{}", word("remoteName")?, word("branchName")?))
    };
    let target = match newer {
        Some(target) => Some(target),
        None => look(file, older).await?,
    };
    let Some(target) = target else { return Ok(None) };
    Ok(project.resolve(&target).await?.map(|_| target))
}

/// The folder for one project's worktrees, made if it is missing and closed to others.
async fn shelf(home: &Path, project: &Path) -> Result<PathBuf> {
    let digest = Sha256::digest(project.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    look(home.join(name), |dir| {
        private(&dir)?;
        Ok(fs::canonicalize(&dir).unwrap_or(dir))
    })
    .await?
}

fn private(dir: &Path) -> Result<()> {
    fs::create_private(dir).map_err(|error| {
        Error::new(Code::StoreUnusable, format!("cannot make {}: {error}", dir.display()))
            .hint("make the state folder writable, or set CHORUS_STATE_DIR to another folder")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pipe_in_the_place_of_gitbutler_s_file_names_no_target() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path().canonicalize().unwrap()).as_chorus();
        git.change(&["init", "--quiet"], Vec::new()).await.unwrap();
        std::fs::create_dir(folder.path().join(".git/gitbutler")).unwrap();
        let pipe = folder.path().join(".git/gitbutler/virtual_branches.toml");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(workspace_target(&git).await.unwrap(), None);
    }
}
