//! What Chorus needs and whether it is there; what is configured.

use crate::agent::HooksQuestion;
use crate::config::{Channel, Notifications, Trace};
use crate::contract::{self, Check, Health};
use crate::core::{Asker, Core};
use crate::desktop;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::paths::State;
use crate::store::Filter;
use crate::vcs::environment::GitEnvironment;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PROGRAM_LIMIT: Duration = Duration::from_secs(3);

/// In order of importance: what stops everything comes first.
pub async fn health(core: &Core, asker: &Asker) -> Result<Health> {
    let loaded = core.config_of(&asker.project).await;
    let mut checks = vec![daemon(&core.state), store(core)];
    // Without a store there is no server of its own either.
    if core.store().is_ok() {
        checks.push(tmux(core, &asker.project).await);
    }
    checks.push(
        program(
            &loaded.config.agent.default,
            &agent_command(core, asker).await,
            &agent_environment(core, asker).await,
            true,
            "install it, or set `[agent] default = \"demo\"`",
        )
        .await,
    );
    checks.extend(hooks(core, asker).await);
    checks.extend(crate::ops::queries::repository::checks(core, asker).await);
    checks.extend(orphans(core).await);
    checks.push(write_tracing(loaded.config.vcs.trace).await);
    checks.push(notifications(core, &loaded.config.notifications).await);
    checks.push(
        program("ttyd", &loaded.config.web.command, &GitEnvironment::of_process(), false, "install ttyd for `web`")
            .await,
    );
    checks.extend(
        loaded.faults.iter().map(|fault| check("configuration", "error", fault.clone(), Some("correct chorus.toml"))),
    );
    checks.extend(loaded.notices.iter().map(|notice| check("configuration", "warn", notice.clone(), None)));
    Ok(Health { checks })
}

/// Worktrees in the state folder that no task has any more, and what of one could not be deleted: a task was deleted while
/// it had edits. Nothing else reports them.
async fn orphans(core: &Core) -> Option<Check> {
    let store = core.store().ok()?;
    let tasks = store.read(|tx| tx.tasks(None, &Filter::default())).await.ok()?;
    let known: BTreeSet<PathBuf> = tasks.into_iter().filter_map(|task| task.worktree).map(PathBuf::from).collect();
    let (home, place) = (core.state.worktrees(), core.state.worktrees());
    let folders = |dir: &Path| {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| fs::is_dir(path)).collect::<Vec<_>>()
    };
    let all = foreign::within(&place, move || {
        let home = fs::canonicalize(&home).unwrap_or(home);
        let all = folders(&home).into_iter().flat_map(|shelf| folders(&shelf));
        all.filter(|folder| !known.contains(folder)).filter_map(Orphan::at).collect::<Vec<_>>()
    });
    let orphans = all.await.ok()?;
    let advice = removal(&orphans)?;
    let names: Vec<String> = orphans.iter().map(|orphan| orphan.folder.display().to_string()).collect();
    Some(check("worktrees", "warn", format!("no task has {} any more", names.join(", ")), Some(&advice)))
}

/// A folder that no task has.
struct Orphan {
    folder: PathBuf,
    /// The git folder of the repository that it is a worktree of.
    repository: Option<PathBuf>,
}

impl Orphan {
    /// Nothing where Chorus keeps something in the folder.
    fn at(folder: PathBuf) -> Option<Orphan> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        // What could not be deleted of a worktree is none any more.
        let is_left = name.starts_with(".left-");
        let is_kept = name.starts_with('.') && !is_left;
        let repository = crate::project::common_dir(&folder).filter(|_| !is_left);
        (!is_kept).then_some(Orphan { folder, repository })
    }
}

/// How a person gets rid of such folders: by the first of each kind.
fn removal(orphans: &[Orphan]) -> Option<String> {
    let git = orphans.iter().find_map(|orphan| {
        let (folder, repository) = (orphan.folder.display(), orphan.repository.as_ref()?.display());
        Some(format!("then `git -C {repository} worktree remove --force {folder}`"))
    });
    let by_hand = orphans.iter().find(|orphan| orphan.repository.is_none());
    let by_hand = by_hand.map(|orphan| format!("delete {} by hand", orphan.folder.display()));
    let steps: Vec<String> = git.into_iter().chain(by_hand).collect();
    (!steps.is_empty()).then(|| format!("take from them what you need, {}", steps.join("; ")))
}

/// Effective configuration.
pub async fn config(core: &Core, asker: &Asker) -> contract::Config {
    core.config_of(&asker.project).await.reply()
}

fn check(name: &str, level: &str, text: impl Into<String>, advice: Option<&str>) -> Check {
    Check { name: name.into(), level: level.into(), text: text.into(), advice: advice.map(str::to_owned) }
}

fn failed(name: &str, error: Error) -> Check {
    Check { name: name.into(), level: "error".into(), text: error.message, advice: error.hint }
}

fn daemon(state: &State) -> Check {
    let text =
        format!("{} (process {}), state in {}", env!("CARGO_PKG_VERSION"), std::process::id(), state.dir.display());
    check("daemon", "ok", text, None)
}

fn store(core: &Core) -> Check {
    match core.store() {
        Ok(store) => check("store", "ok", store.file().display().to_string(), None),
        Err(error) => failed("store", error),
    }
}

async fn tmux(core: &Core, project: &str) -> Check {
    let found = async {
        let tmux = core.tmux(&core.config_of(project).await, None)?;
        Ok((tmux.check().await?, tmux.socket().display().to_string()))
    };
    match found.await {
        Ok((version, socket)) => check("tmux", "ok", format!("{version}, own server at {socket}"), None),
        Err(error) => failed("tmux", error),
    }
}

