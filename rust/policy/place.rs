//! Where the paths of a call lead.

use super::Call;
use crate::evidence::event::ToolScope;
use std::path::{Path, PathBuf};

/// The file that no rule lets an agent change: it holds the rules.
const OWN: &str = "chorus.toml";

/// Where a path leads, links and `..` resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// Relative to the task's tree; nothing outside of it and in a repository's own folder.
    pub inside: Option<String>,
    /// The whole path.
    pub absolute: Option<PathBuf>,
}

/// Finds where an absolute path leads; the file need not exist.
pub type Locate<'c> = &'c dyn Fn(&Path) -> Located;

/// Where `text` leads from the call's working folder; nothing where that folder is unknown.
pub(super) fn located(call: &Call<'_>, text: &str) -> Located {
    let path = Path::new(text);
    match (path.is_absolute(), &call.scope.folder) {
        (true, _) => (call.locate)(path),
        (false, Some(folder)) => (call.locate)(&folder.join(path)),
        (false, None) => Located::default(),
    }
}

/// The path inside the tree that an allow rule may match.
pub(super) fn allowable(call: &Call<'_>, text: &str) -> Option<String> {
    located(call, text).inside.filter(|path| path.rsplit('/').next() != Some(OWN))
}

/// Whether the path leads to the task's tree or into it.
pub(super) fn is_in_tree(call: &Call<'_>, text: &str) -> bool {
    let found = located(call, text);
    found.inside.is_some() || found.absolute.is_some() && found.absolute == (call.locate)(call.tree).absolute
}

/// Whether the call happens in the folder at which patterns of paths begin.
pub(super) fn is_at_tree(scope: &ToolScope, call: &Call<'_>) -> bool {
    scope.folder.as_deref().is_some_and(|folder| (call.locate)(&folder.join("x")).inside.as_deref() == Some("x"))
}
