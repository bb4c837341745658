//! What a verb prints. A reader that leaves early (`chorus list | head -1`) ends the printing, not the verb: every task
//! is still done.

use crate::text::blank;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static IS_LEFT: AtomicBool = AtomicBool::new(false);
static IS_BROKEN: AtomicBool = AtomicBool::new(false);

/// Prints one line.
pub fn line(text: impl Display) {
    self::text(format!("{text}\n"));
}

/// Prints a text that ends no line.
pub fn text(text: impl Display) {
    if IS_LEFT.load(Ordering::Relaxed) {
        return;
    }
    let mut stdout = std::io::stdout();
    if let Err(error) = write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        IS_LEFT.store(true, Ordering::Relaxed);
        if error.kind() != ErrorKind::BrokenPipe {
            IS_BROKEN.store(true, Ordering::Relaxed);
            note(format!("chorus: cannot write the output: {}", blank(&error.to_string())));
        }
    }
}

/// Whether nobody reads the output any more: known without a write.
pub fn is_left() -> bool {
    let stdout = rustix::stdio::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let gone = PollFlags::ERR | PollFlags::HUP;
    let is_gone = poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
        && asked[0].revents().intersects(gone);
    is_gone || IS_LEFT.load(Ordering::Relaxed)
}

/// Prints one line for people, beside the output.
pub fn note(text: impl Display) {
    // A terminal that is gone leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The exit code of a verb that ended with `code`: what could not be printed is a failure, unless nobody was left to read.
pub fn exit_code(code: i32) -> i32 {
    if code == 0 && IS_BROKEN.load(Ordering::Relaxed) { 1 } else { code }
}
