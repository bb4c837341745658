//! How a task's worktree is: there or removed by hand, on its branch or another, dirty, merged.

use super::Worktree;
use super::dirty::{DirtyPaths, changes};
use crate::error::Result;
use crate::foreign::fs;
use crate::vcs::git::Git;
use crate::vcs::look;
use crate::vcs::repository::{Operation, WORKSPACE, operation};
use std::collections::HashSet;
use std::path::PathBuf;

/// What is checked out in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// Nothing: it is not there.
    Nothing,
    /// The task's branch.
    Ours,
    /// Another branch, by its full name: the agent switched.
    Other(String),
    /// A commit.
    Detached,
}

/// A look at a worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether its folder is there, as a worktree of this repository.
    pub present: bool,
    /// Why it is locked (`git worktree lock`), when it is; the reason may be empty.
    pub locked: Option<String>,
    /// What is checked out in it.
    pub checkout: Checkout,
    /// Another worktree that has its branch checked out.
    pub elsewhere: Option<PathBuf>,
    /// Whether its branch exists.
    pub branch_exists: bool,
    /// A merge, rebase or the like that has begun in it.
    pub operation: Option<Operation>,
    /// Paths with changes that no commit has, what was prepared left out.
    pub changes: Vec<String>,
    /// How many commits its branch has beyond its base.
    pub ahead: u64,
    /// Whether the target has everything of its branch, by history or by content (as after a squash).
    pub merged: bool,
    /// Whether GitButler's workspace has its branch applied: then nothing may be committed to it from here.
    pub applied: bool,
}

impl Standing {
    /// Why it cannot go without loss; nothing when it can.
    pub fn loss(&self) -> Option<String> {
        let other = match &self.checkout {
            Checkout::Other(name) => Some(format!("{} is checked out in it", name.trim_start_matches("refs/heads/"))),
            Checkout::Detached => Some("a commit is checked out in it, not its branch".to_owned()),
            _ => None,
        };
        let operation = self.operation.map(|operation| format!("a {} is in progress", operation.name()));
        let shown = self.changes.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = self.changes.len().saturating_sub(3);
        let changes = match (self.changes.len(), more) {
            (0, _) => None,
            (_, 0) => Some(format!("{shown} has changes that are not committed")),
            _ => Some(format!("{shown} and {more} more have changes that are not committed")),
        };
        let unmerged = (!self.merged).then(|| format!("{} of its commits are not merged", self.ahead));
        operation.or(other).or(changes).or(unmerged)
    }
}

/// Looks at a worktree.
pub async fn state(worktree: &Worktree) -> Result<Standing> {
    let (mut standing, _) = now(worktree).await?;
    if let Some(tip) = worktree.tip().await? {
        standing.ahead = worktree.project.count(&worktree.base, &tip).await?;
        standing.merged = merged(worktree, &tip).await?;
    }
    Ok(standing)
}

/// The same without how its branch stands to base and target, which a commit does not ask; with the changes themselves.
pub(super) async fn now(worktree: &Worktree) -> Result<(Standing, DirtyPaths)> {
    let mut changed = DirtyPaths::default();
    let mut standing = Standing {
        present: false,
        locked: None,
        checkout: Checkout::Nothing,
        elsewhere: None,
        branch_exists: false,
        operation: None,
        changes: Vec::new(),
        ahead: 0,
        merged: true,
        applied: false,
    };
    for entry in list(&worktree.project).await? {
        if entry.folder == worktree.folder {
            standing.present = worktree.is_present().await?;
            standing.locked = entry.locked;
            standing.checkout = match entry.branch {
                _ if !standing.present => Checkout::Nothing,
                Some(name) if name == worktree.reference() => Checkout::Ours,
                Some(name) => Checkout::Other(name),
                None => Checkout::Detached,
            };
        } else if entry.branch == Some(worktree.reference()) && look(&entry.folder, fs::exists).await? {
            standing.elsewhere = Some(entry.folder);
        }
    }
    if standing.present {
        standing.operation = operation(&worktree.git_dir().await?).await?;
        // A rebase detaches HEAD for as long as it lasts.
        changed = changes(worktree).await?;
        standing.changes = changed.all().cloned().collect();
    }
    if let Some(tip) = worktree.tip().await? {
        standing.branch_exists = true;
        standing.applied = applied(worktree, &tip).await?;
    }
    Ok((standing, changed))
}

