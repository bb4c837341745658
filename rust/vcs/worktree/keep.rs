//! Keeping what is about to go: the branch's tip and every uncommitted byte, under `refs/chorus/discarded/`, and the
//! repositories inside, whole.

use super::dirty::{DirtyPaths, changes, changes_of};
use super::stage::exact_tree;
use super::submodule::{self, Submodule};
use super::whole::make_whole;
use super::{Worktree, kept, nested};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::fs;
use crate::vcs::git::Git;
use crate::vcs::look;
use crate::vcs::rescue::{self, Mode};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is kept of a worktree.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The reference; nothing when there is nothing beyond the base.
    pub reference: Option<String>,
    /// Repositories in it, of which nothing is kept there: they are to be put aside.
    pub repositories: Vec<PathBuf>,
}

/// Keeps the branch and the worktree as they are under `refs/chorus/discarded/NUMBER-MILLIS`.
pub async fn keep(worktree: &Worktree, number: u32) -> Result<Kept> {
    let name = format!("refs/chorus/discarded/{number}-{}", crate::clock::now());
    let tip = worktree.tip().await?;
    let (mut kept, mut repositories) = (tip.clone(), Vec::new());
    if worktree.is_present().await? {
        let (git, changes) = (worktree.git(), changes(worktree).await?);
        repositories = nested::of(&git, &changes).await?;
        make_whole(&git, &repositories).await?;
        keep_submodules(&worktree.project, &git, &name).await?;
        kept = Some(snapshot(&git, &changes, tip.as_slice()).await?);
    }
    let Some(kept) = kept.filter(|kept| *kept != worktree.base || !repositories.is_empty()) else {
        return Ok(Kept { reference: None, repositories });
    };
    worktree.project.update_ref(&name, &kept, None).await?;
    Ok(Kept { reference: Some(name), repositories })
}

/// The branch's tip as it was: below a commit that only keeps edits, else what was kept itself.
pub async fn tip(project: &Git, kept: &str) -> Result<String> {
    let said = project.read(&["log", "-1", "--format=%P%n%B", "--end-of-options", kept]).await?;
    match said.split_once('\n') {
        Some((parent, message)) if message.trim() == KEPT && !parent.contains(' ') => Ok(parent.to_owned()),
        _ => Ok(kept.to_owned()),
    }
}

/// Puts the edits that were kept into a worktree again, uncommitted, byte for byte, and the repositories inside. Those in
/// whose place something else is stay where they are.
pub async fn put_back(worktree: &Worktree, kept: &str) -> Result<Vec<PathBuf>> {
    let git = worktree.git();
    let differences = git.bytes(&["diff-tree", "-r", "-z", "--no-renames", "HEAD", kept]).await?;
    let mut parts = differences.split(|byte| *byte == 0);
    let (mut written, mut gone) = (Vec::new(), Vec::new());
    // `:old-mode new-mode old new status`, then the path.
    while let (Some(facts), Some(path)) = (parts.next(), parts.next()) {
        let facts = String::from_utf8_lossy(facts).into_owned();
        let path = Path::new(OsStr::from_bytes(path)).to_owned();
        let mut facts = facts.split(' ').skip(1);
        let (Some(mode), Some(oid)) = (facts.next(), facts.nth(1)) else { continue };
        match Mode::of_octal(mode) {
            Some(mode) => written.push((path, mode, oid.to_owned())),
            None if mode == "000000" => gone.push(path),
            // A submodule's commit: the submodule itself is not part of the tree.
            None => {}
        }
    }
    // A daemon before this one may have been killed in the middle.
    let paths = written.iter().map(|(path, ..)| path).chain(&gone);
    rescue::sweep(&git, paths, number_of(kept)).await?;
    for path in gone {
        remove(&git, &path).await?;
    }
    for (path, mode, oid) in written {
        rescue::write_object(&git, &path, mode, &oid).await?;
    }
    nested::bring_back(&worktree.project, &worktree.folder, &nested::folder(&worktree.folder, kept)).await
}

/// The task's number, from the name of a reference of [`keep`].
fn number_of(reference: &str) -> i64 {
    let name = reference.rsplit('/').next().unwrap_or_default();
    name.split_once('-').and_then(|(number, _)| number.parse().ok()).unwrap_or_default()
}

/// Removes a file and the folders that it leaves empty: something else may be in their place.
async fn remove(git: &Git, path: &Path) -> Result<()> {
    rescue::remove(git, path).await?;
    let folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    for folder in folders {
        if look(git.folder.join(folder), fs::remove_dir).await?.is_err() {
            break;
        }
    }
    Ok(())
}

/// What a commit that only keeps edits says.
const KEPT: &str = "Kept by Chorus before it was discarded";

/// A commit with everything in a working tree, on top of what is checked out and of `others`; that itself when clean.
async fn snapshot(git: &Git, changes: &DirtyPaths, others: &[String]) -> Result<String> {
    let head = git.head().await?;
    let tree = exact_tree(git, changes).await?;
    let mut beside = Vec::new();
    for other in others {
        let is_below = match &head {
            Some(head) => git.is_ancestor(other, head).await?,
            None => false,
        };
        if !is_below {
            beside.push(other.as_str());
        }
    }
    if let (Some(head), true) = (&head, beside.is_empty())
        && tree == git.read(&["rev-parse", "--verify", "HEAD^{tree}"]).await?
    {
        return Ok(head.clone());
    }
    let mut args = vec!["commit-tree", &tree];
    for parent in head.as_deref().into_iter().chain(beside) {
        args.extend(["-p", parent]);
    }
    git.clone().as_chorus().change(&args, KEPT.into()).await
}

