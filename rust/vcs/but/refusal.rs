//! Why `but` did not do what was asked.
//!
//! Only `setup_required` and `conflictAborted` come as JSON; everything else is text on stderr, read here.

mod text;

use crate::contract::Code;
use crate::error::Error;

/// Shorthand.
pub type Result<T> = std::result::Result<T, Refusal>;

/// Why `but` did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No git repository here.
    NoRepository,
    /// `but setup` never ran here.
    SetupRequired,
    /// Set up, but another branch than GitButler's is checked out.
    OtherBranch,
    /// Somebody committed on `gitbutler/workspace` itself: `but` refuses everything.
    ModeExit,
    /// A linked worktree: `but` works in the main one only.
    LinkedWorktree,
    /// Changes build on commits of other branches.
    DependsOn(Vec<Dependence>),
    /// A branch cannot be applied beside these.
    ConflictsWith(Vec<String>),
    /// Git knows no author.
    AuthorMissing,
    /// There was nothing to commit.
    NothingToCommit,
    /// A path or id that names no uncommitted change (any more); `but`'s words.
    BadPath(String),
    /// The old grammar keeps a change staged for another stack; `but`'s words.
    StagedElsewhere(String),
    /// A git hook refused; its words.
    HookFailed(String),
    /// Files of the working tree would have been overwritten, or changed while `but` wrote them.
    CheckoutConflict(Vec<String>),
    /// A branch of that name is applied already.
    AlreadyApplied(String),
    /// A branch of that name exists and is not applied.
    NotApplied(String),
    /// No branch, commit or change of that name; `but`'s words.
    NotFound(String),
    /// No name for a branch; `but`'s words.
    InvalidName(String),
    /// The reference of an applied branch was moved by something else than `but`.
    MovedOutside(Vec<String>),
    /// It did not end in time and was ended.
    TimedOut(u64),
    /// It could not be started.
    NotStarted(String),
    /// A signal ended it.
    Killed(i32),
    /// It answered something that is not its grammar.
    Garbage(String),
    /// Neither grammar is its own.
    UnknownGrammar(String),
    /// Anything else, in `but`'s words.
    Other(String),
}

/// One change that builds on commits of another branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependence {
    /// The changed path.
    pub path: String,
    /// `line 3`, `lines 5–9`, `around line 7`; nothing when `but` cannot say.
    pub lines: Option<String>,
    /// The branches whose commits it builds on; empty when `but` names none.
    pub branches: Vec<String>,
}

impl Refusal {
    /// What `but` printed is not what it should be.
    pub fn garbage(verb: &str, why: &dyn std::fmt::Display, text: &str) -> Refusal {
        let seen: String = text.chars().take(80).collect();
        Refusal::Garbage(format!("but {verb}: {why} in {seen:?}"))
    }

    /// Reads a failed run: what it printed, and how it ended.
    pub fn read(stdout: &str, stderr: &str, code: i32) -> Refusal {
        text::read(stdout, stderr, code)
    }

    /// The one branch that would resolve a dependence if the task's were stacked above it.
    pub fn remedy(&self) -> Option<&str> {
        let Refusal::DependsOn(dependences) = self else { return None };
        let first = dependences.first()?.branches.first()?;
        let sole = dependences.iter().all(|one| !one.branches.is_empty() && one.branches.iter().all(|it| it == first));
        sole.then_some(first)
    }

    /// Whether the same call may work a moment later, nothing having been changed by it.
    pub fn is_passing(&self) -> bool {
        matches!(self, Refusal::BadPath(_) | Refusal::CheckoutConflict(_) | Refusal::NothingToCommit)
    }

