//! Which composites are due: those that a complete catalogue has. Pure.
//!
//! The eight-day periods of MOD11A2 and MYD11A2 begin anew on the first day of each year: 1, 9, ... 361.
//! The last one is shorter or reaches into January, depending on how one reads the product's guide; a
//! composite is due eight days after the day on which it begins, which is the day after its last in either
//! reading. Not due are composites from before the collection's extent begins or the satellite's record
//! does, and those that were never made ([`Gap`]).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, Days, NaiveDate};

use floe_raster::granule::{GranuleKey, Platform};
use floe_shared::period::Period;

/// 1970-01-01, counted as chrono counts days: 1 is the first day of the year 1.
const EPOCH: i32 = 719_163;
/// Days after its first one on which a composite is due.
const LASTS: Days = Days::new(8);

/// The composites of one satellite and period, at all positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Composite {
    /// Its first day.
    pub begins: NaiveDate,
    /// The satellite.
    pub platform: Platform,
}

/// A composite that was never made: `2022-10-16` of any satellite, `terra:2022-10-16` of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Its first day.
    pub begins: NaiveDate,
    /// The satellite; none stands for all.
    pub platform: Option<Platform>,
}

/// A text that is no gap.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the first day of a composite as YYYY-MM-DD, terra:YYYY-MM-DD or aqua:YYYY-MM-DD, found '{found}'"
)]
pub struct GapError {
    /// The text.
    pub found: String,
}

impl Gap {
    /// Whether it is this composite that was never made.
    pub fn has(&self, Composite { begins, platform }: &Composite) -> bool {
        self.begins == *begins && self.platform.is_none_or(|of| of == *platform)
    }
}

impl FromStr for Gap {
    type Err = GapError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || GapError { found: text.to_owned() };
        let (platform, date) = match text.split_once(':') {
            None => (None, text),
            Some((name, date)) => {
                let known = Platform::ALL.into_iter().find(|platform| platform.name() == name);
                (Some(known.ok_or_else(error)?), date)
            }
        };
        let begins = date.parse().map_err(|_| error())?;
        // What chrono reads beyond YYYY-MM-DD (spaces, signs) is no date here.
        let gap = Self { begins, platform };
        if gap.to_string() == text { Ok(gap) } else { Err(error()) }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.platform {
            Some(platform) => write!(formatter, "{platform}:{}", self.begins),
            None => self.begins.fmt(formatter),
        }
    }
}

/// The date of a day that is counted from 1970-01-01.
pub(crate) fn date(day: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day.saturating_add(EPOCH)).unwrap_or(NaiveDate::MAX)
}

/// Days from 1970-01-01 to a date.
pub(crate) fn day_of(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH
}

/// The first day of a granule, counted from 1970-01-01. A day that its year lacks counts as the year's last.
pub(super) fn begins(key: &GranuleKey) -> i32 {
    let last = NaiveDate::from_ymd_opt(key.year, 12, 31);
    let date = NaiveDate::from_yo_opt(key.year, key.day.into()).or(last);
    date.map_or(i32::MAX, day_of)
}

impl Composite {
    /// The composite that a granule is part of; `None` where its name has a day that its year lacks.
    pub(super) fn of(key: &GranuleKey) -> Option<Self> {
        let begins = NaiveDate::from_yo_opt(key.year, key.day.into())?;
        Some(Self { begins, platform: key.platform })
    }
}

/// What is due, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Days of the year on which a composite begins; empty where nothing is known.
    pub days: Vec<u16>,
    /// Composites that were never made.
    pub gaps: Vec<Gap>,
    /// The satellites that count.
    pub platforms: Vec<Platform>,
}

impl Calendar {
    /// Whether anything is known of what is due.
    pub(super) fn is_known(&self) -> bool {
        !self.days.is_empty()
    }

    /// The composites that begin in a period and are due on a day, of a collection that begins on another.
    pub(super) fn due(
        &self,
        period: &Period,
        collection_begins: Option<NaiveDate>,
        today: NaiveDate,
    ) -> BTreeSet<Composite> {
        let mut due = BTreeSet::new();
        let (first, end) = (date(period.start), date(period.end));
        let dates = (first.year()..=end.year()).flat_map(|year| {
            self.days.iter().filter_map(move |&day| NaiveDate::from_yo_opt(year, day.into()))
        });
        for begins in dates.filter(|begins| (first..end).contains(begins)) {
            let is_past = begins.checked_add_days(LASTS).is_some_and(|due| due <= today);
            if !is_past || collection_begins.is_some_and(|start| begins < start) {
                continue;
            }
            due.extend(
                self.platforms
                    .iter()
                    .map(|&platform| Composite { begins, platform })
                    .filter(|composite| !self.lacks(*composite)),
            );
        }
        due
    }

