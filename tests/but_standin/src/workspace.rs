//! The workspace: the target and every applied stack brought together, as a commit and in the working tree.

use super::answer::Refusal;
use super::commit_object::{Commit, merge, nanoseconds};
use super::git::Git;
use super::ids;
use super::project::{Project, WORKSPACE};
use super::state::{Snapshot, Stack, State};
use crate::Grammar;
use std::collections::BTreeMap;
use std::path::Path;

/// What happens to a dirty file that a change of the workspace touches too.
#[derive(Clone, Copy, PartialEq)]
pub enum Overlap {
    /// Nothing at all is done, and the files are named.
    Refuse,
    /// It gets conflict markers.
    Mark,
    /// It stays as it is.
    Keep,
}

impl Project {
    /// A stack's own commits, newest first, from its tip to the target.
    pub fn commits(&self, tip: &str, base: &str) -> Result<Vec<Commit>, Refusal> {
        let mut commits = Vec::new();
        let mut next = tip.to_owned();
        while next != base && next != self.state.target.commit {
            let commit = Commit::read(&self.git, &next)?;
            let Some(parent) = commit.parents.first().cloned() else { return self.commits_beside(tip) };
            commits.push(commit);
            next = parent;
        }
        Ok(commits)
    }

    /// The same for a stack that left the target's history before the target was where it is.
    fn commits_beside(&self, tip: &str) -> Result<Vec<Commit>, Refusal> {
        let without = format!("^{}", self.state.target.commit);
        let listed = self.git.run(&["rev-list", "--first-parent", tip, &without])?;
        listed.lines().map(|id| Commit::read(&self.git, id)).collect()
    }

    /// Where a stack left the target's history.
    fn fork(&self, tip: &str) -> Result<String, Refusal> {
        let lowest = self.commits(tip, &self.state.target.commit)?.pop();
        if lowest.is_some_and(|commit| commit.parents.first() == Some(&self.state.target.commit)) {
            return Ok(self.state.target.commit.clone());
        }
        self.git.run(&["merge-base", &self.state.target.commit, tip])
    }

    /// The tree of the target with those stacks; the stacks that conflict are named.
    pub fn merged(&self, stacks: &[Stack]) -> Result<(String, Vec<usize>), Refusal> {
        let target = Commit::read(&self.git, &self.state.target.commit)?.tree;
        let (mut tree, mut conflicting) = (target.clone(), Vec::new());
        for (at, stack) in stacks.iter().enumerate().rev() {
            if stack.tip() == self.state.target.commit {
                continue;
            }
            let tip = Commit::read(&self.git, stack.tip())?.effective_tree(&self.git)?;
            let base = self.fork(stack.tip())?;
            let base =
                if base == self.state.target.commit { target.clone() } else { Commit::read(&self.git, &base)?.tree };
            let merged = merge(&self.git, &base, &tree, &tip)?;
            if merged.conflicts.is_empty() {
                tree = merged.tree;
            } else {
                conflicting.push(at);
            }
        }
        Ok((tree, conflicting))
    }

    /// Notes what an undo of the coming operation brings back.
    pub fn record(&mut self, operation: &str, trailers: &[(&str, &str)], worktree: &str) {
        let snapshot = self.moment(operation, trailers, worktree);
        if self.state.oplog.is_empty() {
            // The real program's mark of the target comes with its first snapshot; it tells no more than that.
            let target = Some(self.state.target.commit.clone());
            let _ = self.git.update_references(&[("refs/heads/gitbutler/target".into(), target)]);
        }
        self.state.oplog.insert(0, snapshot);
        self.state.undone.clear();
    }

    /// This moment as a snapshot.
    pub fn moment(&self, operation: &str, trailers: &[(&str, &str)], worktree: &str) -> Snapshot {
        let now = nanoseconds();
        Snapshot {
            id: ids::hex(format!("{operation}{now}").as_bytes())[..40].to_owned(),
            created_at: u64::try_from(now / 1_000_000).unwrap_or(0),
            operation: operation.to_owned(),
            trailers: trailers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            target: self.state.target.clone(),
            stacks: self.state.stacks.clone(),
            references: self.local_branches(),
            worktree: worktree.to_owned(),
        }
    }

    /// Local branches as they are now, but for the program's own.
    fn local_branches(&self) -> BTreeMap<String, String> {
        let branches = self.references.clone();
        let kept = |name: &str| name.starts_with("refs/heads/") && !name.starts_with("refs/heads/gitbutler/");
        branches.into_iter().filter(|(name, _)| kept(name)).collect()
    }

    /// Adds a stack where each program puts it.
    pub fn add_stack(&mut self, stack: Stack) {
        match self.grammar {
            Grammar::New => self.state.stacks.insert(0, stack),
            Grammar::Old => self.state.stacks.push(stack),
        }
    }

