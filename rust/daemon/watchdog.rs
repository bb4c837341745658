//! Ends the daemon when its loop does not turn any more: another one takes over what is recorded, and a daemon that hangs
//! serves nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often the loop shows that it turns.
const BEAT: Duration = Duration::from_secs(2);
/// How often the watchdog looks.
const STEP: Duration = Duration::from_secs(5);
/// Looks in a row without a beat after which the loop counts as stuck: 30 s.
const MOST: u32 = 6;

/// The exit code: what a shell shows for SIGABRT.
const STUCK: i32 = 134;

/// Watches the runtime that this is called in.
pub fn begin() {
    let beats = Arc::new(AtomicU64::new(0));
    let seen = beats.clone();
    tokio::spawn(async move {
        loop {
            beats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(BEAT).await;
        }
    });
    let watching = std::thread::Builder::new().name("watchdog".into()).spawn(move || watch(&seen));
    if let Err(error) = watching {
        log::warn!("nothing watches the daemon's loop: {error}");
    }
}

fn watch(beats: &AtomicU64) {
    let mut watched = Watched::default();
    loop {
        std::thread::sleep(STEP);
        if watched.is_stuck(beats.load(Ordering::Relaxed)) {
            log::error!("the daemon's loop is stuck in {}: it ends and another one takes over", place());
            // No `abort`: a dump of its memory would hold what clients brought in their environments.
            std::process::exit(STUCK);
        }
    }
}

/// What the watchdog saw. It counts its own steps and not the time: while the machine sleeps or the daemon is stopped,
/// neither of the two threads gets on.
#[derive(Default)]
struct Watched {
    beats: u64,
    still: u32,
}

impl Watched {
    fn is_stuck(&mut self, beats: u64) -> bool {
        self.still = if beats == self.beats { self.still + 1 } else { 0 };
        self.beats = beats;
        self.still >= MOST
    }
}

/// Where in the kernel the loop's thread is, which is the process's first.
#[expect(clippy::disallowed_methods, reason = "the kernel's own file")]
fn place() -> String {
    let found = std::fs::read_to_string(format!("/proc/self/task/{}/wchan", std::process::id())).unwrap_or_default();
    match found.as_str() {
        "" | "0" => "its own code".to_owned(),
        place => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_steps_in_a_row_without_a_beat_count() {
        let mut watched = Watched::default();
        // A stop of any length is one step without a beat.
        assert!((1..100).all(|beat| !watched.is_stuck(beat) && !watched.is_stuck(beat)));
        let stuck: Vec<bool> = (0..MOST).map(|_| watched.is_stuck(99)).collect();
        assert_eq!(stuck.iter().position(|stuck| *stuck), Some(MOST as usize - 2));
        assert!(!watched.is_stuck(100));
    }
}
