//! Signals as something to read, for processes that only wait.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Signals that no longer interrupt this process but are read here.
#[derive(Debug)]
pub struct Signals {
    descriptor: OwnedFd,
}

impl Signals {
    /// Blocks these signals from now on. A program that this process starts, but for a traced one, has them blocked too
    /// unless [`unblock`] comes first.
    pub fn block(signals: &[i32]) -> io::Result<Signals> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is initialized before it is used, and outlives the calls.
        let descriptor = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in signals {
                libc::sigaddset(set.as_mut_ptr(), *signal);
            }
            libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
            libc::signalfd(-1, set.as_ptr(), libc::SFD_NONBLOCK | libc::SFD_CLOEXEC)
        };
        match descriptor {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: the kernel just made it for us.
            descriptor => Ok(Signals { descriptor: unsafe { OwnedFd::from_raw_fd(descriptor) } }),
        }
    }

    /// The next signal that came; nothing when there is none.
    pub fn next(&self) -> Option<i32> {
        let mut read = MaybeUninit::<libc::signalfd_siginfo>::zeroed();
        let length = size_of::<libc::signalfd_siginfo>();
        // SAFETY: there is room for one.
        let got = unsafe { libc::read(self.descriptor.as_raw_fd(), read.as_mut_ptr().cast(), length) };
        // SAFETY: the kernel filled it whole.
        (got == length as isize).then(|| unsafe { read.assume_init().ssi_signo } as i32)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Blocks no signal any more.
pub fn unblock() {
    // SAFETY: the set is initialized before it is used.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut());
    }
}

/// Ends this process as that signal ends one, without a core file of its own.
pub fn die_by(signal: i32) -> ! {
    // SAFETY: the set is initialized before it is used; numbers otherwise.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        libc::signal(signal, libc::SIG_DFL);
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        libc::raise(signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, set.as_ptr(), std::ptr::null_mut());
    }
    // Not every signal ends a process.
    std::process::exit(128 + signal)
}

/// The signal by which job control stopped the child since this was last asked.
pub fn stopped(child: u32) -> Option<i32> {
    let mut status = 0;
    // SAFETY: the kernel writes one number. Without WEXITED an ended child is left alone.
    unsafe {
        let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
        if libc::waitid(libc::P_PID, child, information.as_mut_ptr(), libc::WSTOPPED | libc::WNOHANG) == 0 {
            let information = information.assume_init();
            if information.si_pid() != 0 {
                status = information.si_status();
            }
        }
    }
    (status != 0).then_some(status)
}

/// Sends a signal to one process.
pub fn send(process: u32, signal: i32) {
    if let Ok(process) = libc::pid_t::try_from(process) {
        // SAFETY: takes numbers only. It fails where the process is gone.
        unsafe { libc::kill(process, signal) };
    }
}

/// Sends a signal to a process group.
pub fn send_to_group(group: u32, signal: i32) {
    if let Ok(group) = libc::pid_t::try_from(group) {
        // SAFETY: takes numbers only. It fails where the group is gone.
        unsafe { libc::killpg(group, signal) };
    }
}
