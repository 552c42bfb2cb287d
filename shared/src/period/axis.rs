//! The periods of a dataset, in order.

use super::name::YEARS;
use super::{Cadence, Hemisphere, Period, PeriodLabel, PeriodName, Season, days};
use crate::cf_time::{Calendar, Date};

/// The periods of a dataset: ascending, and no two of them share a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodAxis {
    cadence: Cadence,
    hemisphere: Hemisphere,
    periods: Vec<Period>,
}

/// Years or days that make no axis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AxisError {
    /// Not one after the other, or none.
    #[error("expected ascending years from 1 to 9999, at least one, found {found:?}")]
    Years {
        /// The years.
        found: Vec<i32>,
    },
    /// No days on which composites begin.
    #[error(
        "expected ascending days of the year from 1 to 366 on which composites begin, at least one that each year has, found {found:?}"
    )]
    DueDays {
        /// The days.
        found: Vec<u16>,
    },
}

impl PeriodAxis {
    /// The periods whose labels have these years, ascending.
    ///
    /// `due_days` are the days of the year, from 1 and ascending, on which composites begin: of one of [`Cadence::Composite`] the
    /// periods, of all others without meaning. A composite ends where the next one of its year begins, the last one with the year.
    pub fn new(
        cadence: Cadence,
        years: &[i32],
        due_days: &[u16],
        hemisphere: Hemisphere,
    ) -> Result<Self, AxisError> {
        let ascend = years.is_sorted_by(|earlier, later| earlier < later);
        if years.is_empty() || !ascend || !years.iter().all(|year| YEARS.contains(year)) {
            return Err(AxisError::Years { found: years.to_vec() });
        }
        if cadence == Cadence::Composite {
            let ascend = due_days.is_sorted_by(|earlier, later| earlier < later);
            let fits = due_days.iter().all(|day| (1..=366).contains(day));
            if !ascend || !fits || due_days.first().is_none_or(|&first| first > 365) {
                return Err(AxisError::DueDays { found: due_days.to_vec() });
            }
        }
        let periods =
            years.iter().flat_map(|&year| of_year(cadence, year, due_days, hemisphere)).collect();
        Ok(Self { cadence, hemisphere, periods })
    }

    /// Calendar years, ascending.
    pub fn of_years(years: &[i32]) -> Result<Self, AxisError> {
        Self::new(Cadence::Year, years, &[], Hemisphere::North)
    }

    /// How long its periods are.
    pub const fn cadence(&self) -> Cadence {
        self.cadence
    }

    /// The periods, in order.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The labels, in order.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &PeriodLabel> + ExactSizeIterator {
        self.periods.iter().map(|period| &period.label)
    }

    /// How many periods there are.
    pub const fn count(&self) -> u32 {
        self.periods.len() as u32
    }

    /// The place of a period.
    pub fn index_of(&self, label: &PeriodLabel) -> Option<u32> {
        self.labels().position(|known| known == label).map(|index| index as u32)
    }

    /// The same periods in a hemisphere.
    #[must_use]
    pub fn of_hemisphere(&self, hemisphere: Hemisphere) -> Self {
        let moved = |period: &Period| {
            let name = period.label.name().filter(|name| name.cadence().has_hemispheres());
            let bounds =
                name.and_then(|name| Some((name.begins(hemisphere), name.ends(hemisphere)?)));
            let (start, end) = bounds.unwrap_or((period.start, period.end));
            Period { start, end, label: period.label.clone() }
        };
        let periods = self.periods.iter().map(moved).collect();
        Self { cadence: self.cadence, hemisphere, periods }
    }

    /// First days and the days after the last ones, in days since 1970-01-01: one after the other, period by period.
    pub fn bounds(&self) -> Vec<i32> {
        self.periods.iter().flat_map(|period| [period.start, period.end]).collect()
    }

    /// Years, or periods, for people: `years 2020, 2021`, `periods 2021-DJF, 2021-MAM`, `periods 2020-01..2022-12`.
    pub fn text(&self) -> String {
        let labels: Vec<&str> = self.labels().map(PeriodLabel::as_str).collect();
        match (self.cadence, &labels[..]) {
            (Cadence::Year, _) => format!("years {}", labels.join(", ")),
            (_, [first, .., last]) if labels.len() > crate::message::MOST_ENTRIES => {
                format!("periods {first}..{last}")
            }
            _ => format!("periods {}", labels.join(", ")),
        }
    }
}

