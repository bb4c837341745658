//! The supervisor's end: stopped calls come from here and go on by it.

use super::filter;
use libc::{c_int, c_ulong, c_void, seccomp_notif, seccomp_notif_resp};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` (Linux 6.6): the stopped process and its supervisor hand one processor to each
/// other, which halves the cost of a call.
const SYNC_WAKE_UP: u64 = 1;

/// Where the stopped calls of one filter arrive.
#[derive(Debug)]
pub struct Listener {
    descriptor: OwnedFd,
}

/// One stopped call.
#[derive(Clone, Copy)]
pub struct Stopped {
    /// Names the call towards the kernel.
    pub id: u64,
    /// The thread that waits, by the supervisor's numbers.
    pub thread: u32,
    /// The call and its arguments.
    pub data: libc::seccomp_data,
}

impl std::fmt::Debug for Stopped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "call {} of thread {}", self.data.nr, self.thread)
    }
}

/// Installs the filter on the calling thread, which can never take it off again, and returns its listener. Allocates
/// nothing but the filter, which is `program`.
pub fn install(program: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    let length = u16::try_from(program.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let program = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut() };
    // SAFETY: takes numbers only.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let load = |flags: c_ulong| {
        // SAFETY: the kernel copies the program, which outlives the call.
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) }
    };
    // While the supervisor looks at a call no signal but a deadly one ends the wait (Linux 5.19): else programs with
    // timers, such as Go's, would begin a call anew many times.
    let mut listener = load(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    if listener < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
        listener = load(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
    }
    if listener < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(listener as c_int) })
}

/// Whether a filter could be installed here, tried on a thread that ends with it; why not otherwise.
pub fn available() -> Result<(), String> {
    let tried = std::thread::spawn(|| install(&filter::program()).map(drop)).join();
    match tried {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(why(&error)),
        Err(_) => Err("the attempt failed".into()),
    }
}

/// In words, why the kernel did not install a filter.
pub fn why(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EBUSY) => {
            "another program supervises the system calls here already (a container or a sandbox)".into()
        }
        Some(libc::ENOSYS | libc::EINVAL) => {
            "the kernel offers no seccomp user notification: it needs Linux 5.5 or newer with seccomp".into()
        }
        Some(libc::EPERM | libc::EACCES) => "seccomp filters are forbidden here (a container or a sandbox)".into(),
        _ => format!("the kernel refused the filter: {error}"),
    }
}

impl Listener {
    /// With the descriptor that [`install`] returned, sent from the process that the filter is on.
    pub fn new(descriptor: OwnedFd) -> Listener {
        let set = libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS;
        // SAFETY: takes a number. Older kernels refuse it, and are slower.
        unsafe { libc::ioctl(descriptor.as_raw_fd(), set, SYNC_WAKE_UP) };
        Listener { descriptor }
    }

    /// The next stopped call. Waits for one unless `poll(2)` said that there is one. Nothing when it was a call whose
    /// thread is gone again.
    pub fn receive(&self) -> io::Result<Option<Stopped>> {
        // The kernel wants zeroes, and may know a longer form than this.
        let mut room = [MaybeUninit::<u64>::zeroed(); 64];
        let notice = room.as_mut_ptr().cast::<seccomp_notif>();
        // SAFETY: there is room for any form the kernel has, of the right alignment.
        let result = unsafe { self.control(libc::SECCOMP_IOCTL_NOTIF_RECV, notice.cast()) };
        match result {
            Ok(()) => {
                // SAFETY: the kernel filled it; all of it is numbers.
                let notice = unsafe { notice.read() };
                Ok(Some(Stopped { id: notice.id, thread: notice.pid, data: notice.data }))
            }
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets a call go on.
    pub fn resume(&self, id: u64) {
        let mut room = [0u64; 16];
        let response = room.as_mut_ptr().cast::<seccomp_notif_resp>();
        let go_on = seccomp_notif_resp { id, val: 0, error: 0, flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32 };
        // SAFETY: there is room for any form the kernel has, of the right alignment.
        unsafe { response.write(go_on) };
        // SAFETY: as above. It fails where the thread is gone, which needs no answer.
        let _ = unsafe { self.control(libc::SECCOMP_IOCTL_NOTIF_SEND, response.cast()) };
    }

    /// Whether the call still waits: what was read of its thread before is then really of that thread.
    pub fn still_waits(&self, id: u64) -> bool {
        let mut id = id;
        // SAFETY: the kernel reads one number.
        unsafe { self.control(libc::SECCOMP_IOCTL_NOTIF_ID_VALID, (&raw mut id).cast()) }.is_ok()
    }

    /// # Safety
    /// `argument` must be what the request takes.
    unsafe fn control(&self, request: libc::Ioctl, argument: *mut c_void) -> io::Result<()> {
        // SAFETY: as the caller promises.
        match unsafe { libc::ioctl(self.descriptor.as_raw_fd(), request, argument) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