    /// Whether a composite was never made.
    fn lacks(&self, Composite { begins, platform }: Composite) -> bool {
        let before = begins < record_begins(platform);
        before || self.gaps.iter().any(|gap| gap.has(&Composite { begins, platform }))
    }

    /// The days of the year on which composites begin, for the cutting of questions: those that are due, or
    /// those of the product where nothing is known.
    pub(super) fn cuts(&self, year: i32) -> Vec<NaiveDate> {
        let product = || (0..46).map(|period| 1 + 8 * period).collect();
        let days: Vec<u16> = if self.is_known() { self.days.clone() } else { product() };
        days.into_iter().filter_map(|day| NaiveDate::from_yo_opt(year, day.into())).collect()
    }
}

/// The first composite of a satellite's record: the temporal extents of MOD11A2 and MYD11A2, version 6.1
/// (NASA LP DAAC, doi:10.5067/MODIS/MOD11A2.061 and doi:10.5067/MODIS/MYD11A2.061).
fn record_begins(platform: Platform) -> NaiveDate {
    let (year, day) = match platform {
        Platform::Terra => (2000, 49),
        Platform::Aqua => (2002, 185),
    };
    NaiveDate::from_yo_opt(year, day).unwrap_or(NaiveDate::MIN)
}

/// Composites as short texts for people and metadata: `2022-10-16`, or `2022-06-02/2022-12-27` for several
/// of `calendar` that follow each other, with the satellite before where there are two.
pub(super) fn stretches(
    absent: &BTreeSet<Composite>,
    calendar: &BTreeSet<Composite>,
) -> Vec<String> {
    let platforms: BTreeSet<Platform> = calendar.iter().map(|due| due.platform).collect();
    let mut texts = Vec::new();
    for &platform in &platforms {
        let of_platform = calendar.iter().filter(|due| due.platform == platform);
        let due: Vec<&Composite> = of_platform.collect();
        for run in due.chunk_by(|a, b| absent.contains(a) == absent.contains(b)) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if !absent.contains(*first) {
                continue;
            }
            let name = if platforms.len() > 1 { format!("{platform}:") } else { String::new() };
            texts.push(if first == last {
                format!("{name}{}", first.begins)
            } else {
                format!("{name}{}/{}", first.begins, last.begins)
            });
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use floe_shared::period::{Cadence, Hemisphere, PeriodAxis};

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn year(year: i32) -> Period {
        PeriodAxis::of_years(&[year]).unwrap().periods()[0].clone()
    }

    fn calendar(gaps: &[&str], platforms: &[Platform]) -> Calendar {
        Calendar {
            days: (0..46).map(|period| 1 + 8 * period).collect(),
            gaps: gaps.iter().map(|gap| gap.parse().unwrap()).collect(),
            platforms: platforms.to_vec(),
        }
    }

    const TERRA: &[Platform] = &[Platform::Terra];

    #[test]
    fn a_past_year_has_46_composites_and_twice_as_many_of_two_satellites() {
        let due = |platforms| calendar(&[], platforms).due(&year(2021), None, date("2026-01-01"));
        assert_eq!(due(TERRA).len(), 46);
        assert_eq!(due(&Platform::ALL).len(), 92);
        let first = due(TERRA).first().map(|composite| composite.begins);
        assert_eq!(first, Some(date("2021-01-01")));
    }

    #[test]
    fn a_composite_belongs_to_the_period_in_which_it_begins() {
        let due = |cadence, hemisphere| -> Vec<BTreeSet<Composite>> {
            let axis = PeriodAxis::new(cadence, &[2021], &[1, 100], hemisphere).unwrap();
            let of = |period| calendar(&[], TERRA).due(period, None, date("2026-01-01"));
            axis.periods().iter().map(of).collect()
        };
        let first_and_last = |due: &BTreeSet<Composite>| {
            [due.first(), due.last()].map(|one| one.unwrap().begins.to_string())
        };
        let seasons = due(Cadence::Season, Hemisphere::North);
        // 2 December 2020 is day 337 of a leap year, 26 February 2021 day 57.
        assert_eq!(first_and_last(&seasons[0]), ["2020-12-02", "2021-02-26"]);
        assert_eq!(seasons[0].len(), 12);
        let south = due(Cadence::WaterYear, Hemisphere::South);
        assert_eq!(first_and_last(&south[0]), ["2021-04-07", "2022-03-30"]);
        let months = due(Cadence::Month, Hemisphere::North);
        assert_eq!(months.iter().map(BTreeSet::len).sum::<usize>(), 46);
        assert!(months.iter().all(|month| (3..=4).contains(&month.len())));
    }

    #[test]
    fn a_day_is_counted_from_1970() {
        assert_eq!(super::date(0), date("1970-01-01"));
        let key = |text: &str| text.parse::<floe_raster::granule::GranuleId>().unwrap().key;
        assert_eq!(begins(&key("MOD11A2.A1970009.h18v04.061")), 8);
        // 2021 has no day 366.
        assert!(year(2021).contains(begins(&key("MOD11A2.A2021366.h18v04.061"))));
    }

    #[test]
    fn a_composite_is_due_the_day_after_its_last_day() {
        let due = |today| calendar(&[], TERRA).due(&year(2021), None, date(today)).len();
        assert_eq!((due("2021-01-08"), due("2021-01-09"), due("2021-01-16")), (0, 1, 1));
        assert_eq!((due("2021-12-31"), due("2022-01-03"), due("2022-01-04")), (45, 45, 46));
    }

    #[test]
    fn nothing_is_due_before_the_collection_or_the_record_begins() {
        let today = date("2026-01-01");
        let begins = Some(date("2021-03-06"));
        assert_eq!(calendar(&[], TERRA).due(&year(2021), begins, today).len(), 38);
        assert_eq!(calendar(&[], TERRA).due(&year(2000), None, today).len(), 40);
        assert_eq!(calendar(&[], &[Platform::Aqua]).due(&year(2002), None, today).len(), 23);
        assert_eq!(calendar(&[], &Platform::ALL).due(&year(1999), None, today).len(), 0);
    }

    #[test]
    fn a_gap_is_one_satellites_or_everybodys() {
        let today = date("2026-01-01");
        let due = |gap, platforms| calendar(&[gap], platforms).due(&year(2022), None, today).len();
        assert_eq!(due("2022-10-16", TERRA), 45);
        assert_eq!(due("terra:2022-10-16", &Platform::ALL), 91);
        assert_eq!(due("2022-10-16", &Platform::ALL), 90);
        assert_eq!(due("aqua:2022-10-16", TERRA), 46);
        assert_eq!(due("2022-10-17", TERRA), 46);
    }

    #[test]
    fn gaps_round_trip_and_nonsense_is_refused() {
        for text in ["2022-10-16", "terra:2022-10-16", "aqua:2002-07-04"] {
            assert_eq!(text.parse::<Gap>().unwrap().to_string(), text);
        }
        for text in ["", "2022", "2022-13-01", "2022-1-1", "modis:2022-10-16", "2022-10-16:terra"] {
            assert!(text.parse::<Gap>().unwrap_err().to_string().contains(text), "{text}");
        }
    }

    #[test]
    fn with_no_days_nothing_is_due_and_questions_are_cut_as_the_product_is() {
        let calendar = Calendar { days: Vec::new(), gaps: Vec::new(), platforms: TERRA.to_vec() };
        assert!(!calendar.is_known());
        assert!(calendar.due(&year(2021), None, date("2026-01-01")).is_empty());
        assert_eq!(calendar.cuts(2021).len(), 46);
    }

    #[test]
    fn absent_composites_that_follow_each_other_are_one_text() {
        let due = calendar(&[], TERRA).due(&year(2022), None, date("2026-01-01"));
        let absent = |days: &[u32]| -> BTreeSet<Composite> {
            days.iter()
                .map(|&day| Composite {
                    begins: NaiveDate::from_yo_opt(2022, day).unwrap(),
                    platform: Platform::Terra,
                })
                .collect()
        };
        assert_eq!(stretches(&absent(&[289]), &due), ["2022-10-16"]);
        assert_eq!(
            stretches(&absent(&[1, 9, 17, 345]), &due),
            ["2022-01-01/2022-01-17", "2022-12-11"]
        );
        let both = calendar(&[], &Platform::ALL).due(&year(2022), None, date("2026-01-01"));
        assert_eq!(stretches(&absent(&[289]), &both), ["terra:2022-10-16"]);
        assert!(stretches(&BTreeSet::new(), &both).is_empty());
    }
}
