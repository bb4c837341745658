//! Commits as they are stored: read, made, carried to another parent.

use super::answer::Refusal;
use super::git::Git;
use super::ids;
use super::workspace::scratch_index;

/// One commit.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// Its tree.
    pub tree: String,
    /// Its parents.
    pub parents: Vec<String>,
    /// `Name <mail> seconds zone`.
    pub author: String,
    /// The same.
    pub committer: String,
    /// Other headers, whole lines.
    pub headers: Vec<String>,
    /// As stored.
    pub message: String,
}

/// How a message of a commit begins that could not be carried over cleanly.
const CONFLICT: &str = "[conflict] ";
const CONFLICT_TRAILER: &str =
    "\n\nGitButler-Conflict: This is a GitButler-managed conflicted commit. Files are auto-resolved";

impl Commit {
    /// Reads one.
    pub fn read(git: &Git, id: &str) -> Result<Commit, Refusal> {
        let bytes = git.read(id)?.ok_or_else(|| Refusal::text(format!("cannot find object {id}")))?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut commit = Commit { id: id.to_owned(), message: message.to_owned(), ..Commit::default() };
        for line in head.lines() {
            match line.split_once(' ') {
                Some(("tree", tree)) => commit.tree = tree.to_owned(),
                Some(("parent", parent)) => commit.parents.push(parent.to_owned()),
                Some(("author", author)) => commit.author = author.to_owned(),
                Some(("committer", committer)) => commit.committer = committer.to_owned(),
                _ => commit.headers.push(line.to_owned()),
            }
        }
        Ok(commit)
    }

    /// A new one by whoever git is configured for, not yet stored.
    pub fn new(git: &Git, tree: &str, parent: &str, message: &str) -> Result<Commit, Refusal> {
        let ident = |variable: &str| {
            let ident = git.run(&["-c", "user.useConfigOnly=true", "var", variable]);
            let missing = "AuthorMissing\n\nCaused by:\n    No author is configured in Git";
            ident.map_err(|_| Refusal::text(missing))
        };
        let (author, committer) = (ident("GIT_AUTHOR_IDENT")?, ident("GIT_COMMITTER_IDENT")?);
        let change = ids::change_id(&format!("{tree}{parent}{committer}{message}{}", nanoseconds()));
        let headers = vec!["gitbutler-headers-version 2".to_owned(), format!("change-id {change}")];
        let (tree, parents, message) = (tree.to_owned(), vec![parent.to_owned()], message.to_owned());
        Ok(Commit { id: String::new(), tree, parents, author, committer, headers, message })
    }

    /// Stores it; its name from then on.
    pub fn write(mut self, git: &Git) -> Result<Commit, Refusal> {
        let mut text = format!("tree {}\n", self.tree);
        self.parents.iter().for_each(|parent| text.push_str(&format!("parent {parent}\n")));
        text.push_str(&format!("author {}\ncommitter {}\n", self.author, self.committer));
        self.headers.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text.push_str(&format!("\n{}", self.message));
        let name = git.feed(&["hash-object", "-t", "commit", "-w", "--stdin"], text.as_bytes())?;
        self.id = String::from_utf8_lossy(&name).trim().to_owned();
        Ok(self)
    }

    /// The id that lasts when it is made anew.
    pub fn change_id(&self) -> String {
        let header = self.headers.iter().find_map(|line| line.strip_prefix("change-id "));
        header.map_or_else(|| ids::change_id(&self.id), str::to_owned)
    }

    /// The message as people wrote it.
    pub fn words(&self) -> &str {
        let words = self.message.strip_prefix(CONFLICT).unwrap_or(&self.message);
        words.strip_suffix(CONFLICT_TRAILER).unwrap_or(words)
    }

    /// Whether it holds a conflict.
    pub fn conflicted(&self) -> bool {
        self.message.starts_with(CONFLICT)
    }

    /// The tree that counts: without what is kept about a conflict.
    pub fn effective_tree(&self, git: &Git) -> Result<String, Refusal> {
        if !self.conflicted() {
            return Ok(self.tree.clone());
        }
        git.run(&["rev-parse", &format!("{}:.auto-resolution", self.id)])
    }

    /// Name and address of an ident.
    pub fn person(ident: &str) -> (&str, &str) {
        let (name, rest) = ident.split_once(" <").unwrap_or((ident, ""));
        (name, rest.split('>').next().unwrap_or(""))
    }

    /// Seconds since 1970 of an ident.
    pub fn seconds(ident: &str) -> i64 {
        ident.rsplit(' ').nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
    }

