//! The time between notifications that follow each other.

use super::{Notification, Occasion};
use crate::status::Millis;

/// After this time without notifications, the next one comes without a pause.
const CALM: Millis = 60_000;
/// The longest time that others make a notification wait, unless `merge` is longer.
const LONGEST: Millis = 60_000;

/// The time between two notifications of a burst doubles with each.
#[derive(Clone, Copy, Debug, Default)]
struct Burst {
    last: Option<Millis>,
    count: u32,
}

impl Burst {
    fn free_at(self, merge: Millis) -> Millis {
        let doubled = merge.saturating_mul(1 << self.count.min(16)).min(LONGEST.max(merge));
        self.last.map_or(Millis::MIN, |last| last.saturating_add(doubled))
    }

    fn notified(&mut self, now: Millis, merge: Millis) {
        let is_calm = now >= self.free_at(merge).saturating_add(CALM);
        *self = Burst { last: Some(now), count: if is_calm { 0 } else { self.count + 1 } };
    }
}

/// Turns that end wait for every notification. What needs a person waits only for others that do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bursts {
    all: Burst,
    needs: Burst,
}

impl Bursts {
    /// When a notification of that occasion may come.
    pub fn free_at(self, occasion: Occasion, merge: Millis) -> Millis {
        match occasion {
            Occasion::Turn => self.all.free_at(merge),
            Occasion::Prompt | Occasion::Error | Occasion::Request => self.needs.free_at(merge),
        }
    }

    /// A notification was shown.
    pub fn notified(&mut self, notification: &Notification, now: Millis) {
        self.all.notified(now, notification.merge);
        if notification.members.iter().any(|member| member.occasion != Occasion::Turn) {
            self.needs.notified(now, notification.merge);
        }
    }
}