/// The periods of a year.
fn of_year(cadence: Cadence, year: i32, due_days: &[u16], hemisphere: Hemisphere) -> Vec<Period> {
    let names: Vec<PeriodName> = match cadence {
        Cadence::Year => vec![PeriodName::Year(year)],
        Cadence::Season => Season::ALL.map(|season| PeriodName::Season(year, season)).to_vec(),
        Cadence::Month => (1..=12).map(|month| PeriodName::Month(year, month)).collect(),
        Cadence::WaterYear => vec![PeriodName::WaterYear(year)],
        Cadence::Composite => {
            let date = |day: u16| {
                Calendar::Proleptic.date(i64::from(days(year, 1, 1)) + i64::from(day) - 1)
            };
            let dates = due_days.iter().map(|&day| date(day));
            dates.filter(|date: &Date| date.year == i64::from(year)).map(PeriodName::Day).collect()
        }
    };
    let starts: Vec<i32> = names.iter().map(|name| name.begins(hemisphere)).collect();
    let after = |index: usize| starts.get(index + 1).copied().unwrap_or(days(year + 1, 1, 1));
    let period = |(index, name): (usize, PeriodName)| Period {
        start: starts[index],
        end: name.ends(hemisphere).unwrap_or_else(|| after(index)),
        label: name.label(),
    };
    names.into_iter().enumerate().map(period).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(cadence: Cadence, years: &[i32], due_days: &[u16]) -> PeriodAxis {
        PeriodAxis::new(cadence, years, due_days, Hemisphere::North).unwrap()
    }

    #[test]
    fn a_season_s_winter_begins_in_the_year_before_and_composites_end_with_the_year() {
        let seasons = axis(Cadence::Season, &[2021], &[]);
        let labels: Vec<&str> = seasons.labels().map(PeriodLabel::as_str).collect();
        assert_eq!(labels, ["2021-DJF", "2021-MAM", "2021-JJA", "2021-SON"]);
        assert_eq!(seasons.periods()[0].start, days(2020, 12, 1));
        assert_eq!(seasons.periods()[3].end, days(2021, 12, 1));
        let composites = axis(Cadence::Composite, &[2021], &[1, 185, 361, 366]);
        assert_eq!(composites.count(), 3);
        assert_eq!(composites.text(), "periods 2021-01-01, 2021-07-04, 2021-12-27");
        let [first, second, third] = [(1, 1), (7, 4), (12, 27)].map(|(m, d)| days(2021, m, d));
        let bounds = [first, second, second, third, third, days(2022, 1, 1)];
        assert_eq!(composites.bounds(), bounds);
        assert_eq!(axis(Cadence::Composite, &[2020], &[1, 185, 361, 366]).count(), 4);
    }

    #[test]
    fn water_years_move_with_the_hemisphere_and_nothing_else_does() {
        let north = axis(Cadence::WaterYear, &[2021, 2022], &[]);
        let south = north.of_hemisphere(Hemisphere::South);
        assert_eq!(south.periods()[0].start, days(2021, 4, 1));
        assert_eq!(south.periods()[1].end, days(2023, 4, 1));
        assert!(north.labels().eq(south.labels()));
        assert_eq!(south.of_hemisphere(Hemisphere::North), north);
        let months = axis(Cadence::Month, &[2021], &[]);
        assert_eq!(months.of_hemisphere(Hemisphere::South).periods(), months.periods());
    }

    #[test]
    fn what_makes_no_axis_is_refused() {
        for years in [&[][..], &[2021, 2020], &[2021, 2021], &[0], &[10_000]] {
            assert!(PeriodAxis::of_years(years).is_err(), "{years:?}");
        }
        for days in [&[][..], &[9, 1], &[1, 1], &[0], &[367], &[366]] {
            let axis = PeriodAxis::new(Cadence::Composite, &[2021], days, Hemisphere::North);
            assert!(matches!(axis, Err(AxisError::DueDays { .. })), "{days:?}");
        }
    }

    #[test]
    fn many_periods_are_told_by_the_first_and_the_last() {
        assert_eq!(axis(Cadence::Year, &[2020, 2021], &[]).text(), "years 2020, 2021");
        assert_eq!(axis(Cadence::Month, &[2020, 2021], &[]).text(), "periods 2020-01..2021-12");
        assert!(axis(Cadence::Month, &[2021], &[]).text().ends_with("2021-11, 2021-12"));
        let years: Vec<i32> = (2000..2020).collect();
        assert!(axis(Cadence::Year, &years, &[]).text().contains("2013, 2014"));
    }

    proptest! {
        #[test]
        fn periods_ascend_without_overlap_and_their_labels_parse_back(
            cadence in prop::sample::select(&Cadence::ALL[..]),
            hemisphere in prop::sample::select(&[Hemisphere::North, Hemisphere::South][..]),
            years in prop::collection::btree_set(1..=9999_i32, 1..5),
            due_days in prop::collection::btree_set(1..=365_u16, 1..50),
        ) {
            let years: Vec<i32> = years.into_iter().collect();
            let due_days: Vec<u16> = due_days.into_iter().collect();
            let axis = PeriodAxis::new(cadence, &years, &due_days, hemisphere).unwrap();
            for period in axis.periods() {
                prop_assert!(period.start < period.end);
                let name = period.label.name().unwrap();
                prop_assert_eq!(name.cadence(), cadence);
                prop_assert_eq!(name.begins(hemisphere), period.start);
                prop_assert_eq!(name.label(), period.label.clone());
                prop_assert_eq!(PeriodLabel::new(period.label.as_str()), Ok(period.label.clone()));
            }
            for pair in axis.periods().windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for (index, label) in axis.labels().enumerate() {
                prop_assert_eq!(axis.index_of(label), Some(index as u32));
            }
        }
    }
}
