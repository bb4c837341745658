//! Seconds since 1970 as dates.

/// `2026-11-20T07:05:24+00:00`.
pub fn rfc3339(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let (hour, minute, second) = clock(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// `2026-11-20 07:05:24 +0000`.
pub fn plain(seconds: i64) -> String {
    rfc3339(seconds).replace('T', " ").replace("+00:00", " +0000")
}

fn clock(seconds: i64) -> (i64, i64, i64) {
    let second = seconds.rem_euclid(86_400);
    (second / 3600, second / 60 % 60, second % 60)
}

/// Year, month and day of a day since 1970, counted from the March of year 0 so that leap days come last.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_right() {
        assert_eq!(rfc3339(1_795_158_324), "2026-11-20T07:05:24+00:00");
        assert_eq!(plain(0), "1970-01-01 00:00:00 +0000");
    }
}
