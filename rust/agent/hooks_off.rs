//! Hooks of an agent that do not run: why, and what a person is told.

use super::{Adapter, HooksQuestion};
use crate::foreign;
use crate::task::{Alert, AlertKind, Isolation};

/// Why they will not run, as a part of a sentence, where the agent's settings tell. They may lie on a disk that does not
/// answer, which tells nothing.
pub async fn cause(adapter: &'static dyn Adapter, asked: HooksQuestion) -> Option<String> {
    let place = asked.config_dir.clone().unwrap_or_else(|| asked.folder.clone());
    foreign::within(&place, move || adapter.hooks_off(&asked)).await.ok().flatten()
}

/// The alert, for a task of that isolation; `cause` is a part of a sentence, where it is known.
pub fn alert(isolation: Isolation, cause: Option<&str>) -> Alert {
    let lost = match isolation {
        Isolation::Stack => "Chorus attributes and guards nothing, and commits none of its edits by itself",
        Isolation::Auto | Isolation::Worktree | Isolation::None => "Chorus guards nothing and learns less of its work",
    };
    let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    Alert {
        kind: AlertKind::Hooks,
        text: format!("its hooks do not run: {lost}{cause}"),
        remedy: Some(match isolation {
            Isolation::Stack => "let its hooks run, then use `restart`; or use isolation worktree".to_owned(),
            _ => "let its hooks run, then use `restart`".to_owned(),
        }),
    }
}
