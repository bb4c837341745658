//! The stack of a task in a GitButler project: made when it starts, found again, taken back.

use crate::agent::{ADAPTERS, CommittingHook};
use crate::attribution::Owner;
use crate::config::{Committer, Loaded};
use crate::contract::{Code, Environment};
use crate::core::Core;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::ops::rewrite;
use crate::store::Tx;
use crate::task::{Isolation, Task};
use crate::vcs::but::{self, But, ButCapabilities, Refusal, Setup};
use crate::vcs::environment::GitEnvironment;
use crate::vcs::lock::{Held, Lock};
use crate::vcs::rewrite::Action;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a commit waits for others in the same repository: many turns may end together.
pub const QUEUE: Duration = Duration::from_secs(300);

/// The key under which the program found at a start is kept: a commit at a turn's end has nobody's PATH.
fn key(project: &str) -> String {
    format!("but {project}")
}

/// `but` for a project and what it can, whether or not the project can be worked on with it.
pub struct FoundBut {
    /// The program.
    pub program: PathBuf,
    /// What it can.
    pub capabilities: ButCapabilities,
    /// The project's state.
    pub setup: Setup,
    /// GitButler's own hooks in the agent's settings.
    pub hooks: Vec<CommittingHook>,
    /// What it sees.
    environment: GitEnvironment,
}

/// Looks for `but` in the asking client's PATH, or where it was found before. Without a client, that is the one of the
/// project that asked last.
pub async fn find(core: &Core, project: &str, loaded: &Loaded, given: Option<&Environment>) -> Result<FoundBut> {
    let path = given.and_then(|given| given.0.get("PATH").cloned());
    let found = match path {
        Some(path) => in_path(&loaded.config.vcs.but, path).await,
        None => None,
    };
    let client = given.cloned().unwrap_or_else(|| core.environments.client_of(project));
    let program = match found {
        Some(program) => Some(program),
        None => otherwise(core, project, &client, &loaded.config.vcs.but).await,
    };
    let program = program.ok_or_else(|| {
        Error::new(Code::ButMissing, format!("there is no program {}", loaded.config.vcs.but))
            .hint("install GitButler's command line, or set `[vcs] but`")
    })?;
    let environment = match given {
        Some(given) => GitEnvironment::of_client(given),
        None => core.environments.of_project(project),
    };
    let capabilities = but::probe(&program, &environment).await;
    // As the agent will have it: its own configuration may name another folder of settings.
    let of_agents = ADAPTERS.iter().map(|adapter| (*adapter, loaded.config.agent(adapter.name()).environment(&client)));
    let of_agents: Vec<_> = of_agents.collect();
    let looked = foreign::ask(project, move |project| {
        let hooks = of_agents.iter().flat_map(|(adapter, its)| adapter.committing_hooks(&project, its));
        (but::setup(&project), hooks.collect())
    });
    let (setup, hooks) = looked.await.map_err(|error| {
        Error::new(Code::WrongState, format!("cannot look at {project}: {error}")).hint("mount it again")
    })?;
    Ok(FoundBut { program, capabilities, setup, hooks, environment })
}

/// The `but` of a list of folders. Any of these may be on a file system that does not answer.
async fn in_path(configured: &str, path: String) -> Option<PathBuf> {
    let configured = configured.to_owned();
    foreign::ask(path, move |path| but::find(Some(&configured), &path.to_string_lossy())).await.ok().flatten()
}

/// Where the asking client has none: where it was found before, else in the PATH of the client that asked last, else in
/// the daemon's own.
async fn otherwise(core: &Core, project: &str, client: &Environment, configured: &str) -> Option<PathBuf> {
    if let Some(program) = remembered(core, project).await {
        return Some(program);
    }
    for path in [client.0.get("PATH").cloned(), std::env::var("PATH").ok()].into_iter().flatten() {
        if let Some(program) = in_path(configured, path).await {
            return Some(program);
        }
    }
    None
}

async fn remembered(core: &Core, project: &str) -> Option<PathBuf> {
    let found = core.read(project, |tx, project| tx.recall(&key(project))).await.ok()??;
    let is_there = foreign::ask(&found, fs::is_file).await.unwrap_or_default();
    is_there.then(|| found.into())
}

/// Notes which program a task was started with.
pub fn remember(tx: &mut Tx<'_>, project: &str, program: &Path) -> Result<()> {
    tx.remember(&key(project), &program.to_string_lossy())
}

