//! The rule: whether an occasion notifies a person now, later, or not at all.

use super::{Occasion, QuietHours};
use crate::status::Millis;

/// What a person has configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRules {
    /// Whether there are notifications.
    pub enabled: bool,
    /// What notifies.
    pub occasions: Vec<Occasion>,
    /// An occasion that is over sooner never notifies.
    pub dwell: Millis,
    /// From one notification of a task to its next.
    pub cooldown: Millis,
    /// From one notification of any task to the next, at first: it doubles in a burst.
    pub merge: Millis,
    /// When nothing notifies.
    pub quiet: Option<QuietHours>,
}

/// What is known of an occasion at this moment.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// What happened.
    pub occasion: Occasion,
    /// When.
    pub since: Millis,
    /// Whether nobody is needed any more: answered, seen, mended, begun anew.
    pub is_over: bool,
    /// Whether a person muted the task.
    pub is_muted: bool,
    /// Whether a focused Neovim shows the task.
    pub is_on_screen: bool,
    /// When a person was notified of the task last.
    pub notified_at: Option<Millis>,
    /// Nothing notifies before: a notification was just shown, or could not be.
    pub held_until: Millis,
    /// What is configured.
    pub rules: &'a NotificationRules,
    /// Now.
    pub now: Millis,
    /// Minutes since midnight, where a person is.
    pub minute: u16,
}

/// What becomes of an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It notifies now.
    Notify,
    /// It is decided then.
    Wait(Millis),
    /// It never notifies.
    Drop(Dropped),
}

/// Why an occasion never notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Notifications are off, or this occasion is none of the configured.
    NotWanted,
    /// A person muted the task.
    Muted,
    /// Nobody is needed any more.
    Over,
    /// A person has it before their eyes.
    OnScreen,
}

/// Decides on one occasion.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let Facts { rules, now, .. } = facts;
    if !rules.enabled || !rules.occasions.contains(&facts.occasion) {
        return Decision::Drop(Dropped::NotWanted);
    }
    if facts.is_muted {
        return Decision::Drop(Dropped::Muted);
    }
    if facts.is_over {
        return Decision::Drop(Dropped::Over);
    }
    let dwelt = facts.since + rules.dwell;
    if *now < dwelt {
        return Decision::Wait(dwelt);
    }
    if facts.is_on_screen {
        return Decision::Drop(Dropped::OnScreen);
    }
    let cooled = facts.notified_at.map_or(Millis::MIN, |at| at + rules.cooldown);
    if *now < cooled {
        return Decision::Wait(cooled);
    }
    if let Some(left) = rules.quiet.and_then(|quiet| quiet.left(facts.minute)) {
        return Decision::Wait(now + Millis::from(left) * 60_000);
    }
    if *now < facts.held_until {
        return Decision::Wait(facts.held_until);
    }
    Decision::Notify
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Drop, Notify, Wait};

    /// The rule in words, first match first; the help has the same lines.
    const RULES: &[(&str, &str)] = &[
        ("notifications are off, or not for this event", "never"),
        ("the task is muted", "never"),
        ("it is over: answered, seen, or begun anew", "never"),
        ("it began less than `dwell` ago", "after `dwell`"),
        ("a focused Neovim shows the task", "never"),
        ("the task rang less than `cooldown` ago", "after `cooldown`"),
        ("the quiet hours are not over", "after them"),
        ("another task rang a moment ago", "together with others"),
        ("otherwise", "now"),
    ];

    fn rules() -> NotificationRules {
        NotificationRules {
            enabled: true,
            occasions: vec![Occasion::Request, Occasion::Turn, Occasion::Prompt],
            dwell: 5_000,
            cooldown: 60_000,
            merge: 5_000,
            quiet: QuietHours::parse("22:00-07:00"),
        }
    }

    #[test]
    fn the_table() {
        const NOON: u16 = 12 * 60;
        let (on, off) = (rules(), NotificationRules { enabled: false, ..rules() });
        let base = Facts {
            occasion: Occasion::Request,
            since: 0,
            is_over: false,
            is_muted: false,
            is_on_screen: false,
            notified_at: None,
            held_until: 0,
            rules: &on,
            now: 5_000,
            minute: NOON,
        };
        let rows = [
            ("at last", base.clone(), Notify),
            ("off", Facts { rules: &off, ..base.clone() }, Drop(Dropped::NotWanted)),
            ("another event", Facts { occasion: Occasion::Error, ..base.clone() }, Drop(Dropped::NotWanted)),
            ("muted", Facts { is_muted: true, ..base.clone() }, Drop(Dropped::Muted)),
            ("allowed by a rule at once", Facts { is_over: true, now: 40, ..base.clone() }, Drop(Dropped::Over)),
            ("answered meanwhile", Facts { is_over: true, ..base.clone() }, Drop(Dropped::Over)),
            ("too early", Facts { now: 4_999, ..base.clone() }, Wait(5_000)),
            ("too early and on screen", Facts { now: 1, is_on_screen: true, ..base.clone() }, Wait(5_000)),
            ("on screen", Facts { is_on_screen: true, ..base.clone() }, Drop(Dropped::OnScreen)),
            ("rang before", Facts { notified_at: Some(-10_000), ..base.clone() }, Wait(50_000)),
            ("rang long before", Facts { notified_at: Some(-60_000), ..base.clone() }, Notify),
            ("at night", Facts { minute: 23 * 60, ..base.clone() }, Wait(5_000 + 8 * 60 * 60_000)),
            ("in the morning", Facts { minute: 7 * 60, ..base.clone() }, Notify),
            ("after another", Facts { held_until: 9_000, ..base.clone() }, Wait(9_000)),
            ("muted and off", Facts { is_muted: true, rules: &off, ..base }, Drop(Dropped::NotWanted)),
        ];
        for (name, facts, expected) in rows {
            assert_eq!(decide(&facts), expected, "{name}");
        }
    }

    #[test]
    fn the_help_has_the_same_table() {
        let help = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/chorus.txt")).unwrap();
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let section = plain(&help[help.find("*chorus-notification-table*").expect("the table")..]);
        let mut rest = section.as_str();
        for (when, then) in RULES {
            let row = plain(&format!("{when} {then}"));
            let at = rest.find(&row).unwrap_or_else(|| panic!("the help lacks, or has in another order: {row}"));
            rest = &rest[at + row.len()..];
        }
    }
}
