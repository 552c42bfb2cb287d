//! Moments and counts as people read them.

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400;

/// Year, month, day, hour, minute and second (UTC) of microseconds since 1970.
fn civil(micros: i64) -> (i64, i64, i64, i64, i64, i64) {
    let seconds = micros.div_euclid(MICROS);
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Days to civil date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". Years begin
    // in March there, so that the leap day is a year's last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
}

/// ISO 8601, to the second: `2024-02-29T12:34:56Z`.
pub fn iso(micros: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(micros);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// For people: `29 Feb 2024, 12:34 UTC`.
pub fn utc(micros: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, hour, minute, _) = civil(micros);
    let month = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"?");
    format!("{day}\u{a0}{month}\u{a0}{year}, {hour:02}:{minute:02}\u{a0}UTC")
}

/// A count with narrow spaces between groups of three digits.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_civil_dates_in_utc() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(1_709_210_096 * MICROS), "2024-02-29T12:34:56Z");
        assert_eq!(iso(-MICROS), "1969-12-31T23:59:59Z");
        assert_eq!(iso(4_107_542_400 * MICROS), "2100-03-01T00:00:00Z");
        assert_eq!(utc(1_709_210_096 * MICROS), "29\u{a0}Feb\u{a0}2024, 12:34\u{a0}UTC");
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000_000), "1\u{202f}000\u{202f}000");
    }
}
