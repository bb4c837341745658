//! One repository, opened and locked: where it is, whether it can be worked with, what changed in it.

use super::answer::Refusal;
use super::change::{self, Change};
use super::git::Git;
use super::state::State;
use crate::Grammar;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The branch that is checked out while stacks are applied.
pub const WORKSPACE: &str = "refs/heads/gitbutler/workspace";

/// A repository that is set up and on its workspace branch. Locked against other commands until dropped.
pub struct Project {
    /// Its git.
    pub git: Git,
    /// What is remembered.
    pub state: State,
    /// Every reference and its object.
    pub references: BTreeMap<String, String>,
    /// Which of the two programs this is.
    pub grammar: Grammar,
    /// What was remembered before the lock was had.
    pub unlocked: State,
    _lock: File,
}

/// Where a folder belongs.
pub struct Place {
    /// Its git.
    pub git: Git,
    /// Whether it is a linked worktree.
    pub linked: bool,
}

impl Place {
    /// Finds the repository around a folder.
    pub fn of(folder: &Path) -> Result<Option<Place>, Refusal> {
        let here = Git::new(folder.to_owned(), PathBuf::new());
        let output = here.try_run(&["rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir"])?;
        if !output.status.success() {
            let bare = here.run(&["rev-parse", "--is-bare-repository"]);
            let bare = bare.is_ok_and(|answer| answer == "true");
            return if bare { Err(Refusal::text("Bare repositories are not supported.")) } else { Ok(None) };
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let [root, git, common] = lines[..] else { return Ok(None) };
        let common = folder.join(common).canonicalize()?;
        let linked = common != Path::new(git).canonicalize()?;
        Ok(Some(Place { git: Git::new(root.into(), git.into()), linked }))
    }

    /// The full name that HEAD holds.
    pub fn head(&self) -> Result<String, Refusal> {
        let head = std::fs::read_to_string(self.git.folder.join("HEAD"))?;
        Ok(head.trim().trim_start_matches("ref: ").to_owned())
    }
}

impl Project {
    /// Opens the project around a folder. `shown` is the folder as it was asked for.
    pub fn open(folder: &Path, shown: &str, grammar: Grammar) -> Result<Project, Refusal> {
        let Some(mut place) = Place::of(folder)? else {
            let advice = "Please run 'but setup' to initialize the project.";
            return Err(Refusal::text(format!("No git repository found at {shown}\n{advice}")));
        };
        let absent = || Refusal::SetupRequired(format!("No GitButler project found at {shown}"));
        let unlocked = if place.linked { None } else { State::load(&place.git.folder)? };
        let unlocked = unlocked.ok_or_else(absent)?;
        let lock = lock(&place.git.folder)?;
        let mut state = State::load(&place.git.folder)?.ok_or_else(absent)?;
        if !place.head()?.starts_with("refs/heads/gitbutler/") {
            return Err(Refusal::SetupRequired("Not currently on a gitbutler/* branch.".into()));
        }
        let references = references(&place.git)?;
        if let Some(commit) = references.get(WORKSPACE).filter(|commit| **commit != state.workspace)
            && let Some(next) = State::load_next(&place.git.folder, commit)
        {
            state = next;
        }
        if references.get(WORKSPACE).is_some_and(|commit| *commit != state.workspace) {
            let advice = "please run `but teardown` to preserve your work.";
            return Err(Refusal::text(format!("GitButler mode exit required: {advice}")));
        }
        place.git.beside = grammar == Grammar::Old;
        // A branch whose reference somebody deleted has no name any more.
        for branch in state.stacks.iter_mut().flat_map(|stack| &mut stack.branches) {
            if !references.contains_key(&format!("refs/heads/{}", branch.name)) {
                branch.name.clear();
            }
        }
        Ok(Project { git: place.git, state, references, grammar, unlocked, _lock: lock })
    }

    /// The working tree as a tree, ignored files aside.
    pub fn snapshot(&self) -> Result<String, Refusal> {
        let index = self.index();
        // Only one of us works here at a time, so this one's owner was killed.
        let _ = std::fs::remove_file(index.with_extension("index.lock"));
        self.git.on_index(&index, &["read-tree", "-i", "-m", &self.state.workspace], b"")?;
        self.snapshot_again()
    }

    /// The same a moment later.
    pub fn snapshot_again(&self) -> Result<String, Refusal> {
        let index = self.index();
        let add = ["-c", "core.safecrlf=false", "-c", "advice.addEmbeddedRepo=false", "add", "--all", "."];
        self.git.on_index(&index, &add, b"")?;
        self.tree_of(&index)
    }

    /// An index of our own, which is the working tree as last looked at.
    pub fn index(&self) -> PathBuf {
        self.git.folder.join("gitbutler/standin.index")
    }

    /// An index's tree.
    pub fn tree_of(&self, index: &Path) -> Result<String, Refusal> {
        let tree = self.git.on_index(index, &["write-tree"], b"")?;
        Ok(String::from_utf8_lossy(&tree).trim().to_owned())
    }

    /// What is not committed: the working tree as a tree, and its difference from the workspace. Conflicted files are
    /// not in it.
    pub fn dirty(&self) -> Result<(String, Vec<Change>), Refusal> {
        let worktree = self.snapshot()?;
        let mut changes = change::between(&self.git, &self.state.workspace, &worktree)?;
        let conflicted = self.conflicted()?;
        changes.retain(|change| !conflicted.contains(&change.path));
        changes.extend(self.phantoms()?);
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        Ok((worktree, changes))
    }

    /// A branch's commit by its reference; nothing when somebody deleted it.
    pub fn reference(&self, branch: &str) -> Option<&str> {
        self.references.get(&format!("refs/heads/{branch}")).map(String::as_str)
    }
}

/// Waits for the lock that the real program takes too.
pub fn lock(folder: &Path) -> Result<File, Refusal> {
    let lock = File::options().create(true).append(true).open(folder.join("gitbutler/gitbutler.write-lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// Every reference and its object.
pub fn references(git: &Git) -> Result<BTreeMap<String, String>, Refusal> {
    let output = git.run(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
    Ok(output
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(object, name)| (name.into(), object.into()))
        .collect())
}
