//! Health of the project's repository: what stands against stacks and worktrees, each with the one command that mends it.

use crate::config::Committer;
use crate::contract::{Check, Confirm, Offer};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::stacks;
use crate::vcs::but::{Grammar, Refusal, Setup};
use crate::vcs::repository::{self, Use};
use std::path::Path;
use std::time::Duration;

/// What `but setup` changes, shown before a person confirms.
const EXPLAINED: &str = "`but setup` makes this a GitButler project, so that several tasks can share one working tree, \
each with its own branch:\n\
- it checks out the branch gitbutler/workspace; uncommitted files stay as they are, and a local branch with commits \
becomes a stack of that name\n\
- it replaces the pre-commit and post-checkout hooks (yours are kept beside them and still called)\n\
- it writes to .git/config and .git/gitbutler, and adds a remote gb-local where there is none\n\
`but teardown` takes it back.";

/// Lines of health about the project.
pub async fn checks(core: &Core, asker: &Asker) -> Vec<Check> {
    let mut checks = vec![git(asker).await];
    if !crate::project::find_git(asker.project.as_ref()).await {
        return checks;
    }
    let loaded = core.config_of(&asker.project).await;
    let found = match stacks::find(core, &asker.project, &loaded, None).await {
        Ok(found) => found,
        Err(error) => {
            checks.push(check("but", "warn", format!("{}: tasks get worktrees", error.message), error.hint));
            return checks;
        }
    };
    let grammar = match found.capabilities.grammar {
        Some(Grammar::New) => "new grammar",
        Some(Grammar::Old) => "old grammar",
        None => "unknown grammar",
    };
    let program = format!("{} {} ({grammar})", found.program.display(), found.capabilities.version);
    let committer = loaded.config.vcs.committer;
    checks.push(match stacks::against(&found, committer) {
        None => check("but", "ok", workspace(core, asker, &loaded, program).await, None),
        Some(error) => check("but", "warn", format!("{program}: {}", error.message), error.hint),
    });
    if let Some(last) = checks.last_mut().filter(|last| last.text.contains(STALE)) {
        last.level = "error".into();
        last.advice = Refusal::ModeExit.hint("");
    }
    if let Some(warning) = stacks::broken_hooks(&found) {
        checks.push(check("but hooks", "warn", warning, Some(format!("remove {}", stacks::lines_of(&found.hooks)))));
    } else if !found.hooks.is_empty() && committer == Committer::ButHooks {
        let text = "GitButler's own hooks commit; Chorus commits nothing (`[vcs] committer`)";
        checks.push(check("but hooks", "ok", text.to_owned(), None));
    }
    checks
}

const STALE: &str = "a commit was made on the workspace itself";

/// The state of the workspace, which only `but` knows.
async fn workspace(core: &Core, asker: &Asker, loaded: &crate::config::Loaded, program: String) -> String {
    let Ok(but) = stacks::open(core, &asker.project, loaded, None).await else { return program };
    match but.with_limit(Duration::from_secs(5)).status().await {
        Ok(status) => format!("{program}, {} stacks applied", status.stacks.len()),
        Err(Refusal::ModeExit) => format!("{program}: {STALE}, it refuses everything"),
        Err(refusal) => format!("{program}: {refusal}"),
    }
}

async fn git(asker: &Asker) -> Check {
    let found = match repository::inspect(Path::new(&asker.project)).await {
        Ok(found) => found,
        Err(error) => return check("project", "error", error.message, error.hint),
    };
    match repository::refusal(&found, Use::Worktree) {
        None => check("project", "ok", format!("{} is a git repository", asker.project), None),
        Some(error) => check("project", "warn", format!("{}: {}", asker.project, error.message), error.hint),
    }
}

fn check(name: &str, level: &str, text: String, advice: Option<String>) -> Check {
    Check { name: name.into(), level: level.into(), text, advice }
}

/// `but setup`, explained first and run only when a person said so.
pub async fn setup(core: &Core, asker: &Asker, confirm: Confirm) -> Result<Offer> {
    let loaded = core.config_of(&asker.project).await;
    let found = stacks::find(core, &asker.project, &loaded, None).await?;
    if found.setup == Setup::Ready {
        return Ok(Offer { text: "This is a GitButler project already.".into(), done: true });
    }
    if !matches!(found.setup, Setup::Missing | Setup::OtherBranch(_)) || found.capabilities.grammar.is_none() {
        let why = stacks::against(&found, Committer::ButHooks);
        return Err(why.unwrap_or_else(|| Error::internal("nothing stands against it")).context("cannot set it up"));
    }
    if !confirm.confirmed {
        return Ok(Offer { text: EXPLAINED.to_owned(), done: false });
    }
    stacks::set_up(&found, Path::new(&asker.project)).await?;
    Ok(Offer { text: "This is a GitButler project now: `but teardown` takes it back.".into(), done: true })
}
