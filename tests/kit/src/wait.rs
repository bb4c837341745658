//! Waiting for a condition, with a limit and a readable failure.

use std::time::{Duration, Instant};

/// How long a condition may take, on a machine that does other work too. It bounds a broken run; no test measures it.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Polls until `condition` holds; panics after [`LIMIT`] saying what was awaited.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}

/// Polls until `find` finds something and returns it; panics after [`LIMIT`] saying what was awaited.
#[track_caller]
pub fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        let waited = began.elapsed();
        assert!(waited < LIMIT, "waited {} s in vain: {what}", LIMIT.as_secs());
        std::thread::sleep(pause(waited));
    }
}

/// How long to wait before the next look, after that time: most looks start a process, and many tests wait at once.
pub fn pause(waited: Duration) -> Duration {
    (waited / 10).clamp(Duration::from_millis(1), Duration::from_millis(200))
}
