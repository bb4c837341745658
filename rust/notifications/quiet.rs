//! Hours of the day in which nothing rings.

const DAY: u16 = 24 * 60;

/// From one minute of the day to another, over midnight where the second is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: u16,
    to: u16,
}

impl QuietHours {
    /// Reads `22:00-07:30`; nothing when it is not that, or no time lies between the two.
    pub fn parse(text: &str) -> Option<QuietHours> {
        let (from, to) = text.split_once('-')?;
        let hours = QuietHours { from: minute(from)?, to: minute(to)? };
        (hours.from != hours.to).then_some(hours)
    }

    /// The minutes that are left of them at that minute of the day; nothing outside of them.
    pub fn left(self, minute: u16) -> Option<u16> {
        let length = (self.to + DAY - self.from) % DAY;
        let passed = (minute % DAY + DAY - self.from) % DAY;
        (passed < length).then(|| length - passed)
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str, below: u16| {
        let is_plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|number| is_plain && *number < below)
    };
    Some(number(hour, 24)? * 60 + number(minute, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_over_midnight() {
        let night = QuietHours::parse("22:00-07:30").unwrap();
        for (time, left) in
            [("21:59", None), ("22:00", Some(570)), ("00:00", Some(450)), ("07:29", Some(1)), ("07:30", None)]
        {
            assert_eq!(night.left(minute(time).unwrap()), left, "{time}");
        }
        let lunch = QuietHours::parse(" 12:00 - 13:00 ").unwrap();
        assert_eq!(
            (lunch.left(719), lunch.left(720), lunch.left(779), lunch.left(780)),
            (None, Some(60), Some(1), None)
        );
        for wrong in
            ["", "22-7", "22:00", "24:00-07:00", "22:60-07:00", "07:00-07:00", "+2:00-7:00", "22:00-07:00-08:00"]
        {
            assert_eq!(QuietHours::parse(wrong), None, "{wrong}");
        }
    }
}
