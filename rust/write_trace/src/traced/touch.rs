//! What a stopped call is about to do to which paths.

use super::calls::{CALLS, Call, WRITES};
use super::listener::Stopped;
use super::other;
use super::resolve::{self, Place};
use std::path::PathBuf;

/// Flags that `O_CREAT | O_EXCL` opens have: a link at the end is then refused, not followed.
const EXCLUSIVE: u32 = (libc::O_CREAT | libc::O_EXCL) as u32;

/// What happens to the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TouchKind {
    /// Opened for writing, created or truncated.
    Opened,
    /// Another path's file is put here, or a second link to it.
    Renamed {
        /// The other path.
        from: PathBuf,
    },
    /// Taken away.
    Removed,
    /// Its permissions change.
    Mode,
}

/// A file as `lstat(2)` has it. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The file system.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// In bytes.
    pub size: u64,
    /// Kind and permissions.
    pub mode: u32,
    /// When its content was last written.
    pub mtime_ns: i128,
    /// When its content or its permissions last changed.
    pub ctime_ns: i128,
}

/// One path that a call is about to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Absolute, with links resolved.
    pub path: PathBuf,
    /// What happens to it.
    pub kind: TouchKind,
    /// A folder is renamed.
    pub folder: bool,
    /// What is there until then.
    pub before: Option<State>,
}

impl State {
    #[allow(clippy::unnecessary_cast, reason = "the fields are of other types on another architecture")]
    fn of(stat: &libc::stat) -> State {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        State {
            dev: stat.st_dev,
            ino: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            mode: stat.st_mode,
            mtime_ns: nanos(stat.st_mtime, stat.st_mtime_nsec),
            ctime_ns: nanos(stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    fn kind(&self) -> u32 {
        self.mode & libc::S_IFMT
    }

    fn is_folder(&self) -> bool {
        self.kind() == libc::S_IFDIR
    }

    /// A device, a pipe or a socket holds no content that is kept.
    fn keeps_content(&self) -> bool {
        matches!(self.kind(), libc::S_IFREG | libc::S_IFLNK)
    }
}

/// What the call is about to change; nothing where its words lead nowhere, or to no file. What it says counts only if
/// the call [still waits](super::listener::Listener::still_waits) afterwards.
pub fn touches(call: &Stopped) -> Vec<Touch> {
    let number = libc::c_long::from(call.data.nr);
    let Some((_, kind)) = CALLS.iter().find(|(known, _)| *known == number) else { return Vec::new() };
    Reader { call }.touches(*kind).unwrap_or_default()
}

struct Reader<'a> {
    call: &'a Stopped,
}

impl Reader<'_> {
    /// Descriptors and flags are `int`s: the low half counts.
    fn int(&self, argument: usize) -> i32 {
        self.call.data.args[argument] as i32
    }

    fn place(&self, at: Option<usize>, path: usize, follow: bool) -> Option<Place> {
        let words = other::path(self.call.thread, self.call.data.args[path])?;
        resolve::place(self.call.thread, at.map(|at| self.int(at)), &words, follow)
    }

    fn touches(&self, call: Call) -> Option<Vec<Touch>> {
        let one = |place: Option<Place>, kind| Some(file(&place?, kind).into_iter().collect());
        match call {
            Call::Open { at, path, flags } => self.open(at, path, self.int(flags) as u32),
            Call::Creat { path } => one(self.place(None, path, true), TouchKind::Opened),
            Call::Open2 { at, path, how } => {
                let flags = other::number(self.call.thread, self.call.data.args[how])? as u32;
                if flags & WRITES == 0 { None } else { self.open(Some(at), path, flags) }
            }
            Call::Rename { from, to, stays, flags } => {
                let flags = flags.map_or(0, |flags| self.int(flags) as u32);
                self.rename(self.place(from.0, from.1, false), &self.place(to.0, to.1, false)?, stays, flags)
            }
            Call::Remove { flags: Some(flags), .. } if self.int(flags) & libc::AT_REMOVEDIR != 0 => None,
            Call::Remove { at, path, .. } => one(self.place(at, path, false), TouchKind::Removed),
            Call::Link { at, path } => one(self.place(at, path, false), TouchKind::Opened),
            Call::Truncate { path } => one(self.place(None, path, true), TouchKind::Opened),
            Call::Mode { at, path, flags } => {
                let follow = flags.is_none_or(|flags| self.int(flags) & libc::AT_SYMLINK_NOFOLLOW == 0);
                one(self.place(at, path, follow), TouchKind::Mode)
            }
            Call::ModeOf { descriptor } => {
                one(resolve::of_descriptor(self.call.thread, self.int(descriptor)), TouchKind::Mode)
            }
        }
    }

    fn open(&self, at: Option<usize>, path: usize, flags: u32) -> Option<Vec<Touch>> {
        if flags & libc::O_PATH as u32 != 0 {
            return None;
        }
        let follow = flags & libc::O_NOFOLLOW as u32 == 0 && flags & EXCLUSIVE != EXCLUSIVE;
        let place = self.place(at, path, follow)?;
        Some(file(&place, TouchKind::Opened).into_iter().collect())
    }

    /// A link may be made of a file that has no path: then only where it goes is known.
    fn rename(&self, from: Option<Place>, to: &Place, stays: bool, flags: u32) -> Option<Vec<Touch>> {
        let source = from.as_ref().and_then(Place::state).map(|state| State::of(&state));
        let target = to.state().map(|state| State::of(&state));
        let folder = |state: &Option<State>| state.as_ref().is_some_and(State::is_folder);
        let from_path = from.as_ref().map(|from| from.path.clone()).unwrap_or_default();
        let mut touches = vec![Touch {
            path: to.path.clone(),
            kind: TouchKind::Renamed { from: from_path.clone() },
            folder: folder(&source) || folder(&target),
            before: target,
        }];
        if let Some(from) = from.filter(|_| !stays) {
            let kind = match flags & libc::RENAME_EXCHANGE == 0 {
                true => TouchKind::Removed,
                false => TouchKind::Renamed { from: to.path.clone() },
            };
            touches.push(Touch { path: from.path, kind, folder: touches[0].folder, before: source });
        }
        Some(touches)
    }
}

fn file(place: &Place, kind: TouchKind) -> Option<Touch> {
    let before = place.state().map(|state| State::of(&state));
    let is_file = before.as_ref().is_none_or(State::keeps_content);
    is_file.then(|| Touch { path: place.path.clone(), kind, folder: false, before })
}
