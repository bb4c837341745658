//! The clock of this process: it goes with the wall clock as long as that goes on, and on by itself when that is set
//! back. So of two stamps the later one is of what came later, and a time that was awaited comes.
//!
//! What others stamp (an agent's session file, its transcript, its hooks, tmux) is on the wall clock: [`of_wall`] and
//! [`to_wall`] bring the two together.

use parking_lot::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// A step of the wall clock that is worth a look at everything: less is what clocks are corrected by all the time.
pub const STEP: Millis = 2_000;

/// A clock that goes on. Pure: it is told what the others show.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// What it showed then.
    shown: Duration,
    at: Instant,
}

impl Clock {
    /// What it shows when the wall clock shows `wall` and the monotonic one `at`.
    fn read(&mut self, wall: Duration, at: Instant) -> Duration {
        let shown = self.shown + at.saturating_duration_since(self.at);
        if wall > shown || at < self.at {
            *self = Clock { shown: shown.max(wall), at };
        }
        shown.max(wall)
    }
}

static CLOCK: Mutex<Option<Clock>> = Mutex::new(None);

/// What this process's clock and the wall clock show.
fn read() -> (Millis, Millis) {
    let mut clock = CLOCK.lock();
    let (wall, at) = (wall_clock(), Instant::now());
    let now = clock.get_or_insert(Clock { shown: wall, at }).read(wall, at);
    (now.as_millis() as Millis, wall.as_millis() as Millis)
}

fn wall_clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// What it shows.
pub fn now() -> Millis {
    read().0
}

/// How far it is ahead of the wall clock, which was set back by so much.
pub fn ahead() -> Millis {
    let (now, wall) = read();
    now - wall
}

/// It shows at least that from now on: the last stamp that an earlier process left.
pub fn go_on_from(last: Millis) {
    let shown = Duration::from_millis(u64::try_from(last).unwrap_or_default());
    let (wall, at) = (wall_clock(), Instant::now());
    let mut clock = CLOCK.lock();
    clock.get_or_insert(Clock { shown: wall, at }).read(shown, at);
}

/// What the wall clock shows now: to compare with what file systems stamp.
pub fn wall() -> Millis {
    read().1
}

/// A stamp that another process took from the wall clock, on this one.
pub fn of_wall(stamp: Millis) -> Millis {
    let (now, wall) = read();
    moved(stamp, now, wall)
}

/// This clock's stamp on the wall clock as that goes now.
pub fn to_wall(stamp: Millis) -> Millis {
    stamp - ahead()
}

/// A stamp of the wall clock, on ours that shows `now` while that shows `wall`. A later one is from before it was set
/// back, when the two went together. No stamp is of what is still to come.
pub fn moved(stamp: Millis, now: Millis, wall: Millis) -> Millis {
    if stamp > wall { stamp.min(now) } else { stamp + (now - wall) }
}

/// The wall clock, in nanoseconds since 1970, as file systems stamp their files.
pub fn nanos() -> i128 {
    wall_clock().as_nanos() as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_wall_clock_that_is_set_back_stops_nothing() {
        let (begun, wall) = (Instant::now(), 20 * HOUR);
        let mut clock = Clock { shown: wall, at: begun };
        assert_eq!(clock.read(wall + SECOND, begun + SECOND), wall + SECOND);
        assert_eq!(clock.read(wall - HOUR, begun + 2 * SECOND), wall + 2 * SECOND);
        assert_eq!(clock.read(wall - HOUR + SECOND, begun + 3 * SECOND), wall + 3 * SECOND);
        // Set forward, and after a sleep of the machine, it follows.
        assert_eq!(clock.read(wall + HOUR, begun + 4 * SECOND), wall + HOUR);
        assert_eq!(clock.read(wall, begun + 5 * SECOND), wall + HOUR + SECOND);
    }

    #[test]
    fn stamps_of_others_stay_in_order_over_a_step() {
        let (now, wall) = (10_000_000, 10_000_000 - 3_600_000);
        let before = moved(9_999_000, now, wall);
        let after = moved(wall - 500, now, wall);
        assert_eq!((before, after), (9_999_000, 9_999_500));
        assert!(moved(now + 50_000, now, wall) <= now, "nothing is of what is still to come");
        assert_eq!(moved(7, 10, 10), 7);
    }
}
