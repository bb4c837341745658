//! What a person is told when an agent's hooks do not run.

use crate::task::{Alert, AlertKind, Isolation};

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
