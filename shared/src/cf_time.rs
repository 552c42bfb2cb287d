//! Time as CF writes it (conventions 1.11, section 4.4): numbers with units such as `days since 2000-01-01`, in one of several
//! calendars.
//!
//! [`TimeUnits::read`] reads units and calendar, [`TimeUnits::seconds`] turns a coordinate's number into seconds, and [`label`] writes
//! those as ISO 8601. Seconds are counted from 1970-01-01T00:00:00 **in the calendar**: of 360 days a year, for example, in `360_day`.
//! [`parse`] reads what people and links write of it, as precisely as they do.
//!
//! Months and years as units are calendar months and years (a fraction of one is that share of its days): the average lengths
//! that UDUNITS gives them are meant by nobody who has a value for each month.

/// Seconds in a day.
const DAY: f64 = 86_400.0;
/// The first day of the Gregorian calendar (1582-10-15), in days since 1970-01-01.
const REFORM: i64 = -141_427;
/// Days before each month of a year of 365 days.
const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// How days make years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// Julian before 1582-10-15, Gregorian since (`standard`, `gregorian`, or none given).
    Standard,
    /// Gregorian at all times.
    Proleptic,
    /// Julian at all times.
    Julian,
    /// No leap years (`noleap`, `365_day`).
    NoLeap,
    /// Leap years only (`all_leap`, `366_day`).
    AllLeap,
    /// Twelve months of 30 days.
    Days360,
}

/// A day of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year; 0 is the one before 1.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Units of a time coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeUnits {
    calendar: Calendar,
    step: Step,
    /// Seconds from 1970-01-01 to what the numbers are counted from.
    reference: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Seconds(f64),
    Months(f64),
}

impl Calendar {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Standard, Self::Proleptic, Self::Julian, Self::NoLeap, Self::AllLeap, Self::Days360];

    /// The calendar that an attribute names; none is the standard one. `None` for an unknown one.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "standard" | "gregorian" | "" => Self::Standard,
            "proleptic_gregorian" => Self::Proleptic,
            "julian" => Self::Julian,
            "noleap" | "365_day" => Self::NoLeap,
            "all_leap" | "366_day" => Self::AllLeap,
            "360_day" => Self::Days360,
            _ => return None,
        })
    }

    /// Days from 1970-01-01 to a date; a day after the month's last one lies in the next month.
    pub fn days(self, date: Date) -> i64 {
        let gregorian = || days_of_leap_cycles(date, true);
        let julian = || days_of_leap_cycles(date, false);
        match self {
            Self::Julian => julian(),
            Self::Standard if gregorian() < REFORM => julian(),
            Self::Proleptic | Self::Standard => gregorian(),
            Self::NoLeap => (date.year - 1970) * 365 + day_of_year(date, false),
            Self::AllLeap => (date.year - 1970) * 366 + day_of_year(date, true),
            Self::Days360 => {
                (date.year - 1970) * 360 + i64::from(date.month - 1) * 30 + i64::from(date.day) - 1
            }
        }
    }

    /// The date so many days after 1970-01-01.
    pub fn date(self, days: i64) -> Date {
        match self {
            Self::Julian => date_of_leap_cycles(days, false),
            Self::Standard if days < REFORM => date_of_leap_cycles(days, false),
            Self::Proleptic | Self::Standard => date_of_leap_cycles(days, true),
            Self::NoLeap => date_in(days.div_euclid(365) + 1970, days.rem_euclid(365), false),
            Self::AllLeap => date_in(days.div_euclid(366) + 1970, days.rem_euclid(366), true),
            Self::Days360 => {
                let day = days.rem_euclid(360);
                let (month, day) = ((day / 30 + 1) as u8, (day % 30 + 1) as u8);
                Date { year: days.div_euclid(360) + 1970, month, day }
            }
        }
    }

    /// Seconds from 1970-01-01 to the first day of the month so many months after 1970-01, and how long that month is.
    fn month(self, months: i64) -> (f64, f64) {
        let first = |months: i64| {
            let (year, month) = (1970 + months.div_euclid(12), months.rem_euclid(12) as u8 + 1);
            self.days(Date { year, month, day: 1 }) as f64 * DAY
        };
        let begin = first(months);
        (begin, first(months + 1) - begin)
    }
}

