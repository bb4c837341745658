//! Committing a worktree's edits, and showing them.

use super::Worktree;
use super::dirty::changes;
use super::stage::{stage, tree};
use super::staged::{Staged, Taken};
use super::standing::{Checkout, now};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::vcs::git::{Git, Hooks, tail};
use std::time::Duration;

/// How long a commit may take: it may run the user's hooks, with their tests.
pub const LIMIT: Duration = Duration::from_secs(600);

/// Which edits are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// All commits of the branch.
    Branch,
    /// What is not committed.
    Uncommitted,
    /// Both, as one.
    Both,
}

/// What came of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorktreeCommit {
    /// The new commit; nothing when there was nothing to commit.
    pub oid: Option<String>,
    /// Edits that a hook took away: neither the commit nor the worktree has them.
    pub taken: Option<Taken>,
}

/// Commits everything in the worktree to its branch, but what was prepared and repositories inside it; the new commit,
/// or nothing when there was nothing to commit. Git's hooks run, as the user has them.
pub async fn commit_all(worktree: &Worktree, message: &str) -> Result<Option<String>> {
    commit_with(worktree, message, Hooks::Run, 0).await.map(|made| made.oid)
}

/// The same for task `number`, with or without the repository's hooks.
pub async fn commit_with(worktree: &Worktree, message: &str, hooks: Hooks, number: u32) -> Result<WorktreeCommit> {
    let refuse = |why: String, hint: &str| {
        Err(Error::new(Code::VcsRefused, format!("cannot commit to {}: {why}", worktree.branch)).hint(hint))
    };
    let (standing, changes) = now(worktree).await?;
    if !standing.present {
        let (why, hint) = absence(worktree, standing.branch_exists).await?;
        return refuse(why, &hint);
    }
    if let Some(operation) = standing.operation {
        let name = operation.name();
        let hint = format!("finish or end it in {}, or ask the agent to", worktree.folder.display());
        return refuse(format!("a {name} is in progress in its worktree"), &hint);
    }
    if standing.checkout != Checkout::Ours {
        let other = match &standing.checkout {
            Checkout::Other(name) => format!("{} is checked out", name.trim_start_matches("refs/heads/")),
            _ => "no branch is checked out".to_owned(),
        };
        // A branch that is gone is made again where the worktree is.
        let switch = if standing.branch_exists { "switch" } else { "switch -c" };
        let hint = format!("`git -C {} {switch} {}`, or ask the agent to", worktree.folder.display(), worktree.branch);
        return refuse(format!("{other} in its worktree"), &hint);
    }
    if standing.applied {
        let hint = format!(
            "`but unapply {}`: GitButler loses what is committed to an applied branch from outside",
            worktree.branch
        );
        return refuse("it is applied in GitButler's workspace".into(), &hint);
    }
    if changes.paths.is_empty() {
        return Ok(WorktreeCommit::default());
    }
    if !changes.conflicted.is_empty() {
        let hint = format!("resolve them in {}, or ask the agent to", worktree.folder.display());
        return refuse(format!("there are unresolved conflicts in {}", changes.conflicted.join(", ")), &hint);
    }
    let message = message.replace('\0', "");
    if message.trim().is_empty() {
        return Err(Error::new(Code::BadInput, "cannot commit: the message is empty").hint("give the commit a message"));
    }
    let git = worktree.git();
    for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
        if git.ask(&["var", who]).await?.code != Some(0) {
            return refuse(
                "git does not know who you are".into(),
                "set `git config --global user.name` and `user.email`, or commit from a shell that has GIT_AUTHOR_NAME and \
                 the like: Chorus forgets those with a restart. The edits wait in the worktree",
            );
        }
    }
    stage(&git, &changes).await.map_err(|error| not_added(worktree, error))?;
    if git.succeeds(&["diff", "--cached", "--quiet", "--ignore-submodules=none"]).await? {
        return Ok(WorktreeCommit::default());
    }
    let before = git.head().await?;
    let staged = match hooks {
        Hooks::Run => Some(Staged::keep(&git, before.as_deref(), number).await?),
        Hooks::Off => None,
    };
    let mut args = vec!["commit", "--quiet", "--cleanup=whitespace", "--file=-"];
    if git.find(&["config", "--get", "i18n.commitEncoding"]).await?.is_some() {
        // The message is UTF-8, whatever the user's editor would write.
        args.splice(0..0, ["-c", "i18n.commitEncoding=UTF-8"]);
    }
    let ended = git.attempt_hooked(&args, hooks, message.into_bytes(), LIMIT).await;
    let after = git.head().await?;
    let taken = match staged {
        // The commit counts whatever fails beside it; what was staged is kept then.
        Some(staged) => staged.taken(worktree).await.unwrap_or_else(|error| {
            log::warn!("cannot tell whether hooks took edits away: {error}");
            None
        }),
        None => None,
    };
    // Whatever came after it, such as a hook that never ends or one that commits more: the commit is there.
    if let Some(made) = made_since(&git, before.as_deref(), after.as_deref()).await? {
        return Ok(WorktreeCommit { oid: Some(made), taken });
    }
    if let Some(taken) = taken {
        let error = Error::new(Code::VcsRefused, format!("cannot commit to {}: {}", worktree.branch, taken.text()));
        return Err(error.hint(taken.remedy(&worktree.folder)));
    }
    let ended = ended.map_err(|error| error.context(format!("cannot commit to {}", worktree.branch)))?;
    let printed = ended.text();
    let said = [tail(&ended.stderr), tail(&printed)].join("\n");
    let why = if said.trim().is_empty() { "git or a hook gave no reason" } else { said.trim() };
    let error = Error::new(Code::GitFailed, format!("cannot commit to {}: {why}", worktree.branch));
    Err(error.hint(hint(&git, why).await?))
}

