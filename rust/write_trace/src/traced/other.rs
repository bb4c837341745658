//! What another process has in its memory.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;

/// Longer paths the kernel refuses itself.
const LONGEST: usize = libc::PATH_MAX as usize;
const PAGE: usize = 4096;

/// The path at an address; nothing where it cannot be read or has no end.
pub fn path(thread: u32, address: u64) -> Option<OsString> {
    let mut read = Vec::with_capacity(PAGE.min(256));
    while read.len() < LONGEST {
        let at = address.checked_add(read.len() as u64)?;
        // Up to the end of the page at first: the next one may not be there.
        let to_page_end = PAGE - (at as usize & (PAGE - 1));
        let mut chunk = [0u8; 1024];
        let length = to_page_end.min(chunk.len());
        let got = copy(thread, at, &mut chunk[..length]).ok()?;
        match chunk[..got].iter().position(|byte| *byte == 0) {
            Some(end) => {
                read.extend_from_slice(&chunk[..end]);
                return Some(OsString::from_vec(read));
            }
            None if got == length => read.extend_from_slice(&chunk[..got]),
            None => return None,
        }
    }
    None
}

/// The number at an address.
pub fn number(thread: u32, address: u64) -> Option<u64> {
    let mut bytes = [0u8; 8];
    (copy(thread, address, &mut bytes).ok()? == bytes.len()).then(|| u64::from_ne_bytes(bytes))
}

fn copy(thread: u32, address: u64, to: &mut [u8]) -> io::Result<usize> {
    let here = libc::iovec { iov_base: to.as_mut_ptr().cast(), iov_len: to.len() };
    let there = libc::iovec { iov_base: address as usize as *mut libc::c_void, iov_len: to.len() };
    let thread = libc::pid_t::try_from(thread).map_err(io::Error::other)?;
    // SAFETY: the kernel writes into `to` only, and checks the other address in the other process.
    let got = unsafe { libc::process_vm_readv(thread, &raw const here, 1, &raw const there, 1, 0) };
    usize::try_from(got).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_to_its_end_and_not_beyond_the_longest() {
        let me = std::process::id();
        let long = [&b"x".repeat(3000)[..], b"\0rest"].concat();
        assert_eq!(path(me, long.as_ptr() as u64).map(|path| path.len()), Some(3000));
        let endless = b"x".repeat(LONGEST * 2);
        assert_eq!(path(me, endless.as_ptr() as u64), None);
        assert_eq!(path(me, 8), None, "no memory there");
        assert_eq!(path(me, u64::MAX - 3), None);
        let value = 0x1122_3344_5566_7788_u64;
        assert_eq!(number(me, (&raw const value) as u64), Some(value));
    }
}