/// Whether the kernel can say which task wrote a file. Trying it takes a thread, since a filter is never taken off again.
async fn write_tracing(configured: Trace) -> Check {
    let name = "write tracing";
    if configured == Trace::Off {
        return check(name, "ok", "off: `[vcs] trace` says so", None);
    }
    let tried = tokio::task::spawn_blocking(chorus_write_trace::available).await;
    match tried.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(()) => {
            let text =
                "the kernel reports what stack tasks write; programs in their terminals gain no privileges (sudo)";
            check(name, "ok", text, None)
        }
        Err(why) => {
            let advice = "without it, Chorus takes shell commands' edits for candidates by the time they were made";
            check(name, "warn", format!("not possible here: {why}"), Some(advice))
        }
    }
}

/// Where a person is told, and why not on the desktop.
async fn notifications(core: &Core, configured: &Notifications) -> Check {
    let name = "notifications";
    let terminal = format!("the terminal of a connected Neovim ({})", configured.terminal.word());
    if !configured.enabled || configured.channel == Channel::Off {
        return check(name, "ok", "off".to_owned(), None);
    }
    if configured.channel == Channel::Terminal {
        return check(name, "ok", terminal, None);
    }
    match desktop::probe(&core.state.program(), &core.environments.bus()).await {
        Ok(server) => {
            let buttons = if server.buttons { "" } else { ", without buttons" };
            let version = Some(server.version).filter(|version| !version.is_empty());
            let version = version.map(|version| format!(" {version}")).unwrap_or_default();
            check(name, "ok", format!("desktop (server {}{version}{buttons})", server.name), None)
        }
        Err(why) if configured.channel == Channel::Auto => {
            check(name, "ok", format!("{terminal}; not the desktop: {why}"), None)
        }
        Err(why) => {
            let advice = "run a notification server, or set `[notifications] channel = \"auto\"`";
            check(name, "warn", format!("none: {why}"), Some(advice))
        }
    }
}

async fn agent_command(core: &Core, asker: &Asker) -> String {
    let loaded = core.config_of(&asker.project).await;
    let agent = crate::ops::agents::named(&loaded, &loaded.config.agent.default, &core.state);
    agent.command.into_iter().next().unwrap_or_default()
}

/// Whether the default agent's hooks are switched off, as far as that can be told without a start.
async fn hooks(core: &Core, asker: &Asker) -> Option<Check> {
    let loaded = core.config_of(&asker.project).await;
    let agent = crate::ops::agents::named(&loaded, &loaded.config.agent.default, &core.state);
    let adapter = agent.adapter()?;
    let configured = loaded.config.agent(&loaded.config.agent.default);
    let words = agent.command.iter().skip(1).chain(&agent.args);
    let asked = HooksQuestion {
        program: core.state.program(),
        args: words.cloned().collect(),
        folder: asker.project.clone().into(),
        config_dir: adapter
            .config_dir(&configured.environment(&core.environments.client_of(&asker.project)), asker.project.as_ref()),
    };
    // Without it, no agent was started yet.
    let known = foreign::ask(&asked.program, fs::exists).await.unwrap_or_default();
    let cause = crate::agent::hooks_off::cause(adapter, asked).await?;
    let advice = "let its hooks run: without them Chorus attributes and guards nothing, and tasks get worktrees";
    known.then(|| check("hooks", "warn", format!("the agent's hooks do not run ({cause})"), Some(advice)))
}

/// What the agent would have, were it started by the client that asks.
async fn agent_environment(core: &Core, asker: &Asker) -> GitEnvironment {
    let loaded = core.config_of(&asker.project).await;
    let configured = loaded.config.agent(&loaded.config.agent.default);
    GitEnvironment::of_client(&configured.environment(&core.environments.client_of(&asker.project)))
}

/// As it is found in that environment.
async fn program(name: &str, command: &str, environment: &GitEnvironment, needed: bool, advice: &str) -> Check {
    let mut run = tokio::process::Command::new(command);
    environment.give(&mut run);
    run.arg("--version");
    let found = crate::process::run(run, Vec::new(), PROGRAM_LIMIT).await;
    match found {
        Ok(ended) if ended.code == Some(0) => {
            let said = ended.text();
            let line = said.lines().next().unwrap_or_default().trim().to_owned();
            check(name, "ok", format!("{command}: {line}"), None)
        }
        Ok(ended) => check(name, "warn", format!("{command} --version failed: {}", ended.stderr), Some(advice)),
        Err(error) => check(name, if needed { "error" } else { "warn" }, error.message, Some(advice)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_worktree_is_deleted_by_hand() {
        let orphan = |name: &str, repository: Option<&str>| Orphan {
            folder: Path::new("/worktrees/x").join(name),
            repository: repository.map(PathBuf::from),
        };
        let (worktree, left) = (orphan("1-a", Some("/project/.git")), orphan(".left-2-b-1", None));
        let git = "take from them what you need, then `git -C /project/.git worktree remove --force /worktrees/x/1-a`";
        assert_eq!(removal(&[orphan("1-a", Some("/project/.git"))]).unwrap(), git);
        assert_eq!(removal(&[left, worktree]).unwrap(), format!("{git}; delete /worktrees/x/.left-2-b-1 by hand"));
        assert_eq!(removal(&[]), None);
        let folder = tempfile::tempdir().unwrap();
        let found = ["3-c", ".left-4-d-1", ".kept-5-1", ".removed-6-e-1"].map(|name| {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            Orphan::at(folder.path().join(name)).is_some()
        });
        assert_eq!(found, [true, true, false, false]);
    }
}
