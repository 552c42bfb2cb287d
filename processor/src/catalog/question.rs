//! A question to the catalogue, and the smaller ones that it can be cut into. Pure.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::due::{self, Calendar, date};
use super::item::{self, Wanted};
use floe_raster::granule::{GranuleKey, Platform};
use floe_raster::sinusoidal::{POSITION_METRES, Position, lonlat_from_sinusoidal};
use floe_shared::period::Period;

/// Degrees by which the searched band is wider than the positions, for footprints that are a little off.
const MARGIN: f64 = 1.0;
/// In the middle of a composite no other one lies: each is asked for by an hour of a day after its first one
/// that the shortest, of five days, still has.
const MIDDLE: chrono::Days = chrono::Days::new(3);

/// Which granules are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Where.
    pub(super) positions: BTreeSet<Position>,
    /// When.
    pub(super) when: When,
    /// Of which satellites.
    pub(super) platforms: Vec<Platform>,
}

/// The time that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// All time.
    Ever,
    /// Granules that begin on these days, from the first to the last.
    Days { first: NaiveDate, last: NaiveDate },
    /// Composites of one year, from the one to the other first day.
    Composites { first: NaiveDate, last: NaiveDate },
}

impl Question {
    /// Whether a granule belongs into the answer.
    pub(super) fn covers(&self, key: &GranuleKey) -> bool {
        let begins = NaiveDate::from_yo_opt(key.year, key.day.into());
        let in_time = match self.when {
            When::Ever => true,
            When::Days { first, last } => (first..=last).contains(&date(due::begins(key))),
            When::Composites { first, last } => {
                begins.is_some_and(|begins| (first..=last).contains(&begins))
            }
        };
        in_time && self.positions.contains(&key.position) && self.platforms.contains(&key.platform)
    }

    /// The smaller questions that together ask the same: by years, then by positions, then by time, then by
    /// satellite. `None` for the smallest.
    pub(super) fn parts(&self, calendar: &Calendar) -> Option<Vec<Self>> {
        let at = |when| Self { when, ..self.clone() };
        match self.when {
            When::Days { first, last } if first.year() < last.year() => {
                return Some(years_of(first, last).into_iter().map(at).collect());
            }
            _ => {}
        }
        if self.positions.len() > 1 {
            let (near, far) = halves(&in_rows(&self.positions));
            let of = |positions: Vec<Position>| Self {
                positions: positions.into_iter().collect(),
                ..self.clone()
            };
            return Some(vec![of(near), of(far)]);
        }
        let cuts = match self.when {
            When::Ever => Vec::new(),
            When::Days { first, last } | When::Composites { first, last } => {
                let cuts = calendar.cuts(first.year());
                cuts.into_iter().filter(|cut| (first..=last).contains(cut)).collect()
            }
        };
        if cuts.len() > 1 {
            let (early, late) = halves(&cuts);
            let of = |cuts: &[NaiveDate]| {
                let (first, last) = (cuts.first().copied()?, cuts.last().copied()?);
                Some(at(When::Composites { first, last }))
            };
            return [early, late].iter().map(|half| of(half)).collect();
        }
        (self.platforms.len() > 1).then(|| {
            let one = |&platform: &Platform| Self { platforms: vec![platform], ..self.clone() };
            self.platforms.iter().map(one).collect()
        })
    }

    /// The body of the search. `bounded` adds the band of latitude that the positions lie in.
    pub(super) fn body(&self, wanted: &Wanted, limit: usize, bounded: bool) -> Value {
        let rows: BTreeSet<u8> = self.positions.iter().map(|position| position.v).collect();
        let columns: BTreeSet<u8> = self.positions.iter().map(|position| position.h).collect();
        let mut body = json!({
            "collections": [wanted.collection],
            "query": {
                "modis:vertical-tile": within(&rows),
                "modis:horizontal-tile": within(&columns),
            },
            "fields": item::fields(&wanted.assets),
            "limit": limit,
        });
        if let [platform] = self.platforms[..] {
            body["query"]["platform"] = json!({ "eq": platform.name() });
        }
        if bounded {
            let latitude = |v: u8| {
                let y = (9.0 - f64::from(v)) * POSITION_METRES;
                lonlat_from_sinusoidal(0.0, y).1
            };
            let south = rows.last().map_or(-90.0, |&v| latitude(v + 1) - MARGIN).max(-90.0);
            let north = rows.first().map_or(90.0, |&v| latitude(v) + MARGIN).min(90.0);
            body["bbox"] = json!([-180.0, south, 180.0, north]);
        }
        let middle = |date: NaiveDate| date.checked_add_days(MIDDLE).unwrap_or(date);
        match self.when {
            When::Ever => {}
            When::Days { first, last } => {
                body["datetime"] = json!(format!("{first}T00:00:00Z/{last}T23:59:59Z"));
            }
            When::Composites { first, last } => {
                body["datetime"] =
                    json!(format!("{}T12:00:00Z/{}T13:00:00Z", middle(first), middle(last)));
            }
        }
        body
    }
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positions: Vec<String> = self.positions.iter().map(ToString::to_string).collect();
        write!(formatter, "{}", positions.join(" "))?;
        match self.when {
            When::Ever => Ok(()),
            When::Days { first, last } if first.ordinal() == 1 && ends_year(last) => {
                match (first.year(), last.year()) {
                    (first, last) if first == last => write!(formatter, " in {first}"),
                    (first, last) => write!(formatter, " in {first} to {last}"),
                }
            }
            When::Days { first, last } => write!(formatter, " from {first} to {last}"),
            When::Composites { first, last } if first == last => write!(formatter, " on {first}"),
            When::Composites { first, last } => write!(formatter, " on {first} to {last}"),
        }
    }
}

