//! What a `process` or `run` did: a closing line, and a Markdown step summary for GitHub Actions.

use std::fmt::Write as _;

use floe_shared::grid::{Grid, TileIndex};

use super::amounts::{Bytes, Count, Seconds};
use super::github;
use crate::error::Error;
use crate::job::{Outcome, TileReport};
use crate::usage::Usage;

/// One line for people.
pub fn closing_line(reports: &[TileReport], usage: &Usage) -> String {
    let count = |outcome| reports.iter().filter(|report| report.outcome == outcome).count();
    let mut line = format!(
        "{} processed, {}{} without data, {} skipped; {} read in {} requests, {}",
        count(Outcome::Processed),
        match count(Outcome::Incomplete) {
            0 => String::new(),
            incomplete => format!("{incomplete} incomplete, "),
        },
        count(Outcome::NoData),
        count(Outcome::Skipped) + count(Outcome::StillIncomplete),
        Bytes(usage.bytes_read),
        Count(usage.requests),
        Seconds(usage.wall_seconds),
    );
    let unaccounted = count(Outcome::Unaccounted);
    if unaccounted > 0 {
        line = format!("{unaccounted} unaccounted, {line}");
    }
    if let Some(cpu) = usage.cpu_seconds {
        let _ = write!(line, " ({cpu:.1} s of processor time)");
    }
    if let Some(peak) = usage.peak_memory_bytes {
        let _ = write!(line, ", at most {} of memory", Bytes(peak));
    }
    line
}

/// Adds a summary of the tiles to a workflow's step.
pub fn write_step_summary(grid: Grid, reports: &[TileReport], usage: &Usage) -> Result<(), Error> {
    github::write_summary(&markdown(grid, reports, usage))
}

/// The summary: one row a tile and period.
fn markdown(grid: Grid, reports: &[TileReport], usage: &Usage) -> String {
    let mut text = String::from(
        "### Tiles\n\n| tile | bounds | outcome | period | granules | valid pixels | coverage | snapshot |\n|---|---|---|---|---:|---:|---:|---|\n",
    );
    for report in reports {
        let tile = TileIndex { row: report.row, col: report.col };
        let bounds = grid.tile_bounds(tile);
        let place =
            format!("{}..{}° E, {}..{}° N", bounds.west, bounds.east, bounds.south, bounds.north);
        let outcome = match report.outcome {
            Outcome::Processed => "processed",
            Outcome::Incomplete => "incomplete",
            Outcome::NoData => "no data",
            Outcome::Skipped => "skipped, already done",
            Outcome::StillIncomplete => "skipped, still incomplete",
            Outcome::Unaccounted => "skipped, unaccounted",
        };
        let snapshot = &report.snapshot;
        if report.periods.0.is_empty() {
            let _ = writeln!(text, "| {tile} | {place} | {outcome} | | | | | `{snapshot}` |");
        }
        for period in &report.periods.0 {
            let _ = writeln!(
                text,
                "| {tile} | {place} | {outcome} | {} | {} ({} empty) | {} | {:.1} % | `{snapshot}` |",
                period.label,
                period.input_granules,
                period.empty_granules,
                Count(period.output_valid_pixels),
                period.coverage,
            );
        }
    }
    let _ = writeln!(text, "\n{}\n", closing_line(reports, usage));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use floe_shared::period::PeriodLabel;

    use crate::tile::{PeriodReport, PeriodReports};

    #[test]
    fn the_summary_has_a_row_for_each_tile_and_period() {
        let year = |year| PeriodReport {
            input_granules: 92,
            empty_granules: 3,
            output_valid_pixels: 600_000,
            coverage: 60.0,
            ..PeriodReport::new(PeriodLabel::of_year(year))
        };
        let report = TileReport {
            row: 4,
            col: 19,
            outcome: Outcome::Processed,
            snapshot: "ABC".to_owned(),
            commit_attempts: 1,
            periods: PeriodReports(vec![year(2020), year(2021)]),
        };
        let usage = Usage {
            cpu_seconds: Some(1.25),
            wall_seconds: 2.0,
            bytes_read: 1_500_000,
            requests: 12,
            peak_memory_bytes: None,
        };
        let text = markdown(Grid::default(), &[report], &usage);
        assert!(text.contains("| 4,19 | 10..20° E, 40..50° N | processed | 2020 | 92 (3 empty) | 600,000 | 60.0 % | `ABC` |"), "{text}");
        assert!(text.contains("1 processed, 0 without data, 0 skipped; 1.5 MB read in 12 requests, 2.0 s (1.2 s of processor time)"), "{text}");
    }
}