    /// The same change on another parent, stored. A conflict is resolved to the parent's side and kept in the commit.
    pub fn carried(&self, git: &Git, parent: &str) -> Result<Commit, Refusal> {
        if self.parents.first().is_some_and(|old| old == parent) {
            return Ok(self.clone());
        }
        let base = Commit::read(git, self.parents.first().map_or(parent, String::as_str))?.effective_tree(git)?;
        let ours = Commit::read(git, parent)?.effective_tree(git)?;
        let theirs = self.effective_tree(git)?;
        let merged = merge(git, &base, &ours, &theirs)?;
        let mut carried = Commit { parents: vec![parent.to_owned()], tree: merged.tree, ..self.clone() };
        if !merged.conflicts.is_empty() {
            let resolved = git.run(&["rev-parse", &format!("{ours}^{{tree}}")])?;
            let listing = git.run(&["ls-tree", &resolved])?;
            let files = git.write_blob(format!("ancestorEntries = {:?}\n", merged.conflicts).as_bytes())?;
            let tree = format!(
                "040000 tree {resolved}\t.auto-resolution\n040000 tree {base}\t.conflict-base-0\n\
                 100644 blob {files}\t.conflict-files\n040000 tree {ours}\t.conflict-side-0\n\
                 040000 tree {theirs}\t.conflict-side-1\n{listing}\n"
            );
            let tree = git.feed(&["mktree"], tree.as_bytes())?;
            carried.tree = String::from_utf8_lossy(&tree).trim().to_owned();
            carried.message = format!("{CONFLICT}{}{CONFLICT_TRAILER}", self.words());
        }
        carried.write(git)
    }
}

/// Two sides brought together.
pub struct Merged {
    /// The tree; where there are conflicts it has markers.
    pub tree: String,
    /// Paths that both sides changed at the same place.
    pub conflicts: Vec<String>,
}

/// Merges two trees over a third.
pub fn merge(git: &Git, base: &str, ours: &str, theirs: &str) -> Result<Merged, Refusal> {
    let clean = |tree: &str| Ok(Merged { tree: tree.to_owned(), conflicts: Vec::new() });
    if ours == theirs || base == theirs {
        return clean(ours);
    }
    if base == ours {
        return clean(theirs);
    }
    let trees = [base, ours, theirs];
    // Commits around the trees: merge-tree takes bare trees only since git 2.45, and a base since 2.40.
    let base = bare(git, base, &[])?;
    let side = |tree: &str| bare(git, tree, &[base.as_str()]);
    let (ours, theirs) = (side(ours)?, side(theirs)?);
    let arguments = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", &ours, &theirs];
    let output = git.try_run(&arguments)?;
    if output.status.code().is_none_or(|code| code > 1) {
        return Err(Refusal::text(String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut fields = text.split('\0').filter(|field| !field.is_empty()).map(str::to_owned);
    let tree = fields.next().unwrap_or_default();
    let mut merged = Merged { tree, conflicts: fields.collect() };
    if git.beside {
        bring_lines_together(git, &mut merged, trees)?;
    }
    Ok(merged)
}

/// Takes those conflicts out that are about lines beside each other only.
fn bring_lines_together(git: &Git, merged: &mut Merged, [base, ours, theirs]: [&str; 3]) -> Result<(), Refusal> {
    let mut lines = Vec::new();
    let mut left = Vec::new();
    for path in std::mem::take(&mut merged.conflicts) {
        match super::lines::merge(git, &path, base, ours, theirs)? {
            Some(blob) => lines.extend(format!("100644 {blob}\t{path}\0").into_bytes()),
            None => left.push(path),
        }
    }
    merged.conflicts = left;
    if !lines.is_empty() {
        let index = scratch_index(&git.folder);
        git.on_index(&index, &["read-tree", &merged.tree], b"")?;
        git.on_index(&index, &["update-index", "-z", "--index-info"], &lines)?;
        merged.tree = String::from_utf8_lossy(&git.on_index(&index, &["write-tree"], b"")?).trim().to_owned();
        std::fs::remove_file(index)?;
    }
    Ok(())
}

/// A commit around a tree, by the program itself.
pub fn bare(git: &Git, tree: &str, parents: &[&str]) -> Result<String, Refusal> {
    let ident = "GitButler <gitbutler@gitbutler.com> 1 +0000".to_owned();
    let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
    let commit = Commit { tree: tree.into(), parents, author: ident.clone(), committer: ident, ..Commit::default() };
    Ok(commit.write(git)?.id)
}

/// Now.
pub fn nanoseconds() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos())
}