/// Positions row by row, so that neighbours stand together.
pub(super) fn in_rows(positions: &BTreeSet<Position>) -> Vec<Position> {
    let mut positions: Vec<Position> = positions.iter().copied().collect();
    positions.sort_by_key(|position| (position.v, position.h));
    positions
}

fn halves<T: Clone>(all: &[T]) -> (Vec<T>, Vec<T>) {
    let (near, far) = all.split_at(all.len() / 2);
    (near.to_vec(), far.to_vec())
}

/// A filter of the query extension for all numbers from the least to the greatest. Servers need not know
/// the operator `in` (stac-fastapi-pgstac does not); what lies between is sorted out here.
fn within(numbers: &BTreeSet<u8>) -> Value {
    match (numbers.first(), numbers.last()) {
        (Some(first), Some(last)) if first < last => json!({ "gte": first, "lte": last }),
        (first, _) => json!({ "eq": first }),
    }
}

/// Periods in runs without a gap, each asked for at once.
pub(super) fn consecutive(periods: &[Period]) -> Vec<When> {
    periods
        .chunk_by(|earlier, later| earlier.end == later.start)
        .filter_map(|run| {
            Some(When::Days { first: date(run.first()?.start), last: date(run.last()?.end - 1) })
        })
        .collect()
}

/// Periods in runs without a gap, none of which goes on in another year.
pub(super) fn by_year(periods: &[Period]) -> Vec<When> {
    let parts = |when| match when {
        When::Days { first, last } => years_of(first, last),
        when => vec![when],
    };
    consecutive(periods).into_iter().flat_map(parts).collect()
}

/// The parts of a stretch of days that lie in one year each.
fn years_of(first: NaiveDate, last: NaiveDate) -> Vec<When> {
    let of_year = |year| {
        let begins = NaiveDate::from_ymd_opt(year, 1, 1)?;
        let ends = NaiveDate::from_ymd_opt(year, 12, 31)?;
        Some(When::Days { first: begins.max(first), last: ends.min(last) })
    };
    (first.year()..=last.year()).filter_map(of_year).collect()
}

/// Whether a day is the last of its year.
fn ends_year(day: NaiveDate) -> bool {
    day.month() == 12 && day.day() == 31
}

#[cfg(test)]
mod tests {
    use floe_shared::period::{Cadence, Hemisphere, PeriodAxis};

    use super::*;

    fn years(first: i32, last: i32) -> When {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        When::Days { first: day(first, 1, 1), last: day(last, 12, 31) }
    }

    fn question(columns: &[u8], when: When) -> Question {
        let positions = columns.iter().map(|&h| Position { h, v: 4 }).collect();
        Question { positions, when, platforms: vec![Platform::Terra] }
    }

    fn calendar(platforms: &[Platform]) -> Calendar {
        let days = (0..46).map(|period| 1 + 8 * period).collect();
        Calendar { days, gaps: Vec::new(), platforms: platforms.to_vec() }
    }

