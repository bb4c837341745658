//! Which repository it is, wherever it lies: an id in its git folder.
//!
//! A move takes it along, also to another file system, where device and inode change; a new repository has none.

use crate::error::{Error, Result};
use crate::paths::{self, Access};
use std::path::Path;

/// The file in the git folder.
const FILE: &str = "chorus-repository";

/// The id of the repository with that git folder; nothing where it has none yet.
pub fn read(folder: &Path) -> Option<String> {
    let text = crate::foreign::text(&folder.join(FILE), crate::foreign::FEW).ok()?;
    Some(text.trim().to_owned()).filter(|id| uuid::Uuid::parse_str(id).is_ok())
}

/// Gives it an id, in the place of one that it has, and of whatever else lies there.
pub fn give(folder: &Path, id: &str) -> Result<()> {
    let file = folder.join(FILE);
    paths::replace(&file, format!("{id}\n").as_bytes(), Access::AsBefore)
        .map_err(|error| Error::internal(format!("cannot write {}: {error}", file.display())))
}