    /// Makes the workspace anew from the stacks, brings the working tree there, and remembers it all. `worktree` is
    /// the working tree as it was looked at. Nothing is done when that is refused.
    pub fn settle(&mut self, worktree: &str, overlap: Overlap) -> Result<Vec<String>, Refusal> {
        let (tree, _) = self.merged(&self.state.stacks)?;
        let before = Commit::read(&self.git, &self.state.workspace)?.tree;
        let conflicts = self.check_out(&before, worktree, &tree, overlap)?;
        self.finish(&tree)?;
        self.mark_unmerged(&conflicts, &before, worktree)?;
        Ok(conflicts)
    }

    /// Makes the workspace commit for a tree that the working tree already agrees with, and remembers everything.
    pub fn finish(&mut self, tree: &str) -> Result<(), Refusal> {
        self.state.workspace = workspace_commit(&self.git, &self.state, tree)?;
        self.state.generation += 1;
        self.state.prepare(&self.git.folder)?;
        let moved = vec![(WORKSPACE.to_owned(), Some(self.state.workspace.clone()))];
        self.git.update_references(&moved)?;
        self.follow()?;
        self.state.save(&self.git.folder)
    }

    /// Brings the difference between two workspaces into the working tree. Paths that got conflict markers.
    fn check_out(&self, before: &str, worktree: &str, after: &str, overlap: Overlap) -> Result<Vec<String>, Refusal> {
        if before == after {
            return Ok(Vec::new());
        }
        let merged = merge(&self.git, before, worktree, after)?;
        if !merged.conflicts.is_empty() && overlap == Overlap::Refuse {
            let names: Vec<String> = merged.conflicts.iter().map(|path| format!("{path:?}")).collect();
            let names = names.join(", ");
            return Err(Refusal::text(format!("Uncommitted files would be overwritten by checkout: {names}")));
        }
        if !merged.conflicts.is_empty() && overlap == Overlap::Keep {
            return Ok(Vec::new());
        }
        self.bring(worktree, &merged.tree)?;
        for path in &merged.conflicts {
            self.name_sides(path)?;
        }
        Ok(merged.conflicts)
    }

    /// Calls the sides of a file's conflicts `ours` and `theirs`.
    fn name_sides(&self, path: &str) -> Result<(), Refusal> {
        let file = self.git.root.join(path);
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        let named = text.split_inclusive('\n').map(|line| match line.get(..8) {
            Some("<<<<<<< ") => "<<<<<<< ours\n",
            Some(">>>>>>> ") => ">>>>>>> theirs\n",
            _ => line,
        });
        Ok(std::fs::write(file, named.collect::<String>())?)
    }

    /// Brings the working tree from one tree to another.
    pub fn bring(&self, from: &str, to: &str) -> Result<(), Refusal> {
        if from == to {
            return Ok(());
        }
        self.git.on_index(&self.index(), &["read-tree", "-m", "-u", from, to], b"").map(|_| ())
    }

    /// Writes three stages into the user's index for files that got conflict markers.
    pub fn mark_unmerged(&self, paths: &[String], base: &str, theirs: &str) -> Result<(), Refusal> {
        let mut input = Vec::new();
        for path in paths {
            input.extend(format!("0 {}\t{path}\0", "0".repeat(40)).into_bytes());
            for (stage, tree) in [(1, base), (2, self.state.workspace.as_str()), (3, theirs)] {
                let listed = self.git.run(&["ls-tree", tree, "--", path])?;
                if let Some((mode, blob)) = listed.split_once('\t').and_then(|(head, _)| entry(head)) {
                    input.extend(format!("{mode} {blob} {stage}\t{path}\0").into_bytes());
                }
            }
        }
        if input.is_empty() {
            return Ok(());
        }
        self.git.feed(&["update-index", "-z", "--index-info"], &input).map(|_| ())
    }
}

fn entry(head: &str) -> Option<(&str, &str)> {
    let mut words = head.split(' ');
    Some((words.next()?, words.nth(1)?))
}

/// The workspace commit over the stacks' tips, or over the target when there are none.
pub fn workspace_commit(git: &Git, state: &State, tree: &str) -> Result<String, Refusal> {
    let mut parents: Vec<&str> = state.stacks.iter().map(Stack::tip).collect();
    parents.dedup();
    if parents.is_empty() {
        parents.push(&state.target.commit);
    }
    let seconds = nanoseconds() / 1_000_000_000;
    let ident = format!("GitButler <gitbutler@gitbutler.com> {seconds} +0000");
    let parents = parents.into_iter().map(str::to_owned).collect();
    let message = "GitButler Workspace Commit\n\nMade by a stand-in for tests.\n".to_owned();
    let (author, tree) = (ident.clone(), tree.to_owned());
    let commit = Commit { tree, parents, author, committer: ident, message, ..Commit::default() };
    Ok(commit.write(git)?.id)
}

/// An index that is only for this moment.
pub fn scratch_index(folder: &Path) -> std::path::PathBuf {
    folder.join(format!("gitbutler/standin.{}.index", std::process::id()))
}
