//! Putting a path to the bytes of an object whatever is there, also where its name is no text or its bytes are too many to
//! be held in memory.

use super::write::cannot;
use super::{Mode, beside};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::paths::{Beneath, Content, LARGEST, replace_expected};
use crate::vcs::git::Git;
use rustix::fs::{FileType, Stat};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Removes a path, if it is there.
pub(in crate::vcs) async fn remove(git: &Git, path: &Path) -> Result<()> {
    put(git, path, Content::Absent).await
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
    put(git, path, content).await
}

async fn put(git: &Git, path: &Path, new: Content) -> Result<()> {
    let (root, at) = (git.folder.clone(), path.to_owned());
    let done = beside(move || {
        let place = Beneath::find(&root, &at)?;
        let seen = place.as_ref().map_or(Ok(Content::Absent), Beneath::content)?;
        match place {
            Some(place) if seen == Content::Other => match put_in_place_of_large(&place, &new) {
                Ok(true) if matches!(new, Content::Link(_)) => replace_expected(&root, &at, &Content::Absent, &new),
                done => done,
            },
            _ => replace_expected(&root, &at, &seen, &new),
        }
    });
    told(path, done.await?.map_err(|error| failed(path, &error))?)
}

fn put_in_place_of_large(place: &Beneath, new: &Content) -> std::io::Result<bool> {
    let Some(seen) = file(place)? else { return Ok(false) };
    match new {
        // A link is made in one step only where nothing is.
        Content::Absent | Content::Link(_) => place.put(None, Some(&seen)),
        Content::File { bytes, executable } => {
            let (beside, mut file) = place.begin(*executable)?;
            let written = file.write_all(bytes);
            put_written(place, beside, &file, written, Some(&seen))
        }
        Content::Other => Ok(false),
    }
}

/// Puts a file of [`Beneath::begin`] in its place once all of it is on the disk.
fn put_written(
    place: &Beneath,
    beside: Beneath,
    file: &File,
    written: std::io::Result<()>,
    seen: Option<&Stat>,
) -> std::io::Result<bool> {
    if let Err(error) = written.and_then(|()| file.sync_all()) {
        beside.give_up();
        return Err(error);
    }
    place.put(Some(beside), seen)
}

/// What the file system says of a regular file there.
fn file(place: &Beneath) -> std::io::Result<Option<Stat>> {
    Ok(place.facts()?.filter(|facts| FileType::from_raw_mode(facts.st_mode) == FileType::RegularFile))
}

/// Writes an object of any length beside the path while git prints it, then puts it there.
async fn stream(git: &Git, path: &Path, executable: bool, oid: &str) -> Result<()> {
    let io = |error: std::io::Error| failed(path, &error);
    let (root, at) = (git.folder.clone(), path.to_owned());
    let begun = beside(move || {
        let place = Beneath::make(&root, at)?;
        let seen = file(&place)?;
        if seen.is_none() && place.facts()?.is_some() {
            return Ok(None);
        }
        place.begin(executable).map(|(beside, file)| Some((place, seen, beside, file)))
    });
    let Some((place, seen, new, mut file)) = begun.await?.map_err(io)? else { return told(path, false) };
    let take = |piece: &[u8]| file.write_all(piece).map_err(io);
    if let Err(error) = git.stream(&["cat-file", "blob", oid], take).await {
        new.give_up();
        return Err(error);
    }
    // All of several gigabytes may have to reach the disk first.
    let done = beside(move || put_written(&place, new, &file, Ok(()), seen.as_ref())).await?;
    told(path, done.map_err(io)?)
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