/// What stands against stacks in this project, if anything, with the one command that mends it.
pub fn against(found: &FoundBut, committer: Committer) -> Option<Error> {
    let error = |code: Code, why: String| Some(Error::new(code, why));
    if found.capabilities.grammar.is_none() {
        let why = format!("`{}` speaks no known grammar ({})", found.program.display(), found.capabilities.version);
        return error(Code::Unsupported, why).map(|it| it.hint("name another with `[vcs] but`, or use worktrees"));
    }
    let refused = match &found.setup {
        Setup::Ready => None,
        Setup::Missing => error(Code::VcsRefused, "the project is not set up for GitButler".into()).map(|it| {
            it.hint("`chorus setup` explains what `but setup` changes and runs it; or use isolation worktree")
        }),
        Setup::OtherBranch(branch) => {
            error(Code::VcsRefused, format!("{branch} is checked out, not GitButler's workspace"))
                .map(|it| it.hint("run `git checkout gitbutler/workspace && but setup`"))
        }
        Setup::Linked => error(Code::VcsRefused, "the project is a linked worktree or a submodule".into())
            .map(|it| it.hint("work in the main worktree, or use isolation worktree")),
        Setup::NoRepository => {
            error(Code::NotARepository, "the project is no git repository with a working tree".into())
                .map(|it| it.hint("run `git init`, then `but setup`"))
        }
        Setup::Unfinished(what) => error(Code::VcsRefused, format!("a {what} is unfinished"))
            .map(|it| it.hint(format!("finish or abort the {what} first"))),
    };
    refused.or_else(|| against_hooks(found, committer))
}

/// Two committers would race: never both.
fn against_hooks(found: &FoundBut, committer: Committer) -> Option<Error> {
    let first = found.hooks.first().filter(|_| committer == Committer::Chorus && found.capabilities.hooks)?;
    let why = format!("GitButler's own hooks would commit beside Chorus ({}:{})", first.file.display(), first.line);
    let lines = lines_of(&found.hooks);
    Some(Error::new(Code::VcsRefused, why).hint(format!("remove {lines}, or set `[vcs] committer = \"but-hooks\"`")))
}

/// Hooks that this `but` does not have any more: each fails the agent's edits. What to remove.
pub fn broken_hooks(found: &FoundBut) -> Option<String> {
    let hook = found.hooks.first().filter(|_| !found.capabilities.hooks)?;
    let lines = lines_of(&found.hooks);
    Some(format!(
        "`{}` breaks the agent's edits, for this `but` has no such hooks any more: remove {lines}",
        hook.command
    ))
}

/// `.claude/settings.local.json lines 5, 9`, a file after the other.
pub fn lines_of(hooks: &[CommittingHook]) -> String {
    let mut parts: Vec<(PathBuf, Vec<String>)> = Vec::new();
    for hook in hooks {
        match parts.last_mut().filter(|(file, _)| *file == hook.file) {
            Some((_, lines)) => lines.push(hook.line.to_string()),
            None => parts.push((hook.file.clone(), vec![hook.line.to_string()])),
        }
    }
    let part = |(file, lines): &(PathBuf, Vec<String>)| format!("{} line {}", file.display(), lines.join(", "));
    parts.iter().map(part).collect::<Vec<_>>().join("; ")
}

/// A usable `but` for a task's project.
pub async fn open(core: &Core, project: &str, loaded: &Loaded, given: Option<&Environment>) -> Result<But> {
    find(core, project, loaded, given).await?.open(project).await
}

/// A usable `but` for a task: what it runs is run for that task.
pub async fn open_for(core: &Core, task: &Task, loaded: &Loaded) -> Result<But> {
    Ok(open(core, &task.project, loaded, None).await?.under(core.environments.of_task(task)))
}

impl FoundBut {
    /// The project as this `but` has it, unless something stands against that.
    pub async fn open(&self, project: &str) -> Result<But> {
        match against(self, Committer::ButHooks) {
            Some(why) => Err(why),
            None => Ok(But::open(&self.program, Path::new(project), &self.environment).await?),
        }
    }
}

/// Runs `but setup`: a person said so.
pub async fn set_up(found: &FoundBut, project: &Path) -> Result<()> {
    let but = But::open(&found.program, project, &found.environment).await?;
    let held = hold(&but).await?;
    Ok(but.set_up(&held).await?)
}

/// The right to change the repository, for as long as it is held.
pub async fn hold(but: &But) -> Result<Held> {
    Lock::of(&but.root().join(".git")).await.hold(QUEUE).await
}