impl TimeUnits {
    /// Reads `units` and `calendar`; `None` where the units count no time since a moment, or the calendar is unknown.
    pub fn read(units: &str, calendar: Option<&str>) -> Option<Self> {
        let calendar = Calendar::from_name(calendar.unwrap_or_default().trim())?;
        let units = units.trim();
        let (step, since) = units.split_once(char::is_whitespace)?;
        let (word, moment) = since.trim_start().split_once(char::is_whitespace)?;
        if !word.eq_ignore_ascii_case("since") {
            return None;
        }
        let step = match step.to_ascii_lowercase().as_str() {
            "nanosecond" | "nanoseconds" | "nsec" | "nsecs" | "ns" => Step::Seconds(1e-9),
            "microsecond" | "microseconds" | "microsec" | "microsecs" | "us" => Step::Seconds(1e-6),
            "millisecond" | "milliseconds" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => {
                Step::Seconds(1e-3)
            }
            "second" | "seconds" | "sec" | "secs" | "s" => Step::Seconds(1.0),
            "minute" | "minutes" | "min" | "mins" => Step::Seconds(60.0),
            "hour" | "hours" | "hr" | "hrs" | "h" => Step::Seconds(3600.0),
            "day" | "days" | "d" => Step::Seconds(DAY),
            "week" | "weeks" => Step::Seconds(7.0 * DAY),
            "month" | "months" | "mon" => Step::Months(1.0),
            "year" | "years" | "yr" | "yrs" | "common_year" | "common_years" => Step::Months(12.0),
            _ => return None,
        };
        Some(Self { calendar, step, reference: parse(moment, calendar)?.start })
    }

    /// The calendar.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// Seconds from 1970-01-01 to the moment of a number, to the millisecond.
    pub fn seconds(&self, number: f64) -> f64 {
        let seconds = match self.step {
            Step::Seconds(length) => number * length + self.reference,
            Step::Months(length) => {
                let days = (self.reference / DAY).floor();
                let reference = self.calendar.date(days as i64);
                let months = number * length;
                let whole = (reference.year - 1970) * 12 + i64::from(reference.month) - 1
                    + months.floor() as i64;
                let (begin, duration) = self.calendar.month(whole);
                let within = f64::from(reference.day - 1) * DAY + self.reference - days * DAY;
                begin + within + (months - months.floor()) * duration
            }
        };
        (seconds * 1e3).round() / 1e3
    }
}

/// A moment as ISO 8601, without a time zone: the date alone or, where asked for, the time of day as well, with milliseconds only
/// where there are any.
pub fn label(seconds: f64, calendar: Calendar, with_clock: bool) -> String {
    let milliseconds = (seconds * 1e3).round() as i64;
    let Date { year, month, day } = calendar.date(milliseconds.div_euclid(86_400_000));
    let sign = if year < 0 { "-" } else { "" };
    let date = format!("{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs());
    if !with_clock {
        return date;
    }
    let rest = milliseconds.rem_euclid(86_400_000);
    let (clock, fraction) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let fraction = if fraction > 0 { format!(".{fraction:03}") } else { String::new() };
    format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}")
}

/// Whether a moment is the first one of a day.
pub fn is_midnight(seconds: f64) -> bool {
    seconds.rem_euclid(DAY) == 0.0
}

/// A stretch of time, in seconds since 1970-01-01: a year, a month, a day, an hour, a minute or a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its first moment.
    pub start: f64,
    /// The first moment after it; `start` itself for a moment.
    pub end: f64,
}

/// Reads a date, with or without the time of day: `2021`, `2021-07`, `2021-7-1`, `2021-07-01T06:00`, `2021-07-01 06:00:00.5 +01:00`. What
/// stands in for the time zone is taken off; without one it is UTC.
pub fn parse(text: &str, calendar: Calendar) -> Option<Stretch> {
    let text = text.trim();
    let split = text.char_indices().find(|&(at, letter)| {
        letter == ' ' || (at > 0 && matches!(letter, 'T' | 't')) || letter == 'Z'
    });
    let (date, clock) = split.map_or((text, ""), |(at, _)| (&text[..at], text[at + 1..].trim()));
    let (sign, digits) = date.strip_prefix('-').map_or((1, date), |rest| (-1, rest));
    let mut parts = digits.split('-').map(whole);
    let year = sign * parts.next()??;
    let (month, day) = (parts.next(), parts.next());
    if parts.next().is_some() || !(-100_000..=100_000).contains(&year) {
        return None;
    }
    let (has_month, has_day) = (month.is_some(), day.is_some());
    let within = |part: Option<Option<i64>>, most: i64| match part {
        None => Some(1),
        Some(part) => part.filter(|part| (1..=most).contains(part)),
    };
    let date = Date { year, month: within(month, 12)? as u8, day: within(day, 31)? as u8 };
    let start = calendar.days(date) as f64 * DAY;
    let months = (date.year - 1970) * 12 + i64::from(date.month) - 1;
    if !has_day && clock.is_empty() {
        let last = if has_month { months + 1 } else { months + 12 };
        return Some(Stretch { start, end: calendar.month(last).0 });
    }
    if day.is_some() && f64::from(date.day - 1) * DAY >= calendar.month(months).1 {
        return None;
    }
    let (offset, length) = time_of_day(clock)?;
    Some(Stretch { start: start + offset, end: start + offset + length })
}

