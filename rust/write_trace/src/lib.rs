//! Which paths a program and all its descendants write to, whatever they are: the kernel says so.
//!
//! A process may install, without privilege, a seccomp filter on itself that stops chosen system calls until a
//! supervisor has answered (`SECCOMP_RET_USER_NOTIF`, Linux 5.5). All descendants inherit it, also those that detach
//! or are linked statically. The filter sees the flags of an open in registers, so only opens for writing stop; the
//! supervisor reads the path from the stopped process, notes it and lets the call go on (`…_FLAG_CONTINUE`).
//!
//! The path is read after the call stopped and the kernel reads it again when the call goes on. A hostile program
//! could exchange it in between: this tells who wrote, it does not stop anybody.
//!
//! A filter needs `no_new_privs`: programs below it gain no privilege by `execve`, so `sudo` refuses to run. When the
//! supervisor dies, stopped calls fail with `ENOSYS`.
//!
//! Not seen: system calls of 32-bit programs, and opens inside another mount namespace by a path that means
//! something else there.

#[cfg(all(target_os = "linux", target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod traced {
    pub mod calls;
    pub mod filter;
    pub mod listener;
    pub mod other;
    pub mod resolve;
    pub mod signals;
    pub mod spawn;
    pub mod touch;
}

#[cfg(all(target_os = "linux", target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use traced::{
    listener::{Listener, Stopped, available},
    signals::{Signals, die_by, send, send_to_group, stopped, unblock},
    spawn::{SpawnFailed, Traced, become_subreaper, children_are_gone, forget_code, fork, spawn},
    touch::{State, Touch, TouchKind, touches},
};

/// Whether this build can trace at all: on Linux, on x86-64 and 64-bit ARM.
pub const SUPPORTED: bool =
    cfg!(all(target_os = "linux", target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")));

/// Whether a filter could be installed here, tried on a thread that ends with it; why not otherwise.
#[cfg(not(all(target_os = "linux", target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub fn available() -> Result<(), String> {
    Err("it needs Linux on x86-64 or 64-bit ARM".into())
}