/// The branch under which the task's stack is made: its own from before, or a new name.
pub fn name(task: &Task, taken: impl Fn(&str) -> bool) -> String {
    match &task.stack {
        Some(branch) => branch.clone(),
        None => {
            let number = u32::try_from(task.number).unwrap_or(u32::MAX);
            crate::vcs::name::branch_name(number, &task.title, taken)
        }
    }
}

/// Makes or finds the task's stack; true when it was made now. `above` is the branch of the task it builds on.
pub async fn make(core: &Core, task: &Task, but: &But, branch: &str, above: Option<&str>) -> Result<bool> {
    let held = hold(but).await?;
    let branches = but.branches().await?;
    match branches.iter().find(|listed| listed.name == branch) {
        Some(listed) if listed.applied => return Ok(false),
        Some(_) => return apply(core, task, but, branch, &held).await.map(|()| false),
        None => {}
    }
    match but.branch_new(branch, above, &held).await {
        Ok(()) => Ok(true),
        // A branch that the list does not show any more: the task's own from before.
        Err(Refusal::NotApplied(_)) => apply(core, task, but, branch, &held).await.map(|()| false),
        Err(error) => Err(error.into()),
    }
}

async fn apply(core: &Core, task: &Task, but: &But, branch: &str, held: &Held) -> Result<()> {
    refuse_beside(&touched_beside(core, task, but, branch).await?, &format!("apply {branch}"))?;
    let action = Action::Apply { branch: branch.to_owned() };
    rewrite::run(core, task, but, held, action, |_, _, _| Ok(())).await?.done
}

/// What rewrites files runs only while nobody else has uncommitted edits in them.
pub fn refuse_beside(files: &[String], doing: &str) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let why = format!("cannot {doing}: uncommitted edits that are not this task's are in {}", named(files));
    Err(Error::new(Code::VcsRefused, why).hint("commit them, or wait until their tasks' turns end"))
}

/// `a, b and 3 more`.
pub fn named(files: &[String]) -> String {
    let named = files.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match files.len().saturating_sub(5) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Files that the branch changes and that hold uncommitted edits of others: other tasks', the person's, unclaimed ones.
pub async fn touched_beside(core: &Core, task: &Task, but: &But, branch: &str) -> Result<Vec<String>> {
    let status = but.status().await?;
    if status.changes.is_empty() {
        return Ok(Vec::new());
    }
    let git = rewrite::git(but);
    let range = format!("HEAD...refs/heads/{branch}");
    let range = match &status.base {
        Some(base) if status.branch(branch).is_some() => format!("{base}...refs/heads/{branch}"),
        _ => range,
    };
    let changed = git.bytes(&["diff", "--name-only", "-z", "--no-renames", &range, "--"]).await?;
    let changed: BTreeSet<String> =
        changed.split(|byte| *byte == 0).map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    let ledgers = core.read(&task.project, |tx, project| tx.ledgers(project)).await?;
    let mine = Owner::Task(task.uuid.clone());
    let is_mine = |path: &String| {
        let ledger = ledgers.iter().find(|(known, _)| known == path);
        ledger.is_some_and(|(_, ledger)| ledger.owners().iter().all(|owner| *owner == mine))
    };
    let dirty = status.changes.into_iter().map(|change| change.path);
    Ok(dirty.filter(|path| changed.contains(path) && !is_mine(path)).collect())
}

/// The branch of the task that `task` builds on.
pub fn above(tx: &Tx<'_>, task: &Task) -> Result<Option<String>> {
    let Some(on) = task.on else { return Ok(None) };
    let other = tx.task(&task.project, &on.to_string())?;
    match (other.isolation, other.stack) {
        (Isolation::Stack | Isolation::Worktree, Some(branch)) => Ok(Some(branch)),
        _ => Err(Error::new(Code::WrongState, format!("#{on}, which it builds on, has no branch"))
            .hint(format!("start #{on} first"))),
    }
}

/// Takes a branch away that was made for a start which failed, if nothing was committed to it.
pub async fn drop_empty(core: &Core, task: &Task, but: &But, branch: &str) -> Result<()> {
    let held = hold(but).await?;
    let status = but.status().await?;
    if status.branch(branch).is_some_and(|found| found.commits.is_empty()) {
        let action = Action::DropEmpty { branch: branch.to_owned() };
        rewrite::run(core, task, but, &held, action, |_, _, _| Ok(())).await?.done?;
    }
    Ok(())
}
