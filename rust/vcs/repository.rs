//! What state a project's repository is in, and why a task cannot start in it.

use super::git::Git;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::vcs::look;
use rustix::fs::{Access, access};
use std::path::{Path, PathBuf};

/// GitButler's branch: all applied stacks in one working tree.
pub const WORKSPACE: &str = "refs/heads/gitbutler/workspace";

/// What is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryKind {
    /// No repository, or one that this user may not read: git's own words.
    None(String),
    /// A repository without a working tree.
    Bare,
    /// A branch without commits.
    Unborn,
    /// A commit, no branch.
    Detached,
    /// A branch, by its short name.
    Branch(String),
    /// GitButler's workspace.
    Workspace,
}

/// Something of git's that has begun and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "git's own words")]
pub enum Operation {
    Merge,
    Rebase,
    Am,
    CherryPick,
    Revert,
    Bisect,
}

impl Operation {
    /// Git's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Merge => "merge",
            Operation::Rebase => "rebase",
            Operation::Am => "am",
            Operation::CherryPick => "cherry-pick",
            Operation::Revert => "revert",
            Operation::Bisect => "bisect",
        }
    }
}

/// A look at a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The folder that was looked at.
    pub folder: PathBuf,
    /// What is checked out.
    pub kind: RepositoryKind,
    /// What is in progress.
    pub operation: Option<Operation>,
    /// Whether git knows whom to name as author and committer.
    pub identity: bool,
    /// Whether working tree and repository can be written.
    pub writable: bool,
    /// Whether this is a worktree beside the main one.
    pub is_linked_worktree: bool,
    /// Whether it names submodules.
    pub has_submodules: bool,
    /// Whether GitButler has been set up here.
    pub has_gitbutler: bool,
    /// The working tree's root.
    pub root: Option<PathBuf>,
}

/// What a task wants of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A stack in the one working tree.
    Stack,
    /// A worktree of its own.
    Worktree,
}

/// Looks. An error only when git cannot be run.
pub async fn inspect(folder: &Path) -> Result<Repository> {
    inspect_with(&Git::at(folder)).await
}

/// Looks with an environment, whose HOME and variables may hold the identity.
pub async fn inspect_with(git: &Git) -> Result<Repository> {
    let mut found = Repository {
        folder: git.folder.clone(),
        kind: RepositoryKind::None(String::new()),
        operation: None,
        identity: false,
        writable: false,
        is_linked_worktree: false,
        has_submodules: false,
        has_gitbutler: false,
        root: None,
    };
    if !look(&git.folder, fs::is_dir).await? {
        found.kind = RepositoryKind::None("no such folder".into());
        return Ok(found);
    }
    let ended = git.ask(&["rev-parse", "--is-bare-repository", "--is-inside-work-tree"]).await?;
    let said = ended.text();
    if ended.code != Some(0) {
        found.kind = RepositoryKind::None(super::git::tail(&ended.stderr).to_owned());
        return Ok(found);
    }
    let (git_dir, common) = (git.git_dir().await?, git.common_dir().await?);
    found.is_linked_worktree = git_dir != common;
    found.has_gitbutler = look(common.join("gitbutler"), fs::is_dir).await?;
    found.operation = operation(&git_dir).await?;
    if said.starts_with("true") || said.trim_end().ends_with("false") {
        found.kind = RepositoryKind::Bare;
        return Ok(found);
    }
    let root = super::git::path(&git.bytes(&["rev-parse", "--show-toplevel"]).await?);
    let written = [root.clone(), common.clone(), common.join("objects")];
    let asked = look(root.clone(), move |root| {
        let is_writable = written.iter().all(|dir| access(dir, Access::WRITE_OK).is_ok());
        (fs::exists(root.join(".gitmodules")), is_writable)
    });
    (found.has_submodules, found.writable) = asked.await?;
    found.identity = git.ask(&["var", "GIT_COMMITTER_IDENT"]).await?.code == Some(0)
        && git.ask(&["var", "GIT_AUTHOR_IDENT"]).await?.code == Some(0);
    found.kind = match git.branch().await? {
        None => RepositoryKind::Detached,
        Some(_) if git.head().await?.is_none() => RepositoryKind::Unborn,
        Some(name) if name == WORKSPACE => RepositoryKind::Workspace,
        Some(name) => RepositoryKind::Branch(name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned()),
    };
    found.root = Some(root);
    Ok(found)
}

