//! What the commits promise of each tile.

use std::collections::BTreeMap;

use floe_shared::grid::TileIndex;
use floe_shared::message::{self, PeriodStats};
use floe_shared::period::PeriodLabel;
use floe_shared::status::StatusBoard;

use super::problem::{Problem, Remedy};
use crate::store::Layout;
use crate::tile;

/// What is promised of one period of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// So many pixels with a value, in both variables.
    Pixels(u64),
    /// Nothing: the commit has no statistics (the oldest messages), tells them of all periods together, or has been cut off
    /// the history.
    Unsaid,
    /// That nothing is stored: the tile has no commit. What is stored nevertheless is unaccounted for.
    NoCommit,
}

/// All promises, by tile and period.
#[derive(Debug)]
pub(super) struct Promises {
    by_tile: BTreeMap<TileIndex, Vec<Promise>>,
    /// Pixels with a value in all periods, of tiles whose commits tell them together.
    totals: BTreeMap<TileIndex, PeriodStats>,
}

impl Promises {
    /// Reads the commits of a board, and tells the messages that contradict themselves.
    ///
    /// Those are told of the first variable.
    pub(super) fn read(board: &StatusBoard, layout: &Layout) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut by_tile = BTreeMap::new();
        let mut totals = BTreeMap::new();
        let all = message::span(layout.periods.labels());
        for record in &board.tiles {
            let Some(commit) = &record.commit else { continue };
            for stats in &commit.periods {
                let coverage = tile::coverage(board.grid, stats.valid_pixels);
                if layout.periods.index_of(&stats.label).is_some() && stats.coverage != coverage {
                    let what = format!(
                        "{}: the commit's message says a coverage of {}, {} valid pixels are {coverage}",
                        stats.label, stats.coverage, stats.valid_pixels
                    );
                    let array = layout.schema.variables.first().map_or("", |first| &first.name);
                    problems.push(Problem::new(Some(record.tile), array, what, Remedy::Process));
                }
            }
            if let ([stats], Some(all)) = (&commit.periods[..], &all)
                && stats.label == *all
            {
                totals.insert(record.tile, stats.clone());
                by_tile.insert(record.tile, vec![Promise::Unsaid; layout.periods.labels().len()]);
                continue;
            }
            let of_period = |label: &PeriodLabel| {
                let stats = commit.periods.iter().find(|stats| stats.label == *label);
                match stats {
                    Some(stats) => Promise::Pixels(stats.valid_pixels),
                    None if commit.periods.is_empty() => Promise::Unsaid,
                    // Of a period that the message leaves out it promises nothing.
                    None => Promise::Pixels(0),
                }
            };
            by_tile.insert(record.tile, layout.periods.labels().map(of_period).collect());
        }
        (Self { by_tile, totals }, problems)
    }

    /// What is promised of a tile in a period, by the period's place.
    pub(super) fn of(&self, tile: TileIndex, period: u32) -> Promise {
        match self.by_tile.get(&tile) {
            Some(periods) => periods.get(period as usize).copied().unwrap_or(Promise::Unsaid),
            None => Promise::NoCommit,
        }
    }

    /// What is promised of a tile in all periods together, where its commit tells no single ones.
    pub(super) fn total(&self, tile: TileIndex) -> Option<&PeriodStats> {
        self.totals.get(&tile)
    }

    /// Whether a tile's commit tells all periods together.
    pub(super) fn are_together(&self, tile: TileIndex) -> bool {
        self.totals.contains_key(&tile)
    }

    /// Tiles that have a commit.
    pub(super) fn committed(&self) -> impl Iterator<Item = TileIndex> {
        self.by_tile.keys().copied()
    }
}
