//! Putting a path to the bytes of an object whatever is there, also where its name is no text or its bytes are too many to
//! be held in memory.

use super::Mode;
use super::write::cannot;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::{Beneath, Content, LARGEST, replace_expected};
use crate::vcs::git::Git;
use rustix::fs::{FileType, Stat};
use std::io::Write;
use std::path::Path;

/// Removes a path, if it is there.
pub(in crate::vcs) async fn remove(git: &Git, path: &Path) -> Result<()> {
    put(git, path, &Content::Absent).await
}

/// Puts a path to the bytes of an object.
pub(in crate::vcs) async fn write_object(git: &Git, path: &Path, mode: Mode, oid: &str) -> Result<()> {
    let size = git.read(&["cat-file", "-s", oid]).await?.parse::<u64>().unwrap_or(u64::MAX);
    let executable = mode == Mode::Executable;
    if size > LARGEST && mode != Mode::Link {
        return stream(git, path, executable, oid).await;
    }
    let bytes = git.bytes(&["cat-file", "blob", oid]).await?;
    let content = if mode == Mode::Link { Content::Link(bytes) } else { Content::File { bytes, executable } };
    put(git, path, &content).await
}

async fn put(git: &Git, path: &Path, new: &Content) -> Result<()> {
    let place = Beneath::find(&git.folder, path).map_err(|error| failed(path, &error))?;
    let seen = place.as_ref().map_or(Ok(Content::Absent), Beneath::content).map_err(|error| failed(path, &error))?;
    let done = match place {
        Some(place) if seen == Content::Other => match put_in_place_of_large(&place, new) {
            Ok(true) if matches!(new, Content::Link(_)) => replace_expected(&git.folder, path, &Content::Absent, new),
            done => done,
        },
        _ => replace_expected(&git.folder, path, &seen, new),
    };
    told(path, done.map_err(|error| failed(path, &error))?)
}

fn put_in_place_of_large(place: &Beneath, new: &Content) -> std::io::Result<bool> {
    let Some(seen) = file(place)? else { return Ok(false) };
    match new {
        // A link is made in one step only where nothing is.
        Content::Absent | Content::Link(_) => place.put(None, Some(&seen)),
        Content::File { bytes, executable } => {
            let (beside, mut file) = place.begin(*executable)?;
            let written = file.write_all(bytes).and_then(|()| file.sync_all());
            let done = written.and_then(|()| place.put(Some(&beside), Some(&seen)));
            beside.give_up();
            done
        }
        Content::Other => Ok(false),
    }
}

/// What the file system says of a regular file there.
fn file(place: &Beneath) -> std::io::Result<Option<Stat>> {
    Ok(place.facts()?.filter(|facts| FileType::from_raw_mode(facts.st_mode) == FileType::RegularFile))
}

/// Writes an object of any length beside the path while git prints it, then puts it there.
async fn stream(git: &Git, path: &Path, executable: bool, oid: &str) -> Result<()> {
    let io = |error: std::io::Error| failed(path, &error);
    let place = Beneath::make(&git.folder, path).map_err(io)?;
    let there = place.facts().map_err(io)?;
    let seen = file(&place).map_err(io)?;
    if there.is_some() && seen.is_none() {
        return told(path, false);
    }
    let (beside, mut file) = place.begin(executable).map_err(io)?;
    let take = |piece: &[u8]| file.write_all(piece).map_err(io);
    let streamed = git.stream(&["cat-file", "blob", oid], take).await;
    let done = streamed
        .and_then(|()| file.sync_all().map_err(io))
        .and_then(|()| place.put(Some(&beside), seen.as_ref()).map_err(io));
    beside.give_up();
    told(path, done?)
}

fn told(path: &Path, done: bool) -> Result<()> {
    match done {
        true => Ok(()),
        false => {
            let why = format!("cannot write {}: somebody writes it at this moment", path.display());
            Err(Error::new(Code::VcsRefused, why).hint("wait until nobody writes it, then try again"))
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    cannot(&path.to_string_lossy(), error)
}