    #[test]
    fn the_search_spans_the_whole_band_of_latitude() {
        let question = question(&[18, 19], years(2020, 2021));
        let body = question.body(&Wanted::lst(), 1000, true);
        assert_eq!(body["bbox"][0], -180.0);
        assert!((body["bbox"][1].as_f64().unwrap() - 39.0).abs() < 1e-6);
        assert!((body["bbox"][3].as_f64().unwrap() - 51.0).abs() < 1e-6);
        assert_eq!(body["datetime"], "2020-01-01T00:00:00Z/2021-12-31T23:59:59Z");
        assert_eq!(body["query"]["modis:horizontal-tile"], json!({ "gte": 18, "lte": 19 }));
        assert_eq!(body["query"]["modis:vertical-tile"], json!({ "eq": 4 }));
        assert_eq!(body["query"]["platform"], json!({ "eq": "terra" }));
    }

    #[test]
    fn a_question_for_a_stretch_lies_between_the_middles_of_its_composites() {
        let day = |day| NaiveDate::from_yo_opt(2021, day).unwrap();
        let when = When::Composites { first: day(1), last: day(361) };
        let body = question(&[18], when).body(&Wanted::lst(), 10, false);
        assert_eq!(body["datetime"], "2021-01-04T12:00:00Z/2021-12-30T13:00:00Z");
        assert_eq!(body.get("bbox"), None);
        let ever = question(&[18], When::Ever).body(&Wanted::lst(), 10, false);
        assert_eq!(ever.get("datetime"), None);
    }

    #[test]
    fn years_with_a_gap_are_searched_apart() {
        let axis = PeriodAxis::of_years(&[2019, 2021, 2022]).unwrap();
        assert_eq!(consecutive(axis.periods()), [years(2019, 2019), years(2021, 2022)]);
        assert_eq!(
            by_year(axis.periods()),
            [years(2019, 2019), years(2021, 2021), years(2022, 2022)]
        );
        let text = question(&[18], years(2021, 2022)).to_string();
        assert_eq!(text, "h18v04 in 2021 to 2022");
    }

    #[test]
    fn a_winter_is_searched_from_december_on() {
        let axis = PeriodAxis::new(Cadence::Season, &[2021], &[], Hemisphere::North).unwrap();
        let whole = consecutive(axis.periods());
        let question = question(&[18], whole[0]);
        let body = question.body(&Wanted::lst(), 10, false);
        assert_eq!(whole.len(), 1);
        assert_eq!(body["datetime"], "2020-12-01T00:00:00Z/2021-11-30T23:59:59Z");
        assert_eq!(question.to_string(), "h18v04 from 2020-12-01 to 2021-11-30");
        let key = |name: &str| name.parse::<floe_raster::granule::GranuleId>().unwrap().key;
        let parts = smallest(question.clone(), &calendar(&[Platform::Terra]));
        // Of December 2020 from day 337 on, of 2021 those before day 337.
        assert_eq!(parts.len(), 4 + 42);
        for (name, is_of) in [
            ("MOD11A2.A2020329.h18v04.061", 0),
            ("MOD11A2.A2020337.h18v04.061", 1),
            ("MOD11A2.A2020361.h18v04.061", 1),
            ("MOD11A2.A2021001.h18v04.061", 1),
            ("MOD11A2.A2021329.h18v04.061", 1),
            ("MOD11A2.A2021337.h18v04.061", 0),
        ] {
            assert_eq!(question.covers(&key(name)), is_of == 1, "{name}");
            assert_eq!(
                parts.iter().filter(|part| part.covers(&key(name))).count(),
                is_of,
                "{name}"
            );
        }
    }

    /// All smallest questions that a question can be cut into.
    fn smallest(question: Question, calendar: &Calendar) -> Vec<Question> {
        match question.parts(calendar) {
            None => vec![question],
            Some(parts) => parts.into_iter().flat_map(|part| smallest(part, calendar)).collect(),
        }
    }

    #[test]
    fn a_question_can_be_cut_down_to_one_composite_at_one_position_of_one_satellite() {
        let calendar = calendar(&Platform::ALL);
        let mut whole = question(&[17, 18, 19], years(2020, 2021));
        whole.platforms = Platform::ALL.to_vec();
        let parts = smallest(whole.clone(), &calendar);
        assert_eq!(parts.len(), 3 * 2 * 46 * 2);
        for name in ["MOD11A2.A2020001.h17v04.061", "MYD11A2.A2021361.h19v04.061"] {
            let key = name.parse::<floe_raster::granule::GranuleId>().unwrap().key;
            assert!(whole.covers(&key));
            assert_eq!(parts.iter().filter(|part| part.covers(&key)).count(), 1, "{name}");
        }
        let other =
            "MOD11A2.A2022001.h17v04.061".parse::<floe_raster::granule::GranuleId>().unwrap().key;
        assert!(!whole.covers(&other));
    }
}
