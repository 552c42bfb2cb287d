//! What periods are called: `2020`, `2021-DJF`, `2021-07`, `WY2021`, and `2021-02-10` for a composite.

use std::fmt;
use std::str::FromStr;

use super::{Cadence, Hemisphere, days};
use crate::cf_time::{Calendar, Date};

/// Years that a label may name.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;
/// What stands between the first and the last label of several periods.
const SPAN: &str = "..";

/// What a period is called where texts speak of it: any text without white space and `:,()`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodLabel(Box<str>);

/// A text that cannot stand for a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a period's label, a text without white space and :,() that begins and ends without a dot, found '{found}'"
)]
pub struct LabelError {
    /// The text.
    pub found: String,
}

/// A season of three months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Season {
    /// December to February.
    Djf,
    /// March to May.
    Mam,
    /// June to August.
    Jja,
    /// September to November.
    Son,
}

/// The period that a label names by the grammar of labels; its text form is the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodName {
    /// `2020`.
    Year(i32),
    /// `2021-DJF`: the winter of January 2021, which begins in December 2020.
    Season(i32, Season),
    /// `2021-07`; months count from 1.
    Month(i32, u8),
    /// `WY2021`: in the north October 2020 to September 2021, in the south April 2021 to March 2022.
    WaterYear(i32),
    /// `2021-02-10`: a composite by its first day.
    Day(Date),
}

impl PeriodLabel {
    /// A label, if the text can be one.
    pub fn new(text: &str) -> Result<Self, LabelError> {
        let is_apart = |letter: char| letter.is_whitespace() || ":,()".contains(letter);
        if text.is_empty()
            || text.contains(is_apart)
            || text.starts_with('.')
            || text.ends_with('.')
        {
            return Err(LabelError { found: text.to_owned() });
        }
        Ok(Self(text.into()))
    }

    /// The label of all periods from one to another: `2020-01..2022-12`.
    pub fn span(first: &Self, last: &Self) -> Self {
        Self(format!("{first}{SPAN}{last}").into())
    }

    /// The label of a calendar year.
    pub fn of_year(year: i32) -> Self {
        Self(year.to_string().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The calendar year that it names; `None` where it names something else.
    pub fn year(&self) -> Option<i32> {
        let year: i32 = self.0.parse().ok()?;
        (year.to_string() == *self.0).then_some(year)
    }

    /// The period that it names by the grammar of labels.
    pub fn name(&self) -> Option<PeriodName> {
        self.0.parse().ok()
    }
}

impl FromStr for PeriodLabel {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for PeriodLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl serde::Serialize for PeriodLabel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Season {
    /// All of them, in the order of a year's.
    pub const ALL: [Self; 4] = [Self::Djf, Self::Mam, Self::Jja, Self::Son];

    /// The initials of its months.
    pub const fn initials(self) -> &'static str {
        match self {
            Self::Djf => "DJF",
            Self::Mam => "MAM",
            Self::Jja => "JJA",
            Self::Son => "SON",
        }
    }
}

impl PeriodName {
    /// How long it is.
    pub const fn cadence(self) -> Cadence {
        match self {
            Self::Year(_) => Cadence::Year,
            Self::Season(..) => Cadence::Season,
            Self::Month(..) => Cadence::Month,
            Self::WaterYear(_) => Cadence::WaterYear,
            Self::Day(_) => Cadence::Composite,
        }
    }

    /// Its first day, in days since 1970-01-01.
    pub fn begins(self, hemisphere: Hemisphere) -> i32 {
        match self {
            Self::Year(year) => days(year, 1, 1),
            Self::Season(year, Season::Djf) => days(year - 1, 12, 1),
            Self::Season(year, Season::Mam) => days(year, 3, 1),
            Self::Season(year, Season::Jja) => days(year, 6, 1),
            Self::Season(year, Season::Son) => days(year, 9, 1),
            Self::Month(year, month) => days(year, month, 1),
            Self::WaterYear(year) => match hemisphere {
                Hemisphere::North => days(year - 1, 10, 1),
                Hemisphere::South => days(year, 4, 1),
            },
            Self::Day(date) => Calendar::Proleptic.days(date) as i32,
        }
    }

    /// The first day after it; `None` for a composite, which the next one ends.
    pub fn ends(self, hemisphere: Hemisphere) -> Option<i32> {
        let next = match self {
            Self::Year(year) => Self::Year(year + 1),
            Self::Season(year, Season::Djf) => Self::Season(year, Season::Mam),
            Self::Season(year, Season::Mam) => Self::Season(year, Season::Jja),
            Self::Season(year, Season::Jja) => Self::Season(year, Season::Son),
            Self::Season(year, Season::Son) => Self::Season(year + 1, Season::Djf),
            Self::Month(year, 12) => Self::Month(year + 1, 1),
            Self::Month(year, month) => Self::Month(year, month + 1),
            Self::WaterYear(year) => Self::WaterYear(year + 1),
            Self::Day(_) => return None,
        };
        Some(next.begins(hemisphere))
    }

    /// Its label.
    pub fn label(self) -> PeriodLabel {
        PeriodLabel(self.to_string().into())
    }
}

impl fmt::Display for PeriodName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(formatter, "{year}"),
            Self::Season(year, season) => write!(formatter, "{year:04}-{}", season.initials()),
            Self::Month(year, month) => write!(formatter, "{year:04}-{month:02}"),
            Self::WaterYear(year) => write!(formatter, "WY{year:04}"),
            Self::Day(Date { year, month, day }) => {
                write!(formatter, "{year:04}-{month:02}-{day:02}")
            }
        }
    }
}

