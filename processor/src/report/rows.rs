//! What became of the tiles, said once a row of tiles. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use floe_shared::grid::TileIndex;

use super::amounts::Count;
use crate::job::{Outcome, TileReport};

/// The rows that tiles are expected of, and what became of these so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<u32, Row>,
}

#[derive(Debug, Default)]
struct Row {
    expected: usize,
    reports: Vec<TileReport>,
}

impl Rows {
    /// More tiles will be reported.
    pub(super) fn expect(&mut self, tiles: &[TileIndex]) {
        for tile in tiles {
            self.rows.entry(tile.row).or_default().expected += 1;
        }
    }

    /// Takes a tile's report; the line of its row where that was the last one of it.
    pub(super) fn done(&mut self, report: &TileReport) -> Option<String> {
        let row = self.rows.entry(report.row).or_default();
        row.reports.push(report.clone());
        (row.reports.len() >= row.expected).then_some(())?;
        Some(self.rows.remove(&report.row)?.line(report.row))
    }

    /// The lines of rows that were begun and will not end, since something failed.
    pub(super) fn take_unfinished(&mut self) -> Vec<String> {
        std::mem::take(&mut self.rows)
            .into_iter()
            .filter(|(_, row)| !row.reports.is_empty())
            .map(|(number, row)| row.line(number))
            .collect()
    }
}

impl Row {
    /// One line for people. Of a single tile it says all that is known of it.
    fn line(&self, number: u32) -> String {
        if let ([report], 1) = (&self.reports[..], self.expected) {
            return report.line();
        }
        let Self { expected, reports } = self;
        let mut line = format!("row {number}: ");
        if reports.len() < *expected {
            let _ = write!(line, "{} of ", reports.len());
        }
        let _ = write!(line, "{expected} tiles");
        for (outcome, words) in [
            (Outcome::Processed, "processed"),
            (Outcome::Incomplete, "incomplete"),
            (Outcome::NoData, "without data"),
            (Outcome::Skipped, "already done"),
            (Outcome::StillIncomplete, "still incomplete"),
            (Outcome::Unaccounted, "unaccounted and skipped"),
        ] {
            match reports.iter().filter(|report| report.outcome == outcome).count() {
                0 => {}
                count => {
                    let _ = write!(line, ", {count} {words}");
                }
            }
        }
        let periods = || reports.iter().flat_map(|report| &report.periods.0);
        let granules: u64 = periods().map(|period| period.input_granules).sum();
        if granules > 0 {
            let coverage: f64 =
                periods().map(|period| period.coverage).sum::<f64>() / periods().count() as f64;
            let _ = write!(line, "; {} granules, {coverage:.1} % covered", Count(granules));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floe_shared::period::PeriodLabel;

    use crate::tile::{PeriodReport, PeriodReports};

    const fn tile(row: u32, col: u32) -> TileIndex {
        TileIndex { row, col }
    }

    fn report(tile: TileIndex, outcome: Outcome, coverage: f64) -> TileReport {
        let label = PeriodLabel::of_year(2021);
        let year = PeriodReport { input_granules: 700, coverage, ..PeriodReport::new(label) };
        let periods = PeriodReports(vec![year]);
        TileReport { outcome, periods, ..TileReport::skipped(tile, "ABC".to_owned()) }
    }

    #[test]
    fn a_row_is_told_once_with_its_last_tile() {
        let mut rows = Rows::default();
        rows.expect(&[tile(4, 18), tile(4, 19), tile(5, 3), tile(4, 25)]);
        assert_eq!(rows.done(&report(tile(4, 19), Outcome::Processed, 90.0)), None);
        assert_eq!(rows.done(&report(tile(4, 25), Outcome::NoData, 0.0)), None);
        assert_eq!(
            rows.done(&report(tile(4, 18), Outcome::Processed, 60.0)).unwrap(),
            "row 4: 3 tiles, 2 processed, 1 without data; 2,100 granules, 50.0 % covered"
        );
        assert!(rows.take_unfinished().is_empty());
    }

    #[test]
    fn a_single_tile_is_told_as_such() {
        let mut rows = Rows::default();
        rows.expect(&[tile(4, 18)]);
        let skipped = TileReport::skipped(tile(4, 18), "ABC".to_owned());
        assert_eq!(rows.done(&skipped).unwrap(), "tile 4,18: already done in ABC, skipped");
    }

    #[test]
    fn what_a_failure_cut_short_is_told_in_the_end() {
        let mut rows = Rows::default();
        rows.expect(&[tile(4, 18), tile(4, 19), tile(5, 3)]);
        assert_eq!(rows.done(&TileReport::skipped(tile(4, 19), String::new())), None);
        assert_eq!(rows.take_unfinished(), ["row 4: 1 of 2 tiles, 1 already done"]);
    }
}
