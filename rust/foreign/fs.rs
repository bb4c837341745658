//! The calls of [`std::fs`] that take a path and return at once, unless the file system does not answer. Each is for work
//! beside the loop, in [`super::within`]; what opens a file is in [`super`].

use super::beside_the_loop;
use rustix::fs::OFlags;
use std::fs::{DirBuilder, File, Metadata, Permissions, ReadDir};
use std::io::Result;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

macro_rules! calls {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $returned:ty = $call:path;)*) => {$(
        #[doc = concat!("As [`", stringify!($call), "`].")]
        #[track_caller]
        #[expect(clippy::disallowed_methods, reason = "the one place that makes this call")]
        pub fn $name($($argument: $kind),*) -> $returned {
            beside_the_loop();
            $call($($argument.as_ref()),*)
        }
    )*};
}

calls! {
    exists(path: impl AsRef<Path>) -> bool = Path::exists;
    is_file(path: impl AsRef<Path>) -> bool = Path::is_file;
    is_dir(path: impl AsRef<Path>) -> bool = Path::is_dir;
    is_symlink(path: impl AsRef<Path>) -> bool = Path::is_symlink;
    metadata(path: impl AsRef<Path>) -> Result<Metadata> = Path::metadata;
    symlink_metadata(path: impl AsRef<Path>) -> Result<Metadata> = Path::symlink_metadata;
    canonicalize(path: impl AsRef<Path>) -> Result<PathBuf> = Path::canonicalize;
    read_link(path: impl AsRef<Path>) -> Result<PathBuf> = Path::read_link;
    read_dir(path: impl AsRef<Path>) -> Result<ReadDir> = Path::read_dir;
    create_dir(path: impl AsRef<Path>) -> Result<()> = std::fs::create_dir;
    create_dir_all(path: impl AsRef<Path>) -> Result<()> = std::fs::create_dir_all;
    remove_dir(path: impl AsRef<Path>) -> Result<()> = std::fs::remove_dir;
    remove_dir_all(path: impl AsRef<Path>) -> Result<()> = std::fs::remove_dir_all;
    remove_file(path: impl AsRef<Path>) -> Result<()> = std::fs::remove_file;
    rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> = std::fs::rename;
    symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> = std::os::unix::fs::symlink;
}

/// Waits until what a folder names is on the disk.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the one place that makes this call")]
pub fn sync_dir(path: impl AsRef<Path>) -> Result<()> {
    beside_the_loop();
    let way = OFlags::DIRECTORY.bits() as i32;
    File::options().read(true).custom_flags(way).open(path)?.sync_all()
}

/// Makes a folder that is closed to others, and those above it.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the one place that makes this call")]
pub fn create_private(path: impl AsRef<Path>) -> Result<()> {
    beside_the_loop();
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// As [`std::fs::set_permissions`].
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the one place that makes this call")]
pub fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> Result<()> {
    beside_the_loop();
    std::fs::set_permissions(path, permissions)
}
