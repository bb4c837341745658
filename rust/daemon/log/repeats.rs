//! The same line again and again says nothing new: once a minute is enough.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a line is not written again.
const PAUSE: Duration = Duration::from_secs(60);
/// More different lines than this are not told apart from new ones.
const MOST: usize = 200;

/// Which lines were written lately.
#[derive(Debug, Default)]
pub struct Repeats {
    seen: HashMap<String, Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    dropped: u64,
}

impl Repeats {
    /// Whether to write the line now, and how often it was left out since it was written last; nothing when it is left
    /// out now.
    pub fn admit(&mut self, line: &str, now: Instant) -> Option<u64> {
        if let Some(seen) = self.seen.get_mut(line) {
            if now.duration_since(seen.at) < PAUSE {
                seen.dropped += 1;
                return None;
            }
            let dropped = std::mem::take(&mut seen.dropped);
            seen.at = now;
            return Some(dropped);
        }
        if self.seen.len() >= MOST {
            self.seen.retain(|_, seen| now.duration_since(seen.at) < PAUSE);
        }
        if self.seen.len() < MOST {
            self.seen.insert(line.to_owned(), Seen { at: now, dropped: 0 });
        }
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_is_written_once_a_minute() {
        let mut repeats = Repeats::default();
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(repeats.admit("a", at(0)), Some(0));
        assert_eq!((repeats.admit("a", at(1)), repeats.admit("a", at(59))), (None, None));
        assert_eq!(repeats.admit("b", at(2)), Some(0));
        assert_eq!(repeats.admit("a", at(60)), Some(2));
        assert_eq!(repeats.admit("a", at(130)), Some(0));
        for n in 0..10 * MOST {
            assert_eq!(repeats.admit(&n.to_string(), at(200)), Some(0));
        }
        assert!(repeats.seen.len() <= MOST);
    }
}