/// Seconds since midnight UTC, and how long what is written lasts.
fn time_of_day(text: &str) -> Option<(f64, f64)> {
    let text = text.trim_end_matches(['Z', 'z']).trim_end();
    let text = ["UTC", "GMT"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text);
    let text = text.trim();
    if text.is_empty() {
        return Some((0.0, DAY));
    }
    let (clock, zone) = match text.rfind(['+', '-']) {
        Some(at) => (text[..at].trim_end(), Some(&text[at..])),
        None => (text, None),
    };
    let east = match zone {
        None => 0,
        Some(zone) => {
            let (sign, zone) = zone.split_at(1);
            let (hours, minutes) = match zone.split_once(':') {
                Some(parts) => parts,
                None if zone.len() > 2 => zone.split_at(zone.len() - 2),
                None => (zone, "0"),
            };
            let east = whole(hours)? * 3600 + whole(minutes)? * 60;
            if sign == "-" { -east } else { east }
        }
    };
    if clock.is_empty() {
        return Some((-east as f64, DAY));
    }
    let mut parts = clock.split(':');
    let hour = whole(parts.next()?).filter(|hour| *hour <= 24)?;
    let (minute, second) = (parts.next(), parts.next());
    let minutes = minute.map_or(Some(0), whole).filter(|minute| *minute < 60)?;
    let (seconds, fraction) =
        second.unwrap_or("0").split_once('.').unwrap_or((second.unwrap_or("0"), ""));
    let seconds = whole(seconds).filter(|second| *second <= 60)?;
    let fraction = if fraction.is_empty() {
        0.0
    } else {
        let digits = &fraction[..fraction.len().min(9)];
        whole(digits)? as f64 / 10_f64.powi(digits.len() as i32)
    };
    let length = match (minute, second) {
        (None, _) => 3600.0,
        (_, None) => 60.0,
        _ => 0.0,
    };
    Some(((hour * 3600 + minutes * 60 + seconds - east) as f64 + fraction, length))
}

/// A whole number of digits alone, of a length that no arithmetic overflows.
fn whole(digits: &str) -> Option<i64> {
    let fits = (1..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

/// Days before a date in its year.
fn day_of_year(date: Date, is_leap: bool) -> i64 {
    let leap_day = i64::from(is_leap && date.month > 2);
    BEFORE[usize::from(date.month - 1)] + leap_day + i64::from(date.day) - 1
}

/// The date so many days into a year.
fn date_in(year: i64, day: i64, is_leap: bool) -> Date {
    let before = |month: usize| BEFORE[month] + i64::from(is_leap && month > 1);
    let month = (1..12).take_while(|&month| before(month) <= day).last().unwrap_or(0);
    Date { year, month: month as u8 + 1, day: (day - before(month)) as u8 + 1 }
}

/// Days since 1970-01-01 of a date with a leap year every fourth year and, in the Gregorian calendar, not in three of four
/// centuries. Years begin in March here, so that the leap day is a year's last (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_of_leap_cycles(date: Date, is_gregorian: bool) -> i64 {
    let year = date.year - i64::from(date.month <= 2);
    let month = i64::from(date.month) + if date.month > 2 { -3 } else { 9 };
    let day_of_year = (153 * month + 2) / 5 + i64::from(date.day) - 1;
    if is_gregorian {
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
    } else {
        let (era, year) = (year.div_euclid(4), year.rem_euclid(4));
        era * 1461 + year * 365 + day_of_year - 719_470
    }
}

/// The other way.
fn date_of_leap_cycles(days: i64, is_gregorian: bool) -> Date {
    let (year, day_of_year) = if is_gregorian {
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        (era * 400 + year, day - (365 * year + year / 4 - year / 100))
    } else {
        let days = days + 719_470;
        let (era, day) = (days.div_euclid(1461), days.rem_euclid(1461));
        let year = (day - day / 1_460) / 365;
        (era * 4 + year, day - 365 * year)
    };
    let shifted = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u8;
    let month = (if shifted < 10 { shifted + 3 } else { shifted - 9 }) as u8;
    Date { year: year + i64::from(month <= 2), month, day }
}
