//! What a job tells of its tiles.

use floe_shared::grid::TileIndex;
use serde::Serialize;

use crate::error::Error;
use crate::tile::PeriodReports;

/// How a tile ended.
#[derive(Clone, Debug, Serialize)]
pub struct TileReport {
    /// Row.
    pub row: u32,
    /// Column.
    pub col: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// The snapshot that holds it.
    pub snapshot: String,
    /// Tries that its commit took; 0 where it was skipped.
    pub commit_attempts: u32,
    /// One entry a period.
    #[serde(flatten)]
    pub periods: PeriodReports,
}

/// What became of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Committed with data.
    Processed,
    /// Committed with the incomplete note.
    Incomplete,
    /// Committed with the no-data note.
    NoData,
    /// Done before, and left as it was.
    Skipped,
    /// Incomplete before and still so: the catalogue has nothing new for it.
    #[serde(rename = "skipped")]
    StillIncomplete,
    /// Holds chunks whose commit was cut off the history, and was left as it was.
    Unaccounted,
}

/// A job of which not all tiles were committed.
#[derive(Debug)]
pub struct JobFailure {
    /// The tiles that were, or needed not to be.
    pub done: Vec<TileReport>,
    /// The first thing that failed.
    pub error: Error,
}

impl From<JobFailure> for Error {
    fn from(failure: JobFailure) -> Self {
        failure.error
    }
}

impl TileReport {
    /// A skipped tile.
    pub fn skipped(tile: TileIndex, snapshot: String) -> Self {
        Self {
            row: tile.row,
            col: tile.col,
            outcome: Outcome::Skipped,
            snapshot,
            commit_attempts: 0,
            periods: PeriodReports::default(),
        }
    }

    /// A tile that was left alone because it holds chunks without their commit.
    pub fn unaccounted(tile: TileIndex) -> Self {
        Self { outcome: Outcome::Unaccounted, ..Self::skipped(tile, String::new()) }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let Self { row, col, snapshot, .. } = self;
        match self.outcome {
            Outcome::Skipped => format!("tile {row},{col}: already done in {snapshot}, skipped"),
            Outcome::Unaccounted => {
                format!(
                    "tile {row},{col}: holds chunks whose commit was cut off the history, skipped"
                )
            }
            Outcome::NoData => {
                format!("tile {row},{col}: no granule in any year, committed as {snapshot}")
            }
            Outcome::StillIncomplete => format!(
                "tile {row},{col}: still incomplete, the catalogue has nothing new since {snapshot}, skipped"
            ),
            Outcome::Processed | Outcome::Incomplete => {
                let periods: Vec<String> = self
                    .periods
                    .0
                    .iter()
                    .map(|period| {
                        let lack = match (period.found_composites, period.expected_composites) {
                            (Some(found), Some(expected)) if found < expected => {
                                format!(" ({found} of {expected} composites)")
                            }
                            _ => String::new(),
                        };
                        format!(
                            "{}: {} granules{lack}, {:.1} %",
                            period.label, period.input_granules, period.coverage
                        )
                    })
                    .collect();
                let periods = periods.join("; ");
                format!("tile {row},{col}: {periods}; committed as {snapshot}")
            }
        }
    }
}