    /// What to do about it, for people; `branch` is the task's.
    pub fn hint(&self, branch: &str) -> Option<String> {
        let words = match self {
            Refusal::NoRepository => "run `git init` first".into(),
            Refusal::SetupRequired => "run `but setup` in the repository: it checks out gitbutler/workspace".into(),
            Refusal::OtherBranch => "run `git checkout gitbutler/workspace`, then `but setup`".into(),
            Refusal::ModeExit => "run `but teardown`, or `git reset --soft HEAD~1` on gitbutler/workspace".into(),
            Refusal::LinkedWorktree => "work in the main worktree".into(),
            Refusal::DependsOn(_) => format!("`but move {branch} --above {}` stacks it there", self.remedy()?),
            Refusal::ConflictsWith(others) if others.is_empty() => return None,
            Refusal::ConflictsWith(others) => format!("unapply {} first", others.join(", ")),
            Refusal::AuthorMissing => "run `git config --global user.name NAME` and the same for user.email".into(),
            Refusal::NotApplied(name) => format!("run `but apply {name}`"),
            Refusal::StagedElsewhere(_) => "run `but rub PATH zz` to take it off the other stack".into(),
            Refusal::MovedOutside(names) => {
                let name = names.first()?;
                format!("run `but unapply {name}` and `but apply {name}`: it reads the branch again")
            }
            Refusal::UnknownGrammar(_) => "name another `but` with `[vcs] but`, or use worktrees".into(),
            Refusal::TimedOut(_) => "see whether another `but` or the GitButler app holds the project".into(),
            _ => return None,
        };
        Some(words)
    }

    /// The reason as a sentence without a full stop.
    fn reason(&self) -> String {
        match self {
            Refusal::NoRepository => "there is no git repository".into(),
            Refusal::SetupRequired => "the repository is not set up for GitButler".into(),
            Refusal::OtherBranch => "another branch than gitbutler/workspace is checked out".into(),
            Refusal::ModeExit => "somebody committed on gitbutler/workspace itself".into(),
            Refusal::LinkedWorktree => "GitButler does not work in a linked worktree".into(),
            Refusal::DependsOn(dependences) => {
                dependences.iter().map(Dependence::reason).collect::<Vec<_>>().join("; ")
            }
            Refusal::ConflictsWith(others) if others.is_empty() => "it conflicts with an applied branch".into(),
            Refusal::ConflictsWith(others) => format!("it conflicts with {}", others.join(", ")),
            Refusal::AuthorMissing => "git knows no author".into(),
            Refusal::NothingToCommit => "there is nothing to commit".into(),
            Refusal::CheckoutConflict(paths) if paths.is_empty() => "files changed meanwhile".into(),
            Refusal::CheckoutConflict(paths) => format!("uncommitted edits are in the way: {}", paths.join(", ")),
            Refusal::AlreadyApplied(name) => format!("{name} is applied already"),
            Refusal::NotApplied(name) => format!("{name} exists and is not applied"),
            Refusal::MovedOutside(names) => format!("{} was moved outside GitButler", names.join(", ")),
            Refusal::TimedOut(seconds) => format!("but did not answer within {seconds} s"),
            Refusal::NotStarted(why) => format!("but cannot be run: {why}"),
            Refusal::Killed(signal) => format!("but was ended by signal {signal}"),
            Refusal::Garbage(why) => format!("but answered what is not known ({why})"),
            Refusal::UnknownGrammar(version) => format!("this but ({version}) has a grammar that is not known"),
            Refusal::BadPath(words)
            | Refusal::StagedElsewhere(words)
            | Refusal::HookFailed(words)
            | Refusal::NotFound(words)
            | Refusal::InvalidName(words)
            | Refusal::Other(words) => words.clone(),
        }
    }
}

impl Dependence {
    fn reason(&self) -> String {
        let lines = self.lines.as_ref().map(|lines| format!(" {lines}")).unwrap_or_default();
        match self.branches.as_slice() {
            [] => format!("{}{lines} builds on another branch", self.path),
            branches => format!("{}{lines} builds on {}", self.path, branches.join(", ")),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason())
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        let code = match refusal {
            Refusal::NotStarted(_) | Refusal::UnknownGrammar(_) => Code::ToolMissing,
            Refusal::TimedOut(_) | Refusal::Killed(_) | Refusal::Garbage(_) | Refusal::Other(_) => Code::Internal,
            _ => Code::WrongState,
        };
        let error = Error::new(code, refusal.reason());
        match refusal.hint("BRANCH") {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
