//! Which repository it is, wherever it lies: an id in its git folder.
//!
//! A move takes it along, also to another file system, where device and inode change; a new repository has none.

use crate::error::{Error, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// The file in the git folder.
const FILE: &str = "chorus-repository";

/// The id of the repository with that git folder; nothing where it has none yet.
pub fn read(folder: &Path) -> Option<String> {
    let text = crate::foreign::text(&folder.join(FILE), crate::foreign::FEW).ok()?;
    Some(text.trim().to_owned()).filter(|id| uuid::Uuid::parse_str(id).is_ok())
}

/// Gives it an id, in the place of one that it has.
pub fn give(folder: &Path, id: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let written = options.write(true).create(true).truncate(true).open(folder.join(FILE));
    written
        .and_then(|mut file| writeln!(file, "{id}"))
        .map_err(|error| Error::internal(format!("cannot write {}: {error}", folder.join(FILE).display())))
}
