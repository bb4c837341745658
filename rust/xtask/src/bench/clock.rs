//! The clock that Neovim's `vim.uv.hrtime` reads too, so that stamps of different processes can be compared.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Nanoseconds of the monotonic clock.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let parts = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    parts.0.unwrap_or_default() * 1_000_000_000 + parts.1.unwrap_or_default()
}

/// Milliseconds between two stamps; negative when the second was first.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes")]
pub fn between(from: u64, to: u64) -> f64 {
    if to >= from { (to - from) as f64 / 1e6 } else { -((from - to) as f64 / 1e6) }
}

/// Milliseconds since the stamp.
pub fn since(from: u64) -> f64 {
    between(from, now())
}

/// Milliseconds since the Unix epoch.
pub fn epoch() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

/// The machine's load over the last minute; 0 where the system does not tell.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// Sleeps.
pub fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}