/// What is in progress, by the files git keeps meanwhile in a worktree's git folder.
pub async fn operation(git_dir: &Path) -> Result<Option<Operation>> {
    let marks = [
        ("rebase-merge", Operation::Rebase),
        ("rebase-apply/applying", Operation::Am),
        ("rebase-apply", Operation::Rebase),
        ("MERGE_HEAD", Operation::Merge),
        ("CHERRY_PICK_HEAD", Operation::CherryPick),
        ("REVERT_HEAD", Operation::Revert),
        ("BISECT_LOG", Operation::Bisect),
    ];
    let is_there = |(name, operation), git_dir: &Path| fs::exists(git_dir.join(name)).then_some(operation);
    look(git_dir, move |git_dir| marks.into_iter().find_map(|mark| is_there(mark, &git_dir))).await
}

/// The branch, by its full name, that was checked out before an operation that moves HEAD; nothing where git does not say.
pub async fn branch_before(git_dir: &Path, operation: Operation) -> Result<Option<String>> {
    let files: &[&str] = match operation {
        Operation::Rebase | Operation::Am => &["rebase-merge/head-name", "rebase-apply/head-name"],
        Operation::Bisect => &["BISECT_START"],
        Operation::Merge | Operation::CherryPick | Operation::Revert => return Ok(None),
    };
    let read =
        look(git_dir, |git_dir| files.iter().find_map(|file| foreign::text(&git_dir.join(file), foreign::FEW).ok()));
    Ok(read.await?.and_then(|name| match (operation, name.trim()) {
        (Operation::Bisect, name) => Some(format!("refs/heads/{name}")),
        (_, name) => name.starts_with("refs/heads/").then(|| name.to_owned()),
    }))
}

/// Why no task can start here in that way; nothing when one can.
pub fn refusal(repository: &Repository, wanted: Use) -> Option<Error> {
    let folder = repository.folder.display();
    let no = |code: Code, why: String, hint: &str| Some(Error::new(code, why).hint(hint));
    let refused = |why: String, hint: &str| no(Code::VcsRefused, why, hint);
    match &repository.kind {
        RepositoryKind::None(why) if why.contains("dubious ownership") => {
            return no(
                Code::NotARepository,
                format!("{folder} belongs to another user, and git does not trust it"),
                "trust it with `git config --global --add safe.directory DIR`, or use `isolation = \"none\"`",
            );
        }
        RepositoryKind::None(_) => {
            return no(
                Code::NotARepository,
                format!("{folder} is not in a git repository"),
                "make one with `git init` and a first commit, or use `isolation = \"none\"`",
            );
        }
        RepositoryKind::Bare => {
            return refused(
                format!("{folder} has no working tree (a bare repository, or a git folder)"),
                "open a clone or a worktree of it",
            );
        }
        RepositoryKind::Unborn => {
            return refused(format!("{folder} has no commits yet"), "make a first commit, then start the task again");
        }
        _ => {}
    }
    // A worktree has a HEAD and an index of its own.
    if let Some(operation) = repository.operation.filter(|_| wanted == Use::Stack) {
        let name = operation.name();
        let end =
            if operation == Operation::Bisect { "git bisect reset".to_owned() } else { format!("git {name} --abort") };
        return refused(
            format!("a {name} is in progress in {folder}"),
            &format!("finish it, or end it with `{end}`, then start the task again"),
        );
    }
    if !repository.writable {
        return refused(
            format!("the repository of {folder} cannot be written"),
            "make its files writable for you, or use `isolation = \"none\"`",
        );
    }
    if !repository.identity {
        return refused(
            "git does not know who you are, so nothing can be committed".into(),
            "set `git config --global user.name` and `user.email`, then start the task again",
        );
    }
    if wanted == Use::Worktree {
        return None;
    }
    let worktree = "or use `isolation = \"worktree\"`";
    if repository.is_linked_worktree {
        return refused(
            format!("{folder} is a linked worktree, and GitButler works in the main one only"),
            &format!("open the main worktree, {worktree}"),
        );
    }
    let here = match &repository.kind {
        RepositoryKind::Workspace if repository.has_gitbutler => return None,
        RepositoryKind::Branch(name) => format!("the branch {name:?} is checked out"),
        RepositoryKind::Detached => "HEAD is detached".to_owned(),
        _ => "its project data is missing".to_owned(),
    };
    if repository.has_gitbutler {
        return refused(
            format!("{folder} is not in GitButler's workspace: {here}"),
            &format!("run `git checkout gitbutler/workspace && but setup`, {worktree}"),
        );
    }
    refused(
        format!("{folder} is not set up for GitButler"),
        &format!("`chorus setup` explains what `but setup` changes and runs it, {worktree}"),
    )
}
