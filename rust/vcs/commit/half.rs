//! A commit of which `but` was killed in the middle: the references of the stack are written one by one, the workspace
//! last. In between a branch points elsewhere than `but` believes, and the next commit to it would be lost.

use super::inspect::Found;
use super::intent::CommitIntent;
use crate::error::Result;
use crate::vcs::but::ButStatus;
use crate::vcs::git::Git;

/// Makes references and workspace agree again: back where the workspace does not have the commit yet, forth where only
/// the reference lacks it. Whether anything moved; then all is to be looked at again.
pub(super) async fn mend(git: &Git, intent: &CommitIntent, status: &ButStatus, found: &Found) -> Result<bool> {
    let now = git.tips().await?;
    let mut moved = false;
    for name in &intent.stack {
        let (Some(before), Some(real)) = (intent.tips.get(name), now.get(name)) else { continue };
        let Some(known) = status.tip(name) else { continue };
        let own = found.oid.as_ref() == Some(real) || *name != intent.branch;
        let back = real != before && known == before && own && found.oid.is_some();
        let forth = real == before && known != before && is_ours(status, intent, known);
        if back || forth {
            let reference = format!("refs/heads/{name}");
            // Only if it still points there.
            git.read(&["update-ref", &reference, known, real]).await?;
            log::warn!("{name} is set to {known}: but was killed while it wrote {real}");
            moved = true;
        }
    }
    Ok(moved)
}

fn is_ours(status: &ButStatus, intent: &CommitIntent, oid: &str) -> bool {
    let commits = status.branches().flat_map(|branch| &branch.commits);
    commits.into_iter().any(|commit| commit.oid == oid && commit.message.trim() == intent.message.trim())
}