/// A submodule's repository goes with the worktree, so what is only there is taken into the project's copy of it. The
/// same holds for submodules inside it.
async fn keep_submodules(project: &Git, worktree: &Git, name: &str) -> Result<()> {
    for module in submodule::of(worktree).await? {
        let inner = worktree.within(worktree.folder.join(&module.path));
        let theirs = project.within(project.folder.join(&module.path));
        Box::pin(keep_submodules(&theirs, &inner, name)).await?;
        let only_there = only_there(&inner, &copy_of(project, &module).await?).await?;
        let kept = snapshot(&inner, &changes_of(&inner, &[]).await?, &only_there).await?;
        hand_over(project, &inner, &module, &kept, name).await?;
    }
    Ok(())
}

/// A worktree that is removed because all of it is merged takes the repositories of its submodules along: their commits,
/// which the merged branch names, go into the project's copies under one reference, unless those have them or a remote has.
pub(super) async fn keep_commits(project: &Git, worktree: &Git, name: &str) -> Result<()> {
    for module in submodule::of(worktree).await? {
        let inner = worktree.within(worktree.folder.join(&module.path));
        let theirs = project.within(project.folder.join(&module.path));
        Box::pin(keep_commits(&theirs, &inner, name)).await?;
        let copy = copy_of(project, &module).await?;
        let mut commits = pushed_nowhere(&inner, only_there(&inner, &copy).await?).await?;
        let (known, head) = (worktree.within(&copy), inner.head().await?);
        if let Some(head) = head.filter(|head| !commits.contains(head)) {
            let named = ["for-each-ref", "--count=1", "--format=%(refname)", "--contains", head.as_str()];
            let is_there = look(copy, fs::is_dir).await? && known.resolve(&head).await?.is_some();
            if !is_there || known.read(&named).await?.is_empty() {
                commits.push(head);
            }
        }
        match &commits[..] {
            [] => {}
            [commit] => hand_over(project, &inner, &module, commit, name).await?,
            several => {
                let tree = inner.read(&["rev-parse", "--verify", &format!("{}^{{tree}}", several[0])]).await?;
                let mut args = vec!["commit-tree", &tree];
                several.iter().for_each(|parent| args.extend(["-p", parent]));
                let joined = inner.clone().as_chorus().change(&args, kept::JOINED.into()).await?;
                hand_over(project, &inner, &module, &joined, name).await?;
            }
        }
    }
    Ok(())
}

/// Those of the commits that no remote-tracking branch has: what was fetched, as upstream's tags, can be fetched again.
async fn pushed_nowhere(inner: &Git, commits: Vec<String>) -> Result<Vec<String>> {
    if commits.is_empty() {
        return Ok(commits);
    }
    let input: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
    let listed = inner.feed(&["rev-list", "--stdin", "--not", "--remotes"], input.into_bytes()).await?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let listed: BTreeSet<&str> = listed.lines().collect();
    Ok(commits.iter().filter(|commit| listed.contains(commit.as_str())).cloned().collect())
}

/// Commits that branches, tags and the stash of a submodule name and that the project's copy has not.
async fn only_there(inner: &Git, copy: &Path) -> Result<Vec<String>> {
    let format = "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)";
    let named = inner.read(&["for-each-ref", format, "refs/heads", "refs/tags", "refs/stash"]).await?;
    let named: BTreeSet<&str> = named.lines().collect();
    let input: String = named.iter().map(|oid| format!("{oid}\n")).collect();
    if input.is_empty() || !look(copy, fs::is_dir).await? {
        return Ok(Vec::new());
    }
    let told = inner.within(copy).feed(&["cat-file", "--batch-check"], input.into_bytes()).await?;
    let mut missing = Vec::new();
    for oid in String::from_utf8_lossy(&told).lines().filter_map(|line| line.strip_suffix(" missing")) {
        // A tag may name a file.
        missing.extend(inner.resolve(oid).await?);
    }
    Ok(missing)
}

/// The git folder of the project's copy of a submodule, whether or not it is there.
async fn copy_of(project: &Git, module: &Submodule) -> Result<PathBuf> {
    let theirs = project.within(project.folder.join(&module.path));
    match theirs.is_toplevel().await? {
        true => theirs.git_dir().await,
        false => Ok(project.common_dir().await.unwrap_or_default().join("modules").join(&module.name)),
    }
}

/// Puts a reference on a commit of a submodule in the project's copy of it.
async fn hand_over(project: &Git, inner: &Git, module: &Submodule, commit: &str, name: &str) -> Result<()> {
    let copy = copy_of(project, module).await?;
    let known = inner.within(&copy);
    let is_there = look(&copy, fs::is_dir).await?;
    if is_there && known.resolve(commit).await?.is_some() {
        return known.update_ref(name, commit, None).await;
    }
    if !is_there {
        let why = format!("cannot keep the submodule {}: the project has no copy of it", module.path);
        let (from, path) = (inner.folder.display(), &module.path);
        return Err(Error::new(Code::VcsRefused, why).hint(format!(
            "`git clone {from}` to where it is safe, then `git submodule deinit --force {path}` in the worktree"
        )));
    }
    let to = copy.to_string_lossy();
    let refspec = format!("{commit}:{name}");
    let args = ["-c", "protocol.file.allow=always", "push", "--quiet", "--no-verify", &*to, &*refspec];
    inner.change(&args, Vec::new()).await.map(drop)
}
