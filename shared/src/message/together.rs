//! Many periods in one entry, since every reader of a repository fetches all messages first.

use super::{Coverage, Note, PeriodStats, Shortfall};
use crate::period::PeriodLabel;

/// Periods of which each has an entry of its own; years have one however many they are.
pub const MOST_ENTRIES: usize = 12;

/// What a message tells of a dataset's periods, given in order: each by itself, or all in one entry where there are many
/// that are not years. Granules and valid pixels are then those of all together, the coverage is that of the periods
/// that have any; `tile_pixels` are those of one period.
pub fn together(periods: Vec<PeriodStats>, tile_pixels: u64) -> Vec<PeriodStats> {
    let Some(label) = span(periods.iter().map(|period| &period.label)) else { return periods };
    let sum = |number: fn(&PeriodStats) -> u64| periods.iter().map(number).sum::<u64>();
    let valid_pixels = sum(|period| period.valid_pixels);
    let with_any = periods.iter().filter(|period| period.valid_pixels > 0).count() as u64;
    let granules: Option<u64> = periods.iter().map(|period| period.input_granules).sum();
    let coverage = Coverage::of(valid_pixels, tile_pixels * with_any);
    vec![PeriodStats { label, input_granules: granules, valid_pixels, coverage }]
}

impl Note {
    /// The note of periods that fall short, in order; [`Self::None`] where there are none.
    pub fn of_shortfalls(periods: Vec<Shortfall>) -> Self {
        if periods.is_empty() {
            return Self::None;
        }
        let Some(label) = span(periods.iter().map(|period| &period.label)) else {
            return Self::Incomplete(periods);
        };
        let found = periods.iter().map(|period| period.found).sum();
        let expected = periods.iter().map(|period| period.expected).sum();
        Self::Incomplete(vec![Shortfall { label, found, expected }])
    }
}

/// The label of all these periods, where there are too many for an entry each.
pub fn span<'a>(
    labels: impl DoubleEndedIterator<Item = &'a PeriodLabel> + ExactSizeIterator,
) -> Option<PeriodLabel> {
    let count = labels.len();
    let mut labels = labels.filter(|label| label.year().is_none());
    let (first, last) = (labels.next(), labels.next_back());
    first
        .zip(last)
        .filter(|_| count > MOST_ENTRIES)
        .map(|(first, last)| PeriodLabel::span(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> PeriodLabel {
        PeriodLabel::new(text).unwrap()
    }

    fn month(number: usize, valid_pixels: u64) -> PeriodStats {
        let label = label(&format!("{}-{:02}", 2020 + number / 12, 1 + number % 12));
        let coverage = Coverage::of(valid_pixels, 100);
        PeriodStats { label, input_granules: Some(2), valid_pixels, coverage }
    }

    #[test]
    fn from_thirteen_periods_on_one_entry_tells_all_and_years_are_told_each() {
        let months = |count: usize| (0..count).map(|number| month(number, 30)).collect::<Vec<_>>();
        assert_eq!(together(months(12), 100), months(12));
        let mut many = months(14);
        many[3].valid_pixels = 0;
        let all = together(many, 100);
        assert_eq!(
            all[0].to_string(),
            "(2020-01..2021-02: input_granules=28, output_valid_pixels=390, coverage=30.0%)"
        );
        assert_eq!(all.len(), 1);
        let years: Vec<PeriodStats> = (2000..2023)
            .map(|year| PeriodStats { label: PeriodLabel::of_year(year), ..month(0, 30) })
            .collect();
        assert_eq!(together(years.clone(), 100), years);
    }

    #[test]
    fn many_periods_that_fall_short_are_told_together() {
        let short = |count: usize| -> Vec<Shortfall> {
            let months = (0..count).map(|number| month(number, 0).label);
            months.map(|label| Shortfall { label, found: 1, expected: 4 }).collect()
        };
        assert_eq!(Note::of_shortfalls(short(0)), Note::None);
        assert_eq!(Note::of_shortfalls(short(12)), Note::Incomplete(short(12)));
        let note = Note::of_shortfalls(short(13));
        assert_eq!(note.to_string(), "Incomplete: 13 of 52 composites in 2020-01..2021-01.");
    }
}