/// Why there is no worktree to commit in, and what to do.
async fn absence(worktree: &Worktree, branch_exists: bool) -> Result<(String, String)> {
    let (folder, branch) = (worktree.folder.display(), &worktree.branch);
    if worktree.is_cut_off().await? {
        return Ok((
            format!("{folder} has lost its file `.git`"),
            "restart the task: Chorus makes the file again, and the edits stay".to_owned(),
        ));
    }
    if !worktree.is_gone().await? {
        return Ok((
            format!("something else is in the place of its worktree, {folder}"),
            format!("move it away, then restart the task: the worktree is made again on {branch}"),
        ));
    }
    Ok(match branch_exists {
        true => ("its worktree is gone".into(), "restart the task: the worktree is made again on its branch".into()),
        false => (
            "its worktree is gone, and so is its branch".into(),
            "`complete` or `fail` ends the task; `git reflog` finds its commits".into(),
        ),
    })
}

/// The commit that was made on `before`: the first of those that lead to `after`.
async fn made_since(git: &Git, before: Option<&str>, after: Option<&str>) -> Result<Option<String>> {
    let Some(after) = after.filter(|after| Some(*after) != before) else { return Ok(None) };
    let range = before.map_or_else(|| after.to_owned(), |before| format!("{before}..{after}"));
    let of_before = match before {
        Some(before) => git.is_ancestor(before, after).await?,
        None => true,
    };
    if !of_before {
        return Ok(None);
    }
    let made = git.read(&["rev-list", "--first-parent", "--reverse", &range]).await?;
    Ok(made.lines().next().map(str::to_owned))
}

/// What to do about a refused commit: a signer, a missing program and a hook are told apart by git's and the shell's words.
async fn hint(git: &Git, why: &str) -> Result<String> {
    let signs = git.find(&["config", "--type=bool", "--get", "commit.gpgSign"]).await?.as_deref() == Some("true");
    if signs
        && ["sign", "gpg", "agent socket", "secret key", "passphrase", "Load key"].iter().any(|word| why.contains(word))
    {
        let format = git.find(&["config", "--get", "gpg.format"]).await?.unwrap_or_else(|| "openpgp".to_owned());
        return Ok(format!(
            "the signer ({format}) refused it: try again from a shell in which `git commit` signs, whose environment \
             Chorus then uses, or restart the task there. The edits wait in the worktree"
        ));
    }
    if why.contains("not found") {
        return Ok(
            "a hook misses a program: it has the PATH of the shell that started the task. Restart the task, or \
            commit, from a shell that has the program. The edits wait in the worktree"
                .to_owned(),
        );
    }
    Ok("a hook of the repository may have refused it; the edits wait in the worktree".to_owned())
}

/// Why git did not take a path, with what to do about it.
fn not_added(worktree: &Worktree, error: Error) -> Error {
    // `open("a.txt"): Permission denied`: it is not the repository that git may not write.
    let is_unreadable = error.message.contains("): Permission denied");
    let hint = if error.message.contains("would be replaced by") {
        "git keeps line endings as they are because of `core.safecrlf`: change those of the file, or the setting"
    } else if error.message.contains("filter") {
        "a filter that `.gitattributes` demands failed: is its program installed?"
    } else if is_unreadable {
        "make the file readable, or let `.gitignore` name it"
    } else if error.message.contains("encod") {
        "the file is not in the encoding that `.gitattributes` names for it"
    } else {
        "mend what git names; the edits wait in the worktree"
    };
    let code = error.code;
    let why = error.message.trim_start_matches("git add failed: ").to_owned();
    let hint = error.hint.filter(|_| !is_unreadable).unwrap_or_else(|| hint.to_owned());
    Error::new(code, format!("cannot commit to {}: {why}", worktree.branch)).hint(hint)
}

/// The difference as `git diff` prints it, bytes; files that git does not know yet are in it.
pub async fn diff(worktree: &Worktree, span: Span) -> Result<Vec<u8>> {
    let tip = worktree.tip().await?.ok_or_else(|| {
        Error::new(Code::VcsRefused, format!("the branch {} is gone", worktree.branch))
            .hint("find its commits with `git reflog`")
    })?;
    let base = base(worktree, &tip).await?;
    let present = worktree.is_present().await?;
    let (from, to) = match span {
        Span::Branch => (base, tip),
        Span::Uncommitted | Span::Both if !present => return diff_when_gone(worktree, span, base, tip).await,
        Span::Uncommitted => {
            (worktree.git().head().await?.unwrap_or(tip), tree(&worktree.git(), &changes(worktree).await?).await?)
        }
        Span::Both => (base, tree(&worktree.git(), &changes(worktree).await?).await?),
    };
    between(worktree, &from, &to).await
}

async fn diff_when_gone(worktree: &Worktree, span: Span, base: String, tip: String) -> Result<Vec<u8>> {
    if span == Span::Both { between(worktree, &base, &tip).await } else { Ok(Vec::new()) }
}

/// Where the branch left its target: later than the base when the target was merged in.
async fn base(worktree: &Worktree, tip: &str) -> Result<String> {
    let found = match &worktree.target {
        Some(target) => worktree.project.find(&["merge-base", target, tip]).await?,
        None => None,
    };
    // A branch that was merged has no difference to its target; its own is shown still.
    Ok(found.filter(|base| base != tip).unwrap_or_else(|| worktree.base.clone()))
}

async fn between(worktree: &Worktree, from: &str, to: &str) -> Result<Vec<u8>> {
    let args = [
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--find-renames",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        from,
        to,
    ];
    worktree.project.bytes(&args).await
}
