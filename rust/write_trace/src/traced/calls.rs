//! The system calls that write to paths, and where their arguments are.

use libc::c_long;

/// What a call does, with the positions of its arguments. A folder's descriptor stands before its path where there is
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opens a path with flags.
    Open { at: Option<usize>, path: usize, flags: usize },
    /// Opens a path for writing, whatever else it says.
    Creat { path: usize },
    /// Opens a path with flags that lie in memory.
    Open2 { at: usize, path: usize, how: usize },
    /// Renames or, with `stays`, links one path to another.
    Rename { from: (Option<usize>, usize), to: (Option<usize>, usize), stays: bool, flags: Option<usize> },
    /// Removes a path that is no folder; with flags that say `AT_REMOVEDIR` an empty one, which holds no file.
    Remove { at: Option<usize>, path: usize, flags: Option<usize> },
    /// Makes a symbolic link at a path.
    Link { at: Option<usize>, path: usize },
    /// Cuts a path's file.
    Truncate { path: usize },
    /// Changes the permissions of a path's file.
    Mode { at: Option<usize>, path: usize, flags: Option<usize> },
    /// Changes the permissions of an open file.
    ModeOf { descriptor: usize },
}

/// Every call that stops, the frequent ones first: the kernel compares them in this order.
pub const CALLS: &[(c_long, Call)] = &[
    (libc::SYS_openat, Call::Open { at: Some(0), path: 1, flags: 2 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Call::Open { at: None, path: 0, flags: 1 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, Call::Creat { path: 0 }),
    (libc::SYS_openat2, Call::Open2 { at: 0, path: 1, how: 2 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, Call::Rename { from: (None, 0), to: (None, 1), stays: false, flags: None }),
    (libc::SYS_renameat, Call::Rename { from: (Some(0), 1), to: (Some(2), 3), stays: false, flags: None }),
    (libc::SYS_renameat2, Call::Rename { from: (Some(0), 1), to: (Some(2), 3), stays: false, flags: Some(4) }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, Call::Rename { from: (None, 0), to: (None, 1), stays: true, flags: None }),
    (libc::SYS_linkat, Call::Rename { from: (Some(0), 1), to: (Some(2), 3), stays: true, flags: None }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, Call::Remove { at: None, path: 0, flags: None }),
    (libc::SYS_unlinkat, Call::Remove { at: Some(0), path: 1, flags: Some(2) }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_symlink, Call::Link { at: None, path: 1 }),
    (libc::SYS_symlinkat, Call::Link { at: Some(1), path: 2 }),
    (libc::SYS_truncate, Call::Truncate { path: 0 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, Call::Mode { at: None, path: 0, flags: None }),
    (libc::SYS_fchmodat, Call::Mode { at: Some(0), path: 1, flags: None }),
    (FCHMODAT2, Call::Mode { at: Some(0), path: 1, flags: Some(3) }),
    (libc::SYS_fchmod, Call::ModeOf { descriptor: 0 }),
];

/// Linux 6.6, the same number everywhere.
const FCHMODAT2: c_long = 452;

/// An open for writing says one of these.
pub const WRITES: u32 = (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC) as u32;
