//! Which composites are due for a tile of scenes, and which of them the source lacks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use floe_raster::sinusoidal::Position;
use floe_shared::period::Period;

use super::need::Need;
use super::{Scene, SceneSource, SourceError};
use crate::catalog::{Census, Composite, PeriodCensus, date, day_of};
use crate::config::CatalogConfig;

/// What is due for a tile and what of it came. Scenes of MODIS and VIIRS land products are counted by position of the
/// sinusoidal grid and by satellite, all others by day.
#[derive(Debug)]
pub struct SceneCensus {
    census: Census,
    positions: BTreeSet<Position>,
    due: Vec<Vec<i32>>,
}

/// Days from 1970-01-01 to the day of a time, in UTC.
pub fn day(time: DateTime<Utc>) -> i32 {
    day_of(time.date_naive())
}

impl SceneCensus {
    /// Of the scenes of a tile. A place without a scene in any of the periods is looked up at all other times: nothing is due where there has
    /// never been one.
    pub async fn take(
        source: &SceneSource,
        catalog: &CatalogConfig,
        need: &Need,
        periods: &[Period],
        scenes: &[&Scene],
    ) -> Result<Self, SourceError> {
        let is_named = scenes.iter().any(|scene| scene.name.is_some());
        let mut came: BTreeMap<Position, BTreeSet<Composite>> = BTreeMap::new();
        let somewhere = need.positions.first().copied().unwrap_or(Position { h: 0, v: 0 });
        let positions = if is_named { need.positions.clone() } else { BTreeSet::from([somewhere]) };
        let platforms = catalog.platforms.get(..if is_named { usize::MAX } else { 1 });
        let platforms = platforms.unwrap_or(&catalog.platforms);
        for scene in scenes {
            let place = scene.name.as_ref().map_or(somewhere, |name| name.position);
            let named = scene.name.as_ref().and_then(super::LandName::platform);
            let begins = scene.begins.date_naive();
            let platform = named.or(platforms.first().copied());
            let composites = came.entry(place).or_default();
            composites.extend(platform.map(|platform| Composite { begins, platform }));
        }
        let today = Utc::now().date_naive();
        let due: Vec<BTreeSet<Composite>> = periods
            .iter()
            .map(|period| {
                let dates = due_dates(&catalog.due_days, period, today).into_iter();
                let each = dates.flat_map(|begins| {
                    platforms.iter().map(move |&platform| Composite { begins, platform })
                });
                each.filter(|composite| !catalog.gaps.iter().any(|gap| gap.has(composite)))
                    .collect()
            })
            .collect();
        let mut uncovered = BTreeSet::new();
        for &position in positions.iter().filter(|position| !came.contains_key(position)) {
            let place = if is_named { BTreeSet::from([position]) } else { need.positions.clone() };
            let ever = Need { positions: place, begins: ever(), ..need.clone() };
            if source.find(&ever).await?.scenes.is_empty() {
                uncovered.insert(position);
            }
        }
        let nothing = BTreeSet::new();
        let absent = positions.difference(&uncovered).map(|&position| {
            let came = came.get(&position).unwrap_or(&nothing);
            (position, due.iter().flatten().filter(|due| !came.contains(due)).copied().collect())
        });
        let absent = absent.collect();
        let days = |due: &BTreeSet<Composite>| {
            let days: BTreeSet<i32> = due.iter().map(|due| day_of(due.begins)).collect();
            days.into_iter().collect()
        };
        let due_days = due.iter().map(days).collect();
        let census = Census::new(!catalog.due_days.is_empty(), due, uncovered, absent);
        Ok(Self { census, positions, due: due_days })
    }

    /// Whether the source has a scene for the tile, at any time.
    pub fn is_covered(&self) -> bool {
        self.census.covers(&self.positions)
    }

    /// What came of what is due in a period, by its place.
    pub fn of_period(&self, period: usize) -> PeriodCensus {
        self.census.of_period(&self.positions, period)
    }

    /// First days of the composites that are due in a period, in days since 1970.
    pub fn due_days(&self, period: usize) -> Vec<i32> {
        self.due.get(period).cloned().unwrap_or_default()
    }
}

/// All times of satellite records.
fn ever() -> std::ops::Range<DateTime<Utc>> {
    DateTime::UNIX_EPOCH..Utc::now() + TimeDelta::days(1)
}

/// The first days of composites that begin in a period and have ended by a day: where the next one of the year begins, or with the
/// year.
fn due_dates(days: &[u16], period: &Period, today: NaiveDate) -> Vec<NaiveDate> {
    let (first, end) = (date(period.start), date(period.end));
    let mut due = Vec::new();
    for year in first.year()..=end.year() {
        let begins: Vec<NaiveDate> =
            days.iter().filter_map(|&day| NaiveDate::from_yo_opt(year, day.into())).collect();
        let next_year = NaiveDate::from_yo_opt(year + 1, 1);
        for (place, &begin) in begins.iter().enumerate() {
            let next = begins.get(place + 1).copied().or(next_year);
            let has_ended = next.is_some_and(|next| next <= today);
            if has_ended && (first..end).contains(&begin) {
                due.push(begin);
            }
        }
    }
    due
}

#[cfg(test)]
mod tests {
    use floe_shared::period::PeriodAxis;

    use super::*;

    #[test]
    fn a_composite_is_due_once_the_next_one_begins() {
        let axis = PeriodAxis::of_years(&[2021]).unwrap();
        let due = |today: &str| {
            let dates = due_dates(&[1, 17, 353], &axis.periods()[0], today.parse().unwrap());
            dates.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(due("2021-01-16"), Vec::<String>::new());
        assert_eq!(due("2021-01-17"), ["2021-01-01"]);
        assert_eq!(due("2021-12-31"), ["2021-01-01", "2021-01-17"]);
        assert_eq!(due("2022-01-01"), ["2021-01-01", "2021-01-17", "2021-12-19"]);
    }
}