impl FromStr for PeriodName {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            is_whole.then(|| digits.parse::<i32>().ok()).flatten()
        };
        let named = || {
            if let Some(year) = text.strip_prefix("WY") {
                return Some(Self::WaterYear(number(year)?));
            }
            let mut parts = text.split('-');
            let year = number(parts.next()?)?;
            let name = match (parts.next(), parts.next()) {
                (None, _) => Self::Year(year),
                (Some(part), None) => {
                    let season = Season::ALL.into_iter().find(|season| season.initials() == part);
                    match season {
                        Some(season) => Self::Season(year, season),
                        None => Self::Month(year, number(part)? as u8),
                    }
                }
                (Some(month), Some(day)) => {
                    let (month, day) = (number(month)? as u8, number(day)? as u8);
                    Self::Day(Date { year: year.into(), month, day })
                }
            };
            (parts.next().is_none() && YEARS.contains(&year)).then_some(name)
        };
        let exists = |name: &Self| match *name {
            Self::Month(_, month) => (1..=12).contains(&month),
            Self::Day(date) => {
                (1..=12).contains(&date.month)
                    && (1..=31).contains(&date.day)
                    && Calendar::Proleptic.date(Calendar::Proleptic.days(date)) == date
            }
            Self::WaterYear(year) => YEARS.contains(&year),
            Self::Year(_) | Self::Season(..) => true,
        };
        // Zeros too many or too few make another label.
        named()
            .filter(exists)
            .filter(|name| name.to_string() == text)
            .ok_or_else(|| LabelError { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(days: i32) -> String {
        let Date { year, month, day } = Calendar::Proleptic.date(days.into());
        format!("{year:04}-{month:02}-{day:02}")
    }

    #[test]
    fn labels_name_the_days_that_the_grammar_says() {
        for (label, first, after) in [
            ("2020", "2020-01-01", "2021-01-01"),
            ("2021-DJF", "2020-12-01", "2021-03-01"),
            ("2021-MAM", "2021-03-01", "2021-06-01"),
            ("2021-JJA", "2021-06-01", "2021-09-01"),
            ("2021-SON", "2021-09-01", "2021-12-01"),
            ("2021-07", "2021-07-01", "2021-08-01"),
            ("2021-12", "2021-12-01", "2022-01-01"),
            ("WY2021", "2020-10-01", "2021-10-01"),
        ] {
            let name: PeriodName = label.parse().unwrap();
            assert_eq!(date(name.begins(Hemisphere::North)), first, "{label}");
            assert_eq!(date(name.ends(Hemisphere::North).unwrap()), after, "{label}");
        }
        let name: PeriodName = "WY2021".parse().unwrap();
        assert_eq!(date(name.begins(Hemisphere::South)), "2021-04-01");
        assert_eq!(date(name.ends(Hemisphere::South).unwrap()), "2022-04-01");
        let name: PeriodName = "2020-02-29".parse().unwrap();
        assert_eq!(date(name.begins(Hemisphere::North)), "2020-02-29");
    }

    #[test]
    fn what_is_nearly_a_label_names_nothing() {
        for text in [
            "",
            "20201",
            "02020",
            "-1",
            "2021-13",
            "2021-00",
            "2021-7",
            "2021-djf",
            "2021-XYZ",
            "WY",
            "wy2021",
            "WY02021",
            "2021-02-30",
            "2021-2-3",
            "2021-02-03-04",
            "2021-02-268",
            "+2020",
            "2021-269",
        ] {
            assert!(text.parse::<PeriodName>().is_err(), "{text}");
        }
        for text in ["", "a b", "a:b", "a,b", "(a", "a)", ".a", "a.", "a\n"] {
            assert!(PeriodLabel::new(text).is_err(), "{text}");
        }
        assert_eq!(PeriodLabel::new("02020").unwrap().year(), None);
        assert_eq!(PeriodLabel::new("2020").unwrap().year(), Some(2020));
    }
}
