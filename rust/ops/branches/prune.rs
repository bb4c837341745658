//! Letting go of backups that nothing needs any more.

use crate::core::Core;
use crate::foreign::{self, fs};
use crate::ops::branches::discarded::reference_of;
use crate::store::Filter;
use crate::vcs::git::Git;
use crate::vcs::rescue;
use crate::vcs::rewrite::Intent;
use crate::vcs::worktree::{kept, nested};
use std::collections::BTreeSet;
use std::path::Path;

/// Old backups go, in every project that has ever had a task; never those that an unfinished intent, a task's trouble or a
/// discard that can be brought back names. Errors are logged: the next call tries again.
pub async fn prune(core: &Core) {
    let Ok(store) = core.store() else { return };
    let known = store.read(|tx| {
        let troubles = tx.tasks(None, &Filter::default())?.into_iter().filter_map(|task| task.trouble);
        let texts = troubles.flat_map(|trouble| [Some(trouble.text), trouble.remedy]).flatten();
        let mut named: BTreeSet<String> = texts.flat_map(|text| references_in(&text)).collect();
        named.extend(tx.intents::<Intent>()?.iter().flat_map(|(_, intent)| intent.references()));
        named.extend(tx.all_discarded()?.iter().filter_map(|json| reference_of(json)));
        Ok((tx.projects()?, named))
    });
    let (projects, named) = match known.await {
        Ok(known) => known,
        Err(error) => return log::error!("cannot read which backups are needed: {error}"),
    };
    let over = |name: &str| rescue::is_discard_over(name, crate::clock::now(), &named);
    nested::prune(&core.state.worktrees(), over).await;
    for project in projects {
        let place = Path::new(&project).join(".git");
        let is_there = foreign::within(project.as_ref(), move || fs::exists(&place)).await;
        if !is_there.inspect_err(|error| log::info!("{error}")).unwrap_or_default() {
            continue;
        }
        let git = Git::plumbing(&project, &core.environments.of_project(&project));
        if let Err(error) = rescue::prune(&git, crate::clock::now(), &named).await {
            log::info!("cannot let go of old backups in {project}: {error}");
        }
        if let Err(error) = kept::prune(&git, crate::clock::now()).await {
            log::info!("cannot let go of old commits in the submodules of {project}: {error}");
        }
    }
}

/// The references of backups that a text names.
fn references_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "(),;:'\"`".contains(c));
    words
        .filter(|word| word.starts_with("refs/chorus/"))
        .map(|word| word.trim_end_matches(['.', '/']).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::references_in;

    #[test]
    fn references_are_found_in_sentences() {
        let text =
            "it cannot be put right (all bytes are kept in refs/chorus/rescue/1/2), see refs/chorus/discarded/3-4.";
        assert_eq!(references_in(text), ["refs/chorus/rescue/1/2", "refs/chorus/discarded/3-4"]);
        assert!(references_in("run `but apply chorus/1-a`").is_empty());
    }
}
