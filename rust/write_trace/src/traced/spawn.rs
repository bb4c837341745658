//! Starting a program under a filter, and the processes around it.

use super::filter;
use super::listener::{self, Listener};
use super::signals;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// A program that runs under a filter.
#[derive(Debug)]
pub struct Traced {
    /// Its process.
    pub child: Child,
    /// Where its stopped calls, and its descendants', arrive.
    pub listener: Listener,
}

/// Why no program was started.
#[derive(Debug)]
pub enum SpawnFailed {
    /// The filter could not be installed: in words. The program may run without.
    Filter(String),
    /// The program could not be run.
    Program(io::Error),
}

/// Starts the program with a filter on it, in a process group of its own. With `foreground` that group gets the
/// terminal at standard input, as a shell does with its jobs. The program is killed when the calling thread ends.
pub fn spawn(command: &mut Command, foreground: bool) -> Result<Traced, SpawnFailed> {
    let ours = |error: io::Error| SpawnFailed::Filter(format!("it could not be set up: {error}"));
    let (here, there) = UnixStream::pair().map_err(ours)?;
    let program = filter::program();
    let (starter, end) = (std::process::id(), there.as_raw_fd());
    command.process_group(0);
    // SAFETY: what runs between fork and exec allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(move || {
            // It would inherit what its tracer blocks.
            signals::unblock();
            die_with_parent(starter)?;
            match listener::install(&program) {
                Ok(listener) => {
                    // Only now: without a filter another process becomes the program, and wants the terminal.
                    if foreground {
                        take_terminal();
                    }
                    send(end, 0, Some(listener.as_raw_fd()))
                }
                Err(error) => {
                    let code = error.raw_os_error().unwrap_or(libc::EIO);
                    let _ = send(end, code, None);
                    Err(error)
                }
            }
        });
    }
    let spawned = command.spawn();
    drop(there);
    let received = receive(&here);
    match (spawned, received) {
        (Ok(child), Ok(Ok(descriptor))) => Ok(Traced { child, listener: Listener::new(descriptor) }),
        (Err(_), Ok(Err(code))) => Err(SpawnFailed::Filter(listener::why(&io::Error::from_raw_os_error(code)))),
        (Err(error), _) => Err(SpawnFailed::Program(error)),
        (Ok(mut child), received) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(ours(received.err().unwrap_or_else(|| io::Error::from(io::ErrorKind::InvalidData))))
        }
    }
}

/// The filter dies with its listener's holder: so does the program, rather than fail in each of its writes.
fn die_with_parent(parent: u32) -> io::Result<()> {
    // SAFETY: takes numbers only.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes nothing.
    if unsafe { libc::getppid() } as u32 != parent {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    Ok(())
}

/// Makes this process's group the terminal's foreground group. Without a terminal there is nothing to do.
fn take_terminal() {
    // SAFETY: the set is initialized before it is used; numbers otherwise.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGTTOU);
        // A background process that takes the terminal is stopped by this signal.
        libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
        libc::tcsetpgrp(libc::STDIN_FILENO, libc::getpid());
        libc::sigprocmask(libc::SIG_UNBLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}

/// Room for one descriptor beside a message, aligned as the kernel wants it.
#[repr(align(8))]
struct Beside([u8; 64]);

fn send(socket: RawFd, code: i32, descriptor: Option<RawFd>) -> io::Result<()> {
    let bytes = code.to_ne_bytes();
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let mut beside = Beside([0; 64]);
    // SAFETY: zeroes are a valid, empty message; each pointer below is to what lives until the call returns.
    unsafe {
        let mut message: libc::msghdr = MaybeUninit::zeroed().assume_init();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        if let Some(descriptor) = descriptor {
            message.msg_control = beside.0.as_mut_ptr().cast();
            message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as _;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
            libc::CMSG_DATA(header).cast::<RawFd>().write_unaligned(descriptor);
        }
        match libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) {
            4 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The descriptor that the other side sent, or the error's number.
fn receive(socket: &UnixStream) -> io::Result<Result<OwnedFd, i32>> {
    let mut bytes = [0u8; 4];
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut beside = Beside([0; 64]);
    // SAFETY: zeroes are a valid, empty message; each pointer below is to what lives until the call returns.
    unsafe {
        let mut message: libc::msghdr = MaybeUninit::zeroed().assume_init();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = beside.0.as_mut_ptr().cast();
        message.msg_controllen = beside.0.len() as _;
        match libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) {
            4 => {}
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => return Err(io::Error::last_os_error()),
        }
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        if header.is_null() {
            return Ok(Err(i32::from_ne_bytes(bytes)));
        }
        let descriptor = libc::CMSG_DATA(header).cast::<RawFd>().read_unaligned();
        Ok(Ok(OwnedFd::from_raw_fd(descriptor)))
    }
}

/// Copies this process; true in the copy. The caller has no other thread. The copy gets `signal` when the original
/// ends.
pub fn fork(signal: i32) -> io::Result<Option<u32>> {
    let original = std::process::id();
    // SAFETY: there is no other thread that could hold a lock at this moment.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: takes numbers only.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal, 0, 0, 0) };
            // SAFETY: takes nothing.
            if unsafe { libc::getppid() } as u32 != original {
                // SAFETY: the original ended before it could be waited for; nothing was begun.
                unsafe { libc::_exit(1) };
            }
            Ok(None)
        }
        copy => Ok(Some(copy as u32)),
    }
}

/// Gives back the pages of code that were needed until now, for a process that only waits from here on: what it still
/// needs comes back from the page cache. Half of the resident size of a small process.
pub fn forget_code() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (Some(range), Some("r-xp")) = (fields.next(), fields.next()) else { continue };
        let ends =
            range.split_once('-').map(|(from, to)| (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16)));
        // The kernel's own page of code is no file's.
        let (Some((Ok(from), Ok(to))), Some(true)) = (ends, fields.next_back().map(|file| file.starts_with('/')))
        else {
            continue;
        };
        // SAFETY: pages of code are never written to, so what the file gives back is what was there.
        unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_DONTNEED) };
    }
}

/// Descendants whose parents end become this process's children: it stays their ancestor, which is who may read their
/// memory (Yama's `ptrace_scope` 1, Ubuntu's default).
pub fn become_subreaper() -> io::Result<()> {
    // SAFETY: takes numbers only.
    match unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Reaps every child that has ended but `keep`, which somebody else waits for; true when there is no child at all.
pub fn children_are_gone(keep: Option<u32>) -> bool {
    loop {
        let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
        let look = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: the kernel fills the structure.
        if unsafe { libc::waitid(libc::P_ALL, 0, information.as_mut_ptr(), look) } != 0 {
            return io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD);
        }
        // SAFETY: filled, or zeroes when no child has ended.
        let ended = unsafe { information.assume_init().si_pid() };
        if ended == 0 || u32::try_from(ended).ok() == keep {
            return false;
        }
        // SAFETY: takes numbers only; the child has ended.
        unsafe { libc::waitpid(ended, std::ptr::null_mut(), libc::WNOHANG) };
    }
}
