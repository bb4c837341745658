//! One path as it was: what kind, which bytes, and by what to see cheaply that nobody touched it since.

use super::beside;
use crate::error::{Error, Result};
use crate::paths::{Beneath, Content, LARGEST};
use crate::vcs::git::{Git, quoted};
use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A path as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RescueEntry {
    /// There was nothing, or a folder above it is a link: such a path is not in the tree.
    Absent,
    /// A file or a link.
    Kept {
        /// Which of the two.
        mode: Mode,
        /// The object with its bytes as they were, without any filter.
        oid: String,
        /// By what to see that it is untouched.
        stamp: Stamp,
    },
    /// Neither a file nor a link, or too large.
    Watched {
        /// By what to see that it is untouched.
        stamp: Stamp,
    },
}

/// What a kept path was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    File,
    Executable,
    Link,
}

impl Mode {
    /// As git's trees say it.
    pub fn octal(self) -> &'static str {
        match self {
            Mode::File => "100644",
            Mode::Executable => "100755",
            Mode::Link => "120000",
        }
    }

    /// From git's trees.
    pub fn of_octal(text: &str) -> Option<Mode> {
        [Mode::File, Mode::Executable, Mode::Link].into_iter().find(|mode| mode.octal() == text)
    }
}

/// Size, times, inode and permissions: what changes when somebody writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    permissions: u32,
}

impl Stamp {
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "their widths depend on the system")]
    fn of(facts: &Stat) -> Stamp {
        Stamp {
            size: facts.st_size as u64,
            modified: (facts.st_mtime as i64, facts.st_mtime_nsec as i64),
            changed: (facts.st_ctime as i64, facts.st_ctime_nsec as i64),
            inode: facts.st_ino,
            permissions: u32::from(facts.st_mode),
        }
    }
}

impl RescueEntry {
    /// Whether nobody touched the path since; false also where somebody wrote the same bytes again.
    pub(super) fn is_untouched(&self, root: &Path, path: &str) -> bool {
        match (self, facts(root, path)) {
            (RescueEntry::Absent, facts) => facts.is_none(),
            (RescueEntry::Kept { stamp, .. } | RescueEntry::Watched { stamp }, Some(facts)) => {
                *stamp == Stamp::of(&facts)
            }
            (RescueEntry::Kept { .. } | RescueEntry::Watched { .. }, None) => false,
        }
    }

    /// Whether both have the same kind and bytes.
    pub fn same(&self, other: &RescueEntry) -> bool {
        match (self, other) {
            (RescueEntry::Absent, RescueEntry::Absent) => true,
            (RescueEntry::Kept { mode, oid, .. }, RescueEntry::Kept { mode: mode2, oid: oid2, .. }) => {
                mode == mode2 && oid == oid2
            }
            (RescueEntry::Watched { stamp }, RescueEntry::Watched { stamp: stamp2 }) => stamp == stamp2,
            _ => false,
        }
    }
}

fn facts(root: &Path, path: &str) -> Option<Stat> {
    Beneath::find(root, path).ok()??.facts().ok()?
}

async fn all_facts(git: &Git, paths: Vec<String>) -> Result<Vec<Option<Stat>>> {
    let root = git.folder.clone();
    beside(move || paths.iter().map(|path| facts(&root, path)).collect()).await
}

/// Reads paths as they are; with `write` their bytes become objects. One process for all files.
pub(super) async fn read(git: &Git, paths: &BTreeSet<String>, write: bool) -> Result<BTreeMap<String, RescueEntry>> {
    let mut entries = BTreeMap::new();
    let mut files: Vec<(&String, Mode, Stamp)> = Vec::new();
    let seen = all_facts(git, paths.iter().cloned().collect()).await?;
    for (path, facts) in paths.iter().zip(seen) {
        let Some(facts) = facts else {
            entries.insert(path.clone(), RescueEntry::Absent);
            continue;
        };
        let stamp = Stamp::of(&facts);
        match FileType::from_raw_mode(facts.st_mode) {
            FileType::Symlink => {
                let entry = match content(git, path)? {
                    Content::Link(target) => {
                        RescueEntry::Kept { mode: Mode::Link, oid: hash_bytes(git, target, write).await?, stamp }
                    }
                    _ => RescueEntry::Watched { stamp },
                };
                entries.insert(path.clone(), entry);
            }
            FileType::RegularFile if stamp.size <= LARGEST => {
                let mode = if facts.st_mode & 0o111 == 0 { Mode::File } else { Mode::Executable };
                files.push((path, mode, stamp));
            }
            _ => _ = entries.insert(path.clone(), RescueEntry::Watched { stamp }),
        }
    }
    let oids = hash(git, &files.iter().map(|(path, ..)| path.as_str()).collect::<Vec<_>>(), write).await?;
    let again = all_facts(git, files.iter().map(|(path, ..)| (*path).clone()).collect()).await?;
    for (((path, mode, stamp), oid), now) in files.into_iter().zip(oids).zip(again) {
        // A folder above it that became a link meanwhile: git read something else.
        let oid = oid.filter(|_| now.is_some());
        entries.insert(path.clone(), oid.map_or(RescueEntry::Absent, |oid| RescueEntry::Kept { mode, oid, stamp }));
    }
    Ok(entries)
}

/// What is at a path now.
pub(super) fn content(git: &Git, path: &str) -> Result<Content> {
    let found = Beneath::find(&git.folder, path).and_then(|place| place.map_or(Ok(Content::Absent), |it| it.content()));
    found.map_err(|error| Error::internal(format!("cannot read {path}: {error}")))
}

/// The object of these bytes.
pub(super) async fn hash_bytes(git: &Git, bytes: Vec<u8>, write: bool) -> Result<String> {
    let args = ["hash-object", "--stdin", "-w"];
    let oid = git.feed(if write { &args[..] } else { &args[..2] }, bytes).await?;
    Ok(String::from_utf8_lossy(&oid).trim().to_owned())
}

/// The objects of files; nothing for one that vanished while it was read.
async fn hash(git: &Git, paths: &[&str], write: bool) -> Result<Vec<Option<String>>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut args = vec!["hash-object", "--no-filters", "--stdin-paths"];
    if write {
        args.push("-w");
    }
    let input: Vec<u8> = paths.iter().flat_map(|path| [quoted(path.as_bytes()), b"\n".to_vec()].concat()).collect();
    let all = git.feed(&args, input).await;
    let all =
        all.map(|text| String::from_utf8_lossy(&text).lines().map(|oid| Some(oid.to_owned())).collect::<Vec<_>>());
    match all {
        Ok(oids) if oids.len() == paths.len() => Ok(oids),
        // One of them vanished or cannot be read, and git gave up there: each by itself.
        _ if paths.len() > 1 => {
            let mut oids = Vec::new();
            for path in paths {
                oids.extend(Box::pin(hash(git, &[path], write)).await?);
            }
            Ok(oids)
        }
        Ok(_) => Err(Error::internal("git hash-object answered too little")),
        // It vanished, or somebody writes it meanwhile, on which git gives up.
        Err(error) => match content(git, paths[0]) {
            Ok(Content::Absent) => Ok(vec![None]),
            Ok(Content::File { bytes, .. }) => hash_bytes(git, bytes, write).await.map(|oid| vec![Some(oid)]),
            _ => Err(error),
        },
    }
}