/// More of a branch's commits than these, the newest, are not listed.
const MOST_COMMITS: &str = "--max-count=200";

/// Commits that are the branch's own, oldest first, with their subjects: not those of its target, no merges.
pub async fn commits(worktree: &Worktree) -> Result<Vec<(String, String)>> {
    let (git, base) = (&worktree.project, format!("^{}", worktree.base));
    let Some(tip) = worktree.tip().await? else { return Ok(Vec::new()) };
    let target = match &worktree.target {
        Some(target) => git.resolve(target).await?.map(|commit| format!("^{commit}")),
        None => None,
    };
    let mut args = vec!["log", "-z", "--reverse", "--first-parent", "--no-merges", MOST_COMMITS, "--format=%H %s"];
    args.extend([tip.as_str(), &base].into_iter().chain(target.as_deref()));
    let listed = git.read(&args).await?;
    let commits = listed.split('\0').filter_map(|entry| entry.split_once(' '));
    Ok(commits.map(|(oid, subject)| (oid.to_owned(), subject.to_owned())).collect())
}

/// Those of `commits` that are not on the branch any more: somebody amended, rebased or reset them away.
pub async fn lost(worktree: &Worktree, commits: &[String]) -> Result<Vec<String>> {
    let Some(tip) = worktree.tip().await? else { return Ok(Vec::new()) };
    if commits.is_empty() {
        return Ok(Vec::new());
    }
    let input = commits.iter().chain([&format!("^{tip}")]).flat_map(|rev| [rev.as_bytes(), b"\n"].concat()).collect();
    let elsewhere = worktree.project.feed(&["rev-list", "--ignore-missing", "--stdin"], input).await?;
    let elsewhere = String::from_utf8_lossy(&elsewhere);
    let elsewhere: HashSet<&str> = elsewhere.lines().collect();
    Ok(commits.iter().filter(|commit| elsewhere.contains(commit.as_str())).cloned().collect())
}

/// Whether the target has everything of a commit, by history or by content.
pub async fn merged(worktree: &Worktree, tip: &str) -> Result<bool> {
    let git = &worktree.project;
    let named = match &worktree.target {
        Some(target) => git.resolve(target).await?,
        None => None,
    };
    let Some(target) = named.or(git.head().await?) else { return Ok(tip == worktree.base) };
    if tip == worktree.base || git.is_ancestor(tip, &target).await? {
        return Ok(true);
    }
    // A merge that changes nothing: the content is there. Before git 2.38 this is not known, and taken to be false.
    let merge = git.ask(&["merge-tree", "--write-tree", &target, tip]).await?;
    let tree = git.read(&["rev-parse", "--verify", &format!("{target}^{{tree}}")]).await?;
    Ok(merge.code == Some(0) && merge.text().trim_end() == tree)
}

/// GitButler's workspace commit has every applied branch among its ancestors.
async fn applied(worktree: &Worktree, tip: &str) -> Result<bool> {
    let git = &worktree.project;
    if git.branch().await?.as_deref() != Some(WORKSPACE) || tip == worktree.base {
        return Ok(false);
    }
    let landed = match &worktree.target {
        Some(target) if git.resolve(target).await?.is_some() => git.is_ancestor(tip, target).await?,
        _ => false,
    };
    Ok(!landed && git.is_ancestor(tip, "HEAD").await?)
}

/// A worktree as git lists it.
struct ListedWorktree {
    folder: PathBuf,
    branch: Option<String>,
    locked: Option<String>,
}

async fn list(git: &Git) -> Result<Vec<ListedWorktree>> {
    let text = git.read(&["worktree", "list", "--porcelain"]).await?;
    let entries = text.split("\n\n").filter_map(|block| {
        let value = |name: &str| {
            block.lines().find_map(|line| {
                let rest = line.strip_prefix(name)?;
                (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim_start().to_owned())
            })
        };
        let folder = PathBuf::from(value("worktree")?);
        Some(ListedWorktree { folder, branch: value("branch"), locked: value("locked") })
    });
    Ok(entries.collect())
}
